# A worker of nginx is killed under load, even inside a private operation: only its own connections are
# lost; what begins after it was replaced, and all of the other worker's, succeed (D31).
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
nginx_start
load_start 20
for _ in 1 2 3; do
        victim=$(workers | head -1) survivor=$(workers | tail -1)
        killed=$(date +%s.%N)
        kill -9 "$victim"
        for ((n = 0; n < 200; n++)); do
                [ "$(workers | wc -l)" = 2 ] && break
                sleep 0.02
        done
        same 2 "$(workers | wc -l)" "workers after one was killed"
        workers | grep -qx "$survivor" || fail "the other worker is gone, too"
        replaced=$(date +%s.%N)
        # Which worker takes a connection is the kernel's choice: while the new one pauses, the other has to.
        successor=$(workers | grep -vx "$survivor")
        kill -STOP "$successor"
        for ((n = 0; n < 200; n++)); do
                awk '$1 > '"$replaced" load | grep -q " $survivor\$" && break
                sleep 0.1
        done
        kill -CONT "$successor"
        [ "$n" -lt 200 ] || fail "the other worker serves no more"
        echo "$killed $replaced" >>kills
done
load_stop
# Lost may be what ended after a kill and began before the replacement.
awk 'NR == FNR { killed[NR] = $1; replaced[NR] = $2; n = NR; next }
        / lost: / { for (i = 1; i <= n; i++) if ($2 >= killed[i] && $1 <= replaced[i]) next; print }' kills load >unexpected
[ ! -s unexpected ] || { cat kills unexpected >&2; fail "handshakes lost that a killed worker does not explain"; }
[ "$lost" -le 60 ] || fail "$lost handshakes lost of 3 killed workers with 20 clients"
