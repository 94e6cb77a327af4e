/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what openssl.cnf, policy.json, ca.pem, ak-issuers.pem and td-collateral.json say (D11,
 * D27, CHECKS.md 9). */
#include "sim/env_files.h"

#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/intel.h"
#include "sim/say.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sim_env_write_ca(const struct sim_site *site)
{
        AZA_OWN(free) char *pem = sim_certificate_pem(site->pki->tls_ca);
        return pem == NULL ? -1 : sim_tree_write(site->dir, "ca.pem", pem, 0644);
}

/* No host publishes a simulated authority: what VMs on Azure fetch is a file here. */
int sim_env_write_issuers(const struct sim_site *site)
{
        AZA_OWN(free) char *ca = sim_certificate_pem(site->pki->vtpm_ca);
        AZA_OWN(free) char *root = sim_certificate_pem(site->pki->vtpm_root);
        AZA_BYTES struct aza_bytes pem = {0};

        if (ca == NULL || root == NULL)
                return -1;
        if (aza_bytes_append_text(&pem, ca) != 0 || aza_bytes_append_text(&pem, root) != 0)
                return sim_fail("out of memory");
        return sim_tree_write(site->dir, "ak-issuers.pem", (const char *)pem.data, 0644);
}

static json_object *condition(const char *claim, json_object *value)
{
        json_object *object = json_object_new_object();
        (void)json_object_object_add(object, "claim", json_object_new_string(claim));
        (void)json_object_object_add(object, "equals", value);
        return object;
}

static void want(json_object *list, const char *claim, const char *text)
{
        (void)json_object_array_add(list, condition(claim, json_object_new_string(text)));
}

/* The built-in conditions of the kind, and that it is this very VM. Without the compliance
 * status, which every verification of a token demands anyway (T12): evidence could not answer
 * it. */
static json_object *conditions(const struct sim_site *site)
{
        json_object *list = json_object_new_array();

        want(list, "x-ms-attestation-type", "azurevm");
        want(list, "x-ms-azurevm-vmid", site->vm_id);
        if (site->kind == SIM_TRUSTEDLAUNCH) {
                (void)json_object_array_add(list,
                                            condition("secureboot", json_object_new_boolean(true)));
                return list;
        }
        want(list, "x-ms-isolation-tee.x-ms-attestation-type",
             site->kind == SIM_TDX ? "tdxvm" : "sevsnpvm");
        if (site->kind == SIM_SEVSNP) {
                (void)json_object_array_add(
                        list, condition("x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable",
                                        json_object_new_boolean(false)));
                (void)json_object_array_add(list, condition("x-ms-isolation-tee.x-ms-sevsnpvm-vmpl",
                                                            json_object_new_int(0)));
        }
        return list;
}

int sim_env_write_policy(const struct sim_site *site)
{
        AZA_OWN(json_object_put) json_object *policy = json_object_new_object();
        json_object *authorities = json_object_new_array();
        json_object *authority = json_object_new_object();

        (void)json_object_object_add(policy, "version", json_object_new_string("1.0.0"));
        (void)json_object_object_add(policy, "anyOf", authorities);
        (void)json_object_array_add(authorities, authority);
        (void)json_object_object_add(authority, "authority", json_object_new_string(site->maa_url));
        (void)json_object_object_add(authority, "allOf", conditions(site));
        return sim_tree_write(
                site->dir, "policy.json",
                json_object_to_json_string_ext(policy, JSON_C_TO_STRING_PRETTY |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE),
                0644);
}

/* The pins of the simulated roots: AMD's and Intel's by key, the vTPM's by certificate (D3). */
static bool key_pin(EVP_PKEY *key, char ret[65])
{
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t digest[AZA_SHA256_LEN];

        if (aza_spki(key, &spki) != 0 ||
            aza_sha256(sim_libctx(), aza_bytes_span(&spki), digest) != 0)
                return false;
        (void)aza_hex(aza_span_of(digest, sizeof(digest)), ret);
        return true;
}

struct pins {
        char amd[65], intel[65], vtpm[65];
};

static int pins(const struct sim_pki *pki, struct pins *ret)
{
        uint8_t digest[AZA_SHA256_LEN];
        unsigned char *der = NULL;

        if (!key_pin(pki->ark_key, ret->amd) || !key_pin(pki->intel_root_key, ret->intel))
                return sim_fail("cannot compute the pin of a key");
        int len = i2d_X509(pki->vtpm_root, &der);
        bool good = len > 0 && aza_sha256(sim_libctx(), aza_span_of(der, (size_t)len), digest) == 0;
        OPENSSL_free(der);
        if (!good)
                return sim_fail("cannot compute the vTPM root's pin");
        (void)aza_hex(aza_span_of(digest, sizeof(digest)), ret->vtpm);
        return 0;
}

int sim_env_write_collateral(const struct sim_site *site)
{
        if (site->kind != SIM_TDX)
                return 0;
        AZA_OWN(json_object_put)
        json_object *collateral = sim_td_collateral(site->pki, site->faults);
        if (collateral == NULL)
                return -1;
        const char *text = json_object_to_json_string_ext(
                collateral, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        return sim_tree_write(site->dir, "td-collateral.json", text, 0644);
}

struct writer {
        struct aza_bytes text;
        bool failed;
};

static void line(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(struct writer *w, const char *format, ...)
{
        char text[1024];
        va_list args;

        va_start(args, format);
        int n = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        w->failed |= n < 0 || (size_t)n >= sizeof(text) ||
                     aza_bytes_append_text(&w->text, text) != 0 ||
                     aza_bytes_append_text(&w->text, "\n") != 0;
}

static void write_section(struct writer *w, const struct sim_site *site, const char *modules)
{
        line(w, "[azattest_sim_vm]");
        if (modules[0] != '\0') {
                line(w, "module = %s/azattest.so", modules);
                line(w, "activate = 1");
        }
        line(w, "maa-url = %s", site->maa_url);
        line(w, "imds-url = %s", site->imds_url);
        /* The vault's tenant has its login service at the same port. */
        line(w, "vault-authority = https://localhost%s", strrchr(site->vault_url, ':'));
        line(w, "tcti = %s", site->tcti);
        line(w, "event-log = %s", site->event_log);
        if (site->windows) /* what its own programs take for granted */
                line(w, "pcrs = 0-7,11-14");
        line(w, "ca-file = %s/ca.pem", site->dir);
        line(w, "policy = %s/policy.json", site->dir);
        line(w, "ak-issuers = %s/ak-issuers.pem", site->dir);
        line(w, "runtime-dir = %s/run", site->dir);
}

int sim_env_write_cnf(const struct sim_site *site, const char *modules)
{
        /* What `openssl req` and `x509` expect to find in any openssl.cnf. */
        static const char common[] = "[req]\n"
                                     "distinguished_name = req_distinguished_name\n"
                                     "x509_extensions = v3_ca\n"
                                     "[req_distinguished_name]\n"
                                     "commonName = Common Name\n"
                                     "[v3_ca]\n"
                                     "subjectKeyIdentifier = hash\n"
                                     "authorityKeyIdentifier = keyid:always,issuer\n"
                                     "basicConstraints = critical,CA:true\n";
        struct writer w = {0};
        struct pins pin;

        if (pins(site->pki, &pin) != 0)
                return -1;
        line(&w, "# Written by azattest-sim for the simulated VM in %s; gone when it stops.",
             site->dir);
        line(&w, "[default]");
        line(&w, "openssl_conf = azattest_sim");
        line(&w, "extensions = none"); /* else x509 -req of 4.0 takes these lines for some */
        line(&w, "[none]");
        line(&w, "[azattest_sim]");
        line(&w, "providers = azattest_sim_providers");
        line(&w, "[azattest_sim_providers]");
        line(&w, "default = azattest_sim_default");
        line(&w, "azattest = azattest_sim_vm");
        line(&w, "[azattest_sim_default]");
        line(&w, "activate = 1");
        write_section(&w, site, modules);
        line(&w, "amd-root = %s", pin.amd);
        line(&w, "intel-root = %s", pin.intel);
        line(&w, "vtpm-root = %s", pin.vtpm);
        line(&w, "%s[default]", common);
        int result = w.failed ? sim_fail("openssl.cnf: a line too long, or out of memory")
                              : sim_tree_write(site->dir, "openssl.cnf", (const char *)w.text.data,
                                               0644);
        aza_bytes_free(&w.text);
        return result;
}
