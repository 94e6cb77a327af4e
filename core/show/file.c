/* SPDX-License-Identifier: Apache-2.0 */
/* What key files and JSON files of ours say. */
#include "show/show.h"

#include "base/error.h"
#include "base/json.h"
#include "config/config.h"
#include "key/sealed.h"
#include "tpm/keyref.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define JSON_FILE_MAX (8u << 20)

static json_object *describe_reference(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        uint8_t name[34];
        char pcrs[64];

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        aza_show_text(out, "purpose", "%s", aza_purpose_text(ref->purpose));
        aza_show_text(out, "name", "%s", ref->name);
        aza_show_text(out, "hierarchy", "%s", ref->hierarchy == TPM2_RH_OWNER ? "owner" : "null");
        aza_show_text(out, "pcrs", "%s", aza_config_pcrs_text(ref->pcr_mask, pcrs));
        aza_show_bytes(out, "policy", aza_span_of(ref->policy, sizeof(ref->policy)));
        if (aza_keyref_pkey(libctx, ref, &key) == 0)
                aza_show_key(libctx, out, "public-key", key);
        if (aza_keyref_tpm_name(libctx, ref, name) == 0)
                aza_show_bytes(out, "tpm-name", aza_span_of(name, sizeof(name)));
        aza_show_text(out, "secret", "none: the private key stays in the vTPM");
        if (ref->token != NULL)
                aza_show_object(
                        out, "token-not-verified",
                        aza_show_token(libctx, aza_span_of(ref->token, strlen(ref->token))));
        return aza_take(&out);
}

json_object *aza_show_key_file(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(content.data, (int)content.len);
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        char *label = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;
        int r = AZATTEST_E_INPUT;

        if (bio == NULL)
                return AZA_NO_MEMORY(), NULL;
        while (PEM_read_bio(bio, &label, &header, &der, &len) == 1) {
                if (strcmp(label, AZA_KEYREF_PEM_LABEL) == 0 && ref == NULL)
                        r = aza_keyref_decode(libctx, aza_span_of(der, (size_t)len), &ref);
                OPENSSL_free(label);
                OPENSSL_free(header);
                OPENSSL_free(der);
        }
        ERR_clear_error();
        if (ref == NULL && r == AZATTEST_E_INPUT && aza_last_error()->code == 0)
                return AZA_FAIL(r, "no readable %s block", AZA_KEYREF_PEM_LABEL), NULL;
        return ref == NULL ? NULL : describe_reference(libctx, ref);
}

json_object *aza_show_sealed_key(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        AZA_SEALED struct aza_sealed sealed = {0};
        const struct aza_sealed_to *to = &sealed.to;
        char pcrs[64];

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_sealed_of_pem(content, &text) != 0 ||
            aza_sealed_parse(aza_bytes_span(&text), &sealed) != 0 ||
            aza_sealed_reference(libctx, to, &ref) != 0)
                return NULL;
        aza_show_text(out, "opened-by", "azattest://key%s%s of the vTPM that it is sealed to",
                      to->name[0] != '\0' ? "?name=" : "", to->name);
        aza_show_text(out, "hierarchy", "%s",
                      !to->has_hierarchy               ? "as configured where it is opened"
                      : to->hierarchy == TPM2_RH_OWNER ? "owner"
                                                       : "null");
        aza_show_text(out, "pcrs", "%s",
                      to->pcrs.mask != 0 ? aza_config_pcrs_text(to->pcrs.mask, pcrs)
                                         : "as configured where it is opened");
        if (to->pcrs.mask != 0)
                aza_show_bytes(out, "policy", aza_span_of(ref->policy, sizeof(ref->policy)));
        if (to->has_key && aza_keyref_pkey(libctx, ref, &key) == 0)
                aza_show_key(libctx, out, "public-key", key);
        aza_show_number(out, "sealed-bytes", sealed.jwe.ciphertext.len);
        aza_show_text(out, "secret",
                      "encrypted: that vTPM opens it, and then it lies in the program's memory");
        return aza_take(&out);
}

json_object *aza_show_json(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        json_object *value = NULL;

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_json_parse(content, JSON_FILE_MAX, &value) != 0)
                return NULL;
        aza_show_object(out, "content", value);
        return aza_take(&out);
}
