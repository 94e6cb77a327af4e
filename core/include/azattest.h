/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest.h: the C library for attested keys of Azure confidential VMs.
 *
 * A context holds configuration (azattest(1), "Configuration") and may be used from several
 * threads at once. Functions return 0 or a negative result code; the text that belongs to a failure
 * is kept per thread and read with azattest_error_message(). Whatever a function hands out through
 * a pointer argument belongs to the caller and is released with azattest_free() unless its comment
 * says otherwise; outputs are written only on success.
 *
 * Threads: a context and a verifier may be used by several threads at once; free them when no call
 * uses them any more. Set the log function before threads start. azattest_cancel alone may be
 * called in a signal handler. Fork: contexts and verifiers of the parent work in a child, which
 * opens its own TPM connection at its first use. In the child of a program with threads, call
 * nothing of this library before exec if another thread was in a call of it at the fork. The
 * library is never unloaded, whatever dlclose says.
 */
#ifndef AZATTEST_H
#define AZATTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AZATTEST_API __attribute__((visibility("default")))
#ifdef __MINGW32__
#define AZATTEST_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#else
#define AZATTEST_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif
#else
#define AZATTEST_API
#define AZATTEST_PRINTF(fmt, args)
#endif

/*
 * Result codes. 0 and -1 .. -32 have the numbers and meaning of Microsoft's guest attestation
 * client, so that programs written for it keep their error handling; those from -100 are ours.
 */
enum azattest_result {
        AZATTEST_OK = 0,
        AZATTEST_E_CURL_INIT = -1,           /* libcurl could not be initialised */
        AZATTEST_E_RESPONSE_PARSING = -2,    /* never raised: -28 is more exact */
        AZATTEST_E_MSI_TOKEN_NOT_FOUND = -3, /* never raised: no managed identity is used */
        AZATTEST_E_RETRIES_EXCEEDED = -4,    /* MAA or IMDS stayed busy, or told to wait too long */
        AZATTEST_E_HTTP_FAILED = -5,         /* MAA or IMDS answered with another status than 200 */
        AZATTEST_E_ATTESTATION_FAILED = -6,  /* MAA refused the evidence (HTTP 400) */
        AZATTEST_E_TRANSPORT = -7,           /* connection or TLS to MAA or IMDS failed */
        AZATTEST_E_INVALID_PARAMETER = -8,   /* a bad argument, URL or client payload */
        AZATTEST_E_PARAMETERS_VALIDATION = -9, /* collected evidence is incomplete */
        AZATTEST_E_NO_MEMORY = -10,            /* out of memory */
        AZATTEST_E_OS_INFO = -11,              /* /etc/os-release is unreadable or has no NAME */
        AZATTEST_E_TPM_INTERNAL = -12,         /* the TPM answered with something unusable */
        AZATTEST_E_TPM_OPERATION = -13,        /* a TPM command failed while collecting evidence */
        AZATTEST_E_JWT_DECRYPTION = -14,       /* MAA's envelope: any fault, one code, one text */
        AZATTEST_E_JWT_DECRYPTION_TPM = -15,   /* the TPM could not decrypt MAA's inner key */
        AZATTEST_E_INVALID_JSON = -16,         /* IMDS answered with something that is not JSON */
        AZATTEST_E_EMPTY_VCEK_CERT = -17,      /* IMDS answered without VCEK or chain */
        AZATTEST_E_EMPTY_RESPONSE = -18,       /* IMDS answered with an empty body */
        AZATTEST_E_EMPTY_REQUEST_BODY = -19,   /* never raised: every POST here has a body */
        AZATTEST_E_HCL_REPORT_PARSING = -20,   /* the HCL report is malformed */
        AZATTEST_E_HCL_REPORT_EMPTY = -21,     /* the HCL report index is empty */
        AZATTEST_E_JWK_EXTRACTION = -22,       /* the token to encrypt to is not a JWT with a key */
        AZATTEST_E_JWK_TO_RSA = -23,           /* its key is not a usable RSA key */
        AZATTEST_E_ENCRYPT_INIT = -24,         /* unknown scheme or hash */
        AZATTEST_E_ENCRYPT = -25,              /* encryption failed (data too long?) */
        AZATTEST_E_DECRYPTION_TPM = -26,       /* decryption failed in the TPM */
        AZATTEST_E_DNS_INFO = -27,             /* a URL without host */
        AZATTEST_E_RESPONSE_NOT_JSON = -28,    /* MAA answered with something that is not JSON */
        AZATTEST_E_AK_CERT_PROVISIONING = -29, /* AK certificate still is the placeholder */
        AZATTEST_E_EMPTY_TD_QUOTE = -30,       /* IMDS answered without TD quote */
        AZATTEST_E_AK_CERT_PARSING = -31,      /* AK certificate is not X.509 */
        AZATTEST_E_AK_CERT_RENEW = -32,        /* the AK certificate was not renewed */
        AZATTEST_E_CONFIGURATION = -100,       /* a bad or missing setting */
        AZATTEST_E_REQUIREMENT = -101,         /* the VM is not of the required kind */
        AZATTEST_E_EVIDENCE = -102,            /* evidence contradicts itself */
        AZATTEST_E_TOKEN_FORM = -103,          /* not a well-formed MAA token */
        AZATTEST_E_TOKEN_SIGNATURE = -104,     /* token signature or key set */
        AZATTEST_E_TOKEN_ISSUER = -105,        /* token of another issuer */
        AZATTEST_E_TOKEN_TIME = -106,          /* token expired or not valid yet */
        AZATTEST_E_TOKEN_NONCE = -107,         /* token does not echo the nonce */
        AZATTEST_E_TOKEN_KEY = -108,           /* token is for another key */
        AZATTEST_E_POLICY = -109,              /* token does not satisfy the policy */
        AZATTEST_E_DEADLINE = -110,            /* timeout or cancelled */
        AZATTEST_E_KEY_GONE = -111,            /* this TPM no longer has the key */
        AZATTEST_E_PCR_MISMATCH = -112,        /* PCRs changed since the key was made */
        AZATTEST_E_PCR_BUSY = -113,            /* PCRs are extended faster than a command runs */
        AZATTEST_E_WRONG_PURPOSE = -114,       /* a signing key asked to decrypt, or the reverse */
        AZATTEST_E_IDENTITY_NEEDED = -115,     /* maybe another VM, and which one was not said */
        AZATTEST_E_CERTIFICATE = -116,         /* certificate or its CMW extension */
        AZATTEST_E_JWE = -117,                 /* malformed or unsupported JWE or CMS message */
        AZATTEST_E_INPUT = -118,               /* a file or other input */
        AZATTEST_E_KEY_RELEASE = -119,         /* a key vault's answer, or the key in it */
        AZATTEST_E_OTHER_VM = -120,            /* it is another VM than the demanded one */
        AZATTEST_E_EVENT_LOG = -121, /* the boot log could not be read although it is needed */
};

/* This library's version, "0.2.0". Static storage. */
AZATTEST_API const char *azattest_version(void);

/* The name of a result code ("AZATTEST_E_POLICY"), never NULL. Static storage. */
AZATTEST_API const char *azattest_result_name(int result);

/* Whether a result code says that nothing could be decided (network, time or input is missing, or a
 * setting is wrong), and not that something was refused or cannot be done. */
AZATTEST_API bool azattest_result_undecided(int result);

/* ---- context ---- */

typedef struct azattest_context azattest_context;

/*
 * Makes a context from the azattest section of an openssl.cnf (`config_file`, or NULL for the one
 * OpenSSL itself would read; a missing default file is no error) and the AZATTEST_* environment.
 * Returns 0 or AZATTEST_E_CONFIGURATION, AZATTEST_E_NO_MEMORY.
 */
AZATTEST_API int azattest_context_new(const char *config_file, azattest_context **ret);
AZATTEST_API void azattest_context_free(azattest_context *ctx);

/* Sets one configuration key ("maa-url", ...) in this context, above the environment and the file.
 * The value is judged at once: AZATTEST_E_CONFIGURATION, and the old one stays; so of an empty
 * "policy", "vmid", "maa-root", "issuer" or "issuers", which would take a demand away. */
AZATTEST_API int azattest_context_set(azattest_context *ctx, const char *key, const char *value);

/* Sets what a configuration key is in this context where neither the file, nor the environment, nor
 * azattest_context_set says it: this program's own default. Judged as there. */
AZATTEST_API int azattest_context_set_default(azattest_context *ctx, const char *key,
                                              const char *value);

/* The value of a configuration key that counts now in this context, its default where none is set;
 * NULL text where that default depends on the user ("runtime-dir"). AZATTEST_E_CONFIGURATION:
 * no such key, or the configuration as a whole is wrong. */
AZATTEST_API int azattest_context_get(azattest_context *ctx, const char *key, char **ret_value);

/* The `n`-th configuration key, its environment variable (NULL: none) and what it means; NULL past
 * the last. Either place may be NULL. Static storage. */
AZATTEST_API const char *azattest_setting(size_t n, const char **ret_environment,
                                          const char **ret_meaning);

/* Text of the calling thread's last failure; valid until its next azattest call. Never NULL. */
AZATTEST_API const char *azattest_error_message(const azattest_context *ctx);

/* The TSS return code of the calling thread's last failure, layer bits included; 0 if none. */
AZATTEST_API uint32_t azattest_tpm_error(const azattest_context *ctx);

enum azattest_log_level {
        AZATTEST_LOG_ERROR,
        AZATTEST_LOG_WARN,
        AZATTEST_LOG_INFO,
        AZATTEST_LOG_DEBUG,
};

/* `message` is one line without line end and holds no token, payload, key or evidence. */
typedef void azattest_log_fn(void *arg, enum azattest_log_level level, const char *function,
                             int line, const char *message);
/* Sends this library's log lines to `fn` instead of stderr (NULL: stderr again), those of all
 * contexts. The OpenSSL provider has a log of its own, which stays on stderr. Called in the thread
 * that logs. */
AZATTEST_API void azattest_set_log(azattest_log_fn *fn, void *arg);

/* Called at each step of a long operation with a short text for people. */
typedef void azattest_progress_fn(void *arg, const char *step);
AZATTEST_API void azattest_set_progress(azattest_context *ctx, azattest_progress_fn *fn, void *arg);

/* Ends every wait of this context's running operations with AZATTEST_E_DEADLINE, but not a single
 * command of the TPM, as "timeout" does not either. Any thread, also a signal handler. The context
 * stays usable for later calls. */
AZATTEST_API void azattest_cancel(azattest_context *ctx);

/* Cleanses and releases what the library handed out; NULL is allowed. */
AZATTEST_API void azattest_free(void *p);

/* ---- attest, encrypt, decrypt (names and meaning of the reference client) ---- */

#define AZATTEST_CLIENT_PARAMS_VERSION 1

struct azattest_client_parameters {
        uint32_t version;    /* AZATTEST_CLIENT_PARAMS_VERSION */
        const char *url;     /* MAA endpoint, https; NULL: the configured maa-url */
        const char *payload; /* JSON object of strings, numbers, booleans, nulls; or NULL */
};

enum azattest_encryption_type {
        AZATTEST_ENCRYPTION_NONE = 0,
};

enum azattest_rsa_scheme {
        AZATTEST_RSA_NULL = 0x0010,
        AZATTEST_RSA_ES = 0x0015,
        AZATTEST_RSA_OAEP = 0x0017,
};

enum azattest_rsa_hash {
        AZATTEST_RSA_SHA1 = 0x0004,
        AZATTEST_RSA_SHA256 = 0x000B,
        AZATTEST_RSA_SHA384 = 0x000C,
        AZATTEST_RSA_SHA512 = 0x000D,
};

/*
 * Attests this VM's unnamed decryption key and returns the verified token (NUL-terminated compact
 * JWS). A payload member "nonce" must come back in the token; without one 16 random bytes are sent.
 * After success, tokens of params->url are accepted in this context beside those of the configured
 * issuers, until another URL is given: azattest_encrypt and azattest_token_verify take what was
 * returned here.
 */
AZATTEST_API int azattest_attest(azattest_context *ctx,
                                 const struct azattest_client_parameters *params, char **ret_jwt);

/* The same for any key of this VM, named by URI ("azattest://sign?name=web&nonce=..."). `payload`
 * as above, may be NULL. The token also goes to the token cache. */
AZATTEST_API int azattest_attest_key(azattest_context *ctx, const char *uri, const char *payload,
                                     char **ret_jwt);

struct azattest_evidence_options;

/* What azattest_attest_with and azattest_check are asked. Grows at its end, as the option
 * structs do: begin with AZATTEST_ATTEST_INIT, or set `size` to sizeof. */
struct azattest_attest_options {
        size_t size;
        const char *uri;     /* which key; NULL: "azattest://key" */
        const char *nonce;   /* the token must echo it, 1 to 512 bytes; NULL: the URI's, if any */
        const char *payload; /* as above; NULL: none */
        const struct azattest_evidence_options
                *evidence; /* azattest_check only: what is demanded of this VM's evidence, without
                              nonce, vmid and time; NULL: nothing */
};
#define AZATTEST_ATTEST_INIT                                                   \
        {                                                                      \
                sizeof(struct azattest_attest_options), NULL, NULL, NULL, NULL \
        }

/* As azattest_attest_key, with the checks of the token: `ret_json` receives the result list as of
 * azattest_token_verify (the key must be this VM's). Either place may be NULL. */
AZATTEST_API int azattest_attest_with(azattest_context *ctx,
                                      const struct azattest_attest_options *options, char **ret_jwt,
                                      char **ret_json);

/*
 * Attests this VM and says what MAA found, also when the policy refuses it; nothing is stored. With
 * options->evidence, evidence of this VM is collected beside and judged by those demands.
 * `ret_json` (may be NULL) receives the result list as of azattest_token_verify, with the token's
 * claims also on reject, and "findings": [{"name", "state" ("ok", "no", "unknown"), "text"}], a row
 * each for hardware, compliance, debug and so on. 0: the policy is satisfied and the demands are
 * met.
 */
AZATTEST_API int azattest_check(azattest_context *ctx,
                                const struct azattest_attest_options *options, char **ret_json);

/*
 * What this machine is and has, and what to do about what it lacks: {"verdict": "ok" or "no",
 * "findings": as of azattest_check}, JSON text. Asks the TPM, IMDS and MAA, for some seconds each,
 * and attests once. 0 whatever was found.
 */
AZATTEST_API int azattest_doctor(azattest_context *ctx, char **ret_json);

/*
 * Renews the certificate of the vTPM's attestation key (NV 0x01C101D0) through instance metadata,
 * unless it lasts longer than `if_before` seconds; negative: in any case. What comes replaces it
 * only if it is for the same key, of the same issuer, leads to a pinned root ("ak-issuers" has or
 * fetches what is between) and ends later; the old one is kept in runtime-dir until the new one
 * reads back, put back if it does not, and by the next call if this one was interrupted. `ret_json`
 * (may be NULL; azattest_free) receives {"renewed", "restored", "until", "previous-until"}. 0:
 * renewed, or nothing had to be done. AZATTEST_E_AK_CERT_RENEW: no new one, and the text says which
 * is in place; else what reading or asking came to.
 */
AZATTEST_API int azattest_ak_renew(azattest_context *ctx, int64_t if_before, char **ret_json);

/* What azattest_status looks at. Grows at its end, as the option structs do: begin with
 * AZATTEST_STATUS_INIT, or set `size` to sizeof. */
struct azattest_status_options {
        size_t size;
        const char *const
                *files; /* `count` key files, sealed and private keys, certificates, or directories,
                                     in which names that end in .crt, .cer, .pem and .key count */
        size_t count;
        int64_t within; /* seconds: a certificate that ends so soon is a "no"; 0: only when it ended */
};
#define AZATTEST_STATUS_INIT                                       \
        {                                                          \
                sizeof(struct azattest_status_options), NULL, 0, 0 \
        }

/*
 * Whether this VM's keys can be used now, until when they are proven, which PCRs drifted and what
 * the last attestation said: a row for each of `options->files`, for the two unnamed keys, and for
 * Azure's certificate of the vTPM's attestation key (`options` may be NULL: only these). Every key
 * is tried. Asks the TPM, never the network. `ret_json`: {"verdict": "ok", "no" or "unknown",
 * "time", "findings": [{"name", "kind" ("key", "key file", "sealed key", "private key",
 * "certificate", "AK certificate", "file"), "state" ("ok", "no", "unknown"), "text"; where known
 * "key", "hierarchy", "pcrs", "usable", "pcrs-changed", "until" and "seconds-left" of a certificate,
 * and "attestation": {"verdict", "reason", "issuer", "at", "until"}}]}. 0 whatever was found.
 */
AZATTEST_API int azattest_status(azattest_context *ctx,
                                 const struct azattest_status_options *options, char **ret_json);

/*
 * The reference of the key `uri` names, as DER AzAttestKey (azattest-provider(7), "Key files") with
 * its verified token inside: attests unless the configuration says never or a valid token is
 * stored. This is what the OpenSSL provider calls.
 */
AZATTEST_API int azattest_key_reference(azattest_context *ctx, const char *uri, const char *payload,
                                        uint8_t **ret_der, size_t *ret_len);

/*
 * Encrypts `data` to the attested key of `jwt` after verifying the token: signature by the
 * configured MAA, issuer, time and policy, and which VM it is ("vmid", a configured policy that
 * pins x-ms-azurevm-vmid, or "any-vm"). Needs no TPM. Use AZATTEST_RSA_OAEP with SHA-256 unless the
 * peer cannot. `label` is empty. Output is one RSA block.
 */
AZATTEST_API int azattest_encrypt(azattest_context *ctx, enum azattest_encryption_type type,
                                  const char *jwt, const uint8_t *data, size_t data_len,
                                  enum azattest_rsa_scheme scheme, enum azattest_rsa_hash hash,
                                  uint8_t **ret_out, size_t *ret_len);

/* Decrypts with this VM's unnamed decryption key. Needs the TPM only, no network. A bad PKCS#1 v1.5
 * padding gives a pseudo-random message, never an error (implicit rejection). Lengths are those
 * that OpenSSL takes: 1 to 256 bytes, missing leading zeros are put back, 257 bytes are refused
 * (AZATTEST_E_INVALID_PARAMETER) also when the first one is zero, as some serialisers of numbers
 * make it: drop that byte. A number not below the modulus is AZATTEST_E_DECRYPTION_TPM. */
AZATTEST_API int azattest_decrypt(azattest_context *ctx, enum azattest_encryption_type type,
                                  const uint8_t *data, size_t data_len,
                                  enum azattest_rsa_scheme scheme, enum azattest_rsa_hash hash,
                                  uint8_t **ret_out, size_t *ret_len);

/* The same with any decryption key of this VM, named by URI. */
AZATTEST_API int azattest_decrypt_key(azattest_context *ctx, const char *uri, const uint8_t *data,
                                      size_t data_len, enum azattest_rsa_scheme scheme,
                                      enum azattest_rsa_hash hash, uint8_t **ret_out,
                                      size_t *ret_len);

/*
 * The same for data of any size up to 64 MiB: JWE compact serialisation (RFC 7516), RSA-OAEP-256
 * and A256GCM, NUL-terminated.
 */
AZATTEST_API int azattest_encrypt_jwe(azattest_context *ctx, const char *jwt, const uint8_t *data,
                                      size_t data_len, char **ret_jwe);

struct azattest_verify_options;

/* What azattest_encrypt_with is asked. Grows at its end, as the option structs do: begin with
 * AZATTEST_ENCRYPTION_INIT, or set `size` to sizeof. */
struct azattest_encryption {
        size_t size;
        const char *jwt;                               /* the token of who shall decrypt */
        const struct azattest_verify_options *options; /* what is demanded of it; NULL: nothing more
                                                          than azattest_encrypt does */
        const uint8_t *data;
        size_t data_len;
        bool jwe; /* as azattest_encrypt_jwe: scheme and hash do not count */
        enum azattest_rsa_scheme scheme;
        enum azattest_rsa_hash hash;
};
#define AZATTEST_ENCRYPTION_INIT                                                                   \
        {                                                                                          \
                sizeof(struct azattest_encryption), NULL, NULL, NULL, 0, false, AZATTEST_RSA_OAEP, \
                        AZATTEST_RSA_SHA256                                                        \
        }

/*
 * azattest_encrypt and azattest_encrypt_jwe with demands on the token: nonce, policy, key set, VM
 * and time of `options` (the others are AZATTEST_E_INVALID_PARAMETER: the purpose is decrypt).
 * Which VM it is must be said there or in the configuration, but for a token of this VM's own
 * unnamed key, for which the TPM is asked when nothing else says it. Codes of a refused token are
 * those of azattest_token_verify. `ret_out` is one RSA block, or the JWE as NUL-terminated text.
 */
AZATTEST_API int azattest_encrypt_with(azattest_context *ctx,
                                       const struct azattest_encryption *encryption,
                                       uint8_t **ret_out, size_t *ret_len);

/* Opens a JWE (RSA-OAEP-256 or RSA-OAEP, A256GCM) with the decryption key `uri` names; NULL:
 * "azattest://key". Needs the TPM only. AZATTEST_E_JWE also when it is for another key. */
AZATTEST_API int azattest_decrypt_jwe(azattest_context *ctx, const char *uri, const char *jwe,
                                      uint8_t **ret_out, size_t *ret_len);

/* Data on its way, for what is too large to hold. Begin with AZATTEST_STREAM_INIT, or set `size` to
 * sizeof. */
struct azattest_stream {
        size_t size;
        /* Reads 1 to `size` bytes into `data`; *ret_len 0: there are no more. 0, or a result
         * code, as which the call ends. */
        int (*read)(void *arg, uint8_t *data, size_t size, size_t *ret_len);
        /* Takes all of it. 0, or a result code, as which the call ends. */
        int (*write)(void *arg, const uint8_t *data, size_t len);
        void *arg; /* of both */
};
#define AZATTEST_STREAM_INIT                                     \
        {                                                        \
                sizeof(struct azattest_stream), NULL, NULL, NULL \
        }

/*
 * azattest_encrypt_with for data of any size up to 64 GiB: CMS authenticated-enveloped-data (RFC
 * 5083) in BER, the content key by RSAES-OAEP with SHA-256 to the recipient's key identifier, the
 * content by AES-256-GCM. Any CMS implementation that has these opens it with the key. `encryption`
 * has no data. What was written when the call fails is no message: it is cut off.
 */
AZATTEST_API int azattest_encrypt_cms(azattest_context *ctx,
                                      const struct azattest_encryption *encryption,
                                      const struct azattest_stream *stream);

/*
 * Opens one with the decryption key `uri` names; NULL: "azattest://key". OAEP with any of our
 * hashes, AES-GCM with 128, 192 or 256 bits and a tag of 16 bytes; BER and DER. Needs the TPM only.
 * What is written is known to be authentic only once 0 is returned: else it must be thrown away,
 * unread. AZATTEST_E_JWE also when it is for another key.
 */
AZATTEST_API int azattest_decrypt_cms(azattest_context *ctx, const char *uri,
                                      const struct azattest_stream *stream);

/*
 * An attested certificate: attests the key `uri` names (NULL: "azattest://sign"; or a decryption
 * key's, whose certificate the signing key of the same name issues) and makes an X.509 certificate
 * that carries its token (id-pe-cmw), valid until the token expires. `san` are `san_count` names:
 * "DNS:host", "IP:address", "URI:...", "email:...". `ret_certificate` and `ret_key` (may be NULL:
 * the key's reference, no secret) are PEM texts.
 */
AZATTEST_API int azattest_certificate(azattest_context *ctx, const char *uri,
                                      const char *const *san, size_t san_count,
                                      char **ret_certificate, char **ret_key);

/* What azattest_certificate_make makes. Grows at its end, as the option structs do: begin with
 * AZATTEST_CERTIFICATE_INIT, or set `size` to sizeof. */
struct azattest_certificate_options {
        size_t size;
        const char *uri;        /* the key, as of azattest_certificate; NULL: "azattest://sign" */
        const char *const *san; /* `san_count` names, as of azattest_certificate */
        size_t san_count;
        const char *nonce; /* the tokens must echo it, 1 to 512 bytes; NULL: the URI's, if any */
        const char
                *payload; /* further members of the tokens' client payload, as of azattest_attest;
                                NULL: none */
        bool csr; /* a request (PKCS#10) for a CA instead of a certificate: of a signing key,
                                which signs it */
        const char *present; /* PEM of the certificate there is: kept while it lasts longer than
                                `renew_before` seconds and is what would be made: of the key that
                                the URI names now, with these names, nonce and payload, and with a
                                token that issuer, policy and configuration of now accept as far as
                                can be said without network. NULL or "": none */
        int64_t renew_before;
        const char *present_key; /* text of the key file that belongs to it, which then must be that
                                    key's reference, or the leaf's private key: "" (there is none) has
                                    both made anew. NULL: not asked */
        const char *leaf; /* a chain instead: of a key in memory, for which an attested one vouches
                             (C7). "ec" (P-256), "ed25519" or "rsa" make a new one; else the PEM text
                             of a private key (RSA of 2048 bits or more, P-256, P-384, P-521,
                             Ed25519, Ed448; sealed to this VM or not encrypted), or of a request
                             (PKCS#10) that such a key signed, of which nothing but the key is
                             taken. NULL: none */
        bool plain;       /* the leaf's key is handed out as it is, not sealed */
};
#define AZATTEST_CERTIFICATE_INIT                                                              \
        {                                                                                      \
                sizeof(struct azattest_certificate_options), NULL, NULL, 0, NULL, NULL, false, \
                        NULL, 0, NULL, NULL, false                                             \
        }

/*
 * Makes a certificate as azattest_certificate does, or a request, with what `options` say besides.
 * *ret_pem is NULL, and *ret_key untouched, when the present one is good enough: nothing was
 * attested or made then. AZATTEST_E_WRONG_PURPOSE: a request of a decryption key, which cannot sign
 * it; a leaf below another key than one of "azattest://issue", which is what `uri` names with
 * `leaf` (NULL: the unnamed one). Then *ret_pem is the leaf's certificate and behind it the
 * attested issuer's, both until the token ends, the names in the leaf's; and *ret_key the leaf's
 * private key: sealed (azattest_seal) to the decryption key of the same name and hierarchy, or with
 * `plain` as PKCS#8, not encrypted: a secret, which root in this VM can read; NULL with a request.
 */
AZATTEST_API int azattest_certificate_make(azattest_context *ctx,
                                           const struct azattest_certificate_options *options,
                                           char **ret_pem, char **ret_key);

/*
 * azattest_certificate_make that says what it did and why: `ret_json` (may be NULL) receives
 * {"action": "kept", "made" (there was none), "renewed" (due) or "made anew", "cause": "good",
 * "none", "due", "file" (no certificate or chain), "key-file" (missing, or no reference or key),
 * "pair" (of two keys), "key-gone", "pcrs" (changed), "key-asked" (another one is asked for),
 * "names", "payload" or "token" (refused now), "reason": that for people, "until": RFC 3339 and
 * "seconds-left" of the certificate that counts now}, JSON text; the last two not of a request.
 */
AZATTEST_API int azattest_certificate_renew(azattest_context *ctx,
                                            const struct azattest_certificate_options *options,
                                            char **ret_pem, char **ret_key, char **ret_json);

/* ---- verification (relying parties; no TPM is opened) ---- */

struct azattest_evidence_options;

/*
 * What may be demanded of a token. Grows at its end: `size` says what the program knew, so begin
 * with AZATTEST_VERIFY_OPTIONS_INIT, or set it to sizeof. Members that this library does not know
 * have to be zero, and a size that ends within a member is none (else
 * AZATTEST_E_INVALID_PARAMETER): no demand is passed over. NULL demands
 * nothing; an empty text is refused (AZATTEST_E_INVALID_PARAMETER; of a file's name
 * AZATTEST_E_INPUT), as nobody means it.
 */
struct azattest_verify_options {
        size_t size;
        const char *nonce;     /* the token must echo it; NULL: not required */
        const char *policy;    /* policy file; NULL: configured or built-in. It takes no floor away
                                  (T19, T20) and is identity only when it pins the VM */
        const char *jwks_file; /* key set instead of the issuer's /certs; NULL: fetch or cache */
        const char *vmid;      /* the VM's id must be this; NULL: as configured */
        int64_t time;          /* seconds since 1970; 0: now */
        const struct azattest_evidence_options
                *evidence;   /* what is demanded of evidence beside it (evidence_json,
                              azattest_token_evidence_verify, azattest_channel_verify) or NULL */
        const char *purpose; /* what the key of a token must be for: "decrypt", "sign", "issue" or
                                "any"; NULL: not compared. Of certificates their keyUsage says it */
        const char
                *ca_file; /* a certificate's issuer, PEM or DER, whose word on its names and dates
                                counts (C8); NULL: none. azattest_certificate_verify only */
        const char
                *evidence_json; /* evidence of the same VM and key, judged together with a token or
                                      certificate (T18); NULL: none */
        bool delegated; /* a certificate of a key in memory, for which an attested key vouches (C7),
                           is accepted, too: the configuration's "delegated" = "yes" */
};
#define AZATTEST_VERIFY_OPTIONS_INIT                                                           \
        {                                                                                      \
                sizeof(struct azattest_verify_options), NULL, NULL, NULL, NULL, 0, NULL, NULL, \
                        NULL, NULL, false                                                      \
        }

/*
 * Verifies an MAA token. Demands on evidence (options->evidence) make sense only beside some:
 * without evidence_json AZATTEST_E_INVALID_PARAMETER. `ret_json` (may be NULL) receives the result
 * list as JSON text on accept and reject alike: {"schema", "verdict", "subject", "result",
 * "result-name", "reason", "time", "weakened", "checks", "claims"}; also where a file or the
 * configuration kept every check from being made, then without checks and with the verdict
 * "incomplete", or "reject" where what was to be judged is no such thing. Claims only on accept. It
 * stays untouched when the call itself was wrong (AZATTEST_E_INVALID_PARAMETER). An issuer's key
 * set that is not at hand, or lacks the token's key id, is fetched; the call then lasts up to
 * "timeout" seconds (60), which a server that verifies what strangers send sets low. Returns 0 when
 * accepted, else the code of the first check that failed.
 */
AZATTEST_API int azattest_token_verify(azattest_context *ctx, const char *jwt,
                                       const struct azattest_verify_options *options,
                                       char **ret_json);

/*
 * Verifies an MAA token as azattest_token_verify does and, only when it is accepted, hands out the
 * key it attests: a PEM public key (SPKI), released with azattest_free. Else *ret_pem is not
 * touched. `ret_json` (may be NULL) as of azattest_token_verify: both come of one judgement. The
 * PEM no longer says what the key is for (claim azattest-purpose) nor until when: to encrypt,
 * azattest_encrypt and azattest_encrypt_jwe check both. Platform tokens attest no key and are
 * refused (AZATTEST_E_REQUIREMENT).
 */
AZATTEST_API int azattest_token_public_key(azattest_context *ctx, const char *jwt,
                                           const struct azattest_verify_options *options,
                                           char **ret_pem, char **ret_json);

/*
 * Judges an attested certificate, or a request for one (PKCS#10): the token in it verifies as of
 * azattest_token_verify and attests the very key of the certificate, which has one purpose and is
 * valid now (C4), and names and dates count (C8): a certificate is signed by that key, by an
 * attested signing key of the same VM (recipient certificates) or by the CA of options->ca_file; a
 * request by its own key, for signing, asks only for what C8 lists, and has no dates. What it is
 * for is what its keyUsage says. `data` holds `len` bytes: exactly one certificate or request, PEM
 * or DER, and nothing beside it, or in PEM a leaf and behind it the certificate of the attested key
 * that vouches for it (C7, options->delegated), which C4, C8 and the token are about then (else
 * AZATTEST_E_CERTIFICATE). options->purpose is refused, and so is ca_file for a request, which has
 * no issuer (AZATTEST_E_INVALID_PARAMETER); options->evidence_json as for tokens. `ret_json` (may
 * be NULL) and the return value as of azattest_token_verify; subject is "certificate" or "request".
 */
AZATTEST_API int azattest_certificate_verify(azattest_context *ctx, const uint8_t *data, size_t len,
                                             const struct azattest_verify_options *options,
                                             char **ret_json);

/*
 * Judges as azattest_certificate_verify does and, only on accept, hands out the attested key as a
 * PEM public key, or the leaf's, for which it vouches. Else *ret_pem is not touched. `ret_json` as
 * there.
 */
AZATTEST_API int azattest_certificate_public_key(azattest_context *ctx, const uint8_t *data,
                                                 size_t len,
                                                 const struct azattest_verify_options *options,
                                                 char **ret_pem, char **ret_json);

/*
 * The one certificate or request in `data` as PEM, in the one form that every reader reads alike:
 * for what was accepted before. Judges nothing but that it is exactly one (else
 * AZATTEST_E_CERTIFICATE).
 */
AZATTEST_API int azattest_certificate_canonical(azattest_context *ctx, const uint8_t *data,
                                                size_t len, char **ret_pem);

/*
 * What weakens a verdict (D13 in DECISIONS.md), in the configuration and in `options` (may be
 * NULL): a JSON array of texts "key = value: what it means", as in the results' member "weakened".
 * Judges nothing, but reads the profile that options->evidence names, with the codes of
 * azattest_evidence_verify.
 */
AZATTEST_API int azattest_weakened(azattest_context *ctx,
                                   const struct azattest_verify_options *options, char **ret_json);

/*
 * What a result (JSON as of azattest_token_verify and the others that judge) says, in one line for
 * people, without its end: "accept: token of VM ..., key sha256:..., valid until ...", or why not,
 * and what weakens it. Its words may change; programs read the result. Needs no context.
 * AZATTEST_E_INPUT: it is none.
 */
AZATTEST_API int azattest_summary(const char *result_json, char **ret_line);

/*
 * One page of HTML for people and for auditors: verdict, chain of trust as a picture (who signs
 * what; proven, vouched for by MAA, not checked, refused), checks and claims. Needs nothing else:
 * no script, no network, no context; everything that came from outside is escaped. `name` is what
 * it is about, often a file's. `result_json` as of azattest_token_verify and the others that judge,
 * `explanation_json` as of azattest_explain about the same; one of them may be NULL. *ret_html is
 * NUL-terminated UTF-8. AZATTEST_E_INPUT: they are no such documents.
 */
AZATTEST_API int azattest_html(const char *name, const char *result_json,
                               const char *explanation_json, char **ret_html);

/* What azattest_policy_new and azattest_profile_new make. Grows at its end, as the option
 * structs do: begin with AZATTEST_DRAFT_INIT, or set `size` to sizeof. */
struct azattest_draft_options {
        size_t size;
        const char *const
                *pins;    /* what it must be, beside its kind, ended by NULL; NULL: the usual */
        const char *name; /* of the profile; NULL: "mine" */
        const struct azattest_verify_options *verify; /* how the token is verified: jwks_file, time,
                                                         nonce; NULL: as configured */
        const struct azattest_evidence_options *evidence; /* how the evidence is judged; NULL: as
                                                             configured */
};
#define AZATTEST_DRAFT_INIT                                                   \
        {                                                                     \
                sizeof(struct azattest_draft_options), NULL, NULL, NULL, NULL \
        }

/*
 * A policy that accepts the token `jwt`, in Azure Key Vault's grammar: the built-in conditions of
 * its kind of VM for its issuer, and what options->pins name ("vmid" where nothing does): vmid,
 * measurement, id-key, host-data, guest-svn, tcb, os, maa-policy. The token is verified first, but
 * for a policy and which VM it is (codes as azattest_token_verify). `options` may be NULL.
 * *ret_policy is the file's text; *ret_notes (may be NULL) a line for each condition, what it
 * means. AZATTEST_E_INVALID_PARAMETER: an unknown pin, or one that the token says nothing of.
 */
AZATTEST_API int azattest_policy_new(azattest_context *ctx, const char *jwt,
                                     const struct azattest_draft_options *options,
                                     char **ret_policy, char **ret_notes);

/*
 * What `jwt` meets of the policy (a file's text), condition by condition: {"verified", "satisfied",
 * "names-vm", "key-vault", "note", "conditions": [{"authority", "claim", "operator", "expected",
 * "found", "result" ("met", "not met", "missing")}]}, JSON text; each authority begins with a
 * condition on "iss". The token is only read: nothing is verified, and no context, TPM or network
 * needed. 0 also when it does not satisfy; AZATTEST_E_INPUT: no policy, AZATTEST_E_TOKEN_FORM: no
 * token.
 */
AZATTEST_API int azattest_policy_test(const char *policy, const char *jwt, char **ret_json);

/* ---- evidence without MAA ---- */

/*
 * Collects what proves this VM and the key `uri` names (NULL: "azattest://key";
 * "azattest://sign...", "azattest://issue..." and names likewise): hardware report and its
 * certificates, AK and its certificate, PCR values, quote, event log, the key and its
 * certification. `nonce` is a text of 1 to 512 bytes chosen by who will judge it (NULL: the URI's,
 * if any); quote and certification are bound to it. Asks IMDS, never MAA; and, where "ak-issuers"
 * is "fetch" (the default), for at most 10 seconds the hosts of Microsoft's that the AK certificate
 * names for its issuers: those that cannot be had are missing in the evidence, with a warning. In a
 * TDX VM likewise, where "td-collateral" is "fetch" (the default), Azure's cache of what Intel
 * publishes about the platform: IMDS, and on Azure global.acccache.azure.net. `ret_json` is an
 * evidence file (azattest-relying-party(7), "Evidence without MAA"), NUL-terminated JSON text with
 * a line end; it holds no secret. AZATTEST_E_REQUIREMENT: the VM is not of the kind that "require"
 * says.
 */
AZATTEST_API int azattest_evidence_collect(azattest_context *ctx, const char *uri,
                                           const char *nonce, char **ret_json);

/* What may be demanded of evidence. `size` as in struct azattest_verify_options. */
struct azattest_evidence_options {
        size_t size;
        const char *nonce; /* it must be bound to this text; NULL: not required */
        const char *vmid;  /* the VM's id must be this; NULL: as configured, or as the configured
                                     policy pins it */
        const char
                *profile; /* firmware floors: "azure-baseline" (NULL), "strict", "none"; or the path
                                of a profile file (azattest(1)), with a '.' or '/' in it */
        const char *certificates; /* file with certificates that the evidence lacks, PEM or one DER:
                                     only candidates, trusted through pins; NULL: none */
        const char *crl; /* file with the revocation list of the report's chain, PEM or DER,
                                     which then must allow it; NULL: none */
        const char *const *allow_unchecked; /* ids ("A3") of checks that need not be made, ended by
                                               NULL; one that was made still rejects. NULL: none */
        bool need_key;                      /* it must prove an attested key */
        bool need_event_log;                /* it must have a boot log */
        bool need_secure_boot;              /* the log must show secure boot on */
        int64_t time;                       /* seconds since 1970; 0: now */
        const char *demands; /* further demands: a JSON object with members of profile files
                                (azattest(1)), like {"measurement": ["00.."], "guest-svn": 11}, added
                                to those of `profile`, none of them set twice; NULL: none */
        const char *const
                *certificate_paths; /* like `certificates`, further ones, ended by NULL; of a
                                                 directory every file, and what is no certificate is
                                                 passed over with a warning. NULL: none */
        bool fetch; /* ask AMD's key service and the hosts of Microsoft's that the AK certificate
                       names for certificates that are missing, Intel's service for what it says of
                       a TDX platform now */
        const char *td_collateral; /* Intel's TCB info, QE identity and revocation lists of a TDX
                                      platform, instead of those in the evidence: a file of all
                                      (azattest(1)), or a directory of what Intel's service
                                      answers. NULL: none */
};
#define AZATTEST_EVIDENCE_OPTIONS_INIT                                                        \
        {                                                                                     \
                sizeof(struct azattest_evidence_options), NULL, NULL, NULL, NULL, NULL, NULL, \
                        false, false, false, 0, NULL, NULL, false, NULL                       \
        }

/*
 * Judges evidence of another VM: hardware signatures, firmware, AK, quote, attested key, event log,
 * and which VM it is, which must be said (options, configuration, or any-vm; else
 * AZATTEST_E_IDENTITY_NEEDED). Kind of VM, PCR selection and added pins are the configuration's
 * ("require", "pcrs", "amd-root", "intel-root", "vtpm-root"). Opens no TPM and, without `fetch`,
 * uses no network. `options` may be NULL. `ret_result` (may be NULL) receives the result list as of
 * azattest_token_verify, on accept and reject alike; on accept its claims hold what was proven, the
 * attested key as PEM ("attested-key") among it. Evidence of a key without its boot log is not
 * accepted (E1) unless the configuration says "secure-boot" = "report". Returns 0 when accepted,
 * AZATTEST_E_INPUT when it is no evidence file, else the code of the first check that failed or was
 * not made.
 */
AZATTEST_API int azattest_evidence_verify(azattest_context *ctx, const char *evidence_json,
                                          const struct azattest_evidence_options *options,
                                          char **ret_result);

/*
 * Judges a bare SEV-SNP report (1184 bytes), TD quote or HCL report (as read from NV index
 * 0x01400001), `len` bytes at `report`, as azattest_evidence_verify judges evidence that has
 * nothing else: quote, key and boot log are "not checked" and not required; what identifies the VM
 * is in an HCL report only. options->nonce is demanded as its user data; certificates,
 * certificate_paths or fetch give its chain. AZATTEST_E_INPUT when it is no such report. Subject
 * "report".
 */
AZATTEST_API int azattest_report_verify(azattest_context *ctx, const uint8_t *report, size_t len,
                                        const struct azattest_evidence_options *options,
                                        char **ret_result);

/*
 * A profile file (azattest(1)) that accepts `evidence_json`: the base azure-baseline, secure boot
 * and an attested key as far as they are proven, and what options->pins name (product, measurement
 * and guest-svn where nothing does, of TDX mrtd): these, mrseam, host-data, report-id, pcr0 to
 * pcr23. Its member "about" says what each demand means. The evidence is judged first as
 * azattest_evidence_verify does, but for a policy and which VM it is, and its codes apply.
 * `options` may be NULL. AZATTEST_E_INVALID_PARAMETER: an unknown pin, or one that the evidence
 * proves nothing of.
 */
AZATTEST_API int azattest_profile_new(azattest_context *ctx, const char *evidence_json,
                                      const struct azattest_draft_options *options,
                                      char **ret_profile);

/*
 * Verifies a token as azattest_token_verify does, evidence of the same VM as
 * azattest_evidence_verify does, and compares them (check T18): the evidence must prove the key
 * that the token attests, and MAA must not say of the VM otherwise than it proves. options->nonce
 * is demanded of both; options->evidence (without nonce, vmid and time) of the evidence; the policy
 * judges the token. options->evidence_json stays NULL (else AZATTEST_E_INVALID_PARAMETER). Results
 * as azattest_token_verify.
 */
AZATTEST_API int azattest_token_evidence_verify(azattest_context *ctx, const char *jwt,
                                                const char *evidence_json,
                                                const struct azattest_verify_options *options,
                                                char **ret_result);

/*
 * Fetches what `data`, an evidence file or a bare report of `len` bytes, lacks and what is
 * published about it: the chip's certificate, its issuers and their revocation list from AMD's key
 * service, the AK certificate's issuers from the hosts of Microsoft's that it names. Judges
 * nothing, and what it brings is trusted through pins only. `ret_pem` receives PEM text ("" when
 * nothing is lacking) for files named in azattest_evidence_options. 0; AZATTEST_E_INPUT: neither
 * evidence nor report; what the network fails with.
 */
AZATTEST_API int azattest_fetch(azattest_context *ctx, const uint8_t *data, size_t len,
                                char **ret_pem);

/*
 * Fetches what Intel publishes about the platform of a TD quote, in `data` as above: TCB info,
 * identity of the quoting enclave, who signed them, revocation lists; from
 * api.trustedservices.intel.com and certificates.trustedservices.intel.com. Judges nothing, and
 * what it brings is trusted through pins only. `ret_json` receives a collateral file (for
 * td_collateral of azattest_evidence_options), "" when `data` has no TD quote that names a
 * platform. 0; AZATTEST_E_INPUT: neither evidence nor report; what the network fails with.
 */
AZATTEST_API int azattest_fetch_collateral(azattest_context *ctx, const uint8_t *data, size_t len,
                                           char **ret_json);

/* ---- keys that a key vault releases ---- */

/* What azattest_key_release is asked. Grows at its end, as the option structs do: begin with
 * AZATTEST_RELEASE_INIT, or set `size` to sizeof. */
struct azattest_release_options {
        size_t size;
        const char *uri;      /* the decryption key of this VM that it is wrapped to, and which is
                                 attested for it; NULL: "azattest://key" */
        const char *wrapping; /* "RSA_AES_KEY_WRAP_256" (NULL), "RSA_AES_KEY_WRAP_384" or
                                 "CKM_RSA_AES_KEY_WRAP" */
        bool sealed;          /* what is handed out is sealed to that key: a sealed key file as of
                                 azattest_seal, of a symmetric key its bytes as JWE, which
                                 azattest_decrypt_jwe opens; NUL-terminated text */
};
#define AZATTEST_RELEASE_INIT                                              \
        {                                                                  \
                sizeof(struct azattest_release_options), NULL, NULL, false \
        }

/*
 * Asks the key vault or managed HSM that `url` names ("https://HOST/keys/NAME", the newest version,
 * or "https://HOST/keys/NAME/VERSION") to release that key to this VM, verifies the answer (checks
 * K1 to K6) and unwraps the key in the vTPM. The VM is attested first unless a valid token is
 * stored; who asks is the configuration's "vault-identity", whose access token stays in the
 * context's memory for five minutes for further keys of that vault. `ret_key` receives DER PKCS#8
 * of `ret_len` bytes (RSA, EC), or the bytes of a symmetric key: then "kty" among the result's
 * claims begins with "oct". It lies in this program's memory from then on. `ret_json` (may be NULL)
 * receives the result list as of azattest_token_verify, subject "released key", with what the vault
 * signed about the key as its claims; where the vault refused with HTTP 403, also "findings", as of
 * azattest_key_release_explain. AZATTEST_E_KEY_RELEASE: the vault refuses, in its own words, or its
 * answer is not accepted; or the code of what failed before.
 */
AZATTEST_API int azattest_key_release(azattest_context *ctx, const char *url,
                                      const struct azattest_release_options *options,
                                      uint8_t **ret_key, size_t *ret_len, char **ret_json);

/*
 * Why the vault would refuse that: {"verdict": "ok" or "no", "findings": [{"name", "state" ("ok",
 * "no", "unknown"), "text"}]}, JSON text: identity, key, its attributes, and its release policy
 * condition by condition over the token that would be shown. Asks for no release; needs the
 * permission to read the key, else a row says "unknown". 0 whatever was found.
 */
AZATTEST_API int azattest_key_release_explain(azattest_context *ctx, const char *url,
                                              const struct azattest_release_options *options,
                                              char **ret_json);

/* ---- sealed keys: private keys in software, in files that only one vTPM opens ---- */

/* Asked for the passphrase of an encrypted key: at most `room` bytes to `out`, and returns how
 * many; 0 or less: there is none. An empty one is never tried. */
typedef int azattest_passphrase_fn(void *arg, char *out, int room);

/* What azattest_seal is asked. Grows at its end, as the option structs do: begin with
 * AZATTEST_SEALING_INIT, or set `size` to sizeof. */
struct azattest_sealing {
        size_t size;
        const uint8_t *key; /* `key_len` bytes: a private key of any type and in any form that
                               OpenSSL reads, PEM or DER, encrypted or not */
        size_t key_len;
        azattest_passphrase_fn *passphrase; /* NULL: an encrypted key is refused */
        void *passphrase_arg;
        const char *name; /* the vTPM's decryption key that shall open it; NULL: the unnamed */
        const char
                *hierarchy; /* of that key: "null" or "owner"; NULL: as configured, here or, with a
                                  token, where it is opened */
        const char *jwt;    /* sealed to the key of this token; NULL: to this VM's own */
        const struct azattest_verify_options *options; /* what is demanded of it, as of
                                                          azattest_encrypt_with */
};
#define AZATTEST_SEALING_INIT                                                                \
        {                                                                                    \
                sizeof(struct azattest_sealing), NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL \
        }

/*
 * Seals a private key: *ret_pem is a file "AZATTEST SEALED PRIVATE KEY" (azattest-provider(7)) that
 * OpenSSL programs load where the named key of that vTPM is: this VM's own (no network), or that of
 * a verified token, which may be another VM's; then which VM it is must be said, as of
 * azattest_encrypt_with. A key of the NULL hierarchy ends at the next restart, and what is sealed
 * to it with it. Once loaded the private key lies in that program's memory. AZATTEST_E_INPUT: no
 * private key, or its passphrase is missing or wrong; codes of a refused token; what the TPM fails
 * with.
 */
AZATTEST_API int azattest_seal(azattest_context *ctx, const struct azattest_sealing *sealing,
                               char **ret_pem);

/* ---- what a file is and says, and which chain of trust is behind it ---- */

enum azattest_kind {
        AZATTEST_KIND_UNKNOWN = 0,
        AZATTEST_KIND_TOKEN,
        AZATTEST_KIND_JWE,
        AZATTEST_KIND_HCL_REPORT,
        AZATTEST_KIND_SNP_REPORT,
        AZATTEST_KIND_TD_QUOTE,
        AZATTEST_KIND_TD_REPORT,
        AZATTEST_KIND_QUOTE, /* of a TPM, or its certification of a key */
        AZATTEST_KIND_EVENT_LOG,
        AZATTEST_KIND_EVIDENCE,
        AZATTEST_KIND_KEY_FILE,
        AZATTEST_KIND_CERTIFICATE,
        AZATTEST_KIND_REQUEST, /* for a certificate, PKCS#10 */
        AZATTEST_KIND_JWKS,
        AZATTEST_KIND_POLICY,
        AZATTEST_KIND_TD_COLLATERAL, /* Intel's TCB info and QE identity, or a file of all */
        AZATTEST_KIND_CMS,           /* authenticated-enveloped-data; its first 64 bytes show it */
        AZATTEST_KIND_SEALED_KEY,    /* of azattest_seal */
};

/* What `len` bytes at `data` are, by how they begin and their size. Says nothing of whether they
 * are in order. */
AZATTEST_API enum azattest_kind azattest_kind_of(const uint8_t *data, size_t len);

/* The kind in words ("MAA token"), "unknown" for what is none. Static storage. */
AZATTEST_API const char *azattest_kind_name(enum azattest_kind kind);

/*
 * What `len` bytes at `data`, of any kind above, say: {"kind", "verified", "says"}, JSON text.
 * Verifies nothing, needs no context, TPM or network. AZATTEST_E_INPUT: of no kind above; else the
 * code of what cannot be read.
 */
AZATTEST_API int azattest_inspect(const uint8_t *data, size_t len, char **ret_json);

/*
 * The chain of trust of a token, attested certificate or request, evidence file, or SEV-SNP or HCL
 * report, link by link: {"kind", "verdict", "result", "result-name", "reason", ..., "links":
 * [{"link", "signed-by", "key-sha256", "state", "reason", "shows"}]}. `options` (may be NULL)
 * demand as of azattest_token_verify; those on evidence (options->evidence) apply to evidence and
 * reports only, purpose, ca_file and evidence_json to none (AZATTEST_E_INVALID_PARAMETER). The
 * verdict is what azattest_token_verify and its like would come to, but "incomplete" where only
 * which VM it must be was not said. This explains and returns 0 also where a link is refused. What
 * has no such chain (AZATTEST_E_INPUT) or cannot be read has a result as of azattest_token_verify,
 * without checks.
 */
AZATTEST_API int azattest_explain(azattest_context *ctx, const uint8_t *data, size_t len,
                                  const struct azattest_verify_options *options, char **ret_json);

/* ---- attested TLS ---- */

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_ctx_st;

/* What a peer must show: made once, used by any number of SSL_CTX and threads. */
typedef struct azattest_ssl_verifier azattest_ssl_verifier;

/*
 * `options` as for azattest_token_verify (copied; a nonce makes no sense here and is refused, and
 * so are demands on evidence, which need the channel form). Which VM is expected must be said:
 * options->vmid, a policy that pins x-ms-azurevm-vmid, or the configuration
 * (azattest-relying-party(7), "Which VM"); else AZATTEST_E_IDENTITY_NEEDED. `ctx` must outlive the
 * verifier.
 */
AZATTEST_API int azattest_ssl_verifier_new(azattest_context *ctx,
                                           const struct azattest_verify_options *options,
                                           azattest_ssl_verifier **ret);
AZATTEST_API void azattest_ssl_verifier_free(azattest_ssl_verifier *verifier);

/*
 * Sets `ssl_ctx` (client or server) up to demand a peer whose certificate carries a token that
 * verifies and whose attested key is the certificate's (or, where the verifier's options or
 * configuration say delegated, stands behind it and vouches for it, C7): SSL_VERIFY_PEER with
 * SSL_VERIFY_FAIL_IF_NO_PEER_CERT and azattest_ssl_verify; TLS or DTLS 1.2 or later (a higher
 * minimum of the program's stays; a context that speaks only older ones:
 * AZATTEST_E_INVALID_PARAMETER); no session resumption, early data or renegotiation; no callbacks
 * for pre-shared keys and no suites of TLS 1.2 that are pre-shared, anonymous or SRP (those that
 * are set are removed; when no other suite is left, AZATTEST_E_INVALID_PARAMETER); no raw public
 * keys. A client's handshake with a session the program sets itself fails. Names in the certificate
 * are not compared: who the peer is, is its VM. Uses the callback of one TLS extension (65400,
 * never sent) of `ssl_ctx`.
 *
 * Call it after everything else is set up: what the program sets later on `ssl_ctx` or on an SSL
 * counts (OpenSSL does not tell us). A servername callback that switches to another SSL_CTX needs
 * this on each of them. A program that has not seen azattest_ssl_result return 0 after the
 * handshake has proven nothing.
 *
 * The verifier must outlive `ssl_ctx`. Returns 0 or AZATTEST_E_INVALID_PARAMETER.
 */
AZATTEST_API int azattest_ssl_require(struct ssl_ctx_st *ssl_ctx, azattest_ssl_verifier *verifier);

/* The callback itself, for SSL_CTX_set_cert_verify_callback with the verifier as its argument.
 * Returns 1 only for an accepted peer. The issuer's key set is fetched when it is not at hand, for
 * at most 5 seconds. Only the first handshake of a connection is verified: a certificate shown in a
 * renegotiation or after the handshake is refused. */
AZATTEST_API int azattest_ssl_verify(struct x509_store_ctx_st *store, void *verifier);

/*
 * Whether the peer at the other end of `ssl` is proven: 0 after a finished handshake in which its
 * certificate was verified and accepted. Else the code of the first check that failed, or
 * AZATTEST_E_CERTIFICATE when nothing was verified in this handshake (no certificate, a resumed
 * session, a pre-shared key, an SSL_CTX without azattest_ssl_require) or it is not finished.
 * `ret_json` (may be NULL) receives the result list (JSON as azattest_token_verify's), of a refused
 * certificate too; it stays untouched when there is none.
 */
AZATTEST_API int azattest_ssl_result(const struct ssl_st *ssl, char **ret_json);

/*
 * Judges a live server: connects to `where` ("host:port" or "[IPv6 address]:port"), makes one TLS handshake as a client does that azattest_ssl_require has set up, and ends it.
 * `options` as for azattest_ssl_verifier_new. So the server has shown a certificate whose token
 * verifies and that it has the attested key; its name is not compared, and a proxy in between is
 * what is judged. `ret_json` (may be NULL) and the return value as of azattest_ssl_result;
 * AZATTEST_E_TRANSPORT or AZATTEST_E_DEADLINE (the configured "timeout", for all of it but the
 * lookup of the name) when it came to no certificate, then with a result without checks. Neither
 * raises SIGPIPE nor leaves anything on OpenSSL's error queue.
 */
AZATTEST_API int azattest_server_verify(azattest_context *ctx, const char *where,
                                        const struct azattest_verify_options *options,
                                        char **ret_json);

/*
 * The stronger, channel-bound form (D15 in DECISIONS.md): after the handshake the attesting side
 * sends fresh evidence whose quote and certification carry this channel's nonce as qualifying data.
 */

/* Attesting side: collects evidence of the signing key `uri` names (NULL: "azattest://sign"), which
 * must be that of its own certificate, or of the key "azattest://issue..." that signed it (else
 * AZATTEST_E_CERTIFICATE), for this TLS 1.3 connection, whose handshake is finished and resumed no
 * session (else AZATTEST_E_EVIDENCE). Another key than one made to sign or issue is
 * AZATTEST_E_WRONG_PURPOSE. `nonce` is the verifier's (16 to 512 bytes).
 * `ret_json` is an evidence file, with the AK certificate's issuers as in
 * azattest_evidence_collect. */
AZATTEST_API int azattest_channel_evidence(azattest_context *ctx, struct ssl_st *ssl,
                                           const char *uri, const uint8_t *nonce, size_t nonce_len,
                                           char **ret_json);

/* Verifying side, no TPM is opened: judges the peer's evidence: hardware signatures, firmware,
 * quote, certification, this channel's nonce, and that the attested key is the key of the peer's
 * certificate or, with options->delegated, vouches for it (C7; then the token in the issuer's
 * certificate is judged in any case). options->evidence (may be NULL; read during the call only)
 * says what else is demanded of it, as azattest_evidence_verify's options do: profile or profile
 * file, certificates, revocation list, boot log, secure boot, what may stay unchecked among the
 * evidence's rows. Its nonce, vmid and time stay unset, as they are said above (else
 * AZATTEST_E_INVALID_PARAMETER); a file that cannot be read or is none is AZATTEST_E_INPUT.
 * Which VM is expected must be said (D12). options->vmid is compared with what the host
 * asserted; a policy, given or configured, is applied to the token in the peer's certificate,
 * and the evidence must be of that token's VM. `ret_result` (may be NULL) receives the result
 * list. 0 when accepted, else the code of the first check that failed. */
AZATTEST_API int azattest_channel_verify(azattest_context *ctx, struct ssl_st *ssl,
                                         const uint8_t *nonce, size_t nonce_len,
                                         const char *evidence_json,
                                         const struct azattest_verify_options *options,
                                         char **ret_result);

#ifdef __cplusplus
}
#endif
#endif
