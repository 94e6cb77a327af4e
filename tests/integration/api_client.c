/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of libazattest's public API from the command line, for the integration tests.
 * usage: api_client attest [URL] | attest-payload JSON | attest-key URI | reference URI |
 *        verify FILE | encrypt FILE TEXT | decrypt SCHEME FILE | round-trip SCHEME HASH |
 *        jwe URI TEXT |
 *        certificate URI SAN | cancel | threads N | evidence URI NONCE |
 *        verify-evidence FILE VMID NONCE [UNCHECKED] | verify-together TOKEN FILE VMID [PROFILE] |
 *        verify-certificate FILE VMID [CA] | renew FILE SECONDS [URI] | request URI NONCE |
 *        release (URLs come in, and NAME=VALUE for the environment) | ak-renew THREADS
 * Prints "CODE NAME", then the message or what was handed out. Exit status 0 whatever the code.
 */
#include <azattest.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static azattest_context *ctx;

static int report(int code, const char *good)
{
        printf("%d %s\n", code, azattest_result_name(code));
        if (code != 0 && azattest_tpm_error(ctx) != 0)
                printf("tpm 0x%x\n", azattest_tpm_error(ctx));
        printf("%s\n", code != 0 ? azattest_error_message(ctx) : good);
        return 0;
}

static int attest(const char *url, const char *payload)
{
        const struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, url,
                                                          payload};
        char *jwt = NULL;
        int code = azattest_attest(ctx, &params, &jwt);

        (void)report(code, jwt);
        azattest_free(jwt);
        return 0;
}

static int attest_key(const char *uri)
{
        char *jwt = NULL;
        int code = azattest_attest_key(ctx, uri, NULL, &jwt);

        (void)report(code, jwt);
        azattest_free(jwt);
        return 0;
}

static int reference(const char *uri)
{
        uint8_t *der = NULL;
        size_t len = 0;
        char text[64] = "";
        int code = azattest_key_reference(ctx, uri, NULL, &der, &len);

        (void)snprintf(text, sizeof(text), "%zu bytes", len);
        (void)report(code, text);
        azattest_free(der);
        return 0;
}

static char *read_file(const char *path)
{
        static char text[65537];
        FILE *file = fopen(path, "r");

        if (file == NULL) {
                perror(path);
                exit(2);
        }
        size_t n = fread(text, 1, sizeof(text) - 1, file);
        text[n] = '\0';
        text[strcspn(text, "\n")] = '\0';
        (void)fclose(file);
        return text;
}

static int verify(const char *path)
{
        char *json = NULL;
        int code = azattest_token_verify(ctx, read_file(path), NULL, &json);

        (void)report(code, "accepted");
        printf("%s\n", json != NULL ? json : "no result");
        azattest_free(json);
        return 0;
}

static int verify_certificate(const char *path, const char *vmid, const char *ca)
{
        static uint8_t data[65536];
        const struct azattest_verify_options options = {
                .size = sizeof(options), .vmid = vmid, .ca_file = ca};
        FILE *file = fopen(path, "r");
        char *json = NULL;

        if (file == NULL) {
                perror(path);
                exit(2);
        }
        size_t len = fread(data, 1, sizeof(data), file);
        (void)fclose(file);
        (void)report(azattest_certificate_verify(ctx, data, len, &options, &json), "accepted");
        printf("%s\n", json != NULL ? json : "no result");
        azattest_free(json);
        return 0;
}

/* "kept", or the new certificate. */
static int renew(const char *path, const char *seconds, const char *uri)
{
        static char text[65536];
        static const char *const names[] = {"DNS:api.example"};
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        FILE *file = fopen(path, "r");
        char *pem = NULL;

        if (file == NULL) {
                perror(path);
                exit(2);
        }
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        (void)fclose(file);
        options.uri = uri;
        options.san = names;
        options.san_count = 1;
        options.present = text;
        options.renew_before = strtol(seconds, NULL, 10);
        int code = azattest_certificate_make(ctx, &options, &pem, NULL);
        (void)report(code, pem != NULL ? pem : "kept");
        azattest_free(pem);
        return 0;
}

static int request(const char *uri, const char *nonce)
{
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        char *pem = NULL;

        options.uri = uri;
        options.nonce = nonce;
        options.csr = true;
        int code = azattest_certificate_make(ctx, &options, &pem, NULL);
        (void)report(code, pem);
        azattest_free(pem);
        return 0;
}

static int encrypt(const char *path, const char *text)
{
        uint8_t *out = NULL;
        size_t len = 0;
        char good[64];
        int code = azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, read_file(path),
                                    (const uint8_t *)text, strlen(text), AZATTEST_RSA_OAEP,
                                    AZATTEST_RSA_SHA256, &out, &len);

        (void)snprintf(good, sizeof(good), "%zu bytes", len);
        (void)report(code, good);
        azattest_free(out);
        return 0;
}

/* Prints the message in hex. */
static int decrypt(unsigned long scheme, const char *path)
{
        uint8_t ciphertext[1024];
        char hex[2 * sizeof(ciphertext) + 1] = "";
        uint8_t *out = NULL;
        size_t len = 0;
        FILE *file = fopen(path, "r");

        if (file == NULL) {
                perror(path);
                exit(2);
        }
        const size_t n = fread(ciphertext, 1, sizeof(ciphertext), file);
        (void)fclose(file);
        int code = azattest_decrypt_key(ctx, "azattest://key", ciphertext, n,
                                        (enum azattest_rsa_scheme)scheme, AZATTEST_RSA_SHA256, &out,
                                        &len);
        for (size_t i = 0; i < len; i++)
                (void)snprintf(hex + 2 * i, 3, "%02x", out[i]);
        (void)report(code, hex);
        azattest_free(out);
        return 0;
}

/* Attest, encrypt to the token, decrypt: what the reference client's sample does. */
static int round_trip(unsigned long scheme, unsigned long hash, const char *url)
{
        static const uint8_t data[] = "0123456789abcdef0123456789abcdef";
        const struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, url,
                                                          "{\"nonce\":\"n1\"}"};
        char *jwt = NULL;
        uint8_t *ciphertext = NULL;
        uint8_t *plain = NULL;
        size_t ciphertext_len = 0;
        size_t plain_len = 0;

        int code = azattest_attest(ctx, &params, &jwt);
        if (code == 0)
                code = azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, jwt, data, sizeof(data) - 1,
                                        (enum azattest_rsa_scheme)scheme,
                                        (enum azattest_rsa_hash)hash, &ciphertext, &ciphertext_len);
        if (code == 0)
                code = azattest_decrypt(ctx, AZATTEST_ENCRYPTION_NONE, ciphertext, ciphertext_len,
                                        (enum azattest_rsa_scheme)scheme,
                                        (enum azattest_rsa_hash)hash, &plain, &plain_len);
        (void)report(code, (const char *)plain);
        azattest_free(plain);
        azattest_free(ciphertext);
        azattest_free(jwt);
        return 0;
}

/* The token's key gets a JWE, and a key of this VM opens it. */
static int jwe(const char *uri, const char *text)
{
        char *jwt = NULL, *sealed = NULL;
        uint8_t *plain = NULL;
        size_t len = 0;
        int code = azattest_attest_key(ctx, uri, NULL, &jwt);

        if (code == 0)
                code = azattest_encrypt_jwe(ctx, jwt, (const uint8_t *)text, strlen(text), &sealed);
        if (code == 0)
                code = azattest_decrypt_jwe(ctx, uri, sealed, &plain, &len);
        (void)report(code, (const char *)plain);
        azattest_free(plain);
        azattest_free(sealed);
        azattest_free(jwt);
        return 0;
}

static int certificate(const char *uri, const char *san)
{
        char *pem = NULL, *key = NULL;
        int code = azattest_certificate(ctx, uri, &san, 1, &pem, &key);

        (void)report(code, pem);
        if (code == 0)
                printf("%s", key);
        azattest_free(pem);
        azattest_free(key);
        return 0;
}

static int evidence(const char *uri, const char *nonce)
{
        char *json = NULL;
        int code = azattest_evidence_collect(ctx, uri, nonce, &json);

        (void)report(code, json);
        azattest_free(json);
        return 0;
}

static int verify_evidence(const char *path, const char *vmid, const char *nonce,
                           const char *unchecked)
{
        const char *const allowed[] = {unchecked, NULL};
        const struct azattest_evidence_options options = {.size = sizeof(options),
                                                          .nonce = nonce,
                                                          .vmid = vmid,
                                                          .allow_unchecked = allowed,
                                                          .need_key = true,
                                                          .need_event_log = unchecked == NULL,
                                                          .need_secure_boot = unchecked == NULL};
        char *json = NULL;
        int code = azattest_evidence_verify(ctx, read_file(path), &options, &json);

        (void)report(code, "accepted");
        printf("%s\n", json != NULL ? json : "no result");
        azattest_free(json);
        return 0;
}

static int verify_together(const char *token, const char *path, const char *vmid,
                           const char *profile)
{
        const struct azattest_evidence_options evidence = {.size = sizeof(evidence),
                                                           .profile = profile};
        const struct azattest_verify_options options = {
                .size = sizeof(options), .nonce = "n1", .vmid = vmid, .evidence = &evidence};
        char *json = NULL, *jwt = strdup(read_file(token));
        int code = azattest_token_evidence_verify(ctx, jwt, read_file(path), &options, &json);

        free(jwt);
        (void)report(code, "accepted");
        printf("%s\n", json != NULL ? json : "no result");
        azattest_free(json);
        return 0;
}

static void *renew_in_thread(void *arg)
{
        azattest_context *own = NULL;
        int *ret = arg;

        if ((*ret = azattest_context_new(NULL, &own)) == 0)
                *ret = azattest_ak_renew(own, -1, NULL);
        azattest_context_free(own);
        return NULL;
}

/* A line for each thread. */
static int ak_renew(size_t n)
{
        pthread_t thread[16];
        int code[16];

        n = n < 16 ? n : 16;
        for (size_t i = 0; i < n; i++)
                if (pthread_create(&thread[i], NULL, renew_in_thread, &code[i]) != 0)
                        return 2;
        for (size_t i = 0; i < n; i++) {
                (void)pthread_join(thread[i], NULL);
                printf("%d\n", code[i]);
        }
        return 0;
}

/* A key for each line of standard input, as it comes. */
static int release(void)
{
        char url[1024];

        while (fgets(url, sizeof(url), stdin) != NULL) {
                uint8_t *key = NULL;
                size_t len = 0;

                url[strcspn(url, "\n")] = '\0';
                char *value = strchr(url, '=');

                if (value != NULL) {
                        *value = '\0';
                        (void)setenv(url, value + 1, 1);
                        continue;
                }
                (void)report(azattest_key_release(ctx, url, NULL, &key, &len, NULL), "released");
                (void)fflush(stdout);
                azattest_free(key);
        }
        return 0;
}

static void *cancel_soon(void *arg)
{
        (void)arg;
        (void)usleep(500000);
        azattest_cancel(ctx);
        return NULL;
}

static int cancelled(void)
{
        pthread_t thread;

        if (pthread_create(&thread, NULL, cancel_soon, NULL) != 0)
                return 2;
        (void)attest(NULL, NULL);
        (void)pthread_join(thread, NULL);
        return 0;
}

static void *attest_in_thread(void *arg)
{
        int *ret = arg;
        const struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, NULL,
                                                          NULL};
        char *jwt = NULL;

        *ret = azattest_attest(ctx, &params, &jwt);
        if (*ret != 0)
                (void)fprintf(stderr, "%s\n", azattest_error_message(ctx));
        azattest_free(jwt);
        return NULL;
}

static int threads(size_t n)
{
        pthread_t thread[16];
        int code[16];
        int worst = 0;

        n = n < 16 ? n : 16;
        for (size_t i = 0; i < n; i++) {
                if (pthread_create(&thread[i], NULL, attest_in_thread, &code[i]) != 0)
                        return 2;
        }
        for (size_t i = 0; i < n; i++) {
                (void)pthread_join(thread[i], NULL);
                worst = code[i] < worst ? code[i] : worst;
        }
        printf("%d %s\n", worst, azattest_result_name(worst));
        return 0;
}

static int run(int argc, char **argv)
{
        const char *what = argc > 1 ? argv[1] : "";

        if (strcmp(what, "attest") == 0)
                return attest(argc > 2 ? argv[2] : NULL, NULL);
        if (strcmp(what, "attest-payload") == 0 && argc > 2)
                return attest(NULL, argv[2]);
        if (strcmp(what, "attest-key") == 0 && argc > 2)
                return attest_key(argv[2]);
        if (strcmp(what, "reference") == 0 && argc > 2)
                return reference(argv[2]);
        if (strcmp(what, "verify") == 0 && argc > 2)
                return verify(argv[2]);
        if (strcmp(what, "encrypt") == 0 && argc > 3)
                return encrypt(argv[2], argv[3]);
        if (strcmp(what, "decrypt") == 0 && argc > 3)
                return decrypt(strtoul(argv[2], NULL, 0), argv[3]);
        if (strcmp(what, "round-trip") == 0 && argc > 3)
                return round_trip(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0),
                                  argc > 4 ? argv[4] : NULL);
        if (strcmp(what, "jwe") == 0 && argc > 3)
                return jwe(argv[2], argv[3]);
        if (strcmp(what, "certificate") == 0 && argc > 3)
                return certificate(argv[2], argv[3]);
        if (strcmp(what, "evidence") == 0 && argc > 3)
                return evidence(argv[2], argv[3]);
        if (strcmp(what, "verify-evidence") == 0 && argc > 4)
                return verify_evidence(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
        if (strcmp(what, "verify-together") == 0 && argc > 4)
                return verify_together(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
        if (strcmp(what, "verify-certificate") == 0 && argc > 3)
                return verify_certificate(argv[2], argv[3], argc > 4 ? argv[4] : NULL);
        if (strcmp(what, "renew") == 0 && argc > 3)
                return renew(argv[2], argv[3], argc > 4 ? argv[4] : NULL);
        if (strcmp(what, "request") == 0 && argc > 3)
                return request(argv[2], argv[3]);
        if (strcmp(what, "ak-renew") == 0 && argc > 2)
                return ak_renew(strtoul(argv[2], NULL, 0));
        if (strcmp(what, "release") == 0)
                return release();
        if (strcmp(what, "cancel") == 0)
                return cancelled();
        if (strcmp(what, "threads") == 0 && argc > 2)
                return threads(strtoul(argv[2], NULL, 0));
        (void)fprintf(stderr, "usage: see the head of api_client.c\n");
        return 2;
}

int main(int argc, char **argv)
{
        int code = azattest_context_new(NULL, &ctx);

        if (code != 0)
                return report(code, "");
        /* --set KEY=VALUE: what this program sets itself. */
        if (argc > 2 && strcmp(argv[1], "--set") == 0) {
                char *value = strchr(argv[2], '=');

                if (value == NULL)
                        return 2;
                *value = '\0';
                if ((code = azattest_context_set(ctx, argv[2], value + 1)) != 0)
                        return report(code, "");
                argc -= 2;
                argv += 2;
        }
        int status = run(argc, argv);
        azattest_context_free(ctx);
        return status;
}
