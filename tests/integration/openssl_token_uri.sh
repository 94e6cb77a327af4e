# setups: all
# azattest://token?file=PATH is a verified token's key or nothing, whatever the file is replaced by (D44).
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
printf %s secret >in
encrypt() { openssl pkeyutl -encrypt -pubin -inkey "$1" "${oaep[@]}" -in in -out ct; }
# refused [FRAGMENT]: what token.jwt is now.
refused() {
        rm -f ct
        expect_fail "${1-}" encrypt 'azattest://token?file=token.jwt'
        [ ! -s ct ] || fail "encrypted although refused"
}

ok azattest attest --out good.jwt
cp good.jwt token.jwt
for uri in 'azattest://token?file=token.jwt' "azattest://token?file=$PWD/token.jwt" 'azattest://token?file=%74oken.jwt'; do
        ok encrypt "$uri"
        ok openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct -out out
        cmp in out || fail "plaintext of $uri"
done
mkdir 'a dir'
cp good.jwt 'a dir/ü&.jwt'
ok encrypt 'azattest://token?file=a%20dir/%C3%BC%26.jwt'
ok openssl storeutl -noout -text 'azattest://token?file=token.jwt'
printed "Token: expires 20"
ok env AZATTEST_TCTI=device:/dev/null/none openssl pkeyutl -encrypt -pubin -inkey 'azattest://token?file=token.jwt' "${oaep[@]}" -in in -out ct
expect_fail "name public keys only" openssl pkey -in 'azattest://token?file=token.jwt' -noout

# Replaced by the attacker's key. The plain form encrypts to it.
ok plain openssl genpkey -algorithm RSA -out attacker.key
ok plain openssl pkey -in attacker.key -pubout -out token.jwt
ok encrypt token.jwt
ok plain openssl pkeyutl -decrypt -inkey attacker.key "${oaep[@]}" -in ct -out out
cmp in out || fail "contrast: the plain form reads another key now"
refused
ok plain openssl req -x509 -key attacker.key -subj /CN=attacker -days 1 -out token.jwt
refused
ok plain openssl pkey -in attacker.key -pubout -outform DER -out token.jwt
refused
plain openssl pkey -in attacker.key -pubout >attacker.pub
cat good.jwt attacker.pub >token.jwt
refused
cat attacker.pub good.jwt >token.jwt
refused
{ cat good.jwt; echo; cat good.jwt; } >token.jwt
refused
{ cat good.jwt; printf '\0'; cat attacker.pub; } >token.jwt
refused "NUL"
sed 's/.\{6\}$/AAAAAA/' good.jwt >token.jwt
refused "T8 (signature)"
: >token.jwt
refused
cp good.jwt token.jwt
expect_fail "G4 (identity)" without_policy openssl pkey -pubin -in 'azattest://token?file=token.jwt' -noout
# Nor does a policy that names no VM say whose it is (D42).
jq '.anyOf[].allOf |= map(select(.claim != "x-ms-azurevm-vmid"))' "$(setting policy)" >nobody.json
sed "s#^policy *=.*#policy = $PWD/nobody.json#" "$OPENSSL_CONF" >nobody.cnf
for file in 'azattest://token?file=token.jwt' token.jwt; do
        expect_fail "G4 (identity)" env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/nobody.cnf" openssl pkey -pubin -in "$file" -noout
done
sed 's/^policy *=.*/vmid = 00000000-0000-0000-0000-000000000000/' "$OPENSSL_CONF" >other.cnf
expect_fail "G4 (identity)" env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/other.cnf" openssl pkey -pubin -in 'azattest://token?file=token.jwt' -noout
ok azattest attest --purpose sign --out token.jwt
refused "made to sign, not to decrypt"
rm token.jwt
refused "cannot open token.jwt: "

expect_fail "write azattest://token?file=PATH" encrypt azattest://token
expect_fail "takes file=PATH alone" encrypt 'azattest://token?file=good.jwt&name=web'
expect_fail "takes file=PATH alone" encrypt 'azattest://token?name=web&file=good.jwt'
expect_fail "azattest://token only" encrypt 'azattest://key?file=good.jwt'
