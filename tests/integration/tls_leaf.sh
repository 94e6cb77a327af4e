# A key in memory for which an attested key vouches, in TLS: nginx that knows nothing of it, our own server and client,
# both sides, and evidence bound to the connection. Refused wherever the verifier did not allow it.
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
second_of() { awk '/BEGIN CERT/ { n++ } n == 2' "$1"; }

# nginx goes from the vTPM's key to one in memory with a reload.
nginx_start
accepted --any-message
leaf=(azattest cert --leaf ec --name web --san DNS:web.example --out web.crt --key-out web.key)
reload() {
        local i old
        old=$(workers)
        kill -HUP "$server"
        for ((i = 0; i < 100; i++)); do
                [ "$(workers | wc -l)" = 2 ] && ! grep -qxF "$old" <(workers) && return
                sleep 0.1
        done
        fail "nginx does not reload"
}
ok "${leaf[@]}"
reload
before=$(commands ALL)
for version in "" --tls12; do
        # shellcheck disable=SC2086
        accepted --any-message --delegated $version
        for id in T8 T9 T13 G4 C4 C5 C7; do same accept "$(check_row $id)" $id; done
        # shellcheck disable=SC2086
        refused_by C7 --any-message $version
        said "delegated = yes (--delegated)"
done
ok relying azattest verify --delegated --connect "127.0.0.1:$port"
expect_fail "check C7 " relying azattest verify --connect "127.0.0.1:$port"
same "$before" "$(commands ALL)" "TPM commands of all these handshakes"

# Who knows nothing of attestation trusts the issuer's certificate.
second_of web.crt >issuer.crt
ok plain curl -sS --cacert issuer.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/" -o page
! plain curl -sS --cacert issuer.crt --resolve "other.example:$port:127.0.0.1" "https://other.example:$port/" 2>stderr || fail "another name is accepted"
ok plain gnutls-cli --x509cafile issuer.crt --verify-hostname web.example -p "$port" 127.0.0.1 </dev/null

# Renewed and reloaded.
old=$(openssl x509 -in web.crt -noout -pubkey)
ok "${leaf[@]}" --renew-before 86400
printed "renewed: "
[ "$old" != "$(openssl x509 -in web.crt -noout -pubkey)" ] || fail "the key is the old one"
reload
accepted --any-message --delegated
same "" "$(grep -v 'signal\|notice' error.log || true)" "errors of nginx"

# Our own server: evidence for the connection is of the key that vouches.
start() { # OPTION...
        stop_servers
        port=$(free_port)
        serve "$port" "$server_program" "$@" "127.0.0.1:$port" web.crt web.key
}
start --attests "azattest://issue?name=web"
accepted --challenge --delegated --save evidence.json
same 2 "$(grep -c '"verdict": *"accept"' stdout)" "results: certificate and evidence"
tail -1 stdout >channel.json && mv channel.json stdout
for id in C1 C2 C5 C7 Q5 Q13 T8; do same accept "$(check_row $id)" $id; done
same "accept accept" "$(check_row C4 | xargs)" "C4 of token and of evidence"
refused_by C7 --challenge
ok azattest explain evidence.json

# Of another key, or of none that vouches for it, there is none.
start --attests "azattest://sign?name=web"
expect_fail "no evidence came" relying "$client_program" --challenge --delegated "127.0.0.1:$port"
logged "check C4: this side's certificate is not that of azattest://sign?name=web"
start --attests "azattest://issue?name=other"
expect_fail "no evidence came" relying "$client_program" --challenge --delegated "127.0.0.1:$port"
logged "check C4: this side's certificate is not that of azattest://issue?name=other"
start
expect_fail "no evidence came" relying "$client_program" --challenge --delegated "127.0.0.1:$port"
start --attests "azattest://key"
expect_fail "no evidence came" relying "$client_program" --challenge --delegated "127.0.0.1:$port"
start --replay evidence.json
refused_by Q5 --challenge --delegated

# A client shows one, too.
ok azattest cert --leaf ed25519 --name client --out client.crt --key-out client.key
start --require --delegated --challenge --attests "azattest://issue?name=web"
ok "$client_program" --delegated --cert client.crt --key client.key --attests "azattest://issue?name=client" "127.0.0.1:$port"
same 2 "$(grep -c '"verdict": *"accept"' server.log)" "results of the server"
start --require
expect_fail "" "$client_program" --delegated --cert client.crt --key client.key "127.0.0.1:$port"
logged "check C7 "

# A leaf whose issuer is not sent is no attested certificate; one more certificate behind it is one too many.
awk '/BEGIN CERT/ { n++ } n == 1' web.crt >leaf.crt
stop_servers
port=$(free_port)
serve "$port" "$server_program" "127.0.0.1:$port" leaf.crt web.key
refused_by C4 --delegated
said "carries no attestation"
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=web.example -days 1 -out plain.crt
cat web.crt plain.crt >long.crt
stop_servers
port=$(free_port)
serve "$port" "$server_program" "127.0.0.1:$port" long.crt web.key
refused_by C7 --delegated
said "more than one certificate"
