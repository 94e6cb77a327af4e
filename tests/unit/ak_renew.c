/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renewal of the AK certificate, step by step, over a real swtpm and a scripted metadata service:
 * what each failure leaves behind, what another process does meanwhile, and a process that is
 * killed before each of its TPM commands.
 */
#include "unit/swtpm_fixture.h"
/* after it, since it has a `server` of its own */
#include "unit/ak_support.h"
#include "unit/http_server.h"
#include "unit/own_dir.h"

#include "base/clock.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"
#include "online/ak_renew.h"
#include "tpm/key.h"
#include "tpm/nv.h"

#include <json-c/json.h>

#define DAY        INT64_C(86400)
#define INDEX_SIZE 2048
#define INDEX      "01c101d0"
#define KEPT       "ak-certificate.der"
/* So long that a certificate is two pieces of NV, its signature in the second. */
#define FILLER_64                                                       \
        "0123456789012345678901234567890123456789012345678901234567890" \
        "123"
#define PLACE                                                                                \
        "caIssuers;URI:http://ca.example/" FILLER_64 FILLER_64 FILLER_64 FILLER_64 FILLER_64 \
                FILLER_64 FILLER_64

/* Commands before the first NV_Write that read the index: what is there, and that it still is. */
enum { READ_AT_START = 0, READ_BEFORE = 2, READ_BACK = 4 };

static struct swtpm swtpm;
static struct tap tap;
static struct aza_config config;
static EVP_PKEY *ak;
static struct aza_bytes old, new, other; /* as the index holds them */
static char renewed_pem[16384];

/* ---- certificates ---- */

static void take(X509 *certificate, struct aza_bytes *ret)
{
        unsigned char *der = NULL;
        const int len = i2d_X509(certificate, &der);

        assert_true(len > 1024 && len < INDEX_SIZE);
        assert_ok(aza_bytes_set(ret, der, (size_t)len));
        assert_ok(aza_bytes_resize(ret, INDEX_SIZE));
        OPENSSL_free(der);
}

static struct ak_plan plan_until(int64_t days)
{
        struct ak_plan plan = ak_leaf_plan();
        int64_t now;

        assert_ok(aza_now(&now));
        plan.key = ak;
        plan.access = PLACE;
        plan.from = now - 30 * DAY;
        plan.until = now + days * DAY;
        return plan;
}

static void pem_of(const struct ak_plan *plan, char ret[sizeof(renewed_pem)])
{
        AZA_OWN(X509_free) X509 *certificate = ak_make(plan);
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
        const int len = BIO_read(bio, ret, (int)sizeof(renewed_pem) - 1);
        assert_true(len > 0);
        ret[len] = '\0';
}

/* True: it is the AK's, whole, and the CA's word. */
static bool is_good(const struct aza_bytes *content)
{
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_CHECKS struct aza_checks checks = {0};

        return aza_ak_cert_parse(libctx, aza_bytes_span(content), &checks, &certificate) &&
               EVP_PKEY_eq(ak, X509_get0_pubkey(certificate)) == 1 &&
               X509_verify(certificate, ak_ca_key) == 1;
}

/* ---- the index, behind the product's back ---- */

static void put_index(TSS2_TCTI_CONTEXT *tcti, const struct aza_bytes *content)
{
        for (size_t at = 0; at < content->len; at += 512) {
                char hex[1025], body[1200];
                struct raw answer;

                (void)aza_hex(aza_span_of(content->data + at, 512), hex);
                (void)snprintf(body, sizeof(body), "40000001" INDEX RAW_PASSWORD "0200%s%04zx", hex,
                               at);
                assert_int_equal(raw_run(tcti, TPM2_CC_NV_Write, true, body, &answer), 0);
        }
}

static void set_index(const struct aza_bytes *content)
{
        TSS2_TCTI_CONTEXT *tcti = swtpm_connect(&swtpm);

        put_index(tcti, content);
        Tss2_TctiLdr_Finalize(&tcti);
}

static void define_index(unsigned int size)
{
        TSS2_TCTI_CONTEXT *tcti = swtpm_connect(&swtpm);
        char body[128];
        struct raw answer;

        (void)raw_run(tcti, TPM2_CC_NV_UndefineSpace, true, "40000001" INDEX RAW_PASSWORD, &answer);
        (void)snprintf(body, sizeof(body),
                       "40000001" RAW_PASSWORD "0000000e" INDEX "000b020600060000%04x", size);
        assert_int_equal(raw_run(tcti, TPM2_CC_NV_DefineSpace, true, body, &answer), 0);
        Tss2_TctiLdr_Finalize(&tcti);
}

static struct aza_bytes index_now(void)
{
        struct aza_bytes content = {0};
        struct aza_tpm *tpm = NULL;

        assert_ok(aza_tpm_new(libctx, swtpm.tcti, "", &tpm));
        assert_ok(aza_nv_read_ak_cert(tpm, &content));
        aza_tpm_free(tpm);
        return content;
}

static void assert_index(const struct aza_bytes *wanted)
{
        AZA_BYTES struct aza_bytes content = index_now();

        assert_int_equal(content.len, wanted->len);
        assert_memory_equal(content.data, wanted->data, wanted->len);
}

static bool is_kept(void)
{
        return access(in_dir(KEPT), F_OK) == 0;
}

/* ---- the service ---- */

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"

/* The VM's id, then the certificate in one step. */
static void serve_pem(const char *pem)
{
        static struct answer answers[2];
        static char body[sizeof(renewed_pem) + 4096];
        AZA_OWN(json_object_put) json_object *json = json_object_new_object();

        (void)json_object_object_add(json, "AkCertPem", json_object_new_string(pem));
        (void)snprintf(body, sizeof(body), "%s", json_object_to_json_string(json));
        answers[0] = (struct answer){HEAD, "0badc0de-0000-4000-8000-000000000000", 0, false};
        answers[1] = (struct answer){HEAD, body, 0, false};
        start(answers, COUNT(answers), NULL);
        const size_t len = strlen(server.url) - strlen("/x");
        (void)snprintf(config.imds_url, sizeof(config.imds_url), "%.*s", (int)len, server.url);
}

/* ---- one renewal ---- */

static struct aza_ak_renewed renewed;

static int renew_with(struct aza_tpm *tpm, int64_t if_before)
{
        const struct aza_deadline deadline = aza_deadline_in(20, NULL);
        const struct aza_attester vm = {libctx, &config, tpm, &deadline};

        return aza_ak_renew(&vm, if_before, &renewed);
}

static struct aza_tpm *tapped(void)
{
        const struct aza_transport transport = tap_transport(&tap);
        struct aza_tpm *tpm = NULL;

        memset(&tap, 0, sizeof(tap));
        assert_ok(aza_tpm_new(libctx, swtpm.tcti, "", &tpm));
        aza_tpm_set_transport(tpm, &transport);
        return tpm;
}

/* Of the old certificate, with `rule` in the way. */
static int renew_by(struct tap_rule rule, const char *pem)
{
        struct aza_tpm *tpm = tapped();

        tap.rules[0] = rule;
        serve_pem(pem);
        const int r = renew_with(tpm, -1);
        finish();
        aza_tpm_free(tpm);
        return r;
}

static int renew(void)
{
        return renew_by((struct tap_rule){0}, renewed_pem);
}

static int each_before(void **state)
{
        (void)state;
        set_index(&old);
        (void)unlink(in_dir(KEPT));
        return 0;
}

/* ---- tests ---- */

static void test_renews(void **state)
{
        (void)state;
        assert_ok(renew());
        assert_true(renewed.renewed && !renewed.restored);
        assert_true(renewed.until > renewed.previous + 300 * DAY);
        assert_index(&new);
        assert_false(is_kept());
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 2);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Read), 6);
}

static void test_not_yet(void **state)
{
        struct aza_tpm *tpm = tapped();

        (void)state;
        serve_pem(renewed_pem);
        assert_ok(renew_with(tpm, 5 * DAY));
        assert_false(renewed.renewed);
        assert_int_equal(renewed.until, renewed.previous);
        assert_int_equal(server.requests, 0);
        assert_ok(renew_with(tpm, 15 * DAY));
        assert_true(renewed.renewed);
        finish();
        aza_tpm_free(tpm);
        assert_index(&new);
}

static void test_reading_fails(void **state)
{
        static const struct {
                uint32_t code;
                unsigned int skip;
        } steps[] = {{TPM2_CC_ReadPublic, 0},
                     {TPM2_CC_NV_ReadPublic, 0},
                     {TPM2_CC_NV_Read, READ_AT_START},
                     {TPM2_CC_NV_Read, READ_BEFORE}};

        (void)state;
        for (size_t i = 0; i < COUNT(steps); i++) {
                const struct tap_rule rule = {steps[i].code,   steps[i].skip, 1,
                                              TPM2_RC_FAILURE, NULL,          NULL};
                assert_int_equal(renew_by(rule, renewed_pem), AZATTEST_E_TPM_OPERATION);
                assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 0);
                assert_index(&old);
                assert_false(is_kept());
        }
}

static void test_writing_fails(void **state)
{
        (void)state;
        for (unsigned int piece = 0; piece < 2; piece++) {
                assert_int_equal(renew_by((struct tap_rule){TPM2_CC_NV_Write, piece, 1,
                                                            TPM2_RC_FAILURE, NULL, NULL},
                                          renewed_pem),
                                 AZATTEST_E_AK_CERT_RENEW);
                assert_message("TPM2_NV_Write of 0x01c101d0");
                assert_message("the old one is in place");
                assert_int_equal(aza_last_error()->tpm_rc, TPM2_RC_FAILURE);
                /* Where nothing was written nothing is put back. */
                assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), piece == 0 ? 1 : 4);
                assert_index(&old);
                assert_false(is_kept());
        }
}

/* The old one stays in the runtime directory until the next renewal has put it back. */
static void test_putting_back_fails(void **state)
{
        struct aza_tpm *tpm;

        (void)state;
        assert_int_equal(
                renew_by((struct tap_rule){TPM2_CC_NV_Write, 1, 99, TPM2_RC_FAILURE, NULL, NULL},
                         renewed_pem),
                AZATTEST_E_AK_CERT_RENEW);
        assert_message("nor the old one be put back");
        assert_true(is_kept());
        AZA_BYTES struct aza_bytes mixture = index_now();
        assert_false(is_good(&mixture));
        tpm = tapped();
        tap.rules[0] = (struct tap_rule){TPM2_CC_NV_Write, 0, 1, TPM2_RC_FAILURE, NULL, NULL};
        assert_int_equal(renew_with(tpm, 0), AZATTEST_E_TPM_OPERATION);
        assert_message("putting the AK certificate of an interrupted renewal back");
        assert_true(is_kept());
        assert_ok(renew_with(tpm, 0));
        assert_true(renewed.restored && !renewed.renewed);
        aza_tpm_free(tpm);
        assert_index(&old);
        assert_false(is_kept());
}

/* What was written stands when it is there at a second look. */
static void test_reading_back_fails(void **state)
{
        (void)state;
        assert_ok(renew_by(
                (struct tap_rule){TPM2_CC_NV_Read, READ_BACK, 1, TPM2_RC_FAILURE, NULL, NULL},
                renewed_pem));
        assert_true(renewed.renewed);
        assert_index(&new);
        assert_false(is_kept());
        /* What cannot be read may be anything: the old one goes over it, and its copy stays. */
        set_index(&old);
        assert_int_equal(renew_by((struct tap_rule){TPM2_CC_NV_Read, READ_BACK, 99, TPM2_RC_FAILURE,
                                                    NULL, NULL},
                                  renewed_pem),
                         AZATTEST_E_AK_CERT_RENEW);
        assert_message("nor the old one be put back");
        assert_index(&old);
        assert_true(is_kept());
        assert_ok(renew());
        assert_false(renewed.restored);
        assert_index(&new);
        assert_false(is_kept());
}

/* ---- others ---- */

static void write_meanwhile(struct tap *t, void *content)
{
        put_index(t->inner, content);
}

/* Another user's renewal, or Azure: nothing of theirs is overwritten that is whole. */
static void test_another_was_quicker(void **state)
{
        (void)state;
        assert_int_equal(renew_by((struct tap_rule){TPM2_CC_NV_Read, READ_BEFORE, 1, 0,
                                                    write_meanwhile, &other},
                                  renewed_pem),
                         AZATTEST_E_AK_CERT_RENEW);
        assert_message("another process replaced the AK certificate");
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 0);
        assert_index(&other);
        assert_false(is_kept());
        set_index(&old);
        assert_int_equal(renew_by((struct tap_rule){TPM2_CC_NV_Read, READ_BACK, 1, 0,
                                                    write_meanwhile, &other},
                                  renewed_pem),
                         AZATTEST_E_AK_CERT_RENEW);
        assert_message("another process wrote another one, which is left");
        assert_index(&other);
        assert_false(is_kept());
}

/* Half of another one over half of ours, or nothing that could be a certificate. */
static void test_what_is_not_whole_is_replaced(void **state)
{
        AZA_BYTES struct aza_bytes garbage = {0};
        AZA_BYTES struct aza_bytes mixture = {0};
        struct aza_bytes *const found[] = {&garbage, &mixture};

        (void)state;
        assert_ok(aza_bytes_resize(&garbage, INDEX_SIZE));
        memset(garbage.data, 0x5a, 100);
        assert_ok(aza_bytes_set(&mixture, new.data, INDEX_SIZE));
        memcpy(mixture.data + 1024, old.data + 1024, INDEX_SIZE - 1024);
        for (size_t i = 0; i < COUNT(found); i++) {
                assert_int_equal(renew_by((struct tap_rule){TPM2_CC_NV_Read, READ_BACK, 1, 0,
                                                            write_meanwhile, found[i]},
                                          renewed_pem),
                                 AZATTEST_E_AK_CERT_RENEW);
                assert_message("the old one is in place");
                assert_index(&old);
                assert_false(is_kept());
        }
}

static void test_locked(void **state)
{
        int to_child[2], to_parent[2], status = -1;
        char word = 0;

        (void)state;
        assert_int_equal(pipe(to_child), 0);
        assert_int_equal(pipe(to_parent), 0);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                int lock = -1;
                const int r = aza_runtime_lock(config.runtime_dir, "ak-renewal.lock", &lock);
                (void)!write(to_parent[1], "x", 1);
                (void)!read(to_child[0], &word, 1);
                _exit(r);
        }
        assert_int_equal(read(to_parent[0], &word, 1), 1);
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("another process renews");
        assert_int_equal(tap.count, 0);
        assert_int_equal(write(to_child[1], "x", 1), 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_ok(renew());
        for (size_t i = 0; i < 2; i++) {
                close(to_child[i]);
                close(to_parent[i]);
        }
}

static void test_no_runtime_directory(void **state)
{
        const struct aza_config saved = config;

        (void)state;
        (void)snprintf(config.runtime_dir, sizeof(config.runtime_dir), "/dev/null/none");
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("renewal needs a runtime directory");
        assert_int_equal(tap.count, 0);
        config = saved;
        assert_index(&old);
}

/* ---- what comes ---- */

static void refused(const struct ak_plan *plan, const char *word)
{
        char pem[sizeof(renewed_pem)];

        pem_of(plan, pem);
        assert_int_equal(renew_by((struct tap_rule){0}, pem), AZATTEST_E_AK_CERT_RENEW);
        assert_message(word);
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 0);
        assert_index(&old);
        assert_false(is_kept());
}

static void test_what_comes(void **state)
{
        struct ak_plan plan = plan_until(400);

        (void)state;
        plan.key = ak_leaf_key;
        refused(&plan, "is for another key than the AK");
        plan = plan_until(9);
        refused(&plan, "ends no later");
        plan = plan_until(400);
        plan.from = plan.until - DAY;
        refused(&plan, "is not valid now");
        plan = plan_until(400);
        plan.cn = "0123456789ab.TrustedVM.Azure";
        refused(&plan, "of another kind of VM");
        plan = plan_until(400);
        plan.issuer_cn = "Another CA";
        refused(&plan, "is of another issuer");
        /* The same name for another key of the issuer, which nobody vouches for. */
        plan = plan_until(400);
        plan.signer = ak_leaf_key;
        refused(&plan, "is of another issuer");
        assert_int_equal(renew_by((struct tap_rule){0}, "no certificate"),
                         AZATTEST_E_AK_CERT_RENEW);
        assert_message("is not one certificate in PEM");
}

static void test_no_issuers(void **state)
{
        const struct aza_config saved = config;

        (void)state;
        (void)snprintf(config.ak_issuers, sizeof(config.ak_issuers), "none");
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("cannot be traced to Azure's root");
        config = saved;
        memset(config.vtpm_root, '0', 64);
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("the renewed AK certificate, which is not used, does not lead to");
        config = saved;
        assert_index(&old);
}

static void test_no_room(void **state)
{
        AZA_BYTES struct aza_bytes content = {0};

        (void)state;
        struct ak_plan plan = plan_until(10);
        plan.access = NULL;
        AZA_OWN(X509_free) X509 *certificate = ak_make(&plan);
        unsigned char *der = NULL;
        const int len = i2d_X509(certificate, &der);
        assert_true(len > 512 && len <= 1024);
        assert_ok(aza_bytes_set(&content, der, (size_t)len));
        OPENSSL_free(der);
        assert_ok(aza_bytes_resize(&content, 1024));
        define_index(1024);
        set_index(&content);
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("NV 0x01C101D0 room for 1024");
        assert_false(is_kept());
        define_index(INDEX_SIZE);
}

/* ---- what is there ---- */

/* It would be put back when something fails: it has to be worth that. One that has ended is. */
static void test_the_old_one(void **state)
{
        AZA_BYTES struct aza_bytes damaged = {0};
        AZA_BYTES struct aza_bytes ended = {0};
        struct ak_plan plan = plan_until(-5);

        (void)state;
        assert_ok(aza_bytes_set(&damaged, old.data, old.len));
        size_t last = damaged.len;
        while (damaged.data[last - 1] == 0)
                last--;
        damaged.data[last - 20] ^= 1; /* in the signature */
        set_index(&damaged);
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_RENEW);
        assert_message("The AK certificate that is there does not lead to Azure's root");
        assert_int_equal(tap_count(&tap, TPM2_CC_NV_Write), 0);
        assert_false(is_kept());
        damaged.data[0] ^= 1;
        set_index(&damaged);
        assert_int_equal(renew(), AZATTEST_E_AK_CERT_PARSING);
        assert_int_equal(server.requests, 0);
        AZA_OWN(X509_free) X509 *certificate = ak_make(&plan);
        take(certificate, &ended);
        set_index(&ended);
        assert_ok(renew());
        assert_true(renewed.renewed);
        assert_index(&new);
}

/* ---- power ---- */

static void die(struct tap *t, void *arg)
{
        (void)t;
        (void)arg;
        _exit(77);
}

/* A child, which is made while there is no other thread, is told who serves. */
static void renew_until(int told, unsigned int n)
{
        if (read(told, config.imds_url, sizeof(config.imds_url)) != sizeof(config.imds_url))
                _exit(1);
        struct aza_tpm *tpm = tapped();
        tap.rules[0] = (struct tap_rule){0, n, 1, 0, die, NULL};
        _exit(renew_with(tpm, -1) == 0 ? 0 : 1);
}

/* Killed before TPM command `n`; false: it needs no more than these. */
static bool killed_at(unsigned int n)
{
        int status = 0, tell[2];

        assert_int_equal(pipe(tell), 0);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                renew_until(tell[0], n);
        serve_pem(renewed_pem);
        assert_int_equal(write(tell[1], config.imds_url, sizeof(config.imds_url)),
                         sizeof(config.imds_url));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        finish();
        close(tell[0]);
        close(tell[1]);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) != 77)
                assert_int_equal(WEXITSTATUS(status), 0);
        return WEXITSTATUS(status) == 77;
}

/* The old one or the new one is there at every moment, or the next renewal puts the old one
 * back. */
static void test_killed_before_each_command(void **state)
{
        unsigned int n = 0, mixtures = 0, old_ones = 0, new_ones = 0;

        (void)state;
        for (; killed_at(n); n++) {
                AZA_BYTES struct aza_bytes content = index_now();
                const bool good = is_good(&content);
                struct aza_tpm *tpm = tapped();

                old_ones += aza_span_equal(aza_bytes_span(&content), aza_bytes_span(&old));
                new_ones += aza_span_equal(aza_bytes_span(&content), aza_bytes_span(&new));
                mixtures += !good;
                assert_ok(renew_with(tpm, 0));
                assert_int_equal(renewed.restored, !good);
                aza_tpm_free(tpm);
                assert_index(good ? &content : &old);
                assert_false(is_kept());
                set_index(&old);
        }
        assert_index(&new);
        /* AK, the index twice, two pieces written, read back: each was the last one once. */
        assert_int_equal(n, 1 + 3 + 3 + 2 + 3);
        assert_int_equal(mixtures, 1);
        assert_int_equal(new_ones, 3);
        assert_int_equal(old_ones + mixtures + new_ones, n);
}

/* ---- set-up ---- */

static void read_own_ak(void)
{
        AZA_BYTES struct aza_bytes public = {0};
        struct aza_tpm_public parsed = {0};
        struct aza_tpm *tpm = NULL;

        assert_ok(aza_tpm_new(libctx, swtpm.tcti, "", &tpm));
        assert_ok(aza_ak_read(tpm, &public));
        assert_ok(aza_tpm_public_parse(libctx, aza_bytes_span(&public), false, &parsed));
        ak = aza_take(&parsed.key);
        aza_tpm_public_free(&parsed);
        aza_tpm_free(tpm);
}

static void write_issuers(void)
{
        struct ak_plan plans[] = {ak_ca_plan(), ak_root_plan()};
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        uint8_t pin[AZA_SHA256_LEN];
        char *text = NULL;

        for (size_t i = 0; i < COUNT(plans); i++) {
                plans[i].from = plan_until(0).from - 365 * DAY;
                plans[i].until = plan_until(3650).until;
                AZA_OWN(X509_free) X509 *certificate = ak_make(&plans[i]);
                assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
                assert_true(aza_cert_sha256(libctx, certificate, pin)); /* the root's is the last */
        }
        (void)aza_hex(aza_span_of(pin, sizeof(pin)), config.vtpm_root);
        const long len = BIO_get_mem_data(bio, &text);
        (void)snprintf(config.ak_issuers, sizeof(config.ak_issuers), "%s", in_dir("issuers.pem"));
        assert_ok(aza_file_write(config.ak_issuers, aza_span_of(text, (size_t)len), 0600));
}

static void make_certificates(void)
{
        const int64_t ends[] = {10, 400, 390};
        struct aza_bytes *const certificates[] = {&old, &new, &other};

        for (size_t i = 0; i < COUNT(ends); i++) {
                const struct ak_plan plan = plan_until(ends[i]);
                AZA_OWN(X509_free) X509 *certificate = ak_make(&plan);
                take(certificate, certificates[i]);
                if (certificates[i] != &new)
                        continue;
                AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
                assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
                const int len = BIO_read(bio, renewed_pem, (int)sizeof(renewed_pem) - 1);
                assert_true(len > 0);
                renewed_pem[len] = '\0';
        }
}

static int group_setup(void **state)
{
        if (set_up(state) != 0 || make_dir(state) != 0)
                return -1;
        swtpm_start(&swtpm);
        ak_root_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_ca_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        ak_leaf_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        read_own_ak();
        (void)snprintf(config.runtime_dir, sizeof(config.runtime_dir), "%s", dir);
        write_issuers();
        make_certificates();
        define_index(INDEX_SIZE);
        return 0;
}

static int group_teardown(void **state)
{
        EVP_PKEY_free(ak_root_key);
        EVP_PKEY_free(ak_ca_key);
        EVP_PKEY_free(ak_leaf_key);
        EVP_PKEY_free(ak);
        aza_bytes_free(&old);
        aza_bytes_free(&new);
        aza_bytes_free(&other);
        swtpm_stop(&swtpm);
        return remove_dir(state) != 0 ? -1 : tear_down(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_renews, each_before),
                cmocka_unit_test_setup(test_not_yet, each_before),
                cmocka_unit_test_setup(test_reading_fails, each_before),
                cmocka_unit_test_setup(test_writing_fails, each_before),
                cmocka_unit_test_setup(test_putting_back_fails, each_before),
                cmocka_unit_test_setup(test_reading_back_fails, each_before),
                cmocka_unit_test_setup(test_another_was_quicker, each_before),
                cmocka_unit_test_setup(test_what_is_not_whole_is_replaced, each_before),
                cmocka_unit_test_setup(test_locked, each_before),
                cmocka_unit_test_setup(test_no_runtime_directory, each_before),
                cmocka_unit_test_setup(test_what_comes, each_before),
                cmocka_unit_test_setup(test_no_issuers, each_before),
                cmocka_unit_test_setup(test_no_room, each_before),
                cmocka_unit_test_setup(test_the_old_one, each_before),
                cmocka_unit_test_setup(test_killed_before_each_command, each_before),
        };

        return cmocka_run_group_tests_name("renewal of the AK certificate", tests, group_setup,
                                           group_teardown);
}
