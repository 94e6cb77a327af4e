/* SPDX-License-Identifier: Apache-2.0 */
/* From azattest_evidence_options to what evidence_verify.h wants: files read, names found. Judges nothing.
 * Called by azattest_evidence.c and azattest_channel.c. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "os/file.h"

#include <string.h>

#define CERTIFICATES_MAX (1u << 20)

static int read_certificates(OSSL_LIB_CTX *libctx, const char *path, aza_certs *pile)
{
        AZA_BYTES struct aza_bytes text = {0};

        if (path == NULL)
                return 0;
        int r = aza_file_read(path, CERTIFICATES_MAX, &text);
        if (r == 0)
                r = aza_certs_add_some(libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "certificates %s", path) : 0;
}

static int read_revocations(OSSL_LIB_CTX *libctx, const char *path, aza_crls *pile)
{
        AZA_BYTES struct aza_bytes text = {0};

        if (path == NULL)
                return 0;
        int r = aza_file_read(path, CERTIFICATES_MAX, &text);
        if (r == 0)
                r = aza_crls_add(libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "crl %s", path) : 0;
}

static int find_unchecked(struct azattest_call *call, const char *const *ids,
                          enum aza_check_id ret[AZA_CALL_UNCHECKED], size_t *ret_count)
{
        size_t n = 0;

        for (; ids != NULL && ids[n] != NULL; n++) {
                if (n == AZA_CALL_UNCHECKED || !aza_check_find(ids[n], &ret[n]))
                        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                        "allow_unchecked: '%.40s' is no check, or one too many",
                                        ids[n]);
                int r = aza_call_weaken(call, "allow-unchecked", ids[n],
                                        "accepted although this check could not be made");
                if (r != 0)
                        return r;
        }
        *ret_count = n;
        return 0;
}

/* A built-in profile, else a profile file. */
static int find_demands(struct azattest_call *call, const char *name, struct aza_demands **ret)
{
        const struct aza_profile *base = aza_profile_find(name);
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (base == NULL && strpbrk(name, "./") == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the profile '%.40s' is unknown: azure-baseline, strict, none or "
                                "the path of a file",
                                name);
        if (base != NULL)
                r = aza_demands_new(base, ret);
        else if ((r = aza_file_read(name, AZA_DEMANDS_FILE_MAX, &text)) == 0)
                r = aza_demands_parse(aza_bytes_span(&text), ret);
        if (r != 0)
                return aza_context(r, "profile %s", name != NULL ? name : "");
        if (call->weakened == NULL && (call->weakened = json_object_new_array()) == NULL)
                return AZA_NO_MEMORY();
        return aza_demands_weakened(*ret, call->weakened) ? 0 : AZA_NO_MEMORY();
}

void aza_call_evidence_free(struct aza_call_evidence *e)
{
        aza_certs_free(e->certs);
        aza_crls_free(e->crls);
        aza_demands_free(e->demands);
        *e = (struct aza_call_evidence){0};
}

int aza_call_evidence_read(struct azattest_call *call, const struct azattest_evidence_options *o,
                           struct aza_call_evidence *e, struct aza_evidence_request *request)
{
        int r;

        e->certs = sk_X509_new_null();
        e->crls = sk_X509_CRL_new_null();
        if (e->certs == NULL || e->crls == NULL)
                return AZA_NO_MEMORY();
        if ((r = find_demands(call, o->profile, &e->demands)) != 0 ||
            (r = find_unchecked(call, o->allow_unchecked, e->unchecked, &e->unchecked_count)) !=
                    0 ||
            (r = read_certificates(call->libctx, o->certificates, e->certs)) != 0 ||
            (r = read_revocations(call->libctx, o->crl, e->crls)) != 0)
                return r;
        request->demands = e->demands;
        request->certs = e->certs;
        request->crls = e->crls;
        request->allow_unchecked = e->unchecked;
        request->allow_unchecked_count = e->unchecked_count;
        request->need_key |= o->need_key;
        request->need_event_log |= o->need_event_log;
        request->need_secure_boot |= o->need_secure_boot;
        return 0;
}

int aza_call_demands(struct azattest_call *call, const struct azattest_verify_options *options,
                     struct aza_call_evidence *e, struct aza_evidence_request *request)
{
        static const struct azattest_evidence_options none;
        const struct azattest_evidence_options *o = options->evidence;

        if (o != NULL && (o->nonce != NULL || o->vmid != NULL || o->time != 0))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "options->evidence: the nonce is an argument of the call or, like "
                                "vmid and time, among the members of options");
        return aza_call_evidence_read(call, o != NULL ? o : &none, e, request);
}
