# openssl list: the provider says what it is and what it offers, without touching the TPM.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent openssl list -providers -verbose
grep -A3 '^  azattest' stdout >ours
grep -q 'status: active' ours || fail "azattest is not active"
grep -q "version: [0-9]" ours || fail "azattest has no version"
grep -q '^  default' stdout || fail "default is not active"
for what in -key-managers -signature-algorithms -asymcipher-algorithms -kem-algorithms -store-loaders -encoders -decoders; do
        silent openssl list $what
        grep -q '@ azattest\|provider=azattest' stdout || { cat stdout >&2; fail "nothing of ours in list $what"; }
done
silent openssl list -verbose -select RSA -key-managers -provider azattest -provider default
same 0 "$(commands ALL)" "TPM commands"
