# Interoperation with another JOSE implementation (npm's jose): tokens, and JWE in both directions.
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
