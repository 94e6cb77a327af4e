# Every fault of the simulated vault ends in its result code and a message that says what was wrong, and no
# key comes out. A fault of `azattest-sim --help` that is missing from the table fails the test.
# sim: none
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034
patience=10
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_vault.sh"

# expect WHAT CODE FRAGMENT: 0 is a key.
expect() {
        local status=0
        timeout 30 azattest release --plain "$key_url" >key.pem 2>said || status=$?
        case $2 in
        0) [ $status = 0 ] && grep -q 'BEGIN PRIVATE KEY' key.pem && return ;;
        *) [ $status != 0 ] && [ ! -s key.pem ] && grep -qF -- " $2]" said && grep -qF -- "$3" said && return ;;
        esac
        printf '%s: wanted %s and "%s", got status %s:\n' "$1" "$2" "$3" $status
        cat said
        failed=1
}

row() { expect "$1" "$2" "$3"; }
healthy() { expect "after the faults" 0; }

start_vm sevsnp
new_key tls '{"kty":"EC"}'
expect "no fault" 0
run_table <<'END'
vault-status=400            | -119 | does not take the request
vault-status=401            | -119 | which access token
vault-status=403            | -119 | may lack the permission
vault-status=404            | -119 | no such key or version
vault-status=409            | -119 | being changed or deleted
vault-status=429            | -4   | stayed busy: HTTP 429
vault-status=500            | -4   | stayed busy: HTTP 500
vault-status=503x2          | 0    |
vault-status=302            | -5   | not followed
vault-retry-after=3600      | -4   | asks to wait 3600 s
vault-retry-after=1x1       | 0    |
vault-garbage               | -119 | did not answer with JSON
vault-oversized             | -7   | more than
vault-slow=1                | 0    |
vault-slow=30               | -110 | within 'timeout'
vault-policy                | -119 | ReleasePolicyNotMet
vault-disabled              | -119 | KeyDisabled
vault-not-exportable        | -119 | KeyNotExportable
vault-challenge-foreign-resource | -119 | not the service that it belongs to
vault-wrong-nonce           | -119 | check K3 (nonce)
vault-wrong-kid             | -119 | check K4 (key asked for)
vault-wrong-enc             | -119 | check K4 (key asked for)
vault-foreign-root          | -119 | check K1 (signer)
vault-expired-chain         | -119 | certificate has expired
vault-other-host            | -119 | hostname mismatch
vault-sig                   | -119 | check K2 (signature)
vault-short-wrap            | -119 | check K5 (unwrap): the key does not unwrap
vault-bad-wrap              | -119 | check K5 (unwrap): the key does not unwrap
vault-other-key             | -119 | check K6 (key)
imds-no-identity            | -119 | no identity to ask the vault with
END

# The vTPM's own failure is no word about the answer.
azattest-sim ctl "$vm" "fault tpm-rc=RSA_Decrypt:0x101"
expect "the vTPM fails" -26 TPM2_RSA_Decrypt
azattest-sim ctl "$vm" clear
expect "after that" 0
finish '^(vault-|imds-no-identity)'
