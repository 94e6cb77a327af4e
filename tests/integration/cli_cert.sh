# azattest cert: certificate, request, key reference, renewal; verification of certificates.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
later=$(date -ud "+9 hours" +%Y-%m-%dT%H:%M:%SZ) # when a token of today has expired

ok azattest cert --san DNS:web.example --san 192.0.2.1 --san URI:https://web.example/ --out web.crt --key-out web.key
ok openssl x509 -in web.crt -noout -text
printed "rsassaPss"
printed "DNS:web.example, IP Address:192.0.2.1, URI:https://web.example/"
printed "1.3.6.1.5.5.7.1.35"
printed "CA:FALSE"
ok openssl verify -CAfile web.crt web.crt
openssl x509 -in web.crt -noout -pubkey >crt.pub
ok certtool --certificate-info --infile web.crt
printed "RSA-PSS-SHA256"
printed "1.3.6.1.5.5.7.1.35"

# The key file says the same key and holds the token, whose expiry ends the certificate.
ok azattest inspect web.key --json
same sign "$(jq -r .says.purpose stdout)"
expires=$(jq -r '.says["token-not-verified"].expires' stdout)
same "$(date -ud "$expires" +%s)" "$(date -ud "$(openssl x509 -in web.crt -noout -enddate | cut -d= -f2)" +%s)" notAfter
head -1 web.key | grep -q -- '-----BEGIN AZATTEST PRIVATE KEY-----' || fail "label of the key file"

ok azattest verify web.crt
printed "certificate: accept"
ok azattest verify web.crt --json
same accept "$(check_row C4)"
same accept "$(check_row C5)"
expect_fail "check T9 " azattest verify web.crt --time "$later"
expect_fail "check G4 " azattest verify web.crt --vmid 00000000-0000-0000-0000-000000000000
expect_fail "check G4 " without_policy azattest verify web.crt

# Forged: a good token in a certificate of another key; no token; the token twice; malformed.
cmw=$(openssl x509 -in web.crt -outform DER | openssl asn1parse -inform DER |
        awk '/1.3.6.1.5.5.7.1.35/ { getline; sub(/.*\[HEX DUMP\]:/, ""); print }')
forge() { # VALUE... -> forged.crt
        {
                echo "[req]"; echo "distinguished_name = dn"; echo "x509_extensions = ext"; echo "[dn]"; echo "[ext]"
                for value in "$@"; do echo "1.3.6.1.5.5.7.1.35 = DER:$value"; done
        } >forge.cnf
        ok env OPENSSL_CONF=/dev/null openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=forged \
                -days 1 -config forge.cnf -out forged.crt
}
forge "$cmw"
expect_fail "check C4 " azattest verify forged.crt
said "not the one its token attests"
forge
expect_fail "check C4 " azattest verify forged.crt
said "carries no attestation"
forge 0c0568656c6c6f
expect_fail "check C4 " azattest verify forged.crt
forge 0403010203
expect_fail "CBOR" azattest verify forged.crt

# The decryption key gets its certificate from the signing key.
ok azattest cert --purpose decrypt --out dec.crt
ok openssl x509 -in dec.crt -noout -text
printed "Key Encipherment"
ok openssl verify -partial_chain -CAfile dec.crt dec.crt
ok azattest verify dec.crt
printf %s bulk >in
ok openssl cms -encrypt -binary -in in -outform DER -out cms -aes-256-gcm -recip dec.crt -keyopt rsa_padding_mode:oaep

# A request with the same extension, for a CA of one's own.
ok azattest cert --csr --san web.example --out web.csr
ok openssl req -in web.csr -noout -verify -text
printed "1.3.6.1.5.5.7.1.35"
printed "DNS:web.example"
expect_fail "AZATTEST_E_WRONG_PURPOSE" azattest cert --csr --purpose decrypt

# Renewal: nothing happens while the certificate lasts, and a missing or unreadable one is made.
before=$(sha256sum web.crt)
ok azattest cert --san DNS:web.example --san 192.0.2.1 --san URI:https://web.example/ --out web.crt --renew-before 60
same "$before" "$(sha256sum web.crt)" "a certificate that is not due"
ok azattest cert --out web.crt --renew-before 86400
[ "$before" != "$(sha256sum web.crt)" ] || fail "a due certificate was not renewed"
ok azattest cert --out new.crt --renew-before 60
[ -s new.crt ] || fail "a missing certificate was not made"
# Its key is another one after a restart; its file is gone.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
before=$(openssl x509 -in new.crt -noout -pubkey)
ok azattest cert --out new.crt --renew-before 60
[ "$before" != "$(openssl x509 -in new.crt -noout -pubkey)" ] || fail "the certificate of a key that is gone was kept"
ok azattest cert --out new.crt --key-out new.key --renew-before 60
[ -s new.key ] || fail "a missing key file was not made"
expect_usage "--renew-before" azattest cert --renew-before 60
expect_usage "--renew-before" azattest cert --out web.crt --renew-before soon
expect_usage "--purpose any" azattest cert --purpose any
expect_fail "AZATTEST_E_CERTIFICATE" azattest cert --san 'two words'

# A key that outlives the boot: by option, environment and configuration; the other one does not.
hierarchy() { azattest inspect "$1" --json | jq -r .says.hierarchy; }
ok azattest cert --hierarchy owner --out o.crt --key-out o.key
same owner "$(hierarchy o.key)"
ok env AZATTEST_HIERARCHY=owner azattest cert --out e.crt --key-out e.key
same owner "$(hierarchy e.key)"
ok env AZATTEST_HIERARCHY=owner azattest cert --hierarchy null --out n.crt --key-out n.key
same null "$(hierarchy n.key)"
key() { openssl x509 -in "$1" -noout -pubkey; }
same "$(key o.crt)" "$(key e.crt)" "the same key"
ok azattest attest --hierarchy owner --out t.jwt
ok azattest encrypt --token t.jwt --vmid "$(claim t.jwt '.["x-ms-azurevm-vmid"]')" --in <(printf secret) --out ct
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok azattest decrypt --hierarchy owner --in ct
same secret "$(cat stdout)" "decrypted after a restart"
! azattest decrypt --in ct >stdout 2>stderr || [ "$(cat stdout)" != secret ] || fail "the key of the null hierarchy decrypts it"
ok azattest cert --hierarchy owner --out o.crt --key-out o.key --renew-before 60
printed "kept: "
expect_usage "hierarchy" azattest cert --hierarchy both
