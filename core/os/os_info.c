/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/os-release as the reference client reads it (PROTOCOL.md 7.5), so that MAA sees the same OS
 * name and version from both. */
#include "os/os_info.h"

#include "base/error.h"
#include "base/printable.h"
#include "os/file.h"
#include "os/path.h"

#include <string.h>

#define OS_RELEASE     "/etc/os-release"
#define OS_RELEASE_2   "/usr/lib/os-release" /* os-release(5): where the first is not */
#define OS_RELEASE_MAX 65536

/* The value of a NAME=VALUE line without any '"'; false when it does not fit. */
static bool copy_value(struct aza_span value, char *out, size_t out_size)
{
        size_t n = 0, len = 1;

        for (size_t i = 0; i < value.len; i += len) {
                uint32_t c = 0;

                /* The request is JSON, where bytes of other encodings may not stand. */
                const uint8_t *character = value.data + i;
                if ((len = aza_utf8_character(character, value.len - i, &c)) == 0) {
                        character = (const uint8_t *)"?";
                        len = 1;
                }
                if (c == '"')
                        continue;
                if (*character == '\0' || n + len >= out_size)
                        return false;
                memcpy(out + n, character, len);
                n += len;
        }
        out[n] = '\0';
        return true;
}

/* Decimal digits at *p, which moves behind them; false when there are none or too many. */
static bool read_number(const char **p, unsigned int *ret)
{
        unsigned int v = 0;
        size_t n = 0;

        for (; (*p)[n] >= '0' && (*p)[n] <= '9' && n < 8; n++)
                v = v * 10 + (unsigned int)((*p)[n] - '0');
        *p += n;
        *ret = v;
        return n > 0 && n < 8;
}

/* "24.04.1" -> 24, 4. What cannot be read is 1.0, as in the reference client. */
static void read_version(const char *text, struct aza_os_info *os)
{
        unsigned int major = 0;
        unsigned int minor = 0;

        os->major = 1;
        os->minor = 0;
        if (!read_number(&text, &major))
                return;
        text += strcspn(text, ".");
        if (*text == '.' && (text++, !read_number(&text, &minor)))
                return;
        os->major = major;
        os->minor = minor;
}

int aza_os_info_parse(struct aza_span text, struct aza_os_info *ret)
{
        struct aza_os_info os = {.major = 1};
        char version[64] = "";

        while (text.len > 0) {
                const uint8_t *end = memchr(text.data, '\n', text.len);
                size_t line = end != NULL ? (size_t)(end - text.data) : text.len;
                const uint8_t *equal = memchr(text.data, '=', line);
                size_t name = equal != NULL ? (size_t)(equal - text.data) : 0;
                struct aza_span value = {text.data + name + 1, equal != NULL ? line - name - 1 : 0};

                if (name == 4 && memcmp(text.data, "NAME", 4) == 0 &&
                    !copy_value(value, os.distro, sizeof(os.distro)))
                        return AZA_FAIL(AZATTEST_E_OS_INFO,
                                        "NAME in os-release has a NUL byte or more than %zu bytes",
                                        sizeof(os.distro) - 1);
                if (name == 10 && memcmp(text.data, "VERSION_ID", 10) == 0 &&
                    !copy_value(value, version, sizeof(version)))
                        version[0] = '\0';
                size_t step = end != NULL ? line + 1 : line;
                text.data += step;
                text.len -= step;
        }
        if (os.distro[0] == '\0') /* os-release(5) */
                memcpy(os.distro, "Linux", sizeof("Linux"));
        read_version(version, &os);
        *ret = os;
        return 0;
}

int aza_os_info_read(struct aza_os_info *ret)
{
        AZA_BYTES struct aza_bytes text = {0};

        const char *path = aza_path_kind(OS_RELEASE) == AZA_PATH_NONE ? OS_RELEASE_2 : OS_RELEASE;

        if (aza_file_read(path, OS_RELEASE_MAX, &text) != 0)
                return aza_last_error()->code == AZATTEST_E_NO_MEMORY
                               ? AZATTEST_E_NO_MEMORY
                               : AZA_FAIL(AZATTEST_E_OS_INFO,
                                          "cannot tell MAA which OS this is: %s",
                                          aza_last_error()->message);
        return aza_os_info_parse(aza_bytes_span(&text), ret);
}
