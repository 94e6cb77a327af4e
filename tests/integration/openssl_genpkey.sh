# openssl genpkey: attested keys as other keys are made; loud where the provider is not asked.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
generate() { openssl genpkey -algorithm RSA -propquery provider=azattest "$@"; }

# OpenSSL 4 shows progress when it is asked to, older ones have no word for it.
ok openssl genpkey -help
verbose=$(sed -n 's/^ *\(-verbose\) .*/\1/p' stdout stderr)
# shellcheck disable=SC2086
ok generate $verbose -pkeyopt azattest-purpose:sign -pkeyopt azattest-name:web -pkeyopt azattest-nonce:n1 \
        -pkeyopt 'azattest-payload:{"ticket":7}' -out web.key
grep -q '\.' stderr || fail "no progress dots"
silent openssl pkey -in web.key -noout -text
printed "Purpose: sign"
printed "Name: web"
grep -v -- ----- web.key | base64 -di | grep -ao 'eyJ[A-Za-z0-9_.-]*' >t.jwt
same 7 "$(claim t.jwt '."x-ms-runtime"."client-payload".ticket' | base64 -d)" "payload in the key's token"
ok azattest verify t.jwt --nonce n1
openssl pkey -in web.key -pubout -out web.pub
silent openssl pkey -in "azattest://sign?name=web" -pubout
cmp stdout web.pub || fail "the URI of the name is another key"
ok generate -pkeyopt azattest-purpose:decrypt -out key.pem
printf %s secret >in
silent openssl pkeyutl -encrypt -inkey key.pem -in in -out ct
silent openssl pkeyutl -decrypt -inkey key.pem -in ct
same secret "$(cat stdout)"

# Without a purpose the key is an ordinary one and says so; with other words of ours there is none.
ok generate -text -out ordinary.key
head -1 ordinary.key | grep -q 'BEGIN PRIVATE KEY' || fail "an ordinary key was asked for"
grep -qE "^Ordinary key, not in the vTPM and not attested[[:space:]]*$" ordinary.key || fail "what the key is"
expect_fail "azattest-purpose:decrypt" generate -pkeyopt azattest-name:web -out never.key
[ "$AZATTEST_SETUP" != default ] ||
        expect_fail "azattest-purpose" openssl genpkey -algorithm RSA -pkeyopt azattest-purpose:sign -out never.key
expect_fail "azattest-purpose" openssl genpkey -algorithm RSA -propquery provider=default \
        -pkeyopt azattest-purpose:sign -out never.key
expect_fail "sign" generate -pkeyopt azattest-purpose:sing -out never.key
expect_fail "2048" generate -pkeyopt azattest-purpose:sign -pkeyopt rsa_keygen_bits:4096 -out never.key
expect_fail "name" generate -pkeyopt azattest-purpose:sign -pkeyopt "azattest-name:two words" -out never.key
expect_fail "azattest-purpose" generate -pkeyopt azattest-purpose:sign \
        -pkeyopt 'azattest-payload:{"azattest-purpose":"decrypt"}' -out never.key
[ ! -s never.key ] || fail "a key was written where none was made"

# Without MAA no key, and an ordinary RSA key is made as ever.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" "fault http-status=400"
expect_fail "400" generate -pkeyopt azattest-purpose:sign -pkeyopt azattest-name:other -out never.key
[ ! -s never.key ] || fail "a key without token was written"
ok openssl genpkey -algorithm RSA -propquery provider=default -out plain.key
head -1 plain.key | grep -q 'BEGIN PRIVATE KEY' || fail "an ordinary key was asked for"
