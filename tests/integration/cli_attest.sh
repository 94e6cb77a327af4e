# azattest attest: token, nonce, payload, names, purposes, result as JSON.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The HCL report and the AK certificate are 7 commands, the key 1 (and 1 to keep it), the service's answer 3 (D72).
before=$(commands ALL)
ok azattest attest --nonce n1 --out t.jwt
same 20 $(($(commands ALL) - before)) "TPM commands with nothing stored"
same "" "$(cat stdout)"
same n1 "$(claim t.jwt '.["x-ms-runtime"]["client-payload"].nonce' | base64 -d)" nonce
same decrypt "$(claim t.jwt '.["x-ms-runtime"]["client-payload"]["azattest-purpose"]' | base64 -d)"
same azure-compliant-cvm "$(claim t.jwt '.["x-ms-isolation-tee"]["x-ms-compliance-status"]')"

# Without --out the token is printed, one line. Each attestation gives another token of the same key.
ok azattest attest
same 1 "$(wc -l <stdout)" lines
same "$(claim t.jwt '.["x-ms-runtime"].keys[0].n')" "$(claim stdout '.["x-ms-runtime"].keys[0].n')"
[ "$(cat stdout)" != "$(cat t.jwt)" ] || fail "the token was not made anew"

# Other names and the other purpose are other keys.
ok azattest attest --name web --out web.jwt
ok azattest attest --purpose sign --out sign.jwt
for other in web.jwt sign.jwt; do
        [ "$(claim t.jwt '.["x-ms-runtime"].keys[0].n')" != "$(claim $other '.["x-ms-runtime"].keys[0].n')" ] ||
                fail "$other has the unnamed key"
done
same sign "$(claim sign.jwt '.["x-ms-runtime"]["client-payload"]["azattest-purpose"]' | base64 -d)"

# The caller's payload is in the token; what it must not hold is refused.
ok azattest attest --payload '{"role": "db", "n": 7, "b": true}' --out p.jwt
same db "$(claim p.jwt '.["x-ms-runtime"]["client-payload"].role' | base64 -d)"
expect_fail "AZATTEST_E_INVALID_PARAMETER -8" azattest attest --payload '{"nonce":"a"}' --nonce b
# The name that another client has for it.
ok azattest attest --payload '{"Nonce":"n1"}' --out other.jwt
expect_fail "check T11 (nonce): the token carries another nonce: the one asked for is in its member 'Nonce'" \
        azattest verify other.jwt --nonce n1
expect_fail "carries another nonce [" azattest verify other.jwt --nonce n2
expect_fail "AZATTEST_E_INVALID_PARAMETER -8" azattest attest --payload '{"azattest-purpose":"sign"}'
expect_fail "AZATTEST_E_INVALID_PARAMETER -8" azattest attest --payload '{"a":{"b":1}}'
expect_fail "AZATTEST_E_INVALID_PARAMETER -8" azattest attest --payload 'no json'

# The result says that the key is ours.
ok azattest attest --json --out j.jwt
same accept "$(jq -r .verdict stdout)"
same accept "$(check_row T8)"
same accept "$(check_row T15)" "own key"
same "$(claim j.jwt .jti)" "$(jq -r .claims.jti stdout)"

# D13: weakened settings are named, once.
ok azattest attest --purpose any --out any.jwt
said "weakened: "
said "purpose = any"
same 1 "$(grep -c weakened stderr)" "weakened lines"

# On a terminal progress is shown and erased again; elsewhere (all of the above) there is none.
! grep -q $'\033' stderr || fail "escape sequences where there is no terminal"
if command -v script >/dev/null; then
        script -qec 'azattest attest --out terminal.jwt' typescript >stdout 2>&1 || fail "attest on a terminal"
        grep -q $'\r\033\\[K..* \\.\\.\\.' typescript || fail "no progress on a terminal"
        grep -q $'\033\\[K\r*$' typescript || fail "progress was not erased"
fi

expect_usage "did you mean --nonce" azattest attest --noce x
expect_usage "--purpose both" azattest attest --purpose both
expect_usage "--name" azattest attest --name 'a b'
