/* SPDX-License-Identifier: Apache-2.0 */
/* Status of a sealed key: it is opened, and of what was in it only the public half is kept. */
#include "doctor/status.h"

#include "base/crypto.h"
#include "key/pkcs8.h"
#include "key/seal.h"
#include "show/show.h"

#include <openssl/x509.h>

EVP_PKEY *aza_status_public(OSSL_LIB_CTX *libctx, const EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes spki = {0};

        if (aza_spki(key, &spki) != 0)
                return NULL;
        const unsigned char *at = spki.data;
        return d2i_PUBKEY_ex(NULL, &at, (long)spki.len, libctx, NULL);
}

/* That OpenSSL does not know its type is no fault of the file: it fits no certificate then. */
static int open_now(const struct aza_status *s, struct aza_status_file *f)
{
        struct aza_status_sealed *sealed = &f->sealed;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes pkcs8 = {0};
        int r = aza_sealed_key(s->tpm, s->config, &sealed->file.to, &sealed->by);

        if (r != 0 || (r = aza_unseal(s->tpm, s->config, &sealed->file, &pkcs8)) != 0)
                return r;
        if (aza_pkcs8_key(s->libctx, aza_bytes_span(&pkcs8), &key) == 0)
                f->key = aza_status_public(s->libctx, key);
        return 0;
}

void aza_status_open(const struct aza_status *s, struct aza_status_file *f)
{
        if (!f->is_sealed || f->sealed.tried)
                return;
        f->sealed.tried = true;
        f->sealed.result = open_now(s, f);
        f->sealed.fault = aza_error_of(f->sealed.result);
}

/* Of those nothing but another file or another state of the VM makes a key. */
static bool is_dead(int r)
{
        return r == AZATTEST_E_KEY_GONE || r == AZATTEST_E_PCR_MISMATCH || r == AZATTEST_E_JWE ||
               r == AZATTEST_E_INPUT;
}

bool aza_status_is_undecided(const struct aza_status_file *f)
{
        return f->sealed.result != 0 && !is_dead(f->sealed.result);
}

void aza_status_sealed(const struct aza_status *s, struct aza_status_file *f,
                       struct aza_status_row *row)
{
        const struct aza_status_sealed *sealed = &f->sealed;

        aza_status_open(s, f);
        if (sealed->by != NULL)
                aza_status_show_key(sealed->by, row->out);
        if (sealed->result == 0) {
                aza_show_bool(row->out, "usable", true);
                aza_status_note(row, AZA_FINDING_OK, "opens until %s", aza_status_life(sealed->by));
                return;
        }
        if (is_dead(sealed->result))
                aza_show_bool(row->out, "usable", false);
        aza_status_note(row, is_dead(sealed->result) ? AZA_FINDING_NO : AZA_FINDING_UNKNOWN, "%s",
                        sealed->fault.message);
        if (sealed->result == AZATTEST_E_PCR_MISMATCH)
                aza_status_show_changed(s, &sealed->file.to.pcrs, row->out);
}
