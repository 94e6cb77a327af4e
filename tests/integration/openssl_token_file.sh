# setups: all
# A file that holds a token loads as the public key it attests, once verified; else it does not load.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)

ok azattest attest --out t.jwt
ok openssl pkey -in azattest://key -pubout -out key.pub
ok openssl pkey -pubin -in t.jwt -pubout -out token.pub
cmp key.pub token.pub || fail "the token's key is another one"
printf %s secret >in
ok openssl pkeyutl -encrypt -pubin -inkey t.jwt "${oaep[@]}" -in in -out ct
ok openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct -out out
cmp in out || fail "plaintext"
ok openssl storeutl -noout -text t.jwt
printed "Token: expires 20"
expect_fail "Could not" openssl pkey -in t.jwt -noout # there is no private key in it
no_key

# A machine without TPM does the same.
ok env AZATTEST_TCTI=device:/dev/null/none openssl pkey -pubin -in t.jwt -noout -text
ok env AZATTEST_TCTI=device:/dev/null/none openssl pkeyutl -encrypt -pubin -inkey t.jwt "${oaep[@]}" -in in -out ct
ok openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct -out out
cmp in out || fail "plaintext, encrypted without a TPM"

# Without cached key set it is fetched once.
rm "$(setting runtime-dir)"/*.jwks
ok openssl pkey -pubin -in t.jwt -noout

sed 's/.\{6\}$/AAAAAA/' t.jwt >forged.jwt
expect_fail "T8 (signature)" openssl pkey -pubin -in forged.jwt -noout
cut -d. -f1,2 t.jwt >short.jwt
expect_fail "Could not" openssl pkey -pubin -in short.jwt -noout
no_key
said short.jwt
# D12: some VM of a shared MAA is not enough.
expect_fail "G4 (identity)" without_policy openssl pkey -pubin -in t.jwt -noout

# C5: nobody encrypts to a signing key.
ok azattest attest --purpose sign --out sign.jwt
expect_fail "made to sign, not to decrypt" \
        openssl pkeyutl -encrypt -pubin -inkey sign.jwt "${oaep[@]}" -in in -out ct
ok openssl dgst -sha256 -sign azattest://sign -out sig in
ok openssl pkeyutl -verify -pubin -inkey sign.jwt -rawin -digest sha256 -in in -sigfile sig
expect_fail "made to decrypt, not to sign" \
        openssl pkeyutl -verify -pubin -inkey t.jwt -rawin -digest sha256 -in in -sigfile sig
