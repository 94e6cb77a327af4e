# A file that is judged holds one thing, whole: nobody else reads another one out of it.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
refuse() { # FILE: by verify, whatever else reads it
        expect_fail "AZATTEST_E_CERTIFICATE -116" azattest verify "$1"
        said "not exactly one certificate"
        ! azattest explain "$1" >stdout 2>stderr || fail "explain reads $1"
        ! azattest inspect "$1" >stdout 2>stderr || fail "inspect reads $1"
}
# read_by_openssl FILE FORM NAME: whom OpenSSL finds in it.
read_by_openssl() {
        same "$3" "$(plain openssl x509 -inform "$2" -in "$1" -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')" "$1"
}

ok azattest cert --purpose decrypt --out recipient.crt
ok azattest verify recipient.crt
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=attacker -days 1 -out attacker.crt
plain openssl x509 -in attacker.crt -trustout -out trusted.crt
plain openssl x509 -in recipient.crt -outform DER -out recipient.der
plain openssl x509 -in attacker.crt -outform DER -out attacker.der
ok azattest verify recipient.der

cat trusted.crt recipient.crt >first.crt
read_by_openssl first.crt PEM attacker
refuse first.crt
cat attacker.der recipient.crt >der.crt
read_by_openssl der.crt DER attacker
refuse der.crt
{ cat recipient.der; echo; cat attacker.crt; } >der.crt
read_by_openssl der.crt PEM attacker
refuse der.crt
cat recipient.crt attacker.crt >chain.crt
refuse chain.crt
sed 's/ CERTIFICATE-/ X509 CERTIFICATE-/' recipient.crt >alias.crt
refuse alias.crt
{ printf '\357\273\277'; cat recipient.crt; } >bom.crt
refuse bom.crt
expect_fail "it begins with a byte order mark: save it as UTF-8 without one" azattest verify bom.crt
ok azattest evidence --out ev.json
{ printf '\357\273\277'; cat ev.json; } >bom.json
expect_fail "it begins with a byte order mark: save it as UTF-8 without one" azattest verify bom.json
{ echo "Certificate of the VM:"; cat recipient.crt; } >text.crt
refuse text.crt
{ cat recipient.crt; head -c 4 /dev/zero; } >zeros.crt
refuse zeros.crt
{ cat recipient.der; head -c 4 /dev/zero; } >zeros.crt
refuse zeros.crt
# The attested key signs a certificate with another one in an extension, as root in the VM can have it do.
{ printf '1.2.3.4 = DER:'; { echo; cat attacker.crt; } | od -An -tx1 -v | tr -d ' \n'; echo; } >hiding.ext
openssl x509 -new -subj /CN=vm -force_pubkey <(openssl pkey -in azattest://sign -pubout) -signkey azattest://sign -days 1 \
        -extfile hiding.ext -outform DER -out hiding.der 2>stderr
read_by_openssl hiding.der PEM attacker
refuse hiding.der
said "inside of the DER"
sed 's/$/\r/' recipient.crt >crlf.crt
ok azattest verify crlf.crt
# Renewal judges the same way: a file with a second certificate is made anew.
ok azattest cert --out web.crt
cat attacker.crt >>web.crt
ok azattest cert --out web.crt --renew-before 60
same 1 "$(grep -c BEGIN web.crt)" "certificates after renewal"

# Tokens: a line end may stand behind one, nothing else.
ok azattest attest --out t.jwt
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
ok openssl pkey -pubin -in t.jwt -noout
for tail in '\0' '\0\0\0' '\n\0' '\0\n' '\0{"alg":"none"}' ; do
        { tr -d '\n' <t.jwt; printf "$tail"; } >nul.jwt
        expect_fail "AZATTEST_E_TOKEN_FORM" azattest verify nul.jwt
        expect_fail "AZATTEST_E_TOKEN_FORM" azattest explain nul.jwt
        expect_fail "AZATTEST_E_TOKEN_FORM" azattest encrypt --token nul.jwt --vmid "$vmid" --in /dev/null
        expect_fail "" openssl pkey -pubin -in nul.jwt -noout
done
{ cat t.jwt; echo; cat t.jwt; } >two.jwt
expect_fail "AZATTEST_E_INPUT" azattest verify two.jwt
expect_fail "check T1 " azattest encrypt --token two.jwt --vmid "$vmid" --in /dev/null
{ tr -d '\n' <t.jwt; printf '\r\n'; } >crlf.jwt
ok azattest verify crlf.jwt
ok openssl pkey -pubin -in crlf.jwt -noout

# JSON: one text.
ok azattest evidence --nonce n1 --out e.json
ok azattest verify e.json --nonce n1
for tail in '\0' '{}' 'x'; do
        { cat e.json; printf "$tail"; } >more.json
        expect_fail "AZATTEST_E_" azattest verify more.json --nonce n1
        { cat "$(setting policy)"; printf "$tail"; } >policy.json
        expect_undecided "AZATTEST_E_INPUT" azattest verify t.jwt --policy policy.json
        { echo '{"base":"azure-baseline"}'; printf "$tail"; } >profile.json
        expect_undecided "AZATTEST_E_INPUT" azattest verify e.json --nonce n1 --profile ./profile.json
        ok curl -sS --cacert "$(setting ca-file)" "$(claim t.jwt .iss)/certs" -o jwks.json
        printf "$tail" >>jwks.json
        expect_undecided "AZATTEST_E_" azattest verify t.jwt --jwks jwks.json
done

# What is no file is refused at once, wherever a file is named: nobody's writer is waited for.
mkfifo fifo
at_once() { timeout 20 "$@"; }
for command in "verify fifo" "inspect fifo" "explain fifo" "verify t.jwt --policy fifo" "verify t.jwt --jwks fifo" \
        "verify t.jwt --evidence fifo" "verify recipient.crt --ca fifo" "verify e.json --certs fifo" \
        "verify e.json --crl fifo" "verify e.json --profile ./fifo" "encrypt --token fifo --in t.jwt" \
        "encrypt --token t.jwt --in fifo" "decrypt --in fifo"; do
        # shellcheck disable=SC2086
        expect_undecided "fifo is a named pipe and no file" at_once azattest $command
done
expect_undecided "is a named pipe" at_once env AZATTEST_POLICY="$PWD/fifo" azattest verify t.jwt
expect_usage "is a named pipe" at_once azattest --config fifo verify t.jwt
expect_usage "ca-file: $PWD/fifo is a named pipe" at_once env AZATTEST_CA_FILE="$PWD/fifo" azattest attest
expect_fail "is a named pipe" at_once openssl pkey -pubin -in "azattest://token?file=$PWD/fifo" -noout
expect_undecided "fifo is a named pipe" at_once env AZATTEST_EVENT_LOG="$PWD/fifo" azattest evidence --out nolog.json
# A pipe that comes without a name is one, and so is standard input.
ok azattest verify <(cat t.jwt) --policy <(cat "$(setting policy)") --json
cat t.jwt | ok azattest verify /dev/stdin
cat t.jwt | ok azattest verify -
ok azattest verify /dev/stdin <t.jwt
