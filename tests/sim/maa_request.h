/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to the simulated MAA, decoded (maa_decode.c), and how it is refused. Everything in it
 * is still untrusted: maa_verify.c judges it.
 */
#ifndef SIM_MAA_REQUEST_H
#define SIM_MAA_REQUEST_H

#include "base/bytes.h"
#include "base/own.h"

#include <stdbool.h>

/* What a refusal says to the client: the check that failed, and why. */
struct sim_refusal {
        char message[512];
};

/* Records "CHECK: why" and returns false. */
bool sim_refuse(struct sim_refusal *refusal, const char *check, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

enum sim_isolation {
        SIM_ISOLATION_TRUSTED_LAUNCH,
        SIM_ISOLATION_SEVSNP,
        SIM_ISOLATION_TDX,
};

#define SIM_PCRS    24
#define SIM_PCR_LEN 32

struct sim_maa_request {
        bool lenient; /* as sim_maa_decode was told */
        char *protocol_version;
        char *os_type, *os_distro, *os_build; /* decoded text */
        int64_t os_major, os_minor;
        json_object *client_payload; /* object, or NULL when absent, null or empty */
        struct aza_bytes log;        /* TCG log, may be empty */
        struct aza_bytes aik_certificate, aik_public;
        struct aza_bytes quote, quote_signature;
        struct aza_bytes key_public, certify, certify_signature;
        uint32_t pcr_mask;
        uint8_t pcrs[SIM_PCRS][SIM_PCR_LEN];
        enum sim_isolation isolation;
        struct aza_bytes hardware_report; /* SNP report or TD quote */
        struct aza_bytes vcek_chain;      /* PEM */
        struct aza_bytes runtime;         /* runtime JSON as hashed */
};

void sim_maa_request_free(struct sim_maa_request *request);
#define SIM_MAA_REQUEST __attribute__((cleanup(sim_maa_request_free)))

/* The reference client's spelling and no other; `lenient`: every dialect of PROTOCOL.md 7.4 and 12.
 * False: `refusal` names the member. */
bool sim_maa_decode(struct aza_span body, bool lenient, struct sim_maa_request *ret,
                    struct sim_refusal *refusal);

#endif
