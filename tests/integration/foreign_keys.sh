# Keys that are not ours work beside the provider wherever it stands: RSA, EC, Ed25519, certificates, TLS.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent plain openssl genpkey -quiet -algorithm RSA -out rsa.pem
silent plain openssl genpkey -quiet -algorithm RSA-PSS -out pss.pem
silent openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
silent openssl genpkey -algorithm ED25519 -out ed.pem
head -c 100 /dev/urandom >message

for key in rsa pss ec ed; do
        silent openssl pkey -in $key.pem -noout -text
        silent openssl pkey -in $key.pem -pubout -out $key.pub
        silent openssl pkey -in $key.pem -noout -check
        silent openssl pkey -in $key.pem
        cmp stdout $key.pem || fail "another file of $key.pem"
        silent openssl req -x509 -key $key.pem -subj /CN=web.example -addext subjectAltName=DNS:web.example -days 1 -out $key.crt
        ok openssl verify -CAfile $key.crt $key.crt
        ok plain openssl verify -CAfile $key.crt $key.crt
done
for key in rsa pss ec; do
        silent openssl dgst -sha256 -sign $key.pem -out sig message
        ok openssl dgst -sha256 -verify $key.pub -signature sig message
        ok plain openssl dgst -sha256 -verify $key.pub -signature sig message
done
for padding in rsa_padding_mode:pkcs1 rsa_padding_mode:oaep; do
        silent openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt $padding -in message -out ct
        silent openssl pkeyutl -decrypt -inkey rsa.pem -pkeyopt $padding -in ct
        cmp stdout message || fail "decryption with $padding"
done
silent openssl cms -encrypt -binary -in message -outform DER -out cms -aes-256-gcm -recip rsa.crt -keyopt rsa_padding_mode:oaep
silent openssl cms -decrypt -binary -in cms -inform DER -recip rsa.crt -inkey rsa.pem
cmp stdout message || fail "cms"
silent openssl rsa -in rsa.pem -noout -modulus
silent openssl pkcs12 -export -in rsa.crt -inkey rsa.pem -passout pass:x -out rsa.p12
silent openssl pkcs12 -in rsa.p12 -passin pass:x -nodes

# TLS with each of them on both sides.
for key in rsa pss ec ed; do
        cp $key.crt web.crt
        port=$(free_port)
        serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert $key.crt -key $key.pem -CAfile $key.crt -Verify 1 \
                -verify_return_error -www
        for version in -tls1_3 -tls1_2; do
                ok openssl s_client -connect "127.0.0.1:$port" -CAfile $key.crt -verify_return_error -cert $key.crt -key $key.pem \
                        $version -ign_eof <<<$'GET / HTTP/1.0\r\n\r\n'
                printed "HTTP/1.0 200 ok"
        done
        stop_servers
        ! grep -i error server.log >&2 || fail "errors of the server with $key.pem"
done
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert rsa.crt -key rsa.pem -www
ok openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cipher AES128-GCM-SHA256 </dev/null
printed "Cipher is AES128-GCM-SHA256"
same 0 "$(commands ALL)" "TPM commands"

# Making RSA keys, too, is as it was wherever azattest comes first.
for query in "" provider=default "?provider=azattest"; do
        ok openssl genpkey -algorithm RSA ${query:+-propquery "$query"} -out new.pem
        head -1 new.pem | grep -q 'BEGIN PRIVATE KEY' || fail "an ordinary key was asked for"
done
ok openssl genrsa -out new.pem 2048
