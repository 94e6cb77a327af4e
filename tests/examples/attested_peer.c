/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by attested_server and attested_client. */
#include "attested_peer.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_LEN   32
#define MESSAGE_MAX (16u << 20)

/* A file or a URI such as azattest://sign. */
static EVP_PKEY *load_key(const char *uri)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
        EVP_PKEY *key = NULL;

        while (store != NULL && key == NULL && OSSL_STORE_eof(store) != 1) {
                OSSL_STORE_INFO *info = OSSL_STORE_load(store);
                if (info == NULL)
                        break;
                key = OSSL_STORE_INFO_get1_PKEY(info);
                OSSL_STORE_INFO_free(info);
        }
        (void)OSSL_STORE_close(store);
        return key;
}

bool peer_json;

bool peer_load(SSL_CTX *tls, const char *certificate, const char *key_uri)
{
        EVP_PKEY *key = load_key(key_uri);
        bool good = key != NULL && SSL_CTX_use_certificate_chain_file(tls, certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(tls, key) == 1;

        EVP_PKEY_free(key);
        if (!good)
                ERR_print_errors_fp(stderr);
        return good;
}

static void print_and_free(char *result)
{
        char *line = NULL;

        if (result != NULL && !peer_json && azattest_summary(result, &line) == 0)
                printf("%s\n", line);
        else if (result != NULL)
                printf("%s\n", result);
        (void)fflush(stdout);
        azattest_free(line);
        azattest_free(result);
}

static bool print_result(const SSL *ssl)
{
        char *result = NULL;
        int code = azattest_ssl_result(ssl, &result);

        print_and_free(result);
        return code == 0;
}

void peer_refused(const SSL *ssl, bool verified)
{
        (void)fprintf(stderr, "refused: %s\n", azattest_error_message(NULL));
        ERR_print_errors_fp(stderr);
        if (verified)
                (void)print_result(ssl);
}

bool peer_accepted(const SSL *ssl)
{
        if (print_result(ssl))
                return true;
        (void)fprintf(stderr, "refused: %s\n", azattest_error_message(NULL));
        return false;
}

bool peer_send(SSL *ssl, char kind, const void *data, size_t len)
{
        const unsigned char head[5] = {(unsigned char)kind, (unsigned char)(len >> 24),
                                       (unsigned char)(len >> 16), (unsigned char)(len >> 8),
                                       (unsigned char)len};
        size_t written;

        return len <= MESSAGE_MAX && SSL_write_ex(ssl, head, sizeof(head), &written) == 1 &&
               (len == 0 || SSL_write_ex(ssl, data, len, &written) == 1);
}

static bool read_all(SSL *ssl, void *data, size_t len)
{
        size_t done = 0, n = 0;

        for (; done < len; done += n)
                if (SSL_read_ex(ssl, (char *)data + done, len - done, &n) != 1)
                        return false;
        return true;
}

char *peer_receive(SSL *ssl, char *kind, size_t *len)
{
        unsigned char head[5];

        if (!read_all(ssl, head, sizeof(head)))
                return NULL;
        *kind = (char)head[0];
        *len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        char *data = *len <= MESSAGE_MAX ? malloc(*len + 1) : NULL;
        if (data == NULL || !read_all(ssl, data, *len)) {
                free(data);
                return NULL;
        }
        data[*len] = '\0';
        return data;
}

bool peer_attest(azattest_context *ctx, SSL *ssl, const char *key, const char *nonce, size_t len)
{
        const char *uri = key != NULL && strncmp(key, "azattest:", 9) == 0 ? key : NULL;
        char *evidence = NULL;

        if (azattest_channel_evidence(ctx, ssl, uri, (const uint8_t *)nonce, len, &evidence) != 0) {
                (void)fprintf(stderr, "no evidence: %s\n", azattest_error_message(ctx));
                return false;
        }
        size_t n = 0;
        while (evidence[n] != '\0')
                n++;
        bool sent = peer_send(ssl, 'E', evidence, n);
        azattest_free(evidence);
        return sent;
}

static bool judge(azattest_context *ctx, SSL *ssl, const uint8_t *nonce, const char *evidence)
{
        char *result = NULL;
        int code = azattest_channel_verify(ctx, ssl, nonce, NONCE_LEN, evidence, NULL, &result);

        if (code != 0)
                (void)fprintf(stderr, "refused: %s\n", azattest_error_message(ctx));
        print_and_free(result);
        return code == 0;
}

static void keep(const char *path, const char *text)
{
        FILE *file = path != NULL ? fopen(path, "w") : NULL;

        if (file != NULL) {
                (void)fputs(text, file);
                (void)fclose(file);
        }
}

bool peer_challenge(azattest_context *ctx, SSL *ssl, const char *key, const char *save)
{
        uint8_t nonce[NONCE_LEN];
        bool accepted = false, answered = true;

        if (RAND_bytes(nonce, sizeof(nonce)) != 1 || !peer_send(ssl, 'N', nonce, sizeof(nonce)))
                return false;
        while (answered) {
                char kind = 0;
                size_t len = 0;
                char *message = peer_receive(ssl, &kind, &len);

                if (message == NULL) {
                        (void)fprintf(stderr, "refused: no evidence came\n");
                        return false;
                }
                if (kind == 'N')
                        answered = peer_attest(ctx, ssl, key, message, len);
                if (kind == 'E') {
                        keep(save, message);
                        accepted = judge(ctx, ssl, nonce, message);
                }
                free(message);
                if (kind != 'N')
                        return accepted;
        }
        return false;
}
