# azattest cert --leaf: keys in memory for which an attested key vouches, with chain, renewal and verdict.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

names() { openssl x509 -in "$1" -noout -ext subjectAltName | tail -1 | xargs; }
# second_of FILE: the certificate behind the leaf.
second_of() { awk '/BEGIN CERT/ { n++ } n == 2' "$1"; }

# Every kind of key: an ordinary chain for OpenSSL and GnuTLS, and a verdict for us.
for kind in ec ed25519 rsa; do
        ok azattest cert --leaf "$kind" --name web --san DNS:web.example --san 192.0.2.1 --out web.crt --key-out web.key
        same "600" "$(stat -c %a web.key)" "mode of a private key"
        head -1 web.key | grep -qx -- "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" || fail "not sealed"
        same "$(openssl pkey -in web.key -pubout)" "$(openssl x509 -in web.crt -noout -pubkey)" "leaf and key"
        second_of web.crt >issuer.crt
        ok openssl verify -x509_strict -purpose sslserver -verify_hostname web.example -CAfile issuer.crt web.crt
        ok openssl verify -x509_strict -purpose sslclient -CAfile issuer.crt web.crt
        ok certtool --verify --load-ca-certificate issuer.crt --infile web.crt
        expect_fail "check C7 " azattest verify web.crt
        said "delegated = yes (--delegated)"
        ok azattest verify web.crt --delegated
        printed "certificate: accept"
        printed "key in memory, for which the attested key vouches"
        ok azattest verify web.crt --delegated --json
        for id in T8 T9 G4 C4 C5 C7 C8; do same accept "$(check_row $id)" $id; done
        jq -r '.weakened[]' stdout | grep -q '^delegated = yes' || fail "not named as weakening"
done
ok openssl x509 -in web.crt -noout -text
printed "Signature Algorithm: rsassaPss"
printed "CA:FALSE"
printed "TLS Web Server Authentication, TLS Web Client Authentication"
! grep -q 1.3.6.1.5.5.7.1.35 stdout || fail "a token in the leaf"
same "DNS:web.example, IP Address:192.0.2.1" "$(names web.crt)" names
ok openssl x509 -in issuer.crt -noout -text
printed "CA:TRUE, pathlen:0"
printed "Certificate Sign"
printed "1.3.6.1.5.5.7.1.35"
! grep -q "CRL Sign\|Digital Signature\|Subject Alternative" stdout || fail "the issuer may do more than issue"
same "$(openssl x509 -in issuer.crt -noout -enddate)" "$(openssl x509 -in web.crt -noout -enddate)" "end"
same "$(openssl pkey -in 'azattest://issue?name=web' -pubout)" "$(openssl x509 -in issuer.crt -noout -pubkey)" "the issuer's key"
[ "$(openssl x509 -in web.crt -noout -serial)" != "$(openssl x509 -in issuer.crt -noout -serial)" ] || fail "serial numbers"
ok azattest inspect web.crt
ok azattest explain web.crt --delegated

ok azattest verify --quiet --delegated web.crt
printed ", which vouches for a key in memory, valid until "

# The issuer is no server, and OpenSSL cannot sign with its key.
expect_fail "check C5 " azattest verify issuer.crt --delegated
expect_fail "made to issue" openssl req -new -x509 -key "azattest://issue?name=web" -subj /CN=evil -out evil.crt
expect_fail "made to issue" openssl dgst -sha256 -sign "azattest://issue?name=web" -out evil.sig web.crt
expect_fail "AZATTEST_E_WRONG_PURPOSE" azattest decrypt --purpose issue --name web --in web.crt

# Configured instead of said.
sed "s/^policy *=/delegated = yes\n&/" "$OPENSSL_CONF" >delegated.cnf
ok azattest --config delegated.cnf verify web.crt

# A key that is there, and a request.
ok plain openssl genpkey -algorithm EC -pkeyopt group:P-384 -out own.key
ok azattest cert --leaf own.key --san DNS:own.example --out own.crt
same "$(openssl pkey -in own.key -pubout)" "$(openssl x509 -in own.crt -noout -pubkey)" "own key"
ok azattest verify own.crt --delegated
ok azattest cert --leaf own.key --san DNS:own.example --out own.crt --key-out copy.key
same "$(openssl pkey -in own.key)" "$(openssl pkey -in copy.key)" "the key written again"
ok plain openssl req -new -key own.key -subj /CN=evil -addext basicConstraints=CA:TRUE -addext subjectAltName=DNS:evil.example -out own.csr
ok azattest cert --leaf own.csr --san DNS:csr.example --out csr.crt
same "$(openssl pkey -in own.key -pubout)" "$(openssl x509 -in csr.crt -noout -pubkey)" "key of the request"
same "DNS:csr.example" "$(names csr.crt)" "nothing but the key is taken of a request"
ok azattest verify csr.crt --delegated
ok plain openssl x509 -in own.crt -pubkey -noout -out other.pub
sed 's/^M\(.\)/M\1/; 3s/A/B/; 3s/a/b/' own.csr >broken.csr
expect_fail "AZATTEST_E_CERTIFICATE" azattest cert --leaf broken.csr --out bad.crt
# One that is sealed, and one that was sealed to a VM that is no more.
ok azattest seal --in own.key --out sealed.key
ok azattest cert --leaf sealed.key --san DNS:own.example --out own.crt --key-out again.key
same "$(openssl pkey -in own.key -pubout)" "$(openssl x509 -in own.crt -noout -pubkey)" "key of a sealed file"
# What is no key, or a weak one.
ok plain openssl genrsa -out weak.key 1024
expect_fail "not good enough" azattest cert --leaf weak.key --out bad.crt
ok plain openssl genpkey -algorithm EC -pkeyopt group:secp224r1 -out weak.key
expect_fail "not good enough" azattest cert --leaf weak.key --out bad.crt
ok plain openssl genpkey -algorithm EC -pkeyopt group:P-256 -aes256 -pass pass:x -out locked.key
expect_undecided "'azattest seal --in FILE --passin FROM' makes a sealed one" azattest cert --leaf locked.key --out bad.crt
expect_undecided "no private key" azattest cert --leaf web.crt --out bad.crt
ok azattest cert --name web --out vtpm.crt --key-out vtpm.key
expect_undecided "no private key" azattest cert --leaf vtpm.key --out bad.crt
[ ! -e bad.crt ] || fail "something was written"
expect_usage "--key-out" azattest cert --leaf ec --out bad.crt
expect_usage "--key-out" azattest cert --leaf own.csr --out bad.crt --key-out bad.key
expect_usage "--csr" azattest cert --leaf ec --csr --out bad.crt --key-out bad.key
expect_usage "--purpose" azattest cert --leaf ec --purpose sign --out bad.crt --key-out bad.key
expect_usage "purpose sign or decrypt" azattest cert --purpose issue --out bad.crt

# A key file that everybody could read becomes a private one.
ok azattest cert --name web --out mode.crt --key-out mode.key
same 644 "$(stat -c %a mode.key)" "a reference"
ok azattest cert --leaf ec --plain --name web --out mode.crt --key-out mode.key
said "written unencrypted"
same 600 "$(stat -c %a mode.key)" "a private key"
ok plain openssl pkey -in mode.key -noout
expect_usage "--plain is for --leaf" azattest cert --plain --out bad.crt

# Renewal: what it did and why.
renew() {
        local expected=$1
        shift
        ok azattest cert --leaf "${leaf-ec}" --san DNS:web.example --out re.crt --key-out re.key --renew-before "${before_end-60}" "$@"
        # shellcheck disable=SC2254
        case $(cat stdout) in $expected) ;; *) cat stdout >&2; fail "no '$expected'" ;; esac
        same "$(openssl pkey -in re.key -pubout)" "$(openssl x509 -in re.crt -noout -pubkey)" "key file and leaf"
        ok azattest verify re.crt --delegated
}
renew "made: there was no certificate to keep"
before=$(sha256sum re.crt re.key)
renew "kept: * left"
same "$before" "$(sha256sum re.crt re.key)" "files that were kept"
before_end=86400 renew "renewed: * left"
renew "made anew: its key shall be unencrypted" --plain
renew "kept: * left" --plain
renew "made anew: its key shall be sealed"
[ "$before" != "$(sha256sum re.crt re.key)" ] || fail "not renewed"
leaf=ed25519 renew "made anew: another leaf key is asked for"
renew "made anew: another leaf key is asked for"
: >re.key
renew "made anew: its key file is missing or empty"
cp own.key re.key
renew "made anew: certificate and key file do not belong together"
cp vtpm.key re.key
renew "made anew: its key file is no private key: *"
second_of re.crt >one.crt && cp one.crt re.crt
renew "made anew: the file is no leaf with its issuer: *"
renew "made anew: the key is gone *, or another one is asked for" --name other
ok azattest cert --leaf own.key --san DNS:own.example --out own.crt --renew-before 60
same "kept" "$(cut -d: -f1 stdout)" "a key that was given"
ok plain openssl genpkey -algorithm ED25519 -out own.key
ok azattest cert --leaf own.key --san DNS:own.example --out own.crt --renew-before 60
same "made anew: another leaf key is asked for" "$(cat stdout)" "another key given"

# What is accepted is what is written, and whose key.
ok azattest verify web.crt --delegated --out accepted.crt --pubkey-out accepted.pub
same "$(cat web.crt)" "$(cat accepted.crt)" "the chain"
same "$(openssl x509 -in web.crt -noout -pubkey)" "$(cat accepted.pub)" "the leaf's key"
ok azattest evidence --purpose issue --name web --out evidence.json
ok azattest verify web.crt --delegated --evidence evidence.json
ok azattest evidence --purpose sign --name web --out other.json
expect_fail "check T18 " azattest verify web.crt --delegated --evidence other.json

# After a restart what was sealed is closed for good, and the renewal makes all of it anew.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
expect_fail "" azattest cert --leaf sealed.key --out bad.crt
again=(azattest cert --leaf ec --name web --san DNS:web.example --out web.crt --key-out web.key --renew-before 60)
ok azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 4
ok "${again[@]}" --json
ok azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 4
ok "${again[@]}"
printed "made anew: its key file no longer opens: sealed key: PCR 4 changed"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok "${again[@]}"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok "${again[@]}" --json
same "made anew, key-gone" "$(jq -r '"\(.action), \(.cause)"' stdout)" "after a restart"
same "$(openssl pkey -in web.key -pubout)" "$(openssl x509 -in web.crt -noout -pubkey)" "leaf and key after it"
ok azattest verify web.crt --delegated

# One file for the chain and its key would keep the last of them, without a word.
for out in both.pem ./both.pem; do
        expect_usage "--out and --key-out name the same file" azattest cert --leaf ec --out both.pem --key-out "$out"
        [ ! -e both.pem ] || fail "something was written"
done
expect_usage "--out and --key-out name the same file" azattest cert --out both.pem --key-out both.pem
ok azattest attest --out token.jwt
expect_usage "--pubkey-out and --html name the same file" azattest verify token.jwt --html page --pubkey-out page
expect_usage "--out and --html name the same file" azattest verify token.jwt --html page --out ./page
expect_usage "names the file that is read" azattest explain token.jwt --html token.jwt
ok azattest inspect token.jwt
