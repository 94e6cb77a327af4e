# libazattest's public API as a program uses it: round trips, key references and the token cache (D36),
# whose tokens may be encrypted to (D12).
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
client=$AZATTEST_BUILD/tests/integration/api_client

# call CODE FRAGMENT ARGUMENT...: what api_client prints begins with CODE and contains FRAGMENT.
call() {
        local code=$1 fragment=$2
        shift 2
        ok "$client" "$@"
        [[ $(head -1 stdout) == "$code "* ]] || { cat stdout; fail "wanted $code: $*"; }
        printed "$fragment"
}
posts() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | sed -n 's/^maa POST .* //p'; }

# The reference client's sample: attest, encrypt to the token, decrypt.
for parameters in "0x17 0x4" "0x17 0xB" "0x17 0xC" "0x17 0xD" "0x15 0x4"; do
        # shellcheck disable=SC2086
        call 0 0123456789abcdef0123456789abcdef round-trip $parameters
done
call -24 "unknown RSA scheme" round-trip 0x16 0xB
call -24 "unknown RSA scheme" round-trip 0x17 0xE
call -25 "data too small" round-trip 0x10 0xB

# The same with the MAA as an argument of the call, where the configuration names another or none.
sed 's|^maa-url *=.*|maa-url = https://other.invalid|' "$OPENSSL_CONF" >other.cnf
OPENSSL_CONF=$PWD/other.cnf call 0 0123456789abcdef0123456789abcdef round-trip 0x17 0xB "$SIM_MAA_URL"
sed '/^maa-url *=/d' "$OPENSSL_CONF" >none.cnf
OPENSSL_CONF=$PWD/none.cnf call 0 0123456789abcdef0123456789abcdef round-trip 0x17 0xB "$SIM_MAA_URL"

# A stored token is used again where it answers the question.
call 0 bytes reference azattest://key
n=$(posts)
call 0 bytes reference azattest://key
same "$n" "$(posts)" "requests after a second opening"
call 0 bytes reference "azattest://key?nonce=n2"
same $((n + 1)) "$(posts)" "requests with a nonce"
call 0 bytes reference "azattest://key?nonce=n2"
same $((n + 1)) "$(posts)" "requests with the same nonce"
call 0 bytes reference azattest://key
same $((n + 1)) "$(posts)" "requests without nonce"
call 0 bytes reference "azattest://key?attest=always"
same $((n + 2)) "$(posts)" "requests with attest=always"
call 0 bytes reference azattest://sign
same $((n + 3)) "$(posts)" "requests for another key"
call 0 bytes reference "azattest://sign?attest=never&name=other"
same $((n + 3)) "$(posts)" "requests with attest=never"

# Another key by name, purpose, PCR state or TPM needs a token of its own.
call 0 bytes reference "azattest://key?name=web"
call 0 bytes reference "azattest://key?purpose=any"
same $((n + 5)) "$(posts)" "requests for named keys"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" "pcr-extend 4"
call 0 bytes reference azattest://key
same $((n + 6)) "$(posts)" "requests after a PCR changed"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
call 0 bytes reference azattest://key
same $((n + 7)) "$(posts)" "requests after a TPM reset"

# A stored token is verified again: with a damaged or foreign one in its place the key is attested.
for file in "$(setting runtime-dir)"/*; do
        [ ! -f "$file" ] || tr 'e' 'f' <"$file" >"$file.new" && cat "$file.new" >"$file" && rm "$file.new"
done
call 0 bytes reference azattest://key
same $((n + 8)) "$(posts)" "requests after the cache was damaged"
AZATTEST_RUNTIME_DIR=/dev/null/none call 0 bytes reference azattest://key
same $((n + 9)) "$(posts)" "requests without a runtime directory"

# MAA signs with a new key: the stored key set is refreshed, but invented kids do not make us ask for
# ever.
certs() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | sed -n 's/^maa GET .certs //p'; }
call 0 ey attest
n=$(certs)
ok azattest-sim ctl "$AZATTEST_SIM_DIR" rotate-keys
call 0 ey attest
same $((n + 1)) "$(certs)" "key sets fetched after a rotation"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" "fault token-unknown-kid"
call -104 "no such kid" attest
call -104 "no such kid" attest
same $((n + 1)) "$(certs)" "key sets fetched for an invented kid"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" clear

# This VM's own token needs no identity, another's does.
sed '/^policy *=/d' "$OPENSSL_CONF" >plain.cnf
plain_call() { OPENSSL_CONF=$PWD/plain.cnf call "$@"; }
"$client" attest | tail -1 >own.jwt
plain_call 0 "256 bytes" encrypt own.jwt secret
AZATTEST_TCTI=device:/nonexistent plain_call -115 "which VM is not said" encrypt own.jwt secret
AZATTEST_TCTI=device:/nonexistent call 0 "256 bytes" encrypt own.jwt secret
azattest-sim start other --join "$AZATTEST_SIM_DIR"
trap 'azattest-sim stop other' EXIT
(. other/env.sh && "$client" attest | tail -1) >foreign.jwt
plain_call -115 "which VM is not said" encrypt foreign.jwt secret
call -120 "x-ms-azurevm-vmid" encrypt foreign.jwt secret
call -120 "x-ms-azurevm-vmid" verify foreign.jwt
call 0 accepted verify own.jwt

# What a program sets wins over the environment, which wins over openssl.cnf.
AZATTEST_REQUIRE=tdx call -101 "require = tdx" attest
AZATTEST_REQUIRE=any call -101 "require = tdx" --set require=tdx attest
AZATTEST_REQUIRE=tdx call 0 ey --set require=sevsnp attest
AZATTEST_REQUIRE=nonsense call 0 ey --set require=sevsnp attest
echo '{"version": "1.0.0", "anyOf": [{"authority": "https://nobody.invalid", "allOf": [{"claim": "a", "equals": true}]}]}' >no.json
AZATTEST_POLICY=$PWD/no.json plain_call -109 "no authority" verify own.jwt
AZATTEST_POLICY=$PWD/no.json plain_call 0 accepted --set "policy=$(sed -n 's/^policy *= *//p' "$OPENSSL_CONF")" verify own.jwt
# Nothing takes a demand away by being empty: not a variable, not a setting.
AZATTEST_POLICY='' call -120 "x-ms-azurevm-vmid" verify foreign.jwt
AZATTEST_POLICY='' call 0 accepted verify own.jwt
for key in policy vmid maa-root issuer issuers; do
        call -100 "$key = ''" --set $key= verify own.jwt
done
# What weakens is named wherever it comes from.
AZATTEST_REQUIRE=any plain_call -115 '"require = any: ' verify own.jwt
plain_call -115 '"require = any: ' --set require=any verify own.jwt
AZATTEST_REQUIRE=any plain_call -115 "which VM is not said" --set require=sevsnp verify own.jwt
! grep -F '"require = ' stdout || fail "named, though it does not weaken"
# The command's options are its own settings, too.
AZATTEST_REQUIRE=any expect_fail "require = tdx" azattest evidence --require tdx
ok env AZATTEST_REQUIRE=any azattest verify own.jwt --require sevsnp --policy "$(setting policy)" --json
same 0 "$(jq '[.weakened[] | select(startswith("require = "))] | length' stdout)" "named, though an option stands above it"

# Forms that are no token with a key.
echo a.b.c >bad.jwt
call -22 "cannot encrypt to this token" encrypt bad.jwt secret
"$client" attest-key azattest://sign | tail -1 >sign.jwt
call -114 "C5 (purpose)" encrypt sign.jwt secret

# JWE and attested certificates.
call 0 "a longer secret" jwe azattest://key "a longer secret"
call 0 web jwe "azattest://key?name=web" web
call -114 sign jwe azattest://sign secret
call 0 "BEGIN AZATTEST PRIVATE KEY" certificate azattest://sign DNS:api.example
openssl x509 -noout -text <stdout | grep -qF DNS:api.example || fail "no SAN in the certificate"
call 0 "BEGIN CERTIFICATE" certificate azattest://key DNS:api.example
openssl x509 -noout -issuer <stdout | grep -qF "azattest sign" || fail "who issued the certificate"
call -116 "two words" certificate azattest://sign "two words"
call -8 "gets no certificate" certificate azattest://ak DNS:api.example

# Requests and renewal.
call 0 "BEGIN CERTIFICATE REQUEST" request "azattest://sign?name=api" n1
sed 1d stdout >api.csr
ok azattest verify api.csr --nonce n1
call -114 "" request azattest://key n1
call -8 "1 to 512" request azattest://sign ""
call 0 "BEGIN CERTIFICATE" certificate azattest://sign DNS:api.example
sed '1d; /BEGIN AZATTEST/,$d' stdout >api.crt
n=$(posts)
call 0 kept renew api.crt 60
same "$n" "$(posts)" "requests for a certificate that is good"
call 0 "BEGIN CERTIFICATE" renew api.crt 90000
call 0 "BEGIN CERTIFICATE" renew api.crt 60 "azattest://sign?name=other"
call 0 "BEGIN CERTIFICATE" renew api.csr 60
call -8 "less than no time" renew api.crt -1
