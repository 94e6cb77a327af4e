# openssl pkey: keys from URIs and files, what it prints and writes of them.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

silent openssl pkey -in azattest://key -out key.pem
same "-----BEGIN AZATTEST PRIVATE KEY-----" "$(head -1 key.pem)"
same 600 "$(stat -c %a key.pem)" "mode of the key file"
silent openssl pkey -in azattest://key -pubout -out key.pub
silent plain openssl pkey -pubin -in key.pub -pubcheck -noout

# A file is the same key; nothing below needs the TPM.
before=$(commands ALL)
silent openssl pkey -in key.pem -pubout
cmp stdout key.pub || fail "another public key from the file"
ok openssl rsa -in key.pem -RSAPublicKey_out
mv stdout key.pkcs1
ok plain openssl rsa -RSAPublicKey_in -in key.pkcs1 -pubout
cmp stdout key.pub || fail "another key in PKCS#1 form"
silent openssl pkey -in key.pem -pubout -outform DER -out key.der
silent openssl pkey -pubin -in key.der -inform DER -pubout
cmp stdout key.pub || fail "another public key in DER form"
silent openssl pkey -in key.pem -outform DER -out keyref.der
silent openssl pkey -in keyref.der -inform DER
cmp stdout key.pem || fail "PEM and DER forms of the key file differ"
silent openssl pkey -in key.pem -noout -text
printed "Private-Key: (2048 bit, in the vTPM)"
printed "Purpose: decrypt"
printed "PCRs: sha256:0-7"
printed "Token: expires 20"
silent openssl pkey -in key.pem -noout -text_pub
silent openssl pkey -in key.pem -noout -pubcheck
silent openssl asn1parse -in key.pem
printed "contains no secret"
same "$before" "$(commands ALL)" "TPM commands for work on the file"

# A check of the private half does.
silent openssl pkey -in key.pem -noout -check
printed "Key is valid"
[ "$before" -lt "$(commands ALL)" ] || fail "checked without the TPM"

# Named keys are keys of their own, the same ones at each opening.
silent openssl pkey -in "azattest://key?name=web" -pubout -out web.pub
! cmp -s key.pub web.pub || fail "a named key is the unnamed one"
silent openssl pkey -in "azattest://key?name=web" -pubout
cmp stdout web.pub || fail "the named key changed"
silent openssl pkey -in azattest://sign -pubout
! cmp -s stdout key.pub || fail "one key for both purposes"

# A token file is the public key it attests, after it was verified.
ok azattest attest --out t.jwt
silent openssl pkey -pubin -in t.jwt -pubout
cmp stdout key.pub || fail "another key in the token"
sed 's/\.[^.]*$/.AAAA/' t.jwt >bad.jwt
expect_fail "signature" openssl pkey -pubin -in bad.jwt -pubout

# What cannot work says so.
expect_fail "azattest://key" openssl pkey -in azattest:key
expect_fail "nmae" openssl pkey -in "azattest://key?nmae=web"
expect_fail "leave the cipher out" openssl pkey -in key.pem -aes256 -passout pass:x
sed '5d' key.pem >damaged.pem
expect_fail "Could not" openssl pkey -in damaged.pem
no_key
