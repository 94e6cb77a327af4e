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
exec {client[1]}>&-
wait "$pid"
same "" "$(grep -riF "$(access_token)" client.log || true)" "access tokens in the log"
