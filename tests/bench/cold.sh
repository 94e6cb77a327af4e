# TPM commands of one cold `openssl pkeyutl -decrypt` (D30), and TPM commands and HTTP requests of a key's release,
# inside a simulated VM.
# shellcheck shell=bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib_vault.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)

counts() { azattest-sim ctl "$AZATTEST_SIM_DIR" counts | sort; }
requests() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '{ n += $NF } END { print n + 0 }'; }

# measure NAME COMMAND...: prints the commands that COMMAND caused, as a total and a list.
measure() {
        local name=$1
        shift
        counts >before
        local asked
        asked=$(requests)
        "$@" >/dev/null 2>messages || { cat messages >&2; exit 1; }
        counts >after
        asked=$(($(requests) - asked))
        join -a2 -e0 -o 0,1.2,2.2 before after | awk -v name="$name" -v json="$json" -v asked=$asked '
                { n = $3 - $2; if (n > 0) { total += n; list = list sep $1 (n > 1 ? " x" n : ""); sep = ", " } }
                END { if (json != "") printf "{\"operation\": \"%s\", \"tpm-commands\": %d, \"http-requests\": %d, \"list\": \"%s\"}\n", name, total, asked, list
                      else printf "%-40s %3d TPM commands, %d HTTP requests: %s\n", name, total, asked, list }'
}
json=${1-}

openssl pkey -in azattest://key -pubout -out key.pub
openssl pkey -in azattest://key -out key.pem
printf %s secret | openssl pkeyutl -encrypt -pubin -inkey key.pub "${oaep[@]}" -out ct
measure "cold pkeyutl -decrypt, key file" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in ct
measure "cold pkeyutl -decrypt, URI" openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct
measure "openssl version" openssl version
measure "pkey -pubout of a key file" openssl pkey -in key.pem -pubout -out key2.pub
openssl genpkey -algorithm EC -pkeyopt group:P-256 -out plain.pem 2>/dev/null
azattest seal --in plain.pem --out sealed.pem 2>/dev/null
measure "load of a sealed key" openssl pkey -in sealed.pem -noout
azattest attest --out token.jwt 2>/dev/null
azattest seal --token token.jwt --in plain.pem --out handed.pem 2>/dev/null
measure "load of a key sealed to a token" openssl pkey -in handed.pem -noout
new_key tls '{"kty":"EC","crv":"P-256"}'
measure "release of a key, token stored" azattest release --plain --out released.pem "$key_url"
export AZATTEST_RUNTIME_DIR=$work/none
measure "release of a key, nothing stored" azattest release --plain --out released.pem "$key_url"
