/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of attested certificates, each built from values, never from configuration text. */
#include "certificate/extensions.h"

#include "base/crypto.h"
#include "base/error.h"
#include "certificate/cmw.h"

#include <openssl/err.h>
#include <string.h>

AZA_OWN_DEFINE(GENERAL_NAMES, GENERAL_NAMES_free);
AZA_OWN_DEFINE(AUTHORITY_KEYID, AUTHORITY_KEYID_free);
AZA_OWN_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
AZA_OWN_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
AZA_OWN_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING_free);
AZA_OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);

typedef STACK_OF(X509_EXTENSION) extensions;

static int add(extensions **list, int nid, void *value, bool critical)
{
        if (X509V3_add1_i2d(list, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE, "extension %s could not be added",
                                        OBJ_nid2sn(nid));
        return 0;
}

static bool is_address(const char *text)
{
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);

        return address != NULL;
}

static GENERAL_NAME *general_name(const char *text)
{
        static const struct {
                const char *prefix;
                int type;
        } kinds[] = {
                {"DNS:", GEN_DNS}, {"IP:", GEN_IPADD}, {"URI:", GEN_URI}, {"email:", GEN_EMAIL}};
        int type = is_address(text) ? GEN_IPADD : GEN_DNS;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                size_t len = strlen(kinds[i].prefix);

                if (strncasecmp(text, kinds[i].prefix, len) == 0) {
                        type = kinds[i].type;
                        text += len;
                        break;
                }
        }
        if (*text == '\0' || strlen(text) > 253)
                return NULL;
        for (const char *p = text; *p != '\0'; p++)
                if (*p <= ' ' || *p > '~')
                        return NULL;
        return a2i_GENERAL_NAME(NULL, NULL, NULL, type, text, 0);
}

static int general_names(const char *const *san, size_t san_count, GENERAL_NAMES **ret)
{
        AZA_OWN(GENERAL_NAMES_free) GENERAL_NAMES *names = GENERAL_NAMES_new();

        if (names == NULL)
                return AZA_NO_MEMORY();
        for (size_t i = 0; i < san_count; i++) {
                GENERAL_NAME *name = general_name(san[i]);

                if (name == NULL)
                        return AZA_FAIL_OPENSSL(
                                AZATTEST_E_CERTIFICATE,
                                "'%.100s' is no name for a certificate: write DNS:host, IP:address, URI:... or email:...",
                                san[i]);
                if (sk_GENERAL_NAME_push(names, name) == 0) {
                        GENERAL_NAME_free(name);
                        return AZA_NO_MEMORY();
                }
        }
        *ret = aza_take(&names);
        return 0;
}

static int add_names(const char *const *san, size_t san_count, extensions **list)
{
        AZA_OWN(GENERAL_NAMES_free) GENERAL_NAMES *names = NULL;
        int r = general_names(san, san_count, &names);

        return r == 0 && san_count > 0 ? add(list, NID_subject_alt_name, names, false) : r;
}

int aza_certificate_has_names(const X509 *certificate, const char *const *san, size_t san_count,
                              bool *ret)
{
        AZA_OWN(GENERAL_NAMES_free) GENERAL_NAMES *wanted = NULL;
        const int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
        unsigned char *der = NULL;
        int r = general_names(san, san_count, &wanted);

        if (r != 0)
                return r;
        if (at < 0 || san_count == 0) {
                *ret = at < 0 && san_count == 0;
                return 0;
        }
        const ASN1_OCTET_STRING *has = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
        const int len = i2d_GENERAL_NAMES(wanted, &der);
        if (len <= 0)
                return AZA_NO_MEMORY();
        *ret = aza_span_equal(
                aza_span_of(der, (size_t)len),
                aza_span_of(ASN1_STRING_get0_data(has), (size_t)ASN1_STRING_length(has)));
        OPENSSL_free(der);
        return 0;
}

/* digitalSignature for the signing key and leaves, keyEncipherment for the decryption key,
 * keyCertSign for what issues leaves, nothing more. */
static int usage_bit(enum aza_purpose purpose)
{
        return purpose == AZA_PURPOSE_SIGN ? 0 : purpose == AZA_PURPOSE_ISSUE ? 5 : 2;
}

static int add_constraints(bool issues, extensions **list)
{
        AZA_OWN(BASIC_CONSTRAINTS_free) BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();

        if (constraints == NULL)
                return AZA_NO_MEMORY();
        constraints->ca = issues ? 0xFF : 0;
        if (issues && ((constraints->pathlen = ASN1_INTEGER_new()) == NULL ||
                       ASN1_INTEGER_set(constraints->pathlen, 0) != 1))
                return AZA_NO_MEMORY();
        return add(list, NID_basic_constraints, constraints, true);
}

static int add_usage(enum aza_purpose purpose, extensions **list)
{
        AZA_OWN(EXTENDED_KEY_USAGE_free) EXTENDED_KEY_USAGE *extended = EXTENDED_KEY_USAGE_new();
        AZA_OWN(ASN1_BIT_STRING_free) ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
        int r;

        if (extended == NULL || usage == NULL ||
            ASN1_BIT_STRING_set_bit(usage, usage_bit(purpose), 1) != 1)
                return AZA_NO_MEMORY();
        r = add_constraints(purpose == AZA_PURPOSE_ISSUE, list);
        if (r == 0)
                r = add(list, NID_key_usage, usage, true);
        if (r != 0 || purpose != AZA_PURPOSE_SIGN)
                return r;
        if (sk_ASN1_OBJECT_push(extended, OBJ_nid2obj(NID_server_auth)) == 0 ||
            sk_ASN1_OBJECT_push(extended, OBJ_nid2obj(NID_client_auth)) == 0)
                return AZA_NO_MEMORY();
        return add(list, NID_ext_key_usage, extended, false);
}

static int key_id(OSSL_LIB_CTX *libctx, const EVP_PKEY *key, ASN1_OCTET_STRING **ret)
{
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
        uint8_t digits[AZA_KEY_ID_LEN];
        int r = aza_key_id(libctx, key, digits);

        if (r != 0)
                return r;
        if (id == NULL || ASN1_OCTET_STRING_set(id, digits, AZA_KEY_ID_LEN) != 1)
                return AZA_NO_MEMORY();
        *ret = aza_take(&id);
        return 0;
}

static int add_key_ids(OSSL_LIB_CTX *libctx, const EVP_PKEY *key, const EVP_PKEY *above,
                       extensions **list)
{
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *subject = NULL;
        AZA_OWN(AUTHORITY_KEYID_free) AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
        int r;

        if (authority == NULL)
                return AZA_NO_MEMORY();
        if ((r = key_id(libctx, key, &subject)) != 0 ||
            (r = key_id(libctx, above, &authority->keyid)) != 0)
                return r;
        r = add(list, NID_subject_key_identifier, subject, false);
        return r != 0 ? r : add(list, NID_authority_key_identifier, authority, false);
}

static int add_ids_of(OSSL_LIB_CTX *libctx, const struct aza_certificate_spec *spec,
                      extensions **list)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *above = NULL;
        int r = aza_keyref_pkey(libctx, spec->subject, &key);

        if (r != 0 ||
            (r = aza_keyref_pkey(libctx, spec->issuer != NULL ? spec->issuer : spec->subject,
                                 &above)) != 0)
                return r;
        return add_key_ids(libctx, key, above, list);
}

static int add_token(const char *oid, const char *jwt, extensions **list)
{
        X509_EXTENSION *cmw = aza_cmw_extension(oid, jwt);

        if (cmw == NULL)
                return aza_last_error()->code;
        if (*list == NULL || sk_X509_EXTENSION_push(*list, cmw) == 0) {
                X509_EXTENSION_free(cmw);
                return AZA_NO_MEMORY();
        }
        return 0;
}

int aza_certificate_extensions(OSSL_LIB_CTX *libctx, const struct aza_certificate_spec *spec,
                               bool request, STACK_OF(X509_EXTENSION) * *ret)
{
        extensions *list = NULL;
        int r;

        if ((r = add_usage(spec->subject->purpose, &list)) != 0 ||
            (r = add_names(spec->san, spec->san_count, &list)) != 0 ||
            (r = request ? 0 : add_ids_of(libctx, spec, &list)) != 0 ||
            (r = add_token(AZA_CMW_OID, spec->subject->token, &list)) != 0 ||
            (r = spec->issuer != NULL ? add_token(AZA_CMW_ISSUER_OID, spec->issuer->token, &list)
                                      : 0) != 0) {
                sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
                return r;
        }
        *ret = list;
        return 0;
}

int aza_leaf_extensions(OSSL_LIB_CTX *libctx, const struct aza_leaf_spec *spec,
                        STACK_OF(X509_EXTENSION) * *ret)
{
        extensions *list = NULL;
        int r;

        if ((r = add_usage(AZA_PURPOSE_SIGN, &list)) != 0 ||
            (r = add_names(spec->san, spec->san_count, &list)) != 0 ||
            (r = add_key_ids(libctx, spec->key, X509_get0_pubkey(spec->above), &list)) != 0) {
                sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
                return r;
        }
        *ret = list;
        return 0;
}
