/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a key: the saved context of the runtime directory, else CreatePrimary and a new saved
 * context. A saved file proves nothing: the public area is read back and compared with the template
 * as a whole (PV53).
 */
#include "tpm/key_load.h"
#include "tpm/key.h"

#include "base/crypto.h"
#include "base/log.h"
#include "os/defaults.h"
#include "os/file.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#define CONTEXT_FILE_MAX 16384

void aza_key_plan_free(struct aza_key_plan *plan)
{
        aza_bytes_free(&plan->template);
}

int aza_key_plan(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_key_plan *ret)
{
        AZA_BYTES struct aza_bytes input = {0};
        char hex[65];
        size_t offset = 0;
        int r;

        *ret = (struct aza_key_plan){.hierarchy = ref->hierarchy};
        r = aza_keyref_template(libctx, ref, &ret->template);
        r = r != 0 ? r : aza_bytes_append_be32(&input, ref->hierarchy);
        r = r != 0 ? r : aza_bytes_append(&input, ret->template.data, ret->template.len);
        r = r != 0 ? r : aza_sha256(libctx, aza_bytes_span(&input), ret->id);
        if (r != 0)
                return r;
        if (Tss2_MU_TPMT_PUBLIC_Unmarshal(ret->template.data, ret->template.len, &offset,
                                          &ret->public.publicArea) != TSS2_RC_SUCCESS)
                return AZA_FAIL(AZATTEST_E_TPM_INTERNAL, "the key template cannot be unmarshalled");
        (void)snprintf(ret->file, sizeof(ret->file), "key-%s.ctx",
                       aza_hex(aza_span_of(ret->id, sizeof(ret->id)), hex));
        return 0;
}

void aza_expected_key_free(struct aza_expected_key *key)
{
        aza_key_plan_free(&key->plan);
}

int aza_key_expect(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_expected_key *ret)
{
        int r = aza_key_plan(libctx, ref, &ret->plan);

        ret->ref = ref;
        return r != 0 ? r : aza_keyref_tpm_name(libctx, ref, ret->name);
}

/* Whole structures are compared: the answer with its modulus replaced by the template's `unique`
 * must be the template (PV53). */
static bool is_key_of(const TPM2B_PUBLIC *answer, const struct aza_key_plan *plan)
{
        uint8_t buffer[sizeof(TPMT_PUBLIC)];
        TPMT_PUBLIC area = answer->publicArea;
        size_t len = 0;

        if (area.type != TPM2_ALG_RSA || area.unique.rsa.size != AZA_RSA_BYTES)
                return false;
        area.unique.rsa = plan->public.publicArea.unique.rsa;
        return Tss2_MU_TPMT_PUBLIC_Marshal(&area, buffer, sizeof(buffer), &len) ==
                       TSS2_RC_SUCCESS &&
               aza_span_equal(aza_span_of(buffer, len), aza_bytes_span(&plan->template));
}

/* c->key.handle is set; false: it is not the plan's key. */
static bool take_key(struct aza_connection *c, const struct aza_key_plan *plan,
                     const struct aza_object *object)
{
        if (!is_key_of(&object->public, plan) || object->name.size != sizeof(c->key.name))
                return false;
        memcpy(c->key.id, plan->id, sizeof(c->key.id));
        memcpy(c->key.name, object->name.name, sizeof(c->key.name));
        memcpy(c->key.modulus, object->public.publicArea.unique.rsa.buffer, AZA_RSA_BYTES);
        return true;
}

/* Room for others, when the TPM had none for us. */
static int load_failed(struct aza_connection *c, const struct aza_key_plan *plan, TSS2_RC rc,
                       const char *command)
{
        if (aza_rc_no_room(rc))
                aza_session_flush(c);
        if (aza_rc_plain(rc) == TPM2_RC_INITIALIZE && plan->hierarchy == TPM2_RH_NULL)
                return AZA_FAIL_TPM(AZATTEST_E_KEY_GONE, rc, "%s: the key is gone: %s", command,
                                    aza_rc_text(rc));
        if (aza_rc_bad_auth(rc) && plan->hierarchy == TPM2_RH_OWNER)
                return AZA_FAIL_TPM(
                        AZATTEST_E_TPM_OPERATION, rc,
                        "%s: the TPM's owner has a password, and no key of hierarchy owner is made without it: take it away (tpm2_changeauth -c owner -p PASSWORD), or use hierarchy = null: %s",
                        command, aza_rc_text(rc));
        return AZA_TPM_FAILED(rc, "%s of the key", command);
}

static bool read_saved(const struct aza_tpm *tpm, const struct aza_key_plan *plan,
                       TPMS_CONTEXT *ret)
{
        AZA_BYTES struct aza_bytes file = {0};
        size_t offset = 0;

        *ret = (TPMS_CONTEXT){0};
        return AZA_TPM_CONTEXTS && tpm->runtime_dir[0] != '\0' &&
               aza_runtime_read(tpm->runtime_dir, plan->file, CONTEXT_FILE_MAX, &file) == 0 &&
               Tss2_MU_TPMS_CONTEXT_Unmarshal(file.data, file.len, &offset, ret) ==
                       TSS2_RC_SUCCESS &&
               offset == file.len;
}

/* *loaded says whether there was a usable one. A context of before a TPM reset is refused with
 * 0x1DF; whatever the TPM does not like about it, a new one is made. */
static int load_saved(const struct aza_tpm *tpm, struct aza_connection *c,
                      const struct aza_key_plan *plan, bool *loaded)
{
        TPMS_CONTEXT context;
        struct aza_object object;
        TSS2_RC rc;

        *loaded = false;
        if (!read_saved(tpm, plan, &context))
                return 0;
        rc = aza_cmd_context_load(c, &context, &c->key.handle);
        if (rc != TSS2_RC_SUCCESS) {
                c->key.handle = 0;
                if (!aza_rc_is_tpm(rc) || aza_rc_no_room(rc) || aza_rc_busy(rc))
                        return load_failed(c, plan, rc, "TPM2_ContextLoad");
                AZA_LOG(INFO, "saved key context refused (0x%x), making the key anew", rc);
                return 0;
        }
        rc = aza_cmd_read_public(c, c->key.handle, &object);
        if (rc != TSS2_RC_SUCCESS) {
                aza_key_flush(c);
                return load_failed(c, plan, rc, "TPM2_ReadPublic");
        }
        *loaded = take_key(c, plan, &object);
        if (!*loaded) {
                AZA_LOG(WARN, "saved key context %s/%s is another key's, making the key anew",
                        tpm->runtime_dir, plan->file);
                aza_key_flush(c);
        }
        return 0;
}

/* Best effort: without it the next process pays a CreatePrimary. */
static void save(const struct aza_tpm *tpm, struct aza_connection *c,
                 const struct aza_key_plan *plan)
{
        uint8_t buffer[sizeof(TPMS_CONTEXT)];
        TPMS_CONTEXT context;
        size_t len = 0;
        TSS2_RC rc;

        if (!AZA_TPM_CONTEXTS || !aza_runtime_dir_usable(tpm->runtime_dir))
                return;
        rc = aza_cmd_context_save(c, c->key.handle, &context);
        if (rc == TSS2_RC_SUCCESS)
                rc = Tss2_MU_TPMS_CONTEXT_Marshal(&context, buffer, sizeof(buffer), &len);
        if (rc != TSS2_RC_SUCCESS)
                AZA_LOG(WARN, "key context not saved: %s", aza_rc_text(rc));
        else if (aza_runtime_write(tpm->runtime_dir, plan->file, aza_span_of(buffer, len)) != 0)
                AZA_LOG(WARN, "key context not saved: %s", aza_last_error()->message);
}

static int create(const struct aza_tpm *tpm, struct aza_connection *c,
                  const struct aza_key_plan *plan)
{
        struct aza_object object;
        TSS2_RC rc;

        rc = aza_cmd_create_primary(c, plan->hierarchy, &plan->public, &c->key.handle, &object);
        if (rc != TSS2_RC_SUCCESS) {
                c->key.handle = 0;
                return load_failed(c, plan, rc, "TPM2_CreatePrimary");
        }
        if (!take_key(c, plan, &object)) {
                aza_key_flush(c);
                return AZA_FAIL(AZATTEST_E_TPM_INTERNAL,
                                "TPM2_CreatePrimary made another key than the template asks for");
        }
        c->key.created = true;
        save(tpm, c, plan);
        return 0;
}

int aza_key_load(const struct aza_tpm *tpm, struct aza_connection *c,
                 const struct aza_key_plan *plan)
{
        bool loaded;
        int r;

        if (c->key.handle != 0 && memcmp(c->key.id, plan->id, sizeof(plan->id)) == 0)
                return 0;
        aza_key_flush(c);
        r = load_saved(tpm, c, plan, &loaded);
        return r != 0 || loaded ? r : create(tpm, c, plan);
}

const char *aza_key_label(const struct aza_keyref *ref, char out[96])
{
        if (ref->name[0] != '\0')
                (void)snprintf(out, 96, "%s key \"%s\"", aza_purpose_text(ref->purpose), ref->name);
        else
                (void)snprintf(out, 96, "the unnamed %s key", aza_purpose_text(ref->purpose));
        return out;
}

static int key_gone(const struct aza_connection *c, const struct aza_expected_key *key)
{
        char label[96], expected[17], found[17];

        return AZA_FAIL(
                AZATTEST_E_KEY_GONE,
                "this TPM no longer has %s: its Name would be %s, the reference says %s; %s",
                aza_key_label(key->ref, label), aza_hex(aza_span_of(c->key.name + 2, 8), found),
                aza_hex(aza_span_of(key->name + 2, 8), expected),
                key->ref->hierarchy == TPM2_RH_NULL
                        ? "the machine was restarted or this is another VM: run 'azattest cert' again, or make the key with hierarchy=owner"
                        : "the TPM was cleared or this is another VM: make a new key");
}

static bool is_named(const struct aza_connection *c, const uint8_t name[34])
{
        return memcmp(c->key.name, name, sizeof(c->key.name)) == 0;
}

void aza_key_drop_dead(struct aza_connection *c)
{
        struct aza_object object;

        if (c->key.handle == 0)
                return;
        if (aza_cmd_read_public(c, c->key.handle, &object) == TSS2_RC_SUCCESS &&
            object.name.size == sizeof(c->key.name) && is_named(c, object.name.name))
                return;
        aza_session_flush(c);
        aza_key_flush(c);
}

/*
 * Another Name than expected has three reasons: the saved context was of another key (the public
 * area tells keys of the same policy apart by nothing but the modulus), what is loaded is the key
 * of before a TPM reset, or the reference is. Only when this TPM makes no other key now is it the
 * last.
 */
int aza_key_load_expected(const struct aza_tpm *tpm, struct aza_connection *c,
                          const struct aza_expected_key *key)
{
        bool alive = false;

        for (;;) {
                int r = aza_key_load(tpm, c, &key->plan);

                /* Not by way of the file again: one that cannot be removed would come for ever. */
                if (r == 0 && !c->key.created && !is_named(c, key->name)) {
                        aza_key_flush(c);
                        aza_runtime_remove(tpm->runtime_dir, key->plan.file);
                        r = create(tpm, c, &key->plan);
                }
                if (r != 0 || is_named(c, key->name))
                        return r;
                if (!alive) {
                        aza_key_drop_dead(c);
                        alive = true;
                        if (c->key.handle == 0)
                                continue;
                }
                return key_gone(c, key);
        }
}
