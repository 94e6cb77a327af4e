# nginx reloads 20 times under 50 clients: no handshake is lost.
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
nginx_start
load_start 50
for ((i = 0; i < 20; i++)); do
        old=$(workers)
        kill -HUP "$server"
        for ((n = 0; n < 100; n++)); do
                [ "$(workers | wc -l)" = 2 ] && ! grep -qxF "$old" <(workers) && break
                sleep 0.05
        done
done
sleep 0.5
load_stop
grep ' lost: ' load >&2 || true
same 0 "$lost" "lost of $handshakes handshakes"
same "" "$(grep -v 'signal\|notice' error.log || true)" "errors of nginx"
# Each generation of workers served.
[ "$(cut -d' ' -f3 load | sort -u | wc -l)" -ge 20 ] || fail "not every generation of workers served: $(cut -d' ' -f3 load | sort | uniq -c)"
