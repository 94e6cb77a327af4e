# setups: all
# azattest://cert: a certificate of the signing key that carries its token and serves at once.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok openssl x509 -in azattest://cert -out uri.crt
ok azattest verify uri.crt
ok openssl x509 -in uri.crt -noout -pubkey
cp stdout cert.pub
ok openssl pkey -in azattest://sign -pubout
cmp stdout cert.pub || fail "certificate of another key"
ok openssl x509 -in 'azattest://cert?name=web' -noout -pubkey
cp stdout cert.pub
ok openssl pkey -in 'azattest://sign?name=web' -pubout
cmp stdout cert.pub || fail "certificate of another named key"
ok openssl storeutl -noout -certs azattest://cert
printed "Total found: 1"
expect_fail "Could not" openssl pkey -in azattest://cert -noout
no_key
AZATTEST_ATTEST=never expect_fail "token" openssl x509 -in azattest://cert -noout
