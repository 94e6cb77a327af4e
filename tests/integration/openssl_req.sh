# openssl req and x509: self-signed certificates and requests of the signing key, and a CA with it.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent openssl pkey -in azattest://sign -out sign.pem

for key in sign.pem azattest://sign; do
        silent openssl req -x509 -key $key -subj /CN=self -days 1 -out self.crt
        ok plain openssl verify -x509_strict -CAfile self.crt self.crt
done
silent openssl req -x509 -key sign.pem -subj /CN=self -days 1 -sha384 -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:digest -out pss.crt
ok plain openssl verify -CAfile pss.crt pss.crt
silent plain openssl x509 -in pss.crt -noout -text
printed "Signature Algorithm: rsassaPss"
printed "Salt Length: 0x30"

# A request for a CA elsewhere, and signed by our own key as CA.
silent openssl req -new -key sign.pem -subj /CN=web -addext subjectAltName=DNS:web.example -out web.csr
ok plain openssl req -in web.csr -noout -verify
matched "verify OK"
ok openssl x509 -req -in web.csr -CA self.crt -CAkey sign.pem -CAcreateserial -days 1 -copy_extensions copy -out web.crt
ok plain openssl verify -CAfile self.crt web.crt
silent plain openssl x509 -in web.crt -noout -ext subjectAltName
printed DNS:web.example
ok openssl x509 -req -in web.csr -signkey azattest://sign -days 1 -out again.crt
ok plain openssl verify -CAfile again.crt again.crt

# A request for an ordinary key, signed by ours.
silent plain openssl genpkey -quiet -algorithm RSA -out plain.key
silent openssl req -new -key plain.key -subj /CN=plain -out plain.csr
ok openssl x509 -req -in plain.csr -CA self.crt -CAkey sign.pem -CAcreateserial -days 1 -out plain.crt
ok plain openssl verify -CAfile self.crt plain.crt

expect_fail "azattest://sign" openssl req -x509 -key azattest://key -subj /CN=self -out never.crt
[ ! -s never.crt ] || fail "the decryption key signed"
