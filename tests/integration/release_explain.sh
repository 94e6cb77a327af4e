# azattest release --explain, and a refusal: what of identity, key, attributes and release policy is in the
# way, condition by condition.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_vault.sh"

# row STATE FRAGMENT: in what was said last, on either.
row() { matched "$1 +$2"; }

ok azattest attest --out token.jwt
new_key good '{"kty":"EC"}'
ok azattest release --explain "$key_url"
row '^identity +ok' 'the vault takes the access token'
row '^key +ok' "$key_url, EC"
row '^enabled +ok' .
row '^exportable +ok' .
row '^authority +ok' "$SIM_MAA_URL attested this VM"
row '^condition +ok' 'x-ms-isolation-tee.x-ms-compliance-status equals azure-compliant-cvm; found azure-compliant-cvm'
row '^release policy +ok' .
row '^permission +unknown' '.*Key Vault Crypto Service Release User'
posts() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | grep -c 'vault POST .*release' || true; }
same 0 "$(posts)" "releases asked for"

# All seven operators, each met and not met; what is missing.
now=$(claim token.jwt .iat)
while read -r state condition; do
        new_key op '{"kty":"EC"}' "$(release_policy "$condition")"
        status=0
        azattest release --explain --json "$key_url" >stdout 2>stderr || status=$?
        same $([ "$state" = ok ] && echo 0 || echo 1) $status "$condition"
        same "$state" "$(jq -r '.findings[] | select(.name == "condition") | .state' stdout)" "$condition"
        # The vault, whose code is its own, decides the same.
        status=0
        azattest release --raw --json "$key_url" >stdout 2>stderr || status=$?
        same $([ "$state" = ok ] && echo 0 || echo 1) $status "release: $condition"
        [ "$state" = ok ] || same no "$(jq -r '.findings[] | select(.name == "condition") | .state' stdout)" "on 403"
done <<END
ok {"claim":"x-ms-azurevm-vmid","equals":"$SIM_VM_ID"}
no {"claim":"x-ms-azurevm-vmid","equals":"another"}
ok {"claim":"x-ms-azurevm-vmid","notEquals":"another"}
no {"claim":"x-ms-azurevm-vmid","notEquals":"$SIM_VM_ID"}
no {"claim":"x-none","notEquals":"another"}
ok {"claim":"iat","less":$((now + 1000))}
no {"claim":"iat","less":$now}
ok {"claim":"iat","lessOrEquals":$now}
no {"claim":"iat","lessOrEquals":$((now - 1))}
ok {"claim":"iat","greater":$((now - 1))}
no {"claim":"iat","greater":$now}
ok {"claim":"iat","greaterOrEquals":$now}
no {"claim":"iat","greaterOrEquals":$((now + 1))}
ok {"claim":"x-ms-isolation-tee","exists":true}
no {"claim":"x-none","exists":true}
ok {"claim":"x-none","exists":false}
no {"claim":"x-ms-isolation-tee","exists":false}
END

# For people, a refusal comes with its reasons before it.
new_key strict '{"kty":"EC"}' "$(release_policy "$compliant" '{"claim":"x-ms-azurevm-vmid","equals":"another"}')"
expect_fail "Forbidden (ReleasePolicyNotMet)" azattest release --plain --out none.pem "$key_url"
row 'condition +no' "x-ms-azurevm-vmid equals another; found $SIM_VM_ID"
row 'condition +ok' "x-ms-isolation-tee.x-ms-compliance-status equals"
row 'release policy +no' .
[ ! -e none.pem ] || fail "a file was written"

# Another service's policy.
theirs=$(release_policy "$compliant" | tr '_-' '/+' | { cat; echo ==; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } |
        sed "s|$SIM_MAA_URL|https://sharedweu.weu.attest.azure.net|" | base64 -w0 | tr '+/' '-_' | tr -d =)
new_key theirs '{"kty":"EC"}' "$theirs"
expect_status 1 "" azattest release --explain "$key_url"
row '^authority +no' "https://sharedweu.weu.attest.azure.net is another service .* $SIM_MAA_URL: set 'maa-url'"

# Attributes.
off=$(vault POST /keys/off/create '{"kty":"EC","attributes":{"enabled":false}}' | jq -r .key.kid)
expect_status 1 "" azattest release --explain "$off"
row '^enabled +no' 'the key is disabled'
row '^exportable +no' 'the key may not leave the vault'
row '^release policy +no' 'the key has none'
expect_fail "KeyDisabled" azattest release --plain "$off"
row 'enabled +no' 'the key is disabled'

# An identity that may not read the key, one that is not taken, and none.
printf other >token
AZATTEST_VAULT_IDENTITY=file:$PWD/token expect_status 1 "" azattest release --explain "$key_url"
row '^identity +no' '.*HTTP 401'
expect_status 1 "KeyNotFound" azattest release --plain "$SIM_VAULT_URL/keys/none/1"
expect_status 1 "" azattest release --explain "$SIM_VAULT_URL/keys/none/1"
row '^key +no' '.*no such key'
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault imds-no-identity"
expect_fail "no identity to ask the vault with" azattest release --explain "$key_url"
