/* SPDX-License-Identifier: Apache-2.0 */
/* From azattest_evidence_options to what verdict/evidence.h wants: files read, names found, missing
 * certificates fetched. Judges nothing. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/log.h"
#include "base/words.h"
#include "online/collateral.h"
#include "online/td_collateral.h"
#include "online/td_collateral_file.h"
#include "os/file.h"
#include "os/path.h"
#include "verdict/demands.h"

#include <string.h>

#define CERTIFICATES_MAX (1u << 20)

static int add_file(OSSL_LIB_CTX *libctx, const char *path, aza_certs *pile)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, CERTIFICATES_MAX, &text);

        if (r == 0)
                r = aza_certs_add_some(libctx, aza_bytes_span(&text), pile);
        return r != 0 ? aza_context(r, "certificates %s", path) : 0;
}

struct found {
        OSSL_LIB_CTX *libctx;
        aza_certs *pile;
        size_t count; /* of files that hold some */
};

/* A folder may hold other things beside certificates; a full pile is no reason to go on. */
static int add_found(void *arg, const char *path)
{
        struct found *found = arg;
        int r = add_file(found->libctx, path, found->pile);

        found->count += r == 0 ? 1 : 0;
        if (r != AZATTEST_E_INPUT || sk_X509_num(found->pile) >= AZA_CERTS_MAX)
                return r;
        AZA_LOG(WARN, "%s (skipped)", aza_last_error()->message);
        aza_clear_error();
        return 0;
}

static int add_folder(OSSL_LIB_CTX *libctx, const char *path, aza_certs *pile)
{
        struct found found = {libctx, pile, 0};
        int r = aza_folder_each(path, add_found, &found);

        if (r != 0 || found.count > 0)
                return r;
        return AZA_FAIL(
                AZATTEST_E_INPUT,
                "certificates %s: no file in this directory holds a certificate (PEM or DER)",
                path);
}

static int add_paths(OSSL_LIB_CTX *libctx, const char *const *paths, aza_certs *pile)
{
        int r = 0;

        for (size_t i = 0; r == 0 && paths != NULL && paths[i] != NULL; i++)
                r = aza_path_kind(paths[i]) == AZA_PATH_FOLDER ? add_folder(libctx, paths[i], pile)
                                                               : add_file(libctx, paths[i], pile);
        return r;
}

static int add_certificates(OSSL_LIB_CTX *libctx, const struct azattest_evidence_options *o,
                            aza_certs *pile)
{
        const char *const one[] = {o->certificates, NULL};
        int r = add_paths(libctx, one, pile);

        return r != 0 ? r : add_paths(libctx, o->certificate_paths, pile);
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
                        return AZA_FAIL(
                                AZATTEST_E_INVALID_PARAMETER,
                                "allow-unchecked: there is no check '%.40s', or one too many; their ids are in the first column of a result",
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
static int read_profile(const char *name, struct aza_demands **ret)
{
        const struct aza_profile *base = aza_profile_find(name);
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (base == NULL && strpbrk(name, "./") == NULL) {
                char advice[120];

                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "the profile '%.40s' is unknown: %s A file has a '.' or '/' in its name",
                        name, aza_words_advice(name, aza_profile_names, advice, sizeof(advice)));
        }
        if (base != NULL)
                r = aza_demands_new(base, ret);
        else if ((r = aza_file_read(name, AZA_DEMANDS_FILE_MAX, &text)) == 0)
                r = aza_demands_parse(aza_bytes_span(&text), ret);
        return r != 0 ? aza_context(r, "profile %s", name != NULL ? name : "") : 0;
}

/* Those of the call, added to the profile's. A wrong one is the caller's mistake. */
static int add_demands(const char *text, struct aza_demands *d)
{
        int r = text != NULL ? aza_demands_add(d, aza_span_of(text, strlen(text))) : 0;

        return r == AZATTEST_E_INPUT ? AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "demands: %s",
                                                aza_last_error()->message)
                                     : r;
}

static int read_demands(struct azattest_call *call, const struct azattest_evidence_options *o,
                        struct aza_demands **ret)
{
        int r = read_profile(o->profile, ret);

        if (r != 0 || (r = add_demands(o->demands, *ret)) != 0)
                return r;
        if (call->weakened == NULL && (call->weakened = json_object_new_array()) == NULL)
                return AZA_NO_MEMORY();
        return aza_demands_weakened(*ret, call->weakened) ? 0 : AZA_NO_MEMORY();
}

int aza_call_demands_weaken(struct azattest_call *call, const struct azattest_evidence_options *o)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence e = {0};
        int r = read_demands(call, o, &e.demands);

        return r != 0 ? r
                      : find_unchecked(call, o->allow_unchecked, e.unchecked, &e.unchecked_count);
}

void aza_call_evidence_free(struct aza_call_evidence *e)
{
        aza_certs_free(e->certs);
        aza_crls_free(e->crls);
        aza_demands_free(e->demands);
        aza_td_collateral_free(&e->collateral);
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
        if ((r = read_demands(call, o, &e->demands)) != 0 ||
            (r = find_unchecked(call, o->allow_unchecked, e->unchecked, &e->unchecked_count)) !=
                    0 ||
            (r = add_certificates(call->libctx, o, e->certs)) != 0 ||
            (r = read_revocations(call->libctx, o->crl, e->crls)) != 0 ||
            (o->td_collateral != NULL &&
             (r = aza_td_collateral_read(o->td_collateral, &e->collateral)) != 0))
                return r;
        request->judge = e->demands->judge;
        request->judge.certs = e->certs;
        request->judge.crls = e->crls;
        if (!aza_td_collateral_is_empty(&e->collateral))
                request->judge.td.collateral = &e->collateral;
        request->judge.need_key |= o->need_key;
        request->judge.need_event_log |= o->need_event_log;
        request->judge.need_secure_boot |= o->need_secure_boot;
        request->allow_unchecked = e->unchecked;
        request->allow_unchecked_count = e->unchecked_count;
        return 0;
}

/* What evidence carries of it may be old: what Intel says now counts. */
static bool wants_collateral(const struct aza_evidence_request *request)
{
        const struct aza_profile *profile = request->judge.snp.profile;

        return profile == NULL || !profile->no_td_collateral;
}

/* Not through ca-file, which is the MAA's: AMD and Azure have public certificates. */
int aza_call_fetch(const struct azattest_call *call, const struct azattest_evidence_options *o,
                   const struct aza_evidence_file *file, struct aza_call_evidence *e,
                   struct aza_evidence_request *request)
{
        if (o == NULL || !o->fetch)
                return 0;
        if (call->progress != NULL)
                call->progress(call->progress_arg, "fetching certificates");
        int r = aza_fetch_vcek(call->libctx, &call->deadline, "", file, e->certs);
        const int before = sk_X509_num(e->certs);

        if (r == 0)
                r = aza_fetch_ak_issuers(call->libctx, &call->deadline, "", file, e->certs);
        if (r == 0 && request->judge.td.collateral == NULL && wants_collateral(request)) {
                r = aza_fetch_td_collateral(call->libctx, &call->deadline, NULL, file,
                                            &e->collateral);
                if (!aza_td_collateral_is_empty(&e->collateral))
                        request->judge.td.collateral = &e->collateral;
        }
        request->judge.fetch_asked = true;
        request->judge.fetched = (size_t)(sk_X509_num(e->certs) - before);
        return r;
}

int aza_call_demands(struct azattest_call *call, const struct azattest_verify_options *options,
                     struct aza_call_evidence *e, struct aza_evidence_request *request)
{
        static const struct azattest_evidence_options none;
        const struct azattest_evidence_options *o = options->evidence;

        if (o != NULL && (o->nonce != NULL || o->vmid != NULL || o->time != 0))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "options->evidence: the nonce is an argument of the call or, like vmid and time, among the members of options");
        return aza_call_evidence_read(call, o != NULL ? o : &none, e, request);
}
