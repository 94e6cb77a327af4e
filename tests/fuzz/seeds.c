/* SPDX-License-Identifier: Apache-2.0 */
/* usage: seeds DIR. Writes DIR/FUZZER/NUMBER for every fuzzer. */
#include "seeds.h"

#include "base/base64.h"
#include "os/file.h"

#include <sys/stat.h>

static const char *directory;

/* What `azattest inspect` shows too. */
static bool shown(const char *name)
{
        static const char *const names[] = {
                "hcl_report", "snp_report", "event_log",   "evidence", "token", "jwe", "cms",
                "decoder",    "td_quote",   "certificate", "policy",   "jwks",  NULL};
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], name) != 0)
                i++;
        return names[i] != NULL;
}

void seed(const char *name, struct aza_span content)
{
        static unsigned int number;
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s", directory, name);
        (void)mkdir(path, 0777);
        (void)snprintf(path, sizeof path, "%s/%s/%03u", directory, name, number++);
        if (aza_file_write(path, content, 0644) != 0) {
                (void)fprintf(stderr, "%s: %s\n", path, aza_last_error()->message);
                exit(1);
        }
        if (shown(name))
                seed("show", content);
}

void seed_text(const char *name, const char *text)
{
        seed(name, aza_span_of(text, strlen(text)));
}

void seed_jwt(const char *header, const char *claims, struct aza_bytes *ret)
{
        static const uint8_t signature[256];
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_span_of(header, strlen(header)), ret) == 0);
        FUZZ_CHECK(aza_bytes_append_text(ret, ".") == 0);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_span_of(claims, strlen(claims)), ret) == 0);
        FUZZ_CHECK(aza_bytes_append_text(ret, ".") == 0);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_span_of(signature, sizeof signature),
                                     ret) == 0);
}

int main(int argc, char **argv)
{
        if (argc != 2) {
                (void)fputs("usage: seeds DIR\n", stderr);
                return 2;
        }
        directory = argv[1];
        (void)mkdir(directory, 0777);
        seeds_texts();
        seeds_reports();
        seeds_tdx();
        seeds_tpm();
        seeds_release();
        return 0;
}
