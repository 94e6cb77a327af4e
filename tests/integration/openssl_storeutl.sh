# openssl storeutl: what stands behind a URI, and ordinary files beside it.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent openssl storeutl -noout -text azattest://key?name=web
printed "Pkey"
printed "Name: web"
printed "Purpose: decrypt"
printed "Token: expires 20"
printed "Total found: 1"
silent openssl storeutl -keys azattest://sign
printed "-----BEGIN AZATTEST PRIVATE KEY-----"
silent openssl storeutl -noout -certs azattest://ak
printed "Total found: 1"
silent openssl storeutl -noout -text azattest://ak
printed "Public key"
printed "Certificate"
printed "Total found: 2"
# What is in the way is said, whichever kind of key openssl asks for last.
expect_fail "name public keys only" openssl pkey -in azattest://ak -noout
for kind in "" -pubin; do
        # shellcheck disable=SC2086
        expect_fail "/dev/null/none" env AZATTEST_TCTI=device:/dev/null/none openssl pkey $kind -in azattest://ak -noout
done

silent openssl pkey -in azattest://sign -out sign.pem
silent openssl storeutl -noout -text sign.pem
printed "Private-Key: (2048 bit, in the vTPM)"
silent openssl req -x509 -key sign.pem -subj /CN=self -days 1 -out self.crt
plain openssl genpkey -quiet -algorithm RSA -out plain.key 2>/dev/null || plain openssl genpkey -algorithm RSA -out plain.key 2>/dev/null
cat self.crt sign.pem plain.key >both.pem
silent openssl storeutl -noout both.pem
printed "Total found: 3"
same 2 "$(grep -c Pkey stdout)" "keys in one file"

expect_fail 'did you mean "key"?' openssl storeutl -noout azattest://kye
