# PCRs that change under a loaded server: one outside the key's policy loses no handshake; one of the
# policy ends the key, and the server's log says which PCR and what to do.
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
nginx_start
load_start 20
for ((i = 0; i < 100; i++)); do
        azattest-sim ctl "$AZATTEST_SIM_DIR" "pcr-extend 9"
done
load_stop
grep ' lost: ' load >&2 || true
same 0 "$lost" "lost of $handshakes handshakes"
! grep -q . error.log || { cat error.log >&2; fail "errors of nginx"; }

ok azattest-sim ctl "$AZATTEST_SIM_DIR" "pcr-extend 4"
status=0
plain openssl s_client -connect "127.0.0.1:$port" </dev/null >stdout 2>stderr || status=$?
[ $status != 0 ] || fail "served in another platform state"
grep -q "platform state changed since the key was made" error.log || { cat error.log >&2; fail "the documented error"; }
grep -q "(sha256:0-7) no longer holds.* make a new key with 'azattest cert'" error.log ||
        { cat error.log >&2; fail "what to do about it"; }

# A certificate for the new state, and nginx serves again.
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
kill -HUP "$server"
for ((i = 0; i < 50; i++)); do
        ! plain openssl s_client -connect "127.0.0.1:$port" </dev/null >stdout 2>stderr || break
        sleep 0.1
done
handshake "$port"
