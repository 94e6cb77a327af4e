# Client certificates: an attested key proves the client, to servers with and without our provider.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --name client --san DNS:client.example --out client.crt --key-out client.key
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -subj /CN=web.example \
        -addext subjectAltName=DNS:web.example -days 1 -out web.crt
port=$(free_port)
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key server.key -CAfile client.crt \
        -Verify 1 -verify_return_error -www
connect() { # KEY OPTION...
        local key=$1
        shift
        recipe tls_client_certificate.sh |
                sed -e "s|web.example:8443|127.0.0.1:$port|" -e "s|azattest://sign?name=client|$key|" -e '$s/$/ "$@"/' >client.sh
        ok bash client.sh -ign_eof "$@" <<<$'GET / HTTP/1.0\r\n\r\n'
        printed "HTTP/1.0 200 ok"
}
for key in client.key 'azattest://sign?name=client'; do
        for version in -tls1_3 -tls1_2; do
                connect "$key" $version
        done
done
# Without a key, and with another than the certificate's.
status=0
openssl s_client -connect "127.0.0.1:$port" -CAfile web.crt -ign_eof <<<$'GET / HTTP/1.0\r\n\r\n' >stdout 2>stderr || status=$?
! grep -q "200 ok" stdout || fail "served without a client certificate"
expect_fail "mismatch" openssl s_client -connect "127.0.0.1:$port" -cert client.crt -key "azattest://sign?name=other"

# Both sides attested, one process each.
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -CAfile client.crt \
        -Verify 1 -verify_return_error -www
for version in -tls1_3 -tls1_2; do connect client.key $version; done
