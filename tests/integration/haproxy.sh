# haproxy, with the configuration of azattest-recipes(7): two threads under another user, and a reload.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
cat web.crt web.key >web.pem
port=$(free_port)
{
        printf 'global\n    nbthread 2\n    pidfile %s\n' "$PWD/pid"
        [ "$(id -u)" != 0 ] || printf '    user haproxy\n    group haproxy\n'
        printf 'defaults\n    timeout client 10s\n    timeout server 10s\n    timeout connect 10s\n'
        recipe haproxy.sh | sed -e "s|/etc/ssl/private/|$PWD/|" -e "s|:8443|127.0.0.1:$port|"
} >haproxy.cfg
serve "$port" haproxy -W -db -f haproxy.cfg
for version in -tls1_3 -tls1_2; do handshake "$port" $version; done
# Who would rather exchange keys by RSA gets the next cipher of his list.
handshake "$port" -tls1_2 -cipher AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
printed "Cipher is ECDHE-RSA-AES128-GCM-SHA256"
get=(curl -sS --cacert web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")
silent plain "${get[@]}"
same attested "$(cat stdout)"

# Clients in parallel, a reload among them.
for i in 1 2 3 4 5 6 7 8; do
        for _ in 1 2 3 4 5; do plain "${get[@]}" -o /dev/null -w '%{http_code}\n' >>codes 2>&1 || echo "lost" >>codes; done &
        clients+=($!)
done
sleep 0.2
kill -USR2 "$server"
wait "${clients[@]}"
same "40 200" "$(sort codes | uniq -c | sed 's/^ *//')" "answers around a reload"
handshake "$port" -tls1_3
if [ "$(id -u)" = 0 ]; then
        same haproxy "$(ps -o user= --ppid "$server" | sort -u)" "user of the workers"
fi
stop_servers
! grep -i 'alert\|error' server.log | grep -v 'exited with code 143' >&2 || fail "errors of haproxy"

# Certificate and key as renewal makes them, without a file of both.
sed -e 's|^global|&\n    ssl-load-extra-del-ext|' -e "s|$PWD/web.pem|$PWD/web.crt|" haproxy.cfg >pair.cfg
rm web.pem
ok haproxy -c -f pair.cfg
