/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the names of the files in a directory of collateral. */
#include "online/td_collateral_file.h"

#include "base/error.h"
#include "os/file.h"
#include "os/path.h"

#include <stdio.h>
#include <string.h>

/* tcb-info.json, tcb-info-chain.pem, pck-crl.der. */
static const char *file_end(const struct aza_td_collateral_part *part)
{
        const char *kind = strrchr(part->name, '-');

        if (!part->text)
                return ".der";
        return kind != NULL && strcmp(kind, "-chain") == 0 ? ".pem" : ".json";
}

/* What is not there is missing, what cannot be read is not. */
static int read_directory(const char *path, struct aza_td_collateral *c)
{
        struct aza_td_collateral_part part;
        bool any = false;
        int r = 0;

        for (size_t i = 0; r == 0 && aza_td_collateral_part(i, &part); i++) {
                char file[4096];
                int len = snprintf(file, sizeof(file), "%s/%s%s", path, part.name, file_end(&part));
                if (len < 0 || (size_t)len >= sizeof(file) || aza_path_kind(file) == AZA_PATH_NONE)
                        continue;
                any = true;
                r = aza_file_read(file, AZA_TD_COLLATERAL_MAX, aza_td_collateral_bytes(c, &part));
        }
        if (r == 0 && !any)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "there is none of tcb-info.json, tcb-info-chain.pem, qe-identity.json, qe-identity-chain.pem, pck-crl.der, root-crl.der in it");
        return r;
}

static int read_file(const char *path, struct aza_td_collateral *c)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, AZA_TD_COLLATERAL_MAX, &text);

        return r != 0 ? r : aza_td_collateral_decode(aza_bytes_span(&text), c);
}

int aza_td_collateral_read(const char *path, struct aza_td_collateral *ret)
{
        const int r = aza_path_kind(path) == AZA_PATH_FOLDER ? read_directory(path, ret)
                                                             : read_file(path, ret);

        return r != 0 ? aza_context(r, "collateral %s", path) : 0;
}
