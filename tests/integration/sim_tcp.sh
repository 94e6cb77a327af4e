# azattest-sim --tcp: the vTPM at a port of 127.0.0.1, for as long as the VM is there, and for nobody elsewhere. A
# connection has keys of its own, which end with it.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2016
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'azattest-sim stop "$PWD/vm" 2>/dev/null || true' EXIT

same "" "$(azattest-sim run -- sh -c 'echo "$SIM_TPM_PORT"')" "port where none was asked for"
ok azattest-sim --tcp start vm
. vm/env.sh
ok python3 "$(dirname "${BASH_SOURCE[0]}")/sim_tcp.py" "$SIM_TPM_PORT"
for ((i = 0; i < 100; i++)); do
        ok azattest-sim ctl vm held
        [ "$(cat stdout)" != "0 0" ] || break
        sleep 0.05
done
same "0 0" "$(cat stdout)" "what connections left"
# The sockets stay as they are.
ok azattest attest --out t.jwt
ok azattest-sim stop vm
expect_fail "Connection refused" python3 "$(dirname "${BASH_SOURCE[0]}")/sim_tcp.py" "$SIM_TPM_PORT"
