# setups: all
# req, x509, cms with vTPM keys; whoever verifies and encrypts does not need them.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
plain() { env -u OPENSSL_CONF OPENSSL_CONF=/dev/null "$@"; }

ok openssl pkey -in azattest://sign -out sign.pem
ok openssl req -new -x509 -key sign.pem -subj /CN=web -out self.crt # without -sha256
ok plain openssl verify -CAfile self.crt self.crt
ok openssl req -new -x509 -key azattest://sign -subj /CN=web -sha384 -out pss.crt \
        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
ok plain openssl verify -CAfile pss.crt pss.crt
ok plain openssl x509 -in pss.crt -noout -text
printed "Hash Algorithm: sha384"
printed "Salt Length: 0x30"

ok openssl req -new -key sign.pem -subj /CN=request -out web.csr
ok plain openssl req -in web.csr -verify -noout
ok openssl x509 -req -in web.csr -CA self.crt -CAkey sign.pem -CAcreateserial -out issued.crt
ok plain openssl verify -CAfile self.crt issued.crt

printf 'text to sign and encrypt' >in
ok openssl cms -sign -in in -signer self.crt -inkey sign.pem -outform DER -out signed -nodetach -binary
ok plain openssl cms -verify -in signed -inform DER -CAfile self.crt -purpose any -out out
cmp in out || fail "cms -sign"
ok openssl cms -sign -in in -signer self.crt -inkey sign.pem -outform DER -out signed -nodetach -binary \
        -keyopt rsa_padding_mode:pss
ok plain openssl cms -verify -in signed -inform DER -CAfile self.crt -purpose any -out out
cmp in out || fail "cms -sign with pss"

# A recipient certificate of the decryption key, issued by the signing key (D29).
ok openssl pkey -in azattest://key -pubout -out dec.pub
ok openssl x509 -new -force_pubkey dec.pub -subj /CN=recipient -CA self.crt -CAkey sign.pem \
        -CAcreateserial -out recipient.crt
for option in rsa_padding_mode:oaep rsa_padding_mode:pkcs1; do
        ok plain openssl cms -encrypt -in in -recip recipient.crt -keyopt $option -aes256 -outform DER -out ct -binary
        ok openssl cms -decrypt -in ct -inform DER -recip recipient.crt -inkey azattest://key -out out
        cmp in out || fail "cms -decrypt with $option"
done
ok plain openssl cms -encrypt -in in -recip recipient.crt -keyopt rsa_padding_mode:oaep \
        -keyopt rsa_oaep_md:sha256 -aes256 -outform DER -out ct -binary
ok openssl cms -decrypt -in ct -inform DER -recip recipient.crt -inkey azattest://key -out out
cmp in out || fail "cms -decrypt with OAEP-SHA256"
