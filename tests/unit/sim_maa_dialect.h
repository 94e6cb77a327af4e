/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the simulated MAA: the request that each known client makes of the same evidence
 * (PROTOCOL.md 7.4 and 12). */
#ifndef SIM_MAA_DIALECT_H
#define SIM_MAA_DIALECT_H

#include "sim_maa_fixture.h"

enum dialect {
        REFERENCE,
        GO,
        RUST,
        PYTHON,
        DIALECTS,
};

static inline json_object *encoded(enum aza_base64_form form, struct aza_span bytes)
{
        AZA_BYTES struct aza_bytes text = {0};
        assert_int_equal(aza_base64_encode(form, bytes, &text), 0);
        return json_object_new_string((const char *)text.data);
}

static inline void add_encoded(json_object *o, const char *name, enum aza_base64_form form,
                               struct aza_span bytes)
{
        assert_int_equal(json_object_object_add(o, name, encoded(form, bytes)), 0);
}

static inline struct aza_span text_span(const char *text)
{
        return aza_span_of(text, strlen(text));
}

/* The reference client indents with tabs, the others write compact JSON. */
static inline const char *spelled(json_object *o, enum dialect d)
{
        return json_object_to_json_string_ext(
                o, d == REFERENCE ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB
                                  : JSON_C_TO_STRING_PLAIN);
}

static inline json_object *tpm_info(const struct evidence *e, enum dialect d)
{
        json_object *info = json_object_new_object();
        json_object *set = json_object_new_array();
        json_object *pcrs = json_object_new_array();
        AZA_BYTES struct aza_bytes ak = {0};

        assert_int_equal(aza_bytes_set(&ak, e->ak_public.data, e->ak_public.len), 0);
        if (d == PYTHON) /* the whole ReadPublic answer: two names follow */
                assert_int_equal(aza_bytes_resize(&ak, ak.len + 72), 0);
        for (int i = 0; i < SIM_PCRS; i++) {
                if ((e->quoted & 1U << i) == 0)
                        continue;
                json_object *entry = json_object_new_object();
                add_encoded(entry, "Digest", AZA_BASE64, aza_span_of(e->pcrs[i], SIM_PCR_LEN));
                (void)json_object_object_add(entry, "Index", json_object_new_int(i));
                (void)json_object_array_add(pcrs, entry);
                (void)json_object_array_add(set, json_object_new_int(i));
        }
        add_encoded(info, "AikCert", AZA_BASE64, aza_bytes_span(&e->ak_certificate));
        add_encoded(info, "AikPub", AZA_BASE64, aza_bytes_span(&ak));
        (void)json_object_object_add(info, "PCRs", pcrs);
        (void)json_object_object_add(info, "PcrSet", set);
        add_encoded(info, "PcrQuote", AZA_BASE64, aza_bytes_span(&e->quote));
        add_encoded(info, "PcrSignature", AZA_BASE64, aza_bytes_span(&e->quote_signature));
        add_encoded(info, "EncKeyPub", AZA_BASE64, aza_bytes_span(&e->key_public));
        add_encoded(info, "EncKeyCertifyInfo", AZA_BASE64, aza_bytes_span(&e->certify));
        add_encoded(info, "EncKeyCertifyInfoSignature", AZA_BASE64,
                    aza_bytes_span(&e->certify_signature));
        return info;
}

static inline json_object *isolation_info(const struct evidence *e, enum dialect d)
{
        static const char *const types[] = {"TrustedLaunch", "SevSnp", "Tdx"};
        json_object *info = json_object_new_object();
        bool url = e->isolation == SIM_ISOLATION_SEVSNP && (d == RUST || d == PYTHON);
        enum aza_base64_form form = url ? AZA_BASE64URL : AZA_BASE64;

        (void)json_object_object_add(info, "Type", json_object_new_string(types[e->isolation]));
        if (e->isolation == SIM_ISOLATION_TRUSTED_LAUNCH)
                return info;
        json_object *evidence = json_object_new_object();
        (void)json_object_object_add(info, "Evidence", evidence);
        add_encoded(evidence, "RunTimeData", form, aza_bytes_span(&e->runtime));
        if (e->isolation == SIM_ISOLATION_TDX) {
                add_encoded(evidence, "Proof", form, aza_bytes_span(&e->hardware));
                return info;
        }
        AZA_OWN(json_object_put) json_object *proof = json_object_new_object();
        add_encoded(proof, "SnpReport", AZA_BASE64URL, aza_bytes_span(&e->hardware));
        add_encoded(proof, "VcekCertChain", form, aza_bytes_span(&e->chain));
        add_encoded(evidence, "Proof", form, text_span(spelled(proof, d)));
        return info;
}

/* One client sends raw JSON values, the others base64; without a nonce each has its own nothing. */
static inline json_object *payload(enum dialect d, const char *nonce)
{
        json_object *o = json_object_new_object();

        if (nonce == NULL && d == REFERENCE) {
                json_object_put(o);
                return NULL;
        }
        if (nonce == NULL)
                return d == GO ? (json_object_object_add(o, "nonce", NULL), o) : o;
        if (d == PYTHON)
                (void)json_object_object_add(o, "nonce", json_object_new_string(nonce));
        else
                add_encoded(o, "nonce", AZA_BASE64, text_span(nonce));
        return o;
}

/* Only SHA-256 digests of PCR 0-7, under a header of its own (PROTOCOL.md 4.2). */
static inline void reencode_log(const struct world *w, struct aza_bytes *ret)
{
        SIM_WRITER struct sim_writer out = {0};
        struct aza_reader in = aza_reader_of(aza_bytes_span(&w->log.file));

        sim_put_le32(&out, 0);
        sim_put_le32(&out, 3);
        sim_put_zeros(&out, 20);
        sim_put_le32(&out, 33);
        sim_put(&out, "Spec ID Event03", 16);
        sim_put_le32(&out, 0);
        sim_put(&out, "\0\2\0\2", 4);
        sim_put_le32(&out, 1);
        sim_put_le16(&out, 0x000B);
        sim_put_le16(&out, 32);
        sim_put_u8(&out, 0);
        (void)aza_read(&in, 28);
        (void)aza_read(&in, aza_read_le32(&in));
        while (in.rest.len > 0) {
                struct aza_span sha256 = {0};
                uint32_t pcr = aza_read_le32(&in);
                uint32_t type = aza_read_le32(&in);
                for (uint32_t n = aza_read_le32(&in); n > 0; n--) {
                        uint16_t id = aza_read_le16(&in);
                        struct aza_span digest = aza_read(&in, id == 4        ? 20
                                                               : id == 0x000B ? 32
                                                                              : 48);
                        if (id == 0x000B)
                                sha256 = digest;
                }
                struct aza_span data = aza_read(&in, aza_read_le32(&in));
                assert_false(in.failed);
                if (pcr > 7)
                        continue;
                sim_put_le32(&out, pcr);
                sim_put_le32(&out, type);
                sim_put_le32(&out, 1);
                sim_put_le16(&out, 0x000B);
                sim_put_span(&out, sha256);
                sim_put_le32(&out, (uint32_t)data.len);
                sim_put_span(&out, data);
        }
        assert_int_equal(sim_writer_take(&out, ret), 0);
}

static inline json_object *inner_document(const struct evidence *e, enum dialect d,
                                          const char *nonce)
{
        json_object *o = json_object_new_object();
        const char *edgeless = "Edgeless";

        (void)json_object_object_add(o, "AttestationProtocolVersion",
                                     json_object_new_string("2.0"));
        (void)json_object_object_add(o, "ClientPayload", payload(d, nonce));
        (void)json_object_object_add(o, "IsolationInfo", isolation_info(e, d));
        add_encoded(o, "OSBuild", AZA_BASE64, text_span(d == GO ? edgeless : "NotApplication"));
        add_encoded(o, "OSDistro", AZA_BASE64, text_span(d == GO ? edgeless : "Ubuntu"));
        add_encoded(o, "OSType", AZA_BASE64, text_span(d == GO ? edgeless : "Linux"));
        (void)json_object_object_add(o, "OSVersionMajor",
                                     d == PYTHON ? json_object_new_string("24")
                                                 : json_object_new_int(d == GO ? 0 : 24));
        (void)json_object_object_add(o, "OSVersionMinor",
                                     d == PYTHON ? json_object_new_string("4")
                                                 : json_object_new_int(d == GO ? 0 : 4));
        add_encoded(o, "TcgLogs", AZA_BASE64, aza_bytes_span(&e->log));
        (void)json_object_object_add(o, "TpmInfo", tpm_info(e, d));
        return o;
}

/* The outer document of an inner one. */
static inline void wrap(json_object *inner, enum dialect d, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *outer = json_object_new_object();
        add_encoded(outer, "AttestationInfo", AZA_BASE64URL, text_span(spelled(inner, d)));
        const char *text = spelled(outer, d);
        assert_int_equal(aza_bytes_set(ret, text, strlen(text)), 0);
}

static inline void request_of(const struct evidence *e, enum dialect d, const char *nonce,
                              struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *inner = inner_document(e, d, nonce);
        wrap(inner, d, ret);
}

static struct world world;

static inline int world_setup(void **state)
{
        (void)state;
        return world_make(&world);
}

static inline int world_teardown(void **state)
{
        (void)state;
        world_free(&world);
        return 0;
}

#endif
