/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry point, table of operations, parameters of the provider. Touches no TPM, no network, no file
 * and writes nothing (PV4); the tables are static and the same on every machine (PV3).
 */
#include "algorithms.h"
#include "context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>

#define RSA_NAMES  "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define PROPERTIES "provider=azattest"

static OSSL_FUNC_provider_teardown_fn provider_teardown;
static OSSL_FUNC_provider_gettable_params_fn provider_gettable_params;
static OSSL_FUNC_provider_get_params_fn provider_get_params;
static OSSL_FUNC_provider_query_operation_fn provider_query_operation;

static const OSSL_ALGORITHM keymgmts[] = {
        {RSA_NAMES, PROPERTIES, aza_rsa_keymgmt, "attested RSA key in the vTPM"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM asym_ciphers[] = {
        {RSA_NAMES, PROPERTIES, aza_rsa_asym_cipher, "RSA encryption and decryption"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM kems[] = {
        {RSA_NAMES, PROPERTIES, aza_rsa_kem, "RSASVE"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM signatures[] = {
        {RSA_NAMES, PROPERTIES, aza_rsa_signature, "RSA signatures, PKCS#1 v1.5 and PSS"},
        {NULL, NULL, NULL, NULL},
};

#ifdef OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES
static const OSSL_ALGORITHM signatures_34[] = {
        {RSA_NAMES, PROPERTIES, aza_rsa_signature, "RSA signatures, PKCS#1 v1.5 and PSS"},
#define ROW(id, digest, names) \
        {names, PROPERTIES, aza_rsa_##id##_signature, "PKCS#1 v1.5 with " digest},
        AZA_COMPOSITE_SIGNATURES(ROW)
#undef ROW
                {NULL, NULL, NULL, NULL},
};
#else
#define signatures_34 signatures
#endif

static const OSSL_ALGORITHM stores[] = {
        {"azattest", PROPERTIES, aza_store, "azattest:// URIs"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM decoders[] = {
        {"DER", PROPERTIES ",input=pem", aza_pem_decoder, "AZATTEST PRIVATE KEY"},
        {RSA_NAMES, PROPERTIES ",input=der,structure=azattest", aza_der_decoder, "AzAttestKey"},
        {"DER", PROPERTIES ",input=jwt", aza_jwt_decoder, "token of an attested key"},
        {"DER", PROPERTIES ",input=der,structure=azattest-sealed", aza_sealed_decoder,
         "AZATTEST SEALED PRIVATE KEY"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM encoders[] = {
        {RSA_NAMES, PROPERTIES ",output=pem,structure=PrivateKeyInfo", aza_private_pem_encoder,
         "AZATTEST PRIVATE KEY"},
        {RSA_NAMES, PROPERTIES ",output=der,structure=PrivateKeyInfo", aza_private_der_encoder,
         "AzAttestKey"},
        {RSA_NAMES, PROPERTIES ",output=pem,structure=SubjectPublicKeyInfo", aza_spki_pem_encoder,
         "public key"},
        {RSA_NAMES, PROPERTIES ",output=der,structure=SubjectPublicKeyInfo", aza_spki_der_encoder,
         "public key"},
        {RSA_NAMES, PROPERTIES ",output=pem,structure=pkcs1", aza_pkcs1_pem_encoder,
         "PKCS#1 public key"},
        {RSA_NAMES, PROPERTIES ",output=der,structure=pkcs1", aza_pkcs1_der_encoder,
         "PKCS#1 public key"},
        {RSA_NAMES, PROPERTIES ",output=pem,structure=type-specific", aza_pkcs1_pem_encoder,
         "PKCS#1 public key"},
        {RSA_NAMES, PROPERTIES ",output=der,structure=type-specific", aza_pkcs1_der_encoder,
         "PKCS#1 public key"},
        {RSA_NAMES, PROPERTIES ",output=text", aza_text_encoder, "for people"},
        {NULL, NULL, NULL, NULL},
};

static const OSSL_PARAM parameters[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
        OSSL_PARAM_END,
};

static const OSSL_PARAM *provider_gettable_params(void *provctx)
{
        (void)provctx;
        return parameters;
}

static int provider_get_params(void *provctx, OSSL_PARAM params[])
{
        OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME);

        (void)provctx;
        if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, "azattest: attested keys in the vTPM") != 1)
                return 0;
        p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_VERSION);
        if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, AZATTEST_VERSION) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_BUILDINFO);
        if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, AZATTEST_VERSION) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
        return p == NULL || OSSL_PARAM_set_int(p, 1) == 1;
}

static const OSSL_ALGORITHM *provider_query_operation(void *provctx, int operation, int *no_cache)
{
        *no_cache = 0;
        switch (operation) {
        case OSSL_OP_KEYMGMT:
                return keymgmts;
        case OSSL_OP_ASYM_CIPHER:
                return asym_ciphers;
        case OSSL_OP_KEM:
                return kems;
        case OSSL_OP_SIGNATURE:
                /* An older core would take the new rows for broken ones. Built on one, there are
                 * none: NOLINTNEXTLINE(bugprone-branch-clone) */
                return aza_prov_core_at_least(provctx, 3, 4) ? signatures_34 : signatures;
        case OSSL_OP_STORE:
                return stores;
        case OSSL_OP_DECODER:
                return decoders;
        case OSSL_OP_ENCODER:
                return encoders;
        default:
                return NULL;
        }
}

static void provider_teardown(void *provctx)
{
        aza_prov_free(provctx);
}

static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))provider_teardown},
        {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))provider_gettable_params},
        {OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))provider_get_params},
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))provider_query_operation},
        {0, NULL},
};

__attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE *handle,
                                                              const OSSL_DISPATCH *in,
                                                              const OSSL_DISPATCH **out,
                                                              void **provctx)
{
        struct aza_prov *prov = aza_prov_new(handle, in);

        if (prov == NULL)
                return 0;
        *provctx = prov;
        *out = functions;
        return 1;
}
