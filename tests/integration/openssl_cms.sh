# openssl cms: files of any size encrypted to the attested key's certificate, and signed by the signing key.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --purpose decrypt --out dec.crt
silent openssl pkey -in azattest://key -out key.pem
head -c 1000000 /dev/urandom >message

# encrypt OPTION...: without our provider, decrypted with it by file and by URI.
encrypt() { silent plain openssl cms -encrypt -binary -in message -outform DER -out cms "$@"; }
decrypt() {
        local key
        for key in key.pem azattest://key; do
                silent openssl cms -decrypt -binary -in cms -inform DER -recip dec.crt -inkey $key -out plaintext
                cmp message plaintext || fail "cms -decrypt with $key"
        done
        silent openssl cms -decrypt -binary -in cms -inform DER -inkey key.pem -out plaintext
        cmp message plaintext || fail "cms -decrypt without certificate"
}
encrypt -aes-256-cbc -recip dec.crt
decrypt
encrypt -aes-256-gcm -recip dec.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
decrypt
silent openssl cms -cmsout -print -noout -in cms -inform DER
printed "authEnvelopedData"
printed "rsaesOaep"
encrypt -aes-256-gcm -recip dec.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha512 \
        -keyopt rsa_mgf1_md:sha1 -keyopt rsa_oaep_label:c0ffee
decrypt
# The tag protects the content.
size=$(stat -c %s cms)
{ head -c 1000 cms; printf '\377\376\375\374'; tail -c +1005 cms; } >changed
same "$size" "$(stat -c %s changed)"
status=0
openssl cms -decrypt -binary -in changed -inform DER -recip dec.crt -inkey key.pem -out never >stdout 2>stderr || status=$?
[ $status != 0 ] || fail "a changed message was decrypted"

# Signed: PKCS#1 v1.5, PSS, detached, and several signers at once.
silent openssl pkey -in azattest://sign -out sign.pem
silent openssl req -x509 -key sign.pem -subj /CN=signer -days 1 -addext keyUsage=digitalSignature \
        -addext extendedKeyUsage=emailProtection -out sign.crt
verify() {
        ok plain openssl cms -verify -binary -in signed -inform DER -CAfile sign.crt "$@" -out content
        cmp message content || fail "signed content"
}
for key in sign.pem azattest://sign; do
        silent openssl cms -sign -binary -nodetach -in message -signer sign.crt -inkey $key -outform DER -out signed
        verify
done
silent openssl cms -sign -binary -nodetach -md sha384 -in message -signer sign.crt -inkey sign.pem \
        -keyopt rsa_padding_mode:pss -outform DER -out signed
verify
silent openssl cms -sign -binary -in message -signer sign.crt -inkey sign.pem -outform DER -out signed
verify -content message
tr 'a-y' 'b-z' <message >changed
status=0
plain openssl cms -verify -binary -in signed -inform DER -CAfile sign.crt -content changed >stdout 2>stderr || status=$?
[ $status != 0 ] || fail "a changed message verified"
