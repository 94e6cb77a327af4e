# Identity and floors (D42, D43): which tokens no policy makes good, and which policies name no VM. Tokens
# are MAA's with claims changed and signed by an issuer key of ours, whose key set is given.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest attest --nonce n1 --out t.jwt
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
issuer=$(claim t.jwt .iss)
base64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
plain openssl genrsa -out issuer.pem 2048 2>/dev/null
modulus=$(plain openssl rsa -in issuer.pem -noout -modulus | cut -d= -f2 | xxd -r -p | base64url)
echo "{\"keys\": [{\"kty\": \"RSA\", \"kid\": \"ours\", \"e\": \"AQAB\", \"n\": \"$modulus\"}]}" >jwks.json
# forge FILTER [HEADER]: the token with its claims changed by jq, in forged.jwt.
forge() {
        local input
        input=$(printf '%s' "${2-{\"alg\":\"RS256\",\"kid\":\"ours\",\"typ\":\"JWT\"\}}" | base64url)
        input+=.$(claim t.jwt . | jq -c "$1" | tr -d '\n' | base64url)
        printf '%s.%s' "$input" "$(printf '%s' "$input" | plain openssl dgst -sha256 -sign issuer.pem | base64url)" >forged.jwt
}
judge() { azattest verify forged.jwt --jwks jwks.json "$@"; }
# On a machine without TPM: on this one the token is its own and needs no identity.
encrypt() { env AZATTEST_TCTI=device:/dev/null/none azattest encrypt --token forged.jwt --jwks jwks.json --in secret --out secret.enc "$@"; }
echo secret >secret
# A policy of CONDITION... for the issuer.
policy() { printf '%s\n' "$@" | jq -s --arg issuer "$issuer" '{version: "1.0.0", anyOf: [{authority: $issuer, allOf: .}]}' >policy.json; }
# refused CHECK CODE: by verify and by encrypt.
refused() {
        expect_fail "check $1 " judge --policy policy.json
        said " $2]"
        expect_fail "check $1 " encrypt --policy policy.json
        said " $2]"
}
# with KEY VALUE COMMAND...: one setting more.
with() {
        sed "s/^maa-url *=/$1 = $2\n&/" "$OPENSSL_CONF" >with.cnf
        OPENSSL_CONF=$PWD/with.cnf "${@:3}"
}

# A policy that only names the VM takes no floor away.
policy "{\"claim\": \"x-ms-azurevm-vmid\", \"equals\": \"$vmid\"}"
forge .
ok judge --policy policy.json
ok encrypt --policy policy.json
forge '.["x-ms-isolation-tee"]["x-ms-sevsnpvm-is-debuggable"] = true'
refused T19 -109
ok with allow-debug yes judge --policy policy.json --json
same true "$(jq '[.weakened[] | select(startswith("allow-debug = yes: "))] | length == 1' stdout)"
said "allow-debug = yes"
forge '.["x-ms-isolation-tee"]["x-ms-sevsnpvm-vmpl"] = 1'
refused T19 -109
forge '.secureboot = false'
refused T19 -109
ok with secure-boot report judge --policy policy.json --json
same true "$(jq '[.weakened[] | select(startswith("secure-boot = report: "))] | length == 1' stdout)"
said "secure-boot = report"
forge '.["x-ms-azurevm-attested-pcrs"] = [16]'
refused T20 -109
forge '.["x-ms-azurevm-attested-pcrs"] += [11, 12, 16]'
ok judge --policy policy.json
expect_fail "check T20 " with pcrs 0-7,14 judge --policy policy.json

# What names no VM is no identity, whatever it says; another VM has a code of its own.
forge '.["x-ms-policy"] = {group: "web"}'
for condition in '{"claim": "x-ms-ver", "equals": "1.0"}' '{"claim": "secureboot", "equals": true}' \
        '{"claim": "x-ms-isolation-tee.x-ms-sevsnpvm-vmpl", "equals": 0}'; do
        policy "$condition"
        refused G4 -115
        ok judge --policy policy.json --vmid "$vmid"
        ok judge --policy policy.json --any-vm
done
policy '{"claim": "x-ms-policy.group", "equals": "web"}'
ok judge --policy policy.json # the issuer is the relying party's own
policy "{\"anyOf\": [{\"claim\": \"x-ms-azurevm-vmid\", \"equals\": \"$vmid\"}, {\"claim\": \"x-ms-ver\", \"equals\": \"1.0\"}]}"
refused G4 -115
other=00000000-0000-0000-0000-000000000000
policy "{\"claim\": \"x-ms-azurevm-vmid\", \"equals\": \"$other\"}"
expect_fail "AZATTEST_E_OTHER_VM -120" judge --policy policy.json --json
same "$other $vmid" "$(jq -r '.checks[] | select(.id == "G4") | .expected + " " + .found' stdout)"
expect_fail "AZATTEST_E_OTHER_VM -120" encrypt --policy policy.json
expect_fail "AZATTEST_E_OTHER_VM -120" judge --vmid $other

# Evidence: the same policies, and the customer's own software as identity.
azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 11
ok azattest evidence --pcrs 0-7,11-12 --out e.json
policy '{"claim": "secureboot", "equals": true}'
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" azattest verify e.json --pcrs 0-7,11-12 --policy policy.json
policy "{\"claim\": \"x-ms-azurevm-vmid\", \"in\": [\"$other\", \"$vmid\"]}"
ok azattest verify e.json --pcrs 0-7,11-12 --policy policy.json
policy "{\"claim\": \"x-ms-azurevm-vmid\", \"in\": [\"$other\"]}"
expect_fail "AZATTEST_E_OTHER_VM -120" azattest verify e.json --pcrs 0-7,11-12 --policy policy.json
value() { jq -r ".pcrs.sha256[\"$1\"]" e.json; }
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" without_policy azattest verify e.json --pcrs 0-7,11-12 --pcr "sha256:0=$(value 0)"
# What anybody extends in a VM of his own, and what nobody extended, is none: only with the loader (PCR 4).
software() { without_policy azattest verify e.json --pcrs 0-7,11-12 "$@"; }
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" software --pcr "sha256:11=$(value 11)"
said "PCR 8-15 alone anybody extends"
same "$(printf '%064d' 0)" "$(value 12)" "PCR 12 that nobody extended"
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" software --pcr "sha256:12=$(value 12)"
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" software --pcr "sha256:4=$(value 4)" --pcr "sha256:4=$(printf '%064d' 0)"
ok software --pcr "sha256:4=$(value 4)" --pcr "sha256:11=$(value 11)"
printed "identity by software: the demanded values of PCR 4,11;"
ok software --pcr "sha256:4=$(value 4)" --pcr "sha256:12=$(value 12)"
printed "identity by software: the demanded values of PCR 4;"
expect_fail "check Q9 " software --pcr "sha256:4=$(value 4)" --pcr "sha256:11=$(printf '%064d' 1)"

# Which row says it.
policy "{\"claim\": \"x-ms-azurevm-vmid\", \"equals\": \"$vmid\"}"
forge . '{"alg":"RS256","typ":"JWT"}'
refused T6 -104
azattest verify forged.jwt --policy policy.json --json >stdout 2>/dev/null && fail "a token without kid"
same "not checked" "$(check_row T5)" T5
forge '.exp = .iat - 1'
refused T9 -106

# MAA's platform tokens: looked at when asked for, never used.
forge '(. + .["x-ms-isolation-tee"]) | del(.["x-ms-isolation-tee"], .secureboot, .["x-ms-azurevm-attested-pcrs"], .["x-ms-azurevm-vmid"])'
expect_fail "check T12 " without_policy azattest verify forged.jwt --jwks jwks.json --any-vm
ok without_policy azattest verify forged.jwt --jwks jwks.json --any-vm --require platform --json
same true "$(jq '[.weakened[] | select(startswith("require = platform: "))] | length == 1' stdout)"
said "require = platform"
expect_fail "AZATTEST_E_REQUIREMENT -101" without_policy azattest encrypt --token forged.jwt --jwks jwks.json --in secret --any-vm --require platform
# Its runtime data are what the VM chose; a key of that name in it is no attested one.
ok without_policy azattest verify forged.jwt --jwks jwks.json --any-vm --require platform --out platform.jwt
expect_fail "AZATTEST_E_REQUIREMENT -101" without_policy azattest verify forged.jwt --jwks jwks.json --any-vm --require platform --pubkey-out vm.pem
[ ! -e vm.pem ] || fail "a key of a platform token"
expect_fail "AZATTEST_E_REQUIREMENT -101" without_policy azattest attest --require platform
