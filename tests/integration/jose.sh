# Interoperation with another JOSE implementation (npm's jose): tokens, JWE and sealed keys in both directions.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v node >/dev/null && command -v npm >/dev/null || { echo "skipped: no node"; exit 77; }
timeout 120 npm install --no-audit --no-fund --silent jose@5.9.6 >npm.log 2>&1 ||
        { echo "skipped: npm cannot install jose"; exit 77; }
cp "$(dirname "${BASH_SOURCE[0]}")/jose.mjs" .

ok azattest attest --out t.jwt
ok curl -sS --cacert "$(setting ca-file)" "$(claim t.jwt .iss)/certs" -o jwks.json

# The token verifies there, too.
ok node jose.mjs verify t.jwt jwks.json
same "$(claim t.jwt .iss)" "$(cat stdout)" issuer

# Made there, opened here.
head -c 100000 /dev/urandom >in
for alg in RSA-OAEP-256 RSA-OAEP; do
        node jose.mjs encrypt t.jwt $alg <in >jwe || fail "jose encrypt $alg"
        ok azattest decrypt --in jwe --out out
        cmp in out || fail "JWE of jose, $alg"
done

# Made here, opened there: to a key of the test, in a token that the test signed.
ok node jose.mjs forge t.jwt .
ok azattest encrypt --token forged.jwt --jwks forged.jwks --alg JWE --in in --out jwe
node jose.mjs decrypt forged.key <jwe >out || fail "jose decrypt"
cmp in out || fail "our JWE, opened by jose"

# Sealed keys: made there, opened here, of both hierarchies and of a named key; as its PEM frame is another's work.
framed() {
        echo "-----BEGIN AZATTEST SEALED PRIVATE KEY-----"
        base64 -w 64
        echo "-----END AZATTEST SEALED PRIVATE KEY-----"
}
# sealed_there TOKEN MEMBER
sealed_there() {
        node jose.mjs seal "$1" key.der "$2" >jwe || fail "jose seals"
        framed <jwe >theirs.pem
        silent openssl pkey -in theirs.pem -out back.pem
        cmp key.pem back.pem || fail "another key came out ($2)"
}
ok azattest attest --name web --out web.jwt
AZATTEST_HIERARCHY=owner ok azattest attest --out owner.jwt
for type in "EC -pkeyopt group:P-384" ED25519 "RSA -pkeyopt rsa_keygen_bits:3072"; do
        # shellcheck disable=SC2086
        plain openssl genpkey -algorithm $type -out key.pem 2>/dev/null
        plain openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der
        sealed_there t.jwt ""
        sealed_there web.jwt '{"v": 1, "name": "web"}'
        sealed_there owner.jwt '{"v": 1, "hierarchy": "owner"}'

        # Made here, opened there: in a token that the test signed.
        ok azattest seal --token forged.jwt --jwks forged.jwks --in key.pem --hierarchy owner --name web --out ours.pem
        sed '/^-/d' ours.pem | base64 -d >jwe
        node jose.mjs decrypt forged.key <jwe >out || fail "jose opens a sealed key"
        cmp key.der out || fail "our sealed key, opened by jose"
done
same "RSA-OAEP-256 A256GCM pkcs8 1 web owner" \
        "$(node jose.mjs header <jwe | jq -r '[.alg, .enc, .cty, .azattest.v, .azattest.name, .azattest.hierarchy] | join(" ")')"
node jose.mjs seal web.jwt key.der "" | framed >theirs.pem
expect_fail "does not open with the unnamed decrypt key" openssl pkey -in theirs.pem -noout
node jose.mjs seal t.jwt key.der '{"v": 1, "names": "web"}' | framed >theirs.pem
expect_fail "is not known" openssl pkey -in theirs.pem -noout
