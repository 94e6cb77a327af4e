/* SPDX-License-Identifier: Apache-2.0 */
/* What the paravisor's runtime JSON says: the AK, and what the host told the paravisor (PROTOCOL.md
 * 5.2). The bytes were bound to the hardware report by hcl_report.c; nothing here is hashed. */
#include "evidence/hcl_report.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"

#include <string.h>

#define RUNTIME_MAX 65536u /* NV holds at most 2900 bytes; evidence files may hold more one day */
#define AK_KID      "HCLAkPub"

void aza_runtime_free(struct aza_runtime *r)
{
        json_object_put(r->json);
        EVP_PKEY_free(r->ak);
        *r = (struct aza_runtime){0};
}

/* The one entry named HCLAkPub. NULL when there is exactly one, else the reason. */
static const char *find_ak(json_object *keys, json_object **ret)
{
        if (keys == NULL)
                return "runtime JSON has no array \"keys\"";
        for (size_t i = 0; i < json_object_array_length(keys); i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                const char *kid = aza_json_string(key, "kid");
                if (kid == NULL || strcmp(kid, AK_KID) != 0)
                        continue;
                if (*ret != NULL)
                        return "two keys are called " AK_KID;
                *ret = key;
        }
        return *ret == NULL ? "no key is called " AK_KID : NULL;
}

/* NULL when fine, else the reason. */
static const char *read_ak(OSSL_LIB_CTX *libctx, json_object *jwk, EVP_PKEY **ret)
{
        static const uint8_t f4[] = {1, 0, 1};
        AZA_BYTES struct aza_bytes n = {0}, e = {0};
        const char *kty = aza_json_string(jwk, "kty");
        const char *n_text = aza_json_string(jwk, "n"), *e_text = aza_json_string(jwk, "e");

        if (kty == NULL || strcmp(kty, "RSA") != 0)
                return AK_KID " is not an RSA key";
        if (n_text == NULL || e_text == NULL ||
            aza_base64_decode(AZA_BASE64URL, n_text, strlen(n_text), &n) != 0 ||
            aza_base64_decode(AZA_BASE64URL, e_text, strlen(e_text), &e) != 0)
                return AK_KID " has no n and e in base64url";
        if (n.len != 256 || (n.data[0] & 0x80) == 0 || (n.data[255] & 1) == 0)
                return AK_KID " has no odd modulus of 2048 bits";
        if (!aza_span_equal(aza_bytes_span(&e), aza_span_of(f4, sizeof(f4))))
                return AK_KID " has another exponent than 65537";
        if (aza_rsa_public(libctx, aza_bytes_span(&n), aza_bytes_span(&e), ret) != 0)
                return AK_KID " cannot be used as an RSA key";
        return NULL;
}

bool aza_runtime_parse(OSSL_LIB_CTX *libctx, struct aza_span runtime, struct aza_checks *checks,
                       struct aza_runtime *ret)
{
        AZA_OWN(json_object_put) json_object *json = NULL;
        json_object *jwk = NULL;
        EVP_PKEY *ak = NULL;

        if (aza_json_parse(runtime, RUNTIME_MAX, &json) != 0) {
                (void)aza_reject(checks, AZA_CHECK_H13, "runtime JSON: %s",
                                 aza_last_error()->message);
                return aza_not_checked(checks, AZA_CHECK_H14, AZA_FOLLOWS, "as H13");
        }
        const char *reason = find_ak(aza_json_array(json, "keys"), &jwk);
        if (reason == NULL)
                reason = read_ak(libctx, jwk, &ak);
        if (reason != NULL) {
                (void)aza_reject(checks, AZA_CHECK_H13, "%s", reason);
                return aza_not_checked(checks, AZA_CHECK_H14, AZA_FOLLOWS, "as H13");
        }
        (void)aza_accept(checks, AZA_CHECK_H13, NULL);
        (void)aza_accept(checks, AZA_CHECK_H14, NULL);

        *ret = (struct aza_runtime){.ak = ak};
        ret->vmid = aza_json_string(aza_json_object(json, "vm-configuration"), "vmUniqueId");
        const char *user_data = aza_json_string(json, "user-data");
        ret->has_user_data =
                user_data != NULL && aza_unhex(user_data, strlen(user_data), ret->user_data,
                                               sizeof(ret->user_data)) == 0;
        ret->json = aza_take(&json);
        return true;
}
