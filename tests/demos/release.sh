# A server's TLS key comes out of a key vault, to this attested VM alone.
# shellcheck shell=bash
set -euo pipefail
export PATH=$PATH:/usr/sbin
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
vault() { # METHOD PATH JSON: the owner's side, by the vault's REST interface
        curl -s --cacert "$SIM_CA_FILE" -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
                -d "$3" "$SIM_VAULT_URL$2?api-version=7.4"
}
token=$(curl -sf -H Metadata:true "$SIM_IMDS_URL/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.localhost" | jq -r .access_token)
host=${SIM_VAULT_URL#https://}
