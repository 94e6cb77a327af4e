# openssl pkeyutl and dgst: signatures made in the vTPM, verified by others.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent openssl pkey -in azattest://sign -out sign.pem
silent openssl pkey -in sign.pem -pubout -out sign.pub
head -c 100000 /dev/urandom >message
tr 'a-y' 'b-z' <message >changed

# salt FILE MD: the salt length of a PSS signature of the signing key, found without OpenSSL's PSS code.
salt() {
        plain openssl pkeyutl -encrypt -pubin -inkey sign.pub -pkeyopt rsa_padding_mode:none -in "$1" | python3 -c '
import hashlib, sys
block, md = sys.stdin.buffer.read(), sys.argv[1]
size = hashlib.new(md).digest_size
masked, digest = block[:-size - 1], block[-size - 1:-1]
mask = b"".join(hashlib.new(md, digest + i.to_bytes(4, "big")).digest() for i in range(len(masked) // size + 1))
db = bytes(a ^ b for a, b in zip(masked, mask))
db = bytes([db[0] & 127]) + db[1:]
assert block[-1] == 0xbc
print(len(db.lstrip(b"\0")) - 1)' "$2"
}

# both MD PKEYOPT...: signed, verified by our key and without our provider.
both() {
        local options=(-rawin -digest "$1") option
        shift
        for option in "$@"; do options+=(-pkeyopt "$option"); done
        silent openssl pkeyutl -sign -inkey sign.pem "${options[@]}" -in message -out sig
        silent plain openssl pkeyutl -verify -pubin -inkey sign.pub "${options[@]}" -in message -sigfile sig
        silent openssl pkeyutl -verify -inkey sign.pem "${options[@]}" -in message -sigfile sig
        expect_fail "" openssl pkeyutl -verify -inkey sign.pem "${options[@]}" -in changed -sigfile sig
}
both sha256 rsa_padding_mode:pkcs1
both sha512 rsa_padding_mode:pss rsa_pss_saltlen:digest
same 64 "$(salt sig sha512)" "salt length: digest"
both sha256 rsa_padding_mode:pss rsa_pss_saltlen:digest
same 32 "$(salt sig sha256)" "salt length: digest"
both sha256 rsa_padding_mode:pss rsa_pss_saltlen:max
same 222 "$(salt sig sha256)" "salt length: max"
expect_fail "" plain openssl pkeyutl -verify -pubin -inkey sign.pub -rawin -digest sha256 \
        -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest -in message -sigfile sig
both sha256 rsa_padding_mode:pss rsa_pss_saltlen:20 rsa_mgf1_md:sha1
both sha384 rsa_padding_mode:pss

# A digest that was made elsewhere, and a message without digest.
openssl dgst -sha256 -binary message >digest
silent openssl pkeyutl -sign -inkey sign.pem -pkeyopt digest:sha256 -in digest -out sig
silent plain openssl pkeyutl -verify -pubin -inkey sign.pub -pkeyopt digest:sha256 -in digest -sigfile sig
silent openssl pkeyutl -sign -inkey sign.pem -in digest -out sig
silent plain openssl pkeyutl -verifyrecover -pubin -inkey sign.pub -in sig
cmp stdout digest || fail "PKCS#1 v1.5 without digest"
silent openssl pkeyutl -verifyrecover -inkey sign.pem -in sig
cmp stdout digest || fail "verifyrecover with our key"

# openssl dgst: streams.
for md in sha1 sha256 sha384 sha3-256; do
        silent openssl dgst -$md -sign sign.pem -out sig message
        ok plain openssl dgst -$md -verify sign.pub -signature sig message
        ok openssl dgst -$md -prverify sign.pem -signature sig message
done
silent openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign azattest://sign -out sig message
same 32 "$(salt sig sha256)" "salt length: -1"
ok plain openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -verify sign.pub -signature sig message
expect_fail "" plain openssl dgst -sha256 -verify sign.pub -signature sig message

# The decryption key does not sign, and the message names the key that does.
expect_fail "to sign use azattest://sign" openssl pkeyutl -sign -inkey azattest://key -in digest
expect_fail "azattest://sign" openssl dgst -sha256 -sign azattest://key message
