# setups: all
# s_server with a vTPM key: TLS 1.2 and 1.3, a client certificate of a vTPM key, RSA key exchange.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
plain() { OPENSSL_CONF=/dev/null "$@"; }

ok openssl pkey -in azattest://sign -out sign.pem
ok openssl req -new -x509 -key sign.pem -subj /CN=localhost -out sign.crt
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

# serve ARGS...: s_server on a free port, $port.
serve() {
        [ -z "$server" ] || { kill "$server" && wait "$server" 2>/dev/null || true; }
        openssl s_server -accept 127.0.0.1:0 -www "$@" >server.log 2>&1 &
        server=$!
        for _ in $(seq 100); do
                port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' server.log)
                [ -z "$port" ] || return 0
                sleep 0.1
        done
        cat server.log >&2
        fail "s_server does not start: $*"
}
# connect ARGS...: one request.
connect() {
        printf 'GET / HTTP/1.0\r\n\r\n' | "${as[@]}" openssl s_client -connect "127.0.0.1:$port" -servername localhost \
                -CAfile sign.crt -verify_return_error -ign_eof "$@" >stdout 2>stderr ||
                { cat stdout stderr server.log >&2; fail "s_client $*"; }
        printed "HTTP/1.0 200 ok"
}
as=(env OPENSSL_CONF=/dev/null)

for key in sign.pem azattest://sign; do
        serve -key $key -cert sign.crt
        for version in -tls1_2 -tls1_3; do connect $version; done
        connect -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
        connect -tls1_3 -sigalgs rsa_pss_rsae_sha512
        connect -tls1_3 -sigalgs rsa_pss_rsae_sha384
        connect -tls1_2 -sigalgs RSA+SHA256
done

# A client certificate, by a client with our provider.
serve -key sign.pem -cert sign.crt -Verify 1 -CAfile sign.crt -verify_return_error
as=()
for version in -tls1_2 -tls1_3; do connect $version -cert sign.crt -key sign.pem; done

# RSA key exchange decrypts: a signing key refuses, purpose=any does it.
as=(env OPENSSL_CONF=/dev/null)
rsa=(-tls1_2 -cipher AES128-GCM-SHA256)
serve -key sign.pem -cert sign.crt
expect_fail "alert" plain openssl s_client -connect "127.0.0.1:$port" "${rsa[@]}" </dev/null
ok openssl pkey -in 'azattest://key?purpose=any&name=tls' -out any.pem
ok openssl req -new -x509 -key any.pem -subj /CN=localhost -out any.crt
cat any.crt >>sign.crt
serve -key any.pem -cert any.crt -cipher AES128-GCM-SHA256:@SECLEVEL=1
connect "${rsa[@]}"
