/* SPDX-License-Identifier: Apache-2.0 */
/* azattest:// URIs, https URLs, PCR lists and times. */
#include "tpm/uri.h"
#include "base/clock.h"
#include "base/url.h"
#include "base/words.h"
#include "fuzz.h"
#include "online/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct aza_config config = {.pcr_mask = 0xFF};
        static const char *const words[] = {"key", "sign", "ak", "cert", NULL};
        AZA_OWN(free) char *text = fuzz_text(data, size);
        char url[512];
        char again[512];
        char pcrs[64];
        uint32_t mask;
        uint32_t same;
        int64_t t;
        char stamp[32];
        struct aza_uri uri;
        if (aza_uri_parse(text, &config, &uri) == 0) {
                FUZZ_CHECK(aza_key_name_valid(uri.name) || uri.name[0] == '\0');
                FUZZ_CHECK((uri.object == AZA_URI_TOKEN) == (uri.file[0] != '\0'));
        }
        if (aza_url_normalise(text, size % 2 == 0, url, sizeof url) == 0) {
                FUZZ_CHECK(aza_url_normalise(url, size % 2 == 0, again, sizeof again) == 0);
                FUZZ_CHECK(strcmp(url, again) == 0 || url[strlen(url) - 1] == '/');
        }
        if (aza_config_pcrs(text, &mask) == 0)
                FUZZ_CHECK(aza_config_pcrs(aza_config_pcrs_text(mask, pcrs), &same) == 0 &&
                           same == mask);
        if (aza_parse_time(text, &t) == 0)
                (void)aza_rfc3339(t, stamp);
        (void)aza_nearest_word(text, words);
        return 0;
}
