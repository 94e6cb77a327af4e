# azattest release: keys of every kind come out of the vault and are the ones that are in it, whoever asks;
# neither they nor access tokens are in any log.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_vault.sh"

# b64 HEX...: base64url, as in a JWK.
b64() { tr -d ' :\n' | xxd -r -p | base64 -w0 | tr '+/' '-_' | tr -d =; }

# ---- every kind, every wrapping ----
kinds=0
while read -r name type bits; do
        new_key "$name" "$type"
        for wrapping in RSA_AES_KEY_WRAP_256 RSA_AES_KEY_WRAP_384 CKM_RSA_AES_KEY_WRAP; do
                ok azattest release --plain --wrapping $wrapping --out "$name.pem" "$key_url"
                said "written unencrypted"
                same 600 "$(stat -c %a "$name.pem")" "mode"
                ok plain openssl pkey -in "$name.pem" -noout -text_pub
                printed "($bits bit)"
        done
        ok azattest release --out "$name.sealed" "$key_url"
        ! grep -q unencrypted stderr || fail "a sealed key is called unencrypted"
        same 600 "$(stat -c %a "$name.sealed")" "mode of a sealed key"
        same "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" "$(head -1 "$name.sealed")"
        cmp <(plain openssl pkey -in "$name.pem" -outform DER) <(openssl pkey -in "$name.sealed" -outform DER) ||
                fail "$name: sealed is another key"
        ok plain openssl pkey -in "$name.pem" -pubout -outform DER -out pub.der
        vault GET "/keys/$name" >jwk.json
        member=$(jq -r '.key.n // .key.y' jwk.json | tr '_-' '/+' | { cat; echo ===; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } | xxd -p | tr -d '\n')
        [[ $(xxd -p pub.der | tr -d '\n') == *"$member"* ]] || fail "$name: not the vault's key"
        kinds=$((kinds + 1))
done <<'END'
rsa2 {"kty":"RSA","key_size":2048} 2048
rsa3 {"kty":"RSA","key_size":3072} 3072
rsa4 {"kty":"RSA","key_size":4096} 4096
p256 {"kty":"EC","crv":"P-256"} 256
p384 {"kty":"EC-HSM","crv":"P-384"} 384
p521 {"kty":"EC-HSM","crv":"P-521"} 521
p256k {"kty":"EC","crv":"P-256K"} 256
END
same 7 $kinds
new_key aes '{"kty":"oct-HSM","key_size":256}'
ok azattest release --raw --out aes.key "$key_url"
same 32 "$(stat -c %s aes.key)" "bytes of an AES key"
expect_usage "--raw" azattest release --plain "$key_url"
ok azattest release --out aes.jwe "$key_url"
ok azattest decrypt --in aes.jwe --out aes.back
cmp aes.key aes.back || fail "a symmetric key as JWE"
# Sealed to a key that stays: it opens after a restart.
ok azattest release --name web --hierarchy owner --out owner.sealed "${key_url%/*/*}/p256"
ok azattest inspect owner.sealed
matched 'opened-by +azattest://key\?name=web '
matched 'hierarchy +owner'

# What was imported is what comes out.
plain openssl genpkey -algorithm EC -pkeyopt group:P-256 -out own.pem 2>/dev/null
d=$(plain openssl pkey -in own.pem -noout -text | sed -n '/^priv:/,/^pub:/p' | grep '^ ' | b64)
pub=$(plain openssl pkey -in own.pem -noout -text | sed -n '/^pub:/,/^ASN1/p' | grep '^ ' | tr -d ' :\n')
x=$(printf %s "${pub:2:64}" | b64) y=$(printf %s "${pub:66:64}" | b64)
vault PUT /keys/own "$(jq -nc --arg d "$d" --arg x "$x" --arg y "$y" --arg policy "$(release_policy "$compliant")" \
        '{key: {kty: "EC", crv: "P-256", x: $x, y: $y, d: $d}, attributes: {exportable: true}, release_policy: {data: $policy}}')" >imported.json
same EC "$(jq -r '.key.kty | sub("-HSM"; "")' imported.json)"
ok azattest release --plain --out released.pem "$SIM_VAULT_URL/keys/own"
same "$(plain openssl pkey -in own.pem -outform DER | sha256sum)" \
        "$(plain openssl pkey -in released.pem -outform DER | sha256sum)" "imported key"

# ---- without version: the newest; with one: that ----
first=$(jq -r .key.kid imported.json)
new_key own '{"kty":"EC"}'
ok azattest release --json --raw "$SIM_VAULT_URL/keys/OWN"
same "$key_url" "$(jq -r .claims.kid stdout)" "newest version"
ok azattest release --json --raw "$first"
same "$first" "$(jq -r .claims.kid stdout)" "named version"
same accept "$(jq -r .verdict stdout)"
same "released key" "$(jq -r .subject stdout)"
for id in K1 K2 K3 K4 K5 K6 K7; do same accept "$(check_row $id)" $id; done
same true "$(jq -r .claims.attributes.exportable stdout)"
same "$SIM_MAA_URL" "$(jq -r '.claims["release-policy"].anyOf[0].authority' stdout)"
same null "$(jq -r .claims.key_hsm stdout)" "what is wrapped"

# ---- who asks ----
url=$key_url
token=$(access_token)
as() { env "$@" azattest release --plain "$url"; }
ok as AZATTEST_VAULT_IDENTITY=imds,client_id=sim-client
expect_fail "this VM has no identity to ask the vault with (IMDS: Identity not found)" as AZATTEST_VAULT_IDENTITY=imds,client_id=other
ok as AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET=sim-secret
printf 'sim-assertion\n' >federated
ok as AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_FEDERATED_TOKEN_FILE="$PWD/federated"
# A pipe gives it once.
ok as AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_FEDERATED_TOKEN_FILE=<(cat federated)
expect_fail "AADSTS7000215" as AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET=wrong-secret
expect_usage "AZURE_CLIENT_ID is not set" as AZATTEST_VAULT_IDENTITY=environment
expect_usage "set AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" as AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=x
sed '/^vault-authority/d' "$OPENSSL_CONF" >no-authority.cnf
expect_fail "none of Azure's" as OPENSSL_CONF="$PWD/no-authority.cnf" AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET=sim-secret
printf '%s\n' "$token" >token
ok as AZATTEST_VAULT_IDENTITY=file:"$PWD/token"
printf 'other-token' >token
expect_fail "(HTTP 401)" as AZATTEST_VAULT_IDENTITY=file:"$PWD/token"
printf 'two\r\nHeader: lines' >token
expect_fail "no access token" as AZATTEST_VAULT_IDENTITY=file:"$PWD/token"
expect_usage "vault-identity = 'nobody'" as AZATTEST_VAULT_IDENTITY=nobody
expect_usage "vault-identity 'imds,me'" as AZATTEST_VAULT_IDENTITY=imds,me

# ---- round trips: who is wanted, the identity, the release; one more for the newest version ----
trips() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '/^(vault|imds) .*(keys|identity)/ { n += $NF } END { print n + 0 }'; }
before=$(trips)
ok azattest release --plain "$url"
same 3 $(($(trips) - before)) "round trips"
ok azattest release --plain "$SIM_VAULT_URL/keys/own"
same 7 $(($(trips) - before)) "round trips, both"

# ---- a policy that this VM does not satisfy; a key that is not there ----
new_key strict '{"kty":"EC"}' "$(release_policy "$compliant" '{"claim":"x-ms-azurevm-vmid","equals":"another"}')"
expect_fail "Forbidden (ReleasePolicyNotMet)" azattest release --plain "$key_url"
[ ! -s stdout ] || fail "something was written"
expect_fail "KeyNotFound" azattest release --plain "$SIM_VAULT_URL/keys/none"
expect_usage "names no key of a vault" azattest release --plain "$SIM_VAULT_URL/secrets/x"
expect_usage "wrapping 'X'" azattest release --plain --wrapping X "$url"
expect_usage "give one of them" azattest release --plain --raw "$url"
expect_undecided "certificate" env OPENSSL_CONF="$OPENSSL_CONF" AZATTEST_CA_FILE=/etc/ssl/certs/ca-certificates.crt azattest release --plain "$url"

# ---- secrets ----
AZATTEST_LOG=debug AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET=sim-secret \
        ok azattest --debug release --plain --out quiet.pem "$url"
said "access token for"
cp stderr plain.log
AZATTEST_LOG=debug ok azattest --debug release --out quiet.sealed "$url"
cat plain.log >>stderr
for secret in "$token" sim-secret "$(sed -n 2p quiet.pem)" sim-assertion; do
        ! grep -qF -- "$secret" stderr || fail "a secret is in the log"
done
! grep -rqF -- "$token" "$AZATTEST_SIM_DIR/run" || fail "the access token is stored"

# ---- the manual's recipe, with the simulated vault's name ----
new_key tls '{"kty":"EC-HSM","crv":"P-256"}'
recipe release.sh | sed "s#NAME.vault.azure.net#${SIM_VAULT_URL#https://}#g" >recipe
ok bash -e recipe
printed "condition      ok"
ok openssl pkey -in tls.key -pubout -out sealed.pub
cmp tls.pub sealed.pub || fail "the recipe's two keys are not one"
