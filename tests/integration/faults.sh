# Every fault of the simulator ends in its result code (D22, D23) and a message that says what was
# wrong; nothing hangs past the timeout, nothing is downgraded. The table is at the end; a fault of
# `azattest-sim --help` that is missing from it fails the test.
# sim: none
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034
patience=5
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"
client=$AZATTEST_BUILD/tests/integration/api_client

# expect WHAT CODE FRAGMENT COMMAND...: its first line is CODE, the others contain FRAGMENT, in time, and
# tpm2-tss prints nothing.
expect() {
        local what=$1 code=$2 fragment=$3 said began=$SECONDS
        shift 3
        said=$(timeout 20 "$client" "$@" 2>stderr) || said="crashed or hung: $said"
        if [[ $said != "$code "* || $said != *"$fragment"* ]] || ((SECONDS - began > 8)) || tss_spoke stderr; then
                printf '%s: wanted %s and "%s", got after %s s:\n%s\n' "$what" "$code" "$fragment" \
                        $((SECONDS - began)) "${said:0:1200}"
                head -c 4000 stderr
                failed=1
        fi
}

row() { expect "$1" "$2" "$3" attest; }
healthy() { expect "after the faults" 0 ey attest; }

start_vm sevsnp
expect "no fault" 0 ey attest
azattest-sim ctl "$vm" "fault http-dead"
expect "cancelled while MAA is silent" -110 cancelled cancel
azattest-sim ctl "$vm" clear
expect "another issuer for one call" -7 "127.0.0.1:1" attest https://127.0.0.1:1/
expect "plain http" -8 "must begin with https://" attest "${SIM_MAA_URL/https/http}"
expect "nested payload" -8 "nothing nested" attest-payload '{"a":{"b":1}}'
expect "payload with our member" -8 "set by azattest" attest-payload '{"azattest-purpose":"sign"}'
expect "payload of every type" 0 ey attest-payload '{"nonce":"n","n":1,"b":true,"z":null}'
expect "the caller's own URL" 0 ey attest "$SIM_MAA_URL/"
expect "threads" 0 AZATTEST_OK threads 4

# Without a saved key context the key has to be made.
azattest-sim ctl "$vm" "fault tpm-rc=CreatePrimary:0x101"
AZATTEST_RUNTIME_DIR=/dev/null/none expect "no saved context" -13 TPM2_CreatePrimary attest
azattest-sim ctl "$vm" clear

run_table <<'END'
http-status=400             | -6   | refused the evidence (HTTP 400)
http-status=401             | -5   | it wants to know who asks
http-status=403             | -5   | its private endpoint
http-status=413             | -5   | make the payload smaller
tpm-rc=NV_Read:0x923x1      | 0    | ey
http-status=404             | -5   | HTTP 404
http-status=408             | -4   | stayed busy: HTTP 408
http-status=429             | -4   | stayed busy: HTTP 429
http-status=500             | -4   | stayed busy: HTTP 500
http-status=503x2           | 0    | ey
http-retry-after=3600       | -4   | asks to wait 3600 s
http-retry-after=1x1        | 0    | ey
http-garbage                | -28  | is not JSON
http-oversized              | -7   | more than
http-truncated              | -7   | cut short
http-slow=1                 | 0    | ey
http-slow=30                | -110 | within 'timeout'
http-dead                   | -110 | within 'timeout'
http-redirect               | -5   | not followed
http-date-ahead=600         | 0    | ey
http-date-behind=600        | 0    | ey
envelope-wrong-tag          | -14  | not an envelope that this VM's key opens
envelope-wrong-tagx2        | 0    | ey
envelope-short-tag          | -14  | not an envelope that this VM's key opens
envelope-swapped-key        | -14  | not an envelope that this VM's key opens
envelope-bad-iv             | -14  | not an envelope that this VM's key opens
envelope-not-json           | -14  | not an envelope that this VM's key opens
envelope-plain-token        | -14  | not an envelope that this VM's key opens
token-wrong-key             | -104 | T8 (signature)
token-expired               | -106 | T9 (time)
token-not-yet               | -106 | T9 (time)
token-lifetime=60           | 0    | ey
token-wrong-issuer          | -105 | T4 (issuer)
token-no-nonce              | -107 | T11 (nonce)
token-wrong-nonce           | -107 | T11 (nonce)
token-alg-none              | -103 | T1 (form)
token-unknown-kid           | -104 | T6 (key)
token-other-key             | -108 | T15 (own key)
token-policy                | -109 | T13 (claims)
token-no-isolation          | -101 | T12 (type)
token-debuggable            | -109 | is-debuggable
token-no-secure-boot        | -109 | secureboot
token-attested-pcrs=16      | -109 | T20 (attested PCRs)
token-no-kid                | -104 | T6 (key)
token-exp-before-iat        | -106 | T9 (time)
token-platform              | -109 | T12 (type)
imds-status=404             | -4   | has nothing there: HTTP 404
imds-status=500             | -4   | stayed busy: HTTP 500
imds-status=404x2           | 0    | ey
imds-status=403             | -5   | HTTP 403
imds-garbage                | -16  | IMDS
imds-empty                  | -18  | IMDS
imds-oversized              | -7   | more than
imds-dead                   | -110 | within 'timeout'
imds-wrong-vcek             | -6   | refused the evidence (HTTP 400)
tpm-rc=NV_Read:0x101        | -13  | HCL report (NV 0x01400001)
tpm-rc=Quote:0x101          | -13  | TPM2_Quote
tpm-rc=Certify:0x101        | -13  | TPM2_Certify
tpm-rc=CreatePrimary:0x101  | 0    | ey
tpm-rc=RSA_Decrypt:0x101    | -15  | could not decrypt MAA's answer
tpm-rc=RSA_Decrypt:0x101x1  | 0    | ey
tpm-drop                    | -13  | closed the connection after 0 bytes
tpm-drop=RSA_Decrypt        | -15  | could not decrypt MAA's answer
tpm-short-reply             | -13  | closed the connection after
tpm-pcr-race=4              | -15  | could not decrypt MAA's answer
tpm-pcr-race=4x1            | 0    | ey
tpm-reset-before-decrypt    | -15  | could not decrypt MAA's answer
tpm-reset-before-decryptx1  | 0    | ey
tpm-no-ak-cert              | -13  | AK certificate is not provisioned yet
tpm-placeholder-ak-cert     | -29  | placeholder
tpm-ak-cert-garbage         | -31  | AK certificate
tpm-ak-cert-expired         | -6   | refused the evidence (HTTP 400)
tpm-ak-cert-other-key       | -102 | A1 (one AK)
tpm-no-report               | -21  | HCL report (NV 0x01400001) is empty
tpm-report-read-error=0x101 | -13  | HCL report (NV 0x01400001)
tpm-report-tampered         | -102 | H9 (hash)
tpm-foreign-paravisor       | -109 | T12 (type)
tpm-foreign-paravisor=0     | -109 | T12 (type)
tpm-foreign-ak              | -102 | A1 (one AK)
imds-renew-refused          | 0    | ey
imds-renew-later            | 0    | ey
imds-renew-pending          | 0    | ey
imds-renew-garbage          | 0    | ey
imds-renew-other-key        | 0    | ey
imds-renew-other-issuer     | 0    | ey
imds-renew-shorter          | 0    | ey
tpm-nv-torn-write           | 0    | ey
tpm-nv-lost-write           | 0    | ey
tpm-nv-zero-read            | -12  | 0x01400001
END

start_vm sevsnp --fault tpm-ak-cert-expiring
seen+=" tpm-ak-cert-expiring"
expect "tpm-ak-cert-expiring" 0 ey attest

start_vm sevsnp --fault tpm-no-log
seen+=" tpm-no-log"
# MAA could not see secure boot then, and no policy makes up for it (D43): nothing is sent.
expect "tpm-no-log" -121 "event.log is empty; without it secure boot counts as off" attest

# Which kind of VM it is comes from the report, and only where it is allowed.
start_vm trustedlaunch
expect "trustedlaunch" 0 ey attest
AZATTEST_REQUIRE=sevsnp expect "require sevsnp" -101 "is trustedlaunch" attest
AZATTEST_REQUIRE=cvm expect "require cvm" -101 "is trustedlaunch" attest
azattest-sim ctl "$vm" "fault tpm-rc=NV_ReadPublic:0x101"
AZATTEST_REQUIRE=any expect "no downgrade" -13 "HCL report (NV 0x01400001)" attest
azattest-sim ctl "$vm" clear
start_vm tdx
expect "tdx" 0 ey attest
AZATTEST_REQUIRE=sevsnp expect "require sevsnp" -101 "is tdx" attest
AZATTEST_TIMEOUT=2
for fault in imds-garbage/-16 imds-empty/-18 imds-status=403/-5 imds-dead/-110; do
        azattest-sim ctl "$vm" "fault ${fault%/*}"
        expect "tdx ${fault%/*}" "${fault#*/}" IMDS attest
        azattest-sim ctl "$vm" clear
done

finish
