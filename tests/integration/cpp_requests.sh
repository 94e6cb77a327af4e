# What a program of the C++ interface sends to the attestation service, for each kind of VM, is what the reference
# client sends: the same members, alphabets and padding (requests/*.json), and of ours azattest-purpose and a nonce
# in the client payload only.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2016
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_cpp.sh"
cpp g++ 11 behaviour "$(cpp_source behaviour)" "${cpp_link[@]}"

cat >in_vm.sh <<'END'
. "$cpp_top/tests/integration/lib.sh"
. "$cpp_top/tests/integration/lib_requests.sh"
recorder "request-$1"
export AZATTEST_CA_FILE=$PWD/recorder.crt

# sent NONCE [PAYLOAD]: the request for it, against the form.
sent() {
        local nonce=$1
        rm -f "request-$kind"
        ok ./behaviour attest "$recorder/ignored?x" "${@:2}"
        [[ $(cat stdout) == "-6 "* ]] || { cat stdout >&2; fail "the service was not asked"; }
        same "$(printf 'POST /attest/AzureGuest?api-version=2020-10-01\napplication/json')" "$(cat "request-$kind.head")" "head"
        in_form "$kind" "request-$kind" "$nonce"
}
kind=$1
sent 'a nonce?>' '{"nonce":"a nonce?>"}'
plants_found "$kind" "request-$kind" 'a nonce?>'
sent - '{"nonce":""}'
sent none
END
export cpp_top
for kind in sevsnp tdx trustedlaunch; do azattest-sim --vm $kind run -- bash in_vm.sh $kind; done
