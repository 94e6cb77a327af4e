# azattest doctor names the cause of everything the simulator can break: for every fault of
# `azattest-sim --help` that makes `azattest attest` fail, the line that says no and why; for the others,
# that nothing is wrong. A fault that is missing from the table fails the test.
# sim: none
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034
patience=10
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"

complain() {
        printf '%s\n' "$*" >&2
        cat doctor >&2
        failed=1
}

# doctor WHAT LINE FRAGMENT: that line says no and FRAGMENT, exit status 1. LINE "-": no line does,
# exit status 0.
doctor() {
        local status=0
        azattest doctor >doctor 2>stderr || status=$?
        if [ "$2" = - ]; then
                [ $status = 0 ] || complain "$1: status $status where nothing is in the way"
                grep -Eq '^attestation +ok ' doctor || complain "$1: no 'attestation ok'"
        else
                [ $status = 1 ] || complain "$1: status $status instead of 1"
                grep -E "^$2 +no " doctor | grep -qF -- "$3" || complain "$1: '$2' does not say '$3'"
                # What the TPM does not answer, status calls unknown.
                [ "$2" != "AK certificate" ] || [ "${1%%=*}" = tpm-rc ] ||
                        { azattest status || true; } 2>stderr | grep -Eq '^ak-certificate +no ' ||
                        complain "$1: status finds the AK certificate in order"
        fi
}

# state LINE STATE FRAGMENT of the last doctor.
state() { grep -E "^$1 +$2 " doctor | grep -qF -- "$3" || complain "'$1' is not $2 with '$3'"; }

row() { doctor "$@"; }
healthy() { doctor "after the faults" -; }

# ---- AMD SEV-SNP: every fault ----
start_vm sevsnp
doctor "no fault" -
state machine ok "confidential VM, AMD SEV-SNP"
state AK ok "the AK of the HCL report"
state "AK certificate" ok "of a confidential VM"
state IMDS ok "AMD certificates of this chip"

run_table <<'END'
http-status=400             | MAA            | HTTP 400
http-status=404             | MAA            | is maa-url an attestation provider?
http-status=503             | MAA            | stayed busy: HTTP 503
http-status=503x2           | -              |
http-retry-after=3600       | MAA            | asks to wait 3600 s
http-garbage                | MAA            | is no key set
http-oversized              | MAA            | more than
http-truncated              | MAA            | cut short
http-slow=1                 | -              |
http-slow=30                | MAA            | did not answer
http-dead                   | MAA            | did not answer
http-redirect               | MAA            | not followed
http-date-ahead=600         | clock skew     | s behind
http-date-behind=600        | clock skew     | s ahead
envelope-wrong-tag          | attestation    | not an envelope that this VM's key opens
envelope-wrong-tagx2        | -              |
envelope-short-tag          | attestation    | not an envelope that this VM's key opens
envelope-swapped-key        | attestation    | not an envelope that this VM's key opens
envelope-bad-iv             | attestation    | not an envelope that this VM's key opens
envelope-not-json           | attestation    | not an envelope that this VM's key opens
envelope-plain-token        | attestation    | not an envelope that this VM's key opens
token-wrong-key             | attestation    | T8 (signature)
token-expired               | attestation    | T9 (time)
token-not-yet               | attestation    | T9 (time)
token-lifetime=60           | -              |
token-wrong-issuer          | attestation    | T4 (issuer)
token-no-nonce              | attestation    | T11 (nonce)
token-wrong-nonce           | attestation    | T11 (nonce)
token-alg-none              | attestation    | T1 (form)
token-unknown-kid           | attestation    | T6 (key)
token-other-key             | attestation    | T15 (own key)
token-policy                | attestation    | T13 (claims)
token-no-isolation          | attestation    | T12 (type)
token-debuggable            | attestation    | is-debuggable
token-no-secure-boot        | attestation    | secureboot
token-attested-pcrs=16      | attestation    | T20 (attested PCRs)
token-no-kid                | attestation    | T6 (key)
token-exp-before-iat        | attestation    | T9 (time)
token-platform              | attestation    | T12 (type)
imds-status=404             | IMDS           | has nothing there: HTTP 404
imds-status=404x2           | -              |
imds-status=403             | IMDS           | HTTP 403
imds-garbage                | IMDS           | is not JSON
imds-empty                  | IMDS           | is empty
imds-oversized              | IMDS           | more than
imds-dead                   | IMDS           | directly, past any proxy
imds-wrong-vcek             | IMDS           | S20 (chip)
tpm-rc=NV_Read:0x101        | HCL report     | TPM2_NV_Read of 0x01400001
tpm-rc=NV_ReadPublic:0x101  | AK certificate | TPM2_NV_ReadPublic of 0x01c101d0
tpm-rc=ReadPublic:0x101     | AK             | TPM2_ReadPublic
tpm-rc=PCR_Read:0x101       | TPM            | TPM2_PCR_Read
tpm-rc=Quote:0x101          | attestation    | TPM2_Quote
tpm-rc=Certify:0x101        | attestation    | TPM2_Certify
tpm-rc=RSA_Decrypt:0x101    | attestation    | could not decrypt MAA's answer
tpm-drop                    | TPM            | closed the connection after 0 bytes
tpm-drop=RSA_Decrypt        | attestation    | could not decrypt MAA's answer
tpm-short-reply             | TPM            | closed the connection after
tpm-pcr-race=4              | attestation    | could not decrypt MAA's answer
tpm-reset-before-decrypt    | attestation    | could not decrypt MAA's answer
tpm-no-ak-cert              | AK certificate | defined but never written
tpm-placeholder-ak-cert     | AK certificate | still is the placeholder
tpm-ak-cert-garbage         | AK certificate | does not begin with an X.509 certificate
tpm-ak-cert-expired         | AK certificate | expired at 2024-12-30
tpm-ak-cert-other-key       | AK certificate | for another key than the AK
tpm-no-report               | HCL report     | defined but was never written
tpm-report-read-error=0x101 | HCL report     | 0x01400001
tpm-report-tampered         | HCL report     | H9 (hash)
tpm-foreign-paravisor       | attestation    | T12 (type)
tpm-foreign-ak              | AK             | is not HCLAkPub of the HCL report (A1)
imds-renew-refused          | -              |
imds-renew-later            | -              |
imds-renew-pending          | -              |
imds-renew-garbage          | -              |
imds-renew-other-key        | -              |
imds-renew-other-issuer     | -              |
imds-renew-shorter          | -              |
tpm-nv-torn-write           | -              |
tpm-nv-lost-write           | -              |
tpm-nv-zero-read            | HCL report     | gave 0 bytes
END
# Without a saved key context the key has to be made.
azattest-sim ctl "$vm" "fault tpm-rc=CreatePrimary:0x101"
AZATTEST_RUNTIME_DIR=/dev/null/none doctor "no key" key TPM2_CreatePrimary
state "runtime dir" unknown "none usable"
azattest-sim ctl "$vm" clear

# The kind of VM that is required is part of what attesting needs.
AZATTEST_REQUIRE=tdx doctor "require tdx" machine "AMD SEV-SNP"
state machine no "require = tdx; set require = sevsnp"
state attestation no "require"

# ---- as it started ----
start_vm sevsnp --fault tpm-ak-cert-expiring
doctor tpm-ak-cert-expiring -
seen+=" tpm-ak-cert-expiring"

# ---- without a log ----
start_vm sevsnp --fault tpm-no-log
doctor tpm-no-log attestation "counts as off" # as MAA cannot see secure boot then (D43)
state "event log" unknown "is empty"
seen+=" tpm-no-log"

# ---- Intel TDX ----
start_vm tdx
doctor "tdx" -
state machine ok "confidential VM, Intel TDX"
state IMDS ok "TD quotes"
AZATTEST_TIMEOUT=2
run_table <<'END'
imds-status=403             | IMDS           | HTTP 403
imds-garbage                | IMDS           | is not JSON
imds-empty                  | IMDS           | is empty
imds-dead                   | IMDS           | directly, past any proxy
tpm-foreign-ak              | AK             | is not HCLAkPub of the HCL report (A1)
END
AZATTEST_REQUIRE=sevsnp doctor "require sevsnp" machine "require = sevsnp; set require = tdx"

# ---- Trusted Launch ----
start_vm trustedlaunch
doctor "trustedlaunch" -
state "HCL report" unknown "not defined"
state machine ok "Trusted Launch VM, says its AK certificate"
state IMDS ok "Trusted Launch attests without it"
AZATTEST_TIMEOUT=2
run_table <<'END'
imds-dead                   | -              |
tpm-no-ak-cert              | AK certificate | defined but never written
tpm-rc=NV_ReadPublic:0x101  | HCL report     | 0x01400001
END
AZATTEST_REQUIRE=cvm doctor "require cvm" machine "set require = trustedlaunch"

finish
