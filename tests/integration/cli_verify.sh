# azattest verify and inspect of tokens: each refusal names its check.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
later=$(date -ud "+9 hours" +%Y-%m-%dT%H:%M:%SZ) # when a token of today has expired

ok azattest attest --nonce n1 --out t.jwt
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
issuer=$(claim t.jwt .iss)
refused() { # CHECK CODE ARGS...
        local check=$1 code=$2
        shift 2
        expect_fail "check $check " azattest verify "$@"
        said " $code]"
        ! azattest verify "$@" --json >stdout 2>/dev/null || fail "--json accepts"
        same reject "$(check_row "$check")" "$check"
        same reject "$(jq -r .verdict stdout)"
}

ok azattest verify t.jwt
printed "token: accept"
ok azattest verify t.jwt --nonce n1 --vmid "$vmid" --purpose decrypt
ok azattest verify - --nonce n1 <t.jwt
refused T11 -107 t.jwt --nonce n2
refused G4 -120 t.jwt --vmid 00000000-0000-0000-0000-000000000000
refused C5 -114 t.jwt --purpose sign
refused T12 -101 t.jwt --require tdx
refused T12 -101 t.jwt --require trustedlaunch
refused T9 -106 t.jwt --time "$later"
refused T9 -106 t.jwt --time "$(date -ud "-9 hours" +%s)"
sed 's/\.[^.]*$/.AAAA/' t.jwt >signature.jwt
refused T8 -104 signature.jwt
sed 's/$/=/' t.jwt >padded.jwt
refused T1 -103 padded.jwt

ok azattest verify t.jwt --allow-stale-keys --json
said "allow-stale-keys = yes"
same 1 "$(jq '[.weakened[] | select(startswith("allow-stale-keys = yes"))] | length' stdout)"

# With the keys in a file there is no network; keys of somebody else do not verify.
ok curl -sS --cacert "$(setting ca-file)" "$issuer/certs" -o jwks.json
ok env AZATTEST_RUNTIME_DIR=/dev/null/none https_proxy=http://127.0.0.1:1 azattest verify t.jwt --jwks jwks.json
# An anchor for them: the certificate that comes with the key, or another one.
anchor=$(jq -r '.keys[0].x5c[0]' jwks.json | base64 -d | sha256sum | cut -c1-64)
sed "s/^maa-url *=/maa-root = $anchor\n&/" "$OPENSSL_CONF" >anchor.cnf
sed "s/^maa-url *=/maa-root = $(printf '%064d' 0)\n&/" "$OPENSSL_CONF" >other.cnf
ok azattest --config anchor.cnf verify t.jwt --json
same "chain to maa-root, certificate $anchor" "$(jq -r '.checks[] | select(.id == "T6") | .reason' stdout)"
same 0 "$(jq '[.weakened[] | select(startswith("maa-root"))] | length' stdout)"
expect_fail "check T6 " azattest --config other.cnf verify t.jwt
jq '.keys[].kid = "other"' jwks.json >other.json
refused T6 -104 t.jwt --jwks other.json
expect_undecided "check T5 (key set)" azattest verify t.jwt --jwks /dev/null/none
said "[AZATTEST_E_INPUT -118]"

expect_fail "[AZATTEST_E_INPUT -118]" azattest verify /etc/passwd

# D54: nothing that can be judged gives a result in JSON, too; what could not be decided is 3.
result() { jq -r '[.schema, .verdict, .subject, .result, .["result-name"]] | map(tostring) | join(" ")' stdout; }
expect_fail "is no token" azattest verify /etc/passwd --json
same "1 reject file -118 AZATTEST_E_INPUT" "$(result)"
jq -e '.reason | contains("is no token")' stdout >reason || fail "no reason"
expect_undecided "none.jwt" azattest verify none.jwt --json
same "1 incomplete file -118 AZATTEST_E_INPUT" "$(result)"
echo '{"azattest-evidence": 1}' >broken.json
expect_fail "broken.json" azattest verify broken.json --json
same "1 reject evidence -118 AZATTEST_E_INPUT" "$(result)"
expect_fail "check T1 " azattest verify padded.jwt --json
same "1 reject token -103 AZATTEST_E_TOKEN_FORM" "$(result)"
unreachable() { env AZATTEST_RUNTIME_DIR=/dev/null/none https_proxy=http://127.0.0.1:1 AZATTEST_TIMEOUT=2 "$@"; }
expect_undecided "check T5 (key set)" unreachable azattest verify t.jwt --json
same "1 incomplete token" "$(result | cut -d' ' -f1-3)"
same "not checked" "$(check_row T5)"
same true "$(jq '.checks[] | select(.id == "T5") | .required' stdout)"
expect_fail "check T9 " unreachable azattest verify t.jwt --time "$later"
ok azattest verify t.jwt --json
same "1 accept token 0 AZATTEST_OK" "$(result)"
expect_undecided "[AZATTEST_E_" unreachable env AZATTEST_MAA_URL=https://127.0.0.1:1 azattest check --json
same "1 incomplete token" "$(result | cut -d' ' -f1-3)"

# Names of members have no spaces, whoever prints them.
ok azattest evidence --out e.json
for command in "verify t.jwt" "verify e.json" "inspect t.jwt" "inspect e.json" "explain t.jwt" "explain e.json"; do
        # shellcheck disable=SC2086
        ok azattest $command --json
        same "[]" "$(jq -c '[.. | objects | keys[] | select(test(" "))]' stdout)" "$command"
done
expect_usage "needs one FILE" azattest verify
expect_usage "--time" azattest verify t.jwt --time tomorrow

# A policy with our own operators is no release policy for Key Vault, and the result says so (P5).
sed 's/"equals": *"azurevm"/"in": ["azurevm"]/' "$(setting policy)" >ours.json
for policy in "$(setting policy)=" "ours.json=it uses in: not usable as a Key Vault release policy"; do
        ok azattest verify t.jwt --policy "${policy%%=*}" --json
        reason=$(jq -r '.checks[] | select(.id == "T13") | .reason' stdout)
        same "given policy${policy#*=}" "${reason/; /}"
done

# inspect shows what it says, verified or not.
for token in t.jwt signature.jwt padded.jwt; do
        ok azattest inspect $token
        printed "verified  no"
        printed "$issuer"
done
ok azattest inspect t.jwt --json
same n1 "$(jq -r .says.payload.nonce stdout)"
same "$vmid" "$(jq -r '.says["vm-id"]' stdout)"
