/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's Provisioning Certification Service, version 4. Two documents come with the chain of who
 * signed them in a header of the answer, as PEM with percent signs. */
#include "online/td_collateral.h"

#include "base/error.h"
#include "base/log.h"
#include "online/http.h"
#include "tdx/chain.h"
#include "tdx/pck.h"
#include "tdx/quote.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 262144
#define URL_MAX  512

static const struct aza_td_services intel = {
        .certification = "https://api.trustedservices.intel.com",
        .certificates = "https://certificates.trustedservices.intel.com",
        .ca_file = ""};

struct want {
        OSSL_LIB_CTX *libctx;
        const struct aza_td_services *services;
        const struct aza_deadline *deadline;
        const struct aza_td_platform_name *platform;
};

/* ---- which platform ---- */

static bool is_processor_ca(X509 *ca)
{
        char cn[64] = "";

        return X509_NAME_get_text_by_NID(X509_get_subject_name(ca), NID_commonName, cn,
                                         sizeof(cn)) > 0 &&
               strstr(cn, "Processor") != NULL;
}

bool aza_td_platform_named(OSSL_LIB_CTX *libctx, struct aza_span bytes,
                           struct aza_td_platform_name *ret)
{
        struct aza_td_quote quote;
        struct aza_td_certification certification;
        struct aza_intel_chain chain = {0};
        struct aza_pck pck;

        if (aza_td_quote_parse(bytes, &quote) != NULL ||
            aza_td_certification_parse(&quote, &certification) != NULL ||
            aza_intel_chain_parse(libctx, certification.certificates, 3, NULL, &chain) != NULL)
                return false;
        bool good = aza_pck_of(chain.certs[0], &pck) == NULL;
        if (good) {
                (void)aza_hex(aza_span_of(pck.fmspc, sizeof(pck.fmspc)), ret->fmspc);
                ret->ca = is_processor_ca(chain.certs[1]) ? "processor" : "platform";
        }
        aza_intel_chain_free(&chain);
        return good;
}

/* ---- asking ---- */

static int get(const struct want *w, const char *url, const char *header,
               struct aza_bytes *ret_body, struct aza_bytes *ret_chain)
{
        const struct aza_td_services *s = w->services;
        const struct aza_http_request request = {
                .what = s->what != NULL ? s->what : "Intel's certification service",
                .url = url,
                .ca_file = s->ca_file,
                .plain_http = s->imds,
                .max_body = BODY_MAX,
                .header = header,
                .ret_header = ret_chain};

        AZA_LOG(INFO, "fetching %s", url);
        int r = aza_http(&request, w->deadline, ret_body, NULL);
        if (r == 0 && ret_chain != NULL) {
                aza_td_served_chain(ret_chain);
                if (ret_chain->len == 0)
                        return AZA_FAIL(AZATTEST_E_HTTP_FAILED, "%s came without its header %s",
                                        url, header);
        }
        return r != 0 || ret_body->len > 0
                       ? r
                       : AZA_FAIL(AZATTEST_E_HTTP_FAILED, "%s answered with nothing", url);
}

static const char *query(const struct want *w)
{
        return w->services->query != NULL ? w->services->query : "";
}

static int get_documents(const struct want *w, struct aza_td_collateral *c)
{
        char url[URL_MAX];

        (void)snprintf(url, sizeof(url), "%s/tdx/certification/v4/tcb?fmspc=%s%s",
                       w->services->certification, w->platform->fmspc, query(w));
        int r = get(w, url, "TCB-Info-Issuer-Chain", &c->tcb_info, &c->tcb_info_chain);
        if (r != 0)
                return r;
        (void)snprintf(url, sizeof(url), "%s/tdx/certification/v4/qe/identity%s%s",
                       w->services->certification, *query(w) != '\0' ? "?" : "",
                       *query(w) != '\0' ? query(w) + 1 : "");
        return get(w, url, "SGX-Enclave-Identity-Issuer-Chain", &c->qe_identity,
                   &c->qe_identity_chain);
}

static int get_list(const struct want *w, const char *url, struct aza_bytes *ret)
{
        int r = get(w, url, NULL, ret, NULL);

        if (r == 0)
                r = aza_td_served_list(w->libctx, ret);
        return r == AZATTEST_E_INPUT
                       ? AZA_FAIL(AZATTEST_E_HTTP_FAILED,
                                  "%s answered with something else than a revocation list", url)
                       : r;
}

static int get_lists(const struct want *w, struct aza_td_collateral *c)
{
        const struct aza_td_services *s = w->services;
        char url[URL_MAX];

        (void)snprintf(url, sizeof(url), "%s/sgx/certification/v4/pckcrl?ca=%s&encoding=der%s",
                       s->certification, w->platform->ca, query(w));
        int r = get_list(w, url, &c->pck_crl);
        if (r != 0)
                return r;
        if (s->certificates != NULL)
                (void)snprintf(url, sizeof(url), "%s/IntelSGXRootCA.der", s->certificates);
        else
                (void)snprintf(url, sizeof(url), "%s/sgx/certification/v4/rootcacrl%s%s",
                               s->certification, *query(w) != '\0' ? "?" : "",
                               *query(w) != '\0' ? query(w) + 1 : "");
        return get_list(w, url, &c->root_crl);
}

int aza_ask_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                          const struct aza_td_services *services,
                          const struct aza_td_platform_name *platform,
                          struct aza_td_collateral *ret)
{
        const struct want w = {libctx, services, deadline, platform};
        struct aza_td_collateral c = {0};
        int r = get_documents(&w, &c);

        if (r == 0)
                r = get_lists(&w, &c);
        if (r != 0) {
                aza_td_collateral_free(&c);
                return r;
        }
        aza_td_collateral_free(ret);
        *ret = c;
        return 0;
}

int aza_fetch_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                            const struct aza_td_services *services,
                            const struct aza_evidence_file *file, struct aza_td_collateral *ret)
{
        struct aza_td_platform_name platform;

        if (file->td_quote.len == 0 ||
            !aza_td_platform_named(libctx, aza_bytes_span(&file->td_quote), &platform))
                return 0;
        return aza_ask_td_collateral(libctx, deadline, services != NULL ? services : &intel,
                                     &platform, ret);
}
