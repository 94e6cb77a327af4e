# azattest verify --connect: a live server is judged by one handshake, as a client with azattest_ssl_require
# judges it, within a deadline and without TPM.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
vmid=$(azattest inspect web.crt --json | jq -r '.says["vm-id"]')
relying() { env AZATTEST_TCTI=device:/dev/null/none "$@"; }

port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -www
ok relying azattest verify --connect "127.0.0.1:$port"
printed "certificate: accept"
ok relying azattest verify --connect "127.0.0.1:$port" --vmid "$vmid" --json
for id in T8 T9 T13 G4 C4 C5; do same accept "$(check_row $id)" $id; done
same certificate "$(jq -r .subject stdout)"
ok relying azattest verify --quiet --connect "localhost:$port" --html page.html
printed "accept: certificate of VM $vmid, key sha256:"
grep -qF "accepted: certificate" page.html || fail "no page"
expect_fail "[AZATTEST_E_OTHER_VM -120]" relying azattest verify --connect "127.0.0.1:$port" --vmid 00000000-0000-0000-0000-000000000000
printed "certificate: reject"
expect_fail "[AZATTEST_E_IDENTITY_NEEDED -115]" without_policy env AZATTEST_TCTI=device:/dev/null/none azattest verify --connect "127.0.0.1:$port"

# A name with two addresses, of which one refuses, whichever the system tries first.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        printf '%s\n' '127.0.0.2 two.example' '127.0.0.3 two.example' >hosts
        named() { unshare -m sh -c 'mount --bind hosts /etc/hosts && exec "$@"' - "$@"; }
        for address in 127.0.0.2 127.0.0.3; do
                port=$(free_port)
                serve "$port" openssl s_server -accept "$address:$port" -cert web.crt -key web.key -www
                ok named azattest verify --connect "two.example:$port"
                end "$server"
        done
        expect_undecided "nobody listens there" named azattest verify --connect "two.example:$port"
        # One that is silent: what waits there to be accepted is as much as may wait.
        for address in 127.0.0.2 127.0.0.3; do
                port=$(free_port)
                serve "$port" openssl s_server -accept "$address:$port" -cert web.crt -key web.key -www
                rm -f full
                python3 -c 'import socket, sys, time
where = (sys.argv[1], int(sys.argv[2]))
server = socket.create_server(where, backlog=0)
waiting = [socket.socket() for _ in range(8)]
for s in waiting:
    s.setblocking(False)
    s.connect_ex(where)
open("full", "w")
time.sleep(300)' "127.0.0.$((5 - ${address##*.}))" "$port" &
                full=$!
                servers+=("$full")
                while [ ! -e full ]; do sleep 0.05; done
                ok named env AZATTEST_TIMEOUT=8 azattest verify --connect "two.example:$port"
                end "$full"
                end "$server"
        done
fi

# An ordinary server.
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=web.example -days 1 -out plain.crt
port=$(free_port)
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -cert plain.crt -key plain.key -www
expect_fail "check C4 " relying azattest verify --connect "127.0.0.1:$port"
said "carries no attestation"
same reject "$(azattest verify --connect "127.0.0.1:$port" --json 2>/dev/null | jq -r .verdict)"

# Nobody there, no TLS there, one that says nothing: nothing was refused.
free=$(free_port)
expect_undecided "cannot connect to 127.0.0.1:$free: no such name, or nobody listens there; check name, port and network [AZATTEST_E_TRANSPORT -7]" \
        relying azattest verify --connect "127.0.0.1:$free" --json
same "incomplete certificate" "$(jq -r '.verdict + " " + .subject' stdout)"
port=$(free_port)
serve "$port" python3 -m http.server --bind 127.0.0.1 "$port"
expect_undecided "[AZATTEST_E_TRANSPORT -7]" relying azattest verify --connect "127.0.0.1:$port"
said "127.0.0.1:$port: no TLS handshake"
port=$(free_port)
serve "$port" python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
c = s.accept()
time.sleep(60)' "$port"
begin=$SECONDS
expect_undecided "[AZATTEST_E_DEADLINE -110]" relying env AZATTEST_TIMEOUT=2 azattest verify --connect "127.0.0.1:$port"
[ $((SECONDS - begin)) -lt 20 ] || fail "took $((SECONDS - begin)) s"
# TLS 1.1 and pre-shared keys prove nothing.
port=$(free_port)
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -nocert -psk 00112233 -www
expect_undecided "[AZATTEST_E_TRANSPORT -7]" relying azattest verify --connect "127.0.0.1:$port"

while read -r where words; do
        expect_usage "$words" azattest verify --connect "$where"
done <<'END'
web.example names no port: write host:port
127.0.0.1: names no port
[::1] names no port
: names no host
:443 names no host
web.example:0 has no port: that is a number from 1 to 65535
web.example:99999 has no port
web.example:https has no port
::1 is an IPv6 address without brackets
::1:443 is an IPv6 address without brackets
[::1:443 is no server
https://web.example:443 is a URL
web.example/ is no server
web.example:443/ goes on behind its port
END
expect_undecided "[AZATTEST_E_TRANSPORT -7]" azattest verify --connect "[::1]:$free"
expect_usage "'web.crt' is one" azattest verify --connect 127.0.0.1:1 web.crt
for option in "--nonce n" "--purpose sign" "--ca web.crt" "--out x" "--pubkey-out x"; do
        # shellcheck disable=SC2086
        expect_usage "does not go with --connect" azattest verify --connect 127.0.0.1:1 $option
done
expect_usage "do not apply to a certificate" azattest verify --connect 127.0.0.1:1 --profile strict
