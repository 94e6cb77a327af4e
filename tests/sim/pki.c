/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the authorities' keys and certificates, their files and the cache. Issues nothing to a
 * VM. */
#include "sim/pki.h"

#include "sim/cert.h"
#include "sim/intel.h"
#include "sim/say.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One authority: its names in files, its place in struct sim_pki, how to make it. */
struct authority {
        const char *name;
        EVP_PKEY **key;
        X509 **certificate;
        const struct authority *issuer; /* NULL: self-signed */
        unsigned int rsa_bits;          /* 0: EC P-256 */
        struct sim_certificate plan;
        EVP_PKEY *made; /* by the key thread */
};

enum {
        ARK,
        ASK,
        VTPM_ROOT,
        VTPM_CA,
        INTEL_ROOT,
        INTEL_CA,
        INTEL_SIGNING,
        WORLD, /* those before exist once in the world and are cached */
        TLS_CA = WORLD,
        MAA,
        AUTHORITIES,
};

/* Fills the table for `pki`. At the end of the file. */
static void list_authorities(struct sim_pki *pki, struct authority list[AUTHORITIES]);

static FILE *open_file(const char *dir, const char *name, const char *suffix, bool write,
                       mode_t mode)
{
        char path[4096];
        int length = snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);

        if (length < 0 || (size_t)length >= sizeof(path))
                return NULL;
        int fd = open(path, write ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC,
                      mode);
        return fd < 0 ? NULL : fdopen(fd, write ? "w" : "r");
}

static bool load_authority(const char *dir, struct authority *a)
{
        AZA_OWN(fclose) FILE *key_file = open_file(dir, a->name, ".key", false, 0);
        AZA_OWN(fclose) FILE *certificate_file = open_file(dir, a->name, ".pem", false, 0);

        if (key_file == NULL || certificate_file == NULL)
                return false;
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *key = PEM_read_PrivateKey_ex(key_file, NULL, NULL, NULL, sim_libctx(), NULL);
        AZA_OWN(X509_free) X509 *x = X509_new_ex(sim_libctx(), NULL);
        if (key == NULL || x == NULL || PEM_read_X509(certificate_file, &x, NULL, NULL) == NULL ||
            X509_check_private_key(x, key) != 1 || X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
                return false;
        /* Half of one set and half of another would be a chain that does not hold. */
        if (a->issuer != NULL && X509_verify(x, *a->issuer->key) != 1)
                return false;
        *a->key = aza_take(&key);
        *a->certificate = aza_take(&x);
        return true;
}

static bool save_authority(const char *dir, const struct authority *a)
{
        AZA_OWN(fclose) FILE *key_file = open_file(dir, a->name, ".key", true, 0600);
        AZA_OWN(fclose) FILE *certificate_file = open_file(dir, a->name, ".pem", true, 0644);

        return key_file != NULL && certificate_file != NULL &&
               PEM_write_PKCS8PrivateKey(key_file, *a->key, NULL, NULL, 0, NULL, NULL) == 1 &&
               PEM_write_X509(certificate_file, *a->certificate) == 1 && fflush(key_file) == 0 &&
               fflush(certificate_file) == 0;
}

static void drop_authority(struct authority *a)
{
        EVP_PKEY_free(*a->key);
        X509_free(*a->certificate);
        *a->key = NULL;
        *a->certificate = NULL;
}

static bool load_range(const char *dir, struct authority *list, int first, int end)
{
        for (int i = first; i < end; i++) {
                if (!load_authority(dir, &list[i])) {
                        while (i-- > first)
                                drop_authority(&list[i]);
                        return false;
                }
        }
        return true;
}

static bool save_range(const char *dir, const struct authority *list, int first, int end)
{
        if (mkdir(dir, 0755) != 0 && errno != EEXIST)
                return false;
        for (int i = first; i < end; i++) {
                if (!save_authority(dir, &list[i]))
                        return false;
        }
        return true;
}

static void *make_key(void *arg)
{
        struct authority *a = arg;
        a->made = a->rsa_bits != 0 ? sim_rsa_key(a->rsa_bits) : sim_ec_key("P-256");
        return NULL;
}

static bool make_certificate(struct authority *a)
{
        *a->key = aza_take(&a->made);
        if (*a->key == NULL)
                return false;
        a->plan.key = *a->key;
        if (a->issuer != NULL) {
                a->plan.issuer = *a->issuer->certificate;
                a->plan.issuer_key = *a->issuer->key;
        }
        *a->certificate = sim_certificate_make(&a->plan);
        return *a->certificate != NULL;
}

/* A thread for each key; certificates afterwards, issuers first. */
static bool make_range(struct authority *list, int first, int end)
{
        pthread_t threads[AUTHORITIES];
        bool running[AUTHORITIES] = {false};
        bool ok = true;

        for (int i = first; i < end; i++)
                running[i] = pthread_create(&threads[i], NULL, make_key, &list[i]) == 0;
        for (int i = first; i < end; i++) {
                if (running[i])
                        (void)pthread_join(threads[i], NULL);
        }
        for (int i = first; i < end; i++)
                ok = make_certificate(&list[i]) && ok;
        return ok;
}

/* The cache of the world's authorities, "" for none. The number changes with their content. */
static void cache_dir(char *out, size_t size)
{
        const char *sim = secure_getenv("AZATTEST_SIM_CACHE");
        const char *xdg = secure_getenv("XDG_CACHE_HOME");
        const char *home = secure_getenv("HOME");

        out[0] = '\0';
        if (sim != NULL)
                (void)snprintf(out, size, "%s", sim);
        else if (xdg != NULL && xdg[0] == '/')
                (void)snprintf(out, size, "%s/azattest-sim", xdg);
        else if (home != NULL && home[0] == '/')
                (void)snprintf(out, size, "%s/.cache/azattest-sim", home);
}

static void remove_range(const char *dir, const struct authority *list, int first, int end)
{
        for (int i = first; i < end; i++) {
                char path[4096];
                (void)snprintf(path, sizeof(path), "%s/%s.key", dir, list[i].name);
                (void)unlink(path);
                (void)snprintf(path, sizeof(path), "%s/%s.pem", dir, list[i].name);
                (void)unlink(path);
        }
        (void)rmdir(dir);
}

/* What cannot be loaded is replaced. Another process may do the same: all end with a whole set, and
 * failure only costs time later. */
static void fill_cache(const char *cache, const char *content, const struct authority *list)
{
        char temporary[4096];

        if (strlen(cache) + sizeof(".XXXXXX") > sizeof(temporary))
                return;
        (void)mkdir(cache, 0700);
        (void)snprintf(temporary, sizeof(temporary), "%s/new.XXXXXX", cache);
        if (mkdtemp(temporary) == NULL)
                return;
        remove_range(content, list, 0, WORLD);
        if (!save_range(temporary, list, 0, WORLD) || rename(temporary, content) != 0)
                remove_range(temporary, list, 0, WORLD);
}

static bool open_world(struct authority *list)
{
        char cache[2048];
        char content[2100];

        cache_dir(cache, sizeof(cache));
        (void)snprintf(content, sizeof(content), "%s/authorities-3", cache);
        if (cache[0] != '\0' && load_range(content, list, 0, WORLD))
                return true;
        if (!make_range(list, 0, WORLD))
                return false;
        if (cache[0] != '\0')
                fill_cache(cache, content, list);
        return true;
}

int sim_pki_open(const char *dir, struct sim_pki *ret)
{
        struct sim_pki pki = {.qe_signer = SIM_QE_SIGNER};
        struct authority list[AUTHORITIES];

        list_authorities(&pki, list);
        if (!load_range(dir, list, 0, AUTHORITIES) &&
            (!open_world(list) || !make_range(list, WORLD, AUTHORITIES) ||
             !save_range(dir, list, 0, AUTHORITIES))) {
                sim_pki_close(&pki);
                return sim_fail("cannot make the certificate authorities in %s", dir);
        }
        *ret = pki;
        return 0;
}

void sim_pki_close(struct sim_pki *pki)
{
        struct authority list[AUTHORITIES];

        list_authorities(pki, list);
        for (int i = 0; i < AUTHORITIES; i++)
                drop_authority(&list[i]);
}

#define AMD_NAME(common_name)                                                        \
        {                                                                            \
                "OU", "Engineering", "C", "US", "L", "Santa Clara", "ST", "CA", "O", \
                        "Advanced Micro Devices", "CN", common_name, NULL            \
        }

static const char *const ark_name[] = AMD_NAME("ARK-Milan");
static const char *const ask_name[] = AMD_NAME("SEV-Milan");
static const char *const vtpm_root_name[] = {
        "C", "US", "O", "azattest-sim", "CN", "Simulated Virtual TPM Root Certificate Authority",
        NULL};
static const char *const vtpm_ca_name[] = {"CN", "Simulated Virtual TPM CA - 03", NULL};
#define INTEL_NAME(common_name)                                                            \
        {                                                                                  \
                "C", "US", "ST", "CA", "L", "Santa Clara", "O", "Intel Corporation", "CN", \
                        common_name, NULL                                                  \
        }

static const char *const intel_root_name[] = INTEL_NAME("Intel SGX Root CA");
static const char *const intel_ca_name[] = INTEL_NAME("Intel SGX PCK Platform CA");
static const char *const intel_signing_name[] = INTEL_NAME("Intel SGX TCB Signing");
static const char *const tls_ca_name[] = {"O", "azattest-sim", "CN", "Simulated TLS CA", NULL};
static const char *const maa_name[] = {"CN", "Simulated MAA token signing", NULL};

static const char *const ark_extensions[] = {"keyUsage",
                                             "critical,keyCertSign,cRLSign",
                                             "subjectKeyIdentifier",
                                             "hash",
                                             "basicConstraints",
                                             "critical,CA:TRUE",
                                             "crlDistributionPoints",
                                             "URI:https://kdsintf.amd.com/vcek/v1/Milan/crl",
                                             NULL};
static const char *const ask_extensions[] = {"subjectKeyIdentifier",
                                             "hash",
                                             "authorityKeyIdentifier",
                                             "keyid:always",
                                             "basicConstraints",
                                             "critical,CA:TRUE,pathlen:0",
                                             "keyUsage",
                                             "critical,keyCertSign",
                                             "crlDistributionPoints",
                                             "URI:https://kdsintf.amd.com/vcek/v1/Milan/crl",
                                             NULL};
static const char *const root_extensions[] = {"keyUsage",
                                              "critical,digitalSignature,keyCertSign,cRLSign",
                                              "basicConstraints",
                                              "critical,CA:TRUE",
                                              "subjectKeyIdentifier",
                                              "hash",
                                              NULL};
static const char *const vtpm_ca_extensions[] = {"basicConstraints",
                                                 "critical,CA:TRUE,pathlen:0",
                                                 "keyUsage",
                                                 "critical,keyCertSign",
                                                 "extendedKeyUsage",
                                                 "2.23.133.8.1,2.23.133.8.3",
                                                 "subjectKeyIdentifier",
                                                 "hash",
                                                 "authorityKeyIdentifier",
                                                 "keyid:always",
                                                 "authorityInfoAccess",
                                                 SIM_AIA("vtpm-root"),
                                                 NULL};
#define INTEL_EXTENSIONS(constraints, usage)                                              \
        {                                                                                 \
                "subjectKeyIdentifier", "hash", "authorityKeyIdentifier", "keyid:always", \
                        "keyUsage", usage, "basicConstraints", constraints, NULL          \
        }

static const char *const intel_root_extensions[] =
        INTEL_EXTENSIONS("critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign");
static const char *const intel_ca_extensions[] =
        INTEL_EXTENSIONS("critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign");
static const char *const intel_signing_extensions[] =
        INTEL_EXTENSIONS("critical,CA:FALSE", "critical,digitalSignature,nonRepudiation");
static const char *const maa_extensions[] = {"basicConstraints", "critical,CA:FALSE",
                                             "subjectKeyIdentifier", "hash", NULL};

static void list_authorities(struct sim_pki *pki, struct authority list[AUTHORITIES])
{
        const struct authority all[AUTHORITIES] = {
                [ARK] = {"ark",
                         &pki->ark_key,
                         &pki->ark,
                         NULL,
                         4096,
                         {.subject = ark_name,
                          .serial = 0x10000,
                          .pss = true,
                          .digest = "SHA384",
                          .not_before = "20201022172305Z",
                          .not_after = "20451022172305Z",
                          .extensions = ark_extensions},
                         NULL},
                [ASK] = {"ask",
                         &pki->ask_key,
                         &pki->ask,
                         &list[ARK],
                         4096,
                         {.subject = ask_name,
                          .serial = 0x10001,
                          .pss = true,
                          .digest = "SHA384",
                          .not_before = "20201022182420Z",
                          .not_after = "20451022182420Z",
                          .extensions = ask_extensions},
                         NULL},
                [VTPM_ROOT] = {"vtpm-root",
                               &pki->vtpm_root_key,
                               &pki->vtpm_root,
                               NULL,
                               3072,
                               {.subject = vtpm_root_name,
                                .serial = -1,
                                .digest = "SHA384",
                                .not_before = "20230601180853Z",
                                .not_after = "20480601181541Z",
                                .extensions = root_extensions},
                               NULL},
                [VTPM_CA] = {"vtpm-ca",
                             &pki->vtpm_ca_key,
                             &pki->vtpm_ca,
                             &list[VTPM_ROOT],
                             2048,
                             {.subject = vtpm_ca_name,
                              .serial = -1,
                              .digest = "SHA384",
                              .not_before = "20250424180117Z",
                              .not_after = "20450424180117Z",
                              .extensions = vtpm_ca_extensions},
                             NULL},
                [INTEL_ROOT] = {"intel-root",
                                &pki->intel_root_key,
                                &pki->intel_root,
                                NULL,
                                0,
                                {.subject = intel_root_name,
                                 .serial = -1,
                                 .digest = "SHA256",
                                 .not_before = "20180521104510Z",
                                 .not_after = "20491231235959Z",
                                 .extensions = intel_root_extensions},
                                NULL},
                [INTEL_CA] = {"intel-pck-ca",
                              &pki->intel_ca_key,
                              &pki->intel_ca,
                              &list[INTEL_ROOT],
                              0,
                              {.subject = intel_ca_name,
                               .serial = -1,
                               .digest = "SHA256",
                               .not_before = "20180521105010Z",
                               .not_after = "20480521105010Z",
                               .extensions = intel_ca_extensions},
                              NULL},
                [INTEL_SIGNING] = {"intel-tcb-signing",
                                   &pki->intel_signing_key,
                                   &pki->intel_signing,
                                   &list[INTEL_ROOT],
                                   0,
                                   {.subject = intel_signing_name,
                                    .serial = -1,
                                    .digest = "SHA256",
                                    .not_before = "20250506092500Z",
                                    .not_after = "20450506092500Z",
                                    .extensions = intel_signing_extensions},
                                   NULL},
                [TLS_CA] = {"tls-ca",
                            &pki->tls_ca_key,
                            &pki->tls_ca,
                            NULL,
                            0,
                            {.subject = tls_ca_name,
                             .serial = -1,
                             .digest = "SHA256",
                             .days = 3650,
                             .extensions = root_extensions},
                            NULL},
                [MAA] = {"maa",
                         &pki->maa_key,
                         &pki->maa_certificate,
                         NULL,
                         2048,
                         {.subject = maa_name,
                          .serial = -1,
                          .digest = "SHA256",
                          .days = 365,
                          .extensions = maa_extensions},
                         NULL},
        };
        memcpy(list, all, sizeof(all));
}
