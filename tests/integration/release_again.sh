# Many keys from one vault: who asks is asked for once, in a program's memory and for minutes; what the vault does not
# take any more is got anew.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_vault.sh"
requests() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '$1 != "maa" { n += $NF } END { print n }'; }
tokens() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '/identity.oauth2.token/ { print $NF }'; }
new_key one '{"kty":"EC"}'
one=$key_url
new_key two '{"kty":"RSA","key_size":2048}'
two=$key_url
ok azattest attest --out token.jwt

coproc client { "$AZATTEST_BUILD/tests/integration/api_client" release 2>client.log; }
pid=$client_PID # which the shell forgets when the client ends
# takes URL CODE REQUESTS TOKENS
takes() {
        local before asked answer text
        before=$(requests) asked=$(tokens)
        echo "$1" >&"${client[1]}"
        { read -r -t 60 answer; read -r -t 60 text; } <&"${client[0]}"
        same "$2" "${answer%% *}" "$1: $text"
        same "$3" $(($(requests) - before)) "requests"
        same "$4" $(($(tokens) - asked)) "access tokens"
}
takes "$one" 0 3 1
takes "$two" 0 1 0
takes "$one" 0 1 0
takes "${one%/*}" 0 2 0
# One that the vault has forgotten, and a vault that takes none.
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault vault-status=401x1"
takes "$two" 0 4 1
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
takes "$one" 0 1 0
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault vault-status=403"
takes "$one" -119 2 0
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
takes "$one" 0 3 1
# Who asks is another one as soon as the environment says so (D68).
logins() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '/oauth2.v2.0.token/ { n += $NF } END { print n + 0 }'; }
set_in_client() { printf '%s\n' "$@" >&"${client[1]}"; }
# asks URL CODE LOGINS
asks() {
        local before answer text
        before=$(logins)
        echo "$1" >&"${client[1]}"
        { read -r -t 60 answer; read -r -t 60 text; } <&"${client[0]}"
        same "$2" "${answer%% *}" "$1: $text"
        same "$3" $(($(logins) - before)) "access tokens of the login service"
}
set_in_client AZATTEST_VAULT_IDENTITY=environment AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET=sim-secret
asks "$one" 0 1
asks "$two" 0 0
set_in_client AZURE_CLIENT_SECRET=wrong-secret
asks "$one" -119 1
set_in_client AZURE_CLIENT_SECRET=sim-secret
asks "$one" 0 1
set_in_client AZURE_CLIENT_ID=other-client
asks "$one" -119 1
printf 'sim-assertion\n' >federated
set_in_client AZURE_CLIENT_ID=sim-client AZURE_CLIENT_SECRET= AZURE_FEDERATED_TOKEN_FILE="$PWD/federated"
asks "$one" 0 1
asks "$two" 0 0
printf 'another-assertion\n' >federated
asks "$one" -119 1
rm federated
asks "$one" -118 0

exec {client[1]}>&-
wait "$pid"
same "" "$(grep -riF "$(access_token)" client.log || true)" "access tokens in the log"
