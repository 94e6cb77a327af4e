# setups: all
# Keys as URIs and files through the openssl command: decrypt, sign, generate, show; and what fails
# says what to do.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
printf %s 0123456789abcdef0123456789abcdef >in

ok openssl pkey -in azattest://key -out dec.pem
grep -q "BEGIN AZATTEST PRIVATE KEY" dec.pem || fail "not a key reference"
ok openssl pkey -in 'azattest://sign?name=web' -out web.pem
ok openssl pkey -in dec.pem -pubout -out dec.pub
ok openssl pkey -in web.pem -pubout -out web.pub
ok openssl pkey -in web.pem -outform DER -out web.der
ok openssl pkey -in web.der -inform DER -noout
ok openssl pkey -in dec.pem -check -noout

for options in "rsa_padding_mode:oaep" "rsa_padding_mode:oaep rsa_oaep_md:sha256" \
        "rsa_padding_mode:oaep rsa_oaep_md:sha512 rsa_mgf1_md:sha1 rsa_oaep_label:6c6162656c" \
        "rsa_padding_mode:pkcs1"; do
        args=()
        for o in $options; do args+=(-pkeyopt "$o"); done
        for key in azattest://key dec.pem; do
                ok openssl pkeyutl -encrypt -pubin -inkey dec.pub "${args[@]}" -in in -out ct
                ok openssl pkeyutl -decrypt -inkey $key "${args[@]}" -in ct -out out
                cmp in out || fail "$options with $key"
        done
done
# The same answer to a bad ciphertext in every process.
head -c 256 /dev/zero | tr '\0' 'a' >bad
ok openssl pkeyutl -decrypt -inkey dec.pem -in bad -out bad1
ok openssl pkeyutl -decrypt -inkey azattest://key -in bad -out bad2
cmp bad1 bad2 || fail "implicit rejection differs between processes"

for salt in digest max auto 20; do
        pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$salt)
        ok openssl dgst -sha384 "${pss[@]}" -sign web.pem -out sig in
        ok openssl dgst -sha384 "${pss[@]}" -verify web.pub -signature sig in
done
ok openssl pkeyutl -sign -inkey 'azattest://sign?name=web' -pkeyopt digest:sha256 -in in -out sig
ok openssl pkeyutl -verify -pubin -inkey web.pub -pkeyopt digest:sha256 -in in -sigfile sig

# genpkey makes the key that the URI names, with a token of its own.
ok openssl genpkey -propquery provider=azattest -algorithm RSA -pkeyopt azattest-purpose:sign \
        -pkeyopt azattest-name:web -pkeyopt azattest-nonce:n1 \
        -pkeyopt 'azattest-payload:{"role":"web"}' -out gen.pem
said "."
ok openssl pkey -in gen.pem -pubout -out gen.pub
cmp gen.pub web.pub || fail "genpkey made another key"
ok openssl storeutl -noout -text 'azattest://sign?name=web'
for text in "Purpose: sign" "Name: web" "PCRs: sha256:0-7" "Token: expires 20"; do printed "$text"; done
ok openssl storeutl -noout azattest://ak
printed "Total found: 2"

# Loud failures.
expect_fail "to sign use azattest://sign" openssl pkeyutl -sign -inkey dec.pem -in in
expect_fail "to decrypt use azattest://key?name=web" openssl pkeyutl -decrypt -inkey web.pem -in bad
expect_fail "azattest-purpose:decrypt" openssl genpkey -propquery provider=azattest -algorithm RSA
expect_fail 'did you mean "name"' openssl pkey -in 'azattest://key?nam=web' -noout
expect_fail "leave the cipher out" openssl pkey -in web.pem -aes256 -passout pass:x
[ "$AZATTEST_SETUP" != default ] ||
        expect_fail "command not supported" openssl genpkey -algorithm RSA -pkeyopt azattest-purpose:sign
