/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs of programs that were built with another version of the header: what they know is
 * copied, what this library does not know must not be asked for. */
#include "api/azattest_context.h"

#include "base/error.h"

#include <string.h>

/* No version of a struct will ever be larger: a larger size is garbage from the stack. */
#define SIZE_MOST 4096
/* What a size is a multiple of: one that is not ends within a pointer, of which there would be a
 * part. */
#define SIZE_STEP _Alignof(struct azattest_verify_options)

/* The first `size` member of what was `given` says how much of it there is. `known` bytes of *ret
 * are set. */
static int take(const char *what, const char *init, const void *given, size_t known, void *ret)
{
        const uint8_t *bytes = given;
        size_t size;

        memset(ret, 0, known);
        memcpy(&size, given, sizeof(size));
        if (size < sizeof(size) || size > SIZE_MOST || size % SIZE_STEP != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the size of the %s options is %zu; begin with AZATTEST_%s_INIT",
                                what, size, init);
        for (size_t i = known; i < size; i++)
                if (bytes[i] != 0)
                        return AZA_FAIL(
                                AZATTEST_E_INVALID_PARAMETER,
                                "the %s options ask for something that libazattest %s does not know",
                                what, azattest_version());
        memcpy(ret, given, size < known ? size : known);
        memcpy(ret, &known, sizeof(known));
        return 0;
}

/* A variable that was never set is no demand for nothing: as a nonce everybody could answer it. */
static int not_empty(const char *text, const char *what)
{
        if (text == NULL || *text != '\0')
                return 0;
        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                        "options: %s is empty; NULL says that nothing is demanded", what);
}

int aza_evidence_options_take(const struct azattest_evidence_options *given,
                              struct azattest_evidence_options *ret)
{
        static const struct azattest_evidence_options none = AZATTEST_EVIDENCE_OPTIONS_INIT;

        int r = take("evidence", "EVIDENCE_OPTIONS", given != NULL ? given : &none, sizeof(*ret),
                     ret);

        r = r == 0 ? not_empty(ret->nonce, "nonce") : r;
        r = r == 0 ? not_empty(ret->vmid, "vmid") : r;
        return r == 0 ? not_empty(ret->profile, "profile") : r;
}

int aza_verify_options_take(const struct azattest_verify_options *given, struct aza_options *ret)
{
        static const struct azattest_verify_options none = AZATTEST_VERIFY_OPTIONS_INIT;
        int r = take("verify", "VERIFY_OPTIONS", given != NULL ? given : &none, sizeof(ret->verify),
                     &ret->verify);

        r = r == 0 ? not_empty(ret->verify.nonce, "nonce") : r;
        r = r == 0 ? not_empty(ret->verify.vmid, "vmid") : r;
        if (r != 0 || ret->verify.evidence == NULL)
                return r;
        r = aza_evidence_options_take(ret->verify.evidence, &ret->evidence);
        ret->verify.evidence = &ret->evidence;
        return r;
}

int aza_encryption_take(const struct azattest_encryption *given, struct azattest_encryption *ret,
                        struct aza_options *ret_options)
{
        int r = take("encryption", "ENCRYPTION", given, sizeof(*ret), ret);

        return r != 0 ? r : aza_verify_options_take(ret->options, ret_options);
}

int aza_stream_take(const struct azattest_stream *given, struct azattest_stream *ret)
{
        const int r = given == NULL ? AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no stream")
                                    : take("stream", "STREAM", given, sizeof(*ret), ret);

        if (r != 0 || (ret->read != NULL && ret->write != NULL))
                return r;
        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "the stream does not read, or not write");
}

int aza_attest_options_take(const struct azattest_attest_options *given,
                            struct azattest_attest_options *ret,
                            struct azattest_evidence_options *ret_evidence)
{
        static const struct azattest_attest_options none = AZATTEST_ATTEST_INIT;
        int r = take("attest", "ATTEST", given != NULL ? given : &none, sizeof(*ret), ret);

        if (r != 0 || (r = not_empty(ret->nonce, "nonce")) != 0 || ret->evidence == NULL)
                return r;
        r = aza_evidence_options_take(ret->evidence, ret_evidence);
        ret->evidence = ret_evidence;
        return r;
}

int aza_certificate_options_take(const struct azattest_certificate_options *given,
                                 struct azattest_certificate_options *ret)
{
        return take("certificate", "CERTIFICATE", given, sizeof(*ret), ret);
}

int aza_status_options_take(const struct azattest_status_options *given,
                            struct azattest_status_options *ret)
{
        static const struct azattest_status_options none = AZATTEST_STATUS_INIT;

        return take("status", "STATUS", given != NULL ? given : &none, sizeof(*ret), ret);
}

int aza_release_options_take(const struct azattest_release_options *given,
                             struct azattest_release_options *ret)
{
        static const struct azattest_release_options none = AZATTEST_RELEASE_INIT;

        return take("release", "RELEASE", given != NULL ? given : &none, sizeof(*ret), ret);
}

int aza_sealing_take(const struct azattest_sealing *given, struct azattest_sealing *ret,
                     struct aza_options *ret_options)
{
        int r = take("sealing", "SEALING", given, sizeof(*ret), ret);

        r = r == 0 ? not_empty(ret->hierarchy, "hierarchy") : r;
        return r != 0 ? r : aza_verify_options_take(ret->options, ret_options);
}

int aza_draft_options_take(const struct azattest_draft_options *given,
                           struct azattest_draft_options *ret, struct aza_options *ret_options)
{
        static const struct azattest_draft_options none = AZATTEST_DRAFT_INIT;
        int r = take("draft", "DRAFT", given != NULL ? given : &none, sizeof(*ret), ret);

        r = r == 0 ? not_empty(ret->name, "name") : r;
        if (r != 0 || (r = aza_verify_options_take(ret->verify, ret_options)) != 0)
                return r;
        if (ret_options->verify.evidence != NULL)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "options->verify: what is demanded of evidence is a member of its own");
        return aza_evidence_options_take(ret->evidence, &ret_options->evidence);
}
