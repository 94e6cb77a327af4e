# Sourced by the tests of released keys: the simulated vault as its owner uses it.
# shellcheck shell=bash
set -euo pipefail

# access_token: the VM's identity's.
access_token() {
        curl -sf -H Metadata:true "$SIM_IMDS_URL/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.localhost" |
                jq -r .access_token
}

# release_policy [CONDITION...]: base64url of a policy with these conditions (JSON) for the VM's MAA.
release_policy() {
        local all
        all=$(printf '%s\n' "$@" | jq -sc .)
        jq -nc --arg maa "$SIM_MAA_URL" --argjson all "$all" \
                '{version: "1.0.0", anyOf: [{authority: $maa, allOf: $all}]}' |
                tr -d '\n' | base64 -w0 | tr '+/' '-_' | tr -d =
}

compliant='{"claim":"x-ms-isolation-tee.x-ms-compliance-status","equals":"azure-compliant-cvm"}'

# vault METHOD PATH [JSON]: the answer's body.
vault() {
        curl -s --cacert "$SIM_CA_FILE" -X "$1" -H "Authorization: Bearer $(access_token)" \
                -H 'Content-Type: application/json' ${3+-d "$3"} "$SIM_VAULT_URL$2?api-version=7.4"
}

# new_key NAME TYPE-JSON [POLICY]: makes an exportable key; its URL with version in $key_url.
new_key() {
        local policy=${3-$(release_policy "$compliant")}
        key_url=$(vault POST "/keys/$1/create" "$(jq -nc --argjson type "$2" --arg policy "$policy" \
                '$type + {attributes: {exportable: true}, release_policy: {data: $policy}}')" | jq -r .key.kid)
        [[ $key_url == "$SIM_VAULT_URL/keys/$1/"* ]] || { echo "no key $1: $key_url" >&2; return 1; }
}
