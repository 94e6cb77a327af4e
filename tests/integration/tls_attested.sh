# Attested TLS: a peer is accepted for its attested key, whatever server or client it is; others are not,
# and no resumed session gets around that. Relying parties have no TPM.
# setups: all
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=web.example -days 1 -out plain.crt

# Our server, with the key from a URI; a server that knows nothing of us.
port=$(free_port)
serve "$port" "$server_program" "127.0.0.1:$port" web.crt azattest://sign
accepted
for id in T8 T9 T13 T14 G4 C4 C5; do same accept "$(check_row $id)" $id; done
same certificate "$(jq -r .subject stdout)"
# For people one line.
ok relying "$AZATTEST_BUILD/tests/examples/attested_client" "127.0.0.1:$port"
same 1 "$(grep -c "accept: certificate of VM " stdout)" "lines of a result"
! grep -q '"checks"' stdout || fail "JSON without --json"
accepted --tls12
# The server sends tickets, and this client tries to use one.
expect_fail "refused: " relying "$client_program" --resume "127.0.0.1:$port"
said "resumed without verifying the peer"
expect_fail "refused: " relying "$client_program" --resume --tls12 "127.0.0.1:$port"

port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -www
accepted --any-message
accepted --any-message --tls12

# A handshake asks MAA for its keys once, later ones do not, also of another process.
certs() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | grep -c 'GET .*/certs' || true; }
before=$(certs)
accepted --any-message
same "$before" "$(certs)" "key sets fetched for a known key"

# Ordinary servers, with and without a token of somebody.
port=$(free_port)
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -cert plain.crt -key plain.key -www
refused_by C4 --any-message
said "carries no attestation"

# A client that says nothing, and one that says a little now and then, hold up the others for the time of
# one connection only.
port=$(free_port)
serve "$port" "$server_program" --seconds 2 --require "127.0.0.1:$port" web.crt web.key
exec {silent}<>"/dev/tcp/127.0.0.1/$port" {slow}<>"/dev/tcp/127.0.0.1/$port"
(while printf '\x16' >&"$slow"; do sleep 0.2; done) 2>/dev/null &
ok timeout 30 "$client_program" --cert web.crt --key web.key "127.0.0.1:$port"
exec {silent}>&- {slow}>&-

# Clients: with an attested certificate, with another, with none.
port=$(free_port)
serve "$port" "$server_program" --require "127.0.0.1:$port" web.crt web.key
ok "$client_program" --cert web.crt --key web.key "127.0.0.1:$port"
logged '"verdict":"accept"'
ok "$client_program" --cert web.crt --key azattest://sign --tls12 "127.0.0.1:$port"
expect_fail "the server ended the connection" relying "$client_program" --cert plain.crt --key plain.key "127.0.0.1:$port"
logged "check C4 "
expect_fail "the server ended the connection" relying "$client_program" "127.0.0.1:$port"
logged "did not return a certificate"
# Clients without our library get no session to resume either.
for version in -tls1_3 -tls1_2; do
        connect=(openssl s_client -connect "127.0.0.1:$port" -cert web.crt -key web.key "$version" -ign_eof)
        for try in -sess_out -sess_in; do
                [ -e session$version ] || [ $try = -sess_out ] || continue
                greeted "${connect[@]}" $try session$version
                printed "hello"
                ! grep -q "^Reused" stdout || fail "resumed: $version"
        done
done
