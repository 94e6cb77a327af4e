# Whose word the names and dates of an attested certificate are (C8): a token and its key are public, and
# anybody can put them under a signature of his own.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest cert --name web --san DNS:web.example --out web.crt
ok azattest verify web.crt --json
same accept "$(check_row C8)"
ok azattest cert --purpose decrypt --out recipient.crt
ok azattest verify recipient.crt --json
same accept "$(check_row C8)"
printed "signed by an attested signing key of this VM"

# extension FILE OID-IN-HEX: the value of that extension, as openssl's configuration takes it.
extension() {
        openssl x509 -in "$1" -outform DER | python3 -c '
import sys
der, oid = sys.stdin.buffer.read(), bytes.fromhex(sys.argv[1])
at = der.index(oid) + len(oid)
assert der[at:at + 2] == b"\x04\x82"
n = int.from_bytes(der[at + 2:at + 4], "big")
print(der[at + 4:at + 4 + n].hex())' "$2"
}
cmw=06082b06010505070123
ca() { # NAME SUBJECT. All is said: what is not, OpenSSL's versions add or leave out.
        ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -subj "$2" -days 30 \
                -addext basicConstraints=critical,CA:TRUE -addext subjectKeyIdentifier=DER:040101 -out "$1.crt"
}
# foreign OUT SUBJECT EXTENSION...: the key and token of web.crt under the Evil CA's signature.
foreign() {
        local out=$1 subject=$2
        shift 2
        { printf '1.3.6.1.5.5.7.1.35 = DER:%s\n' "$(extension "$source" $cmw)"; printf '%s\n' "$@"; } >ext
        ok plain openssl x509 -in "$source" -noout -pubkey
        cp stdout pub.pem
        ok plain openssl x509 -new -force_pubkey pub.pem -subj "$subject" -CA evil.crt -CAkey evil.key -days 3650 \
                -extfile ext -out "$out"
}
ca evil "/CN=Evil CA"
ca other "/CN=Evil CA"
source=web.crt
leaf=("basicConstraints = critical,CA:FALSE" "keyUsage = critical,digitalSignature")

# Any names, ten years: nobody here vouches for them.
foreign evil-leaf.crt /CN=bank.example "${leaf[@]}" "subjectAltName = DNS:bank.example"
expect_undecided "check C8" azattest verify evil-leaf.crt
said "CN=Evil CA"
! azattest verify evil-leaf.crt --json >stdout 2>stderr || fail "accepted"
same "not checked" "$(check_row C8)"
same incomplete "$(jq -r .verdict stdout)"
# Who knows the CA may say so; another of the same name, or the certificate itself, does not do.
ok azattest verify evil-leaf.crt --ca evil.crt
vmid=$(jq -r '.claims["x-ms-azurevm-vmid"]' <(azattest verify web.crt --json 2>/dev/null))
call() { # CODE VERDICT ARGUMENT...: the library of the same bytes
        ok "$AZATTEST_BUILD/tests/integration/api_client" verify-certificate "${@:3}"
        same "$1 $2" "$(head -1 stdout | cut -d' ' -f1) $(tail -1 stdout | jq -r .verdict)" "library: ${*:3}"
}
call 0 accept web.crt "$vmid"
call 0 accept recipient.crt "$vmid"
call 0 accept evil-leaf.crt "$vmid" evil.crt
call -116 incomplete evil-leaf.crt "$vmid"
call -116 reject evil-leaf.crt "$vmid" other.crt
call -118 incomplete evil-leaf.crt "$vmid" none.crt
call -120 reject web.crt 00000000-0000-0000-0000-000000000000
expect_fail "check C8" azattest verify evil-leaf.crt --ca other.crt
expect_fail "check C8" azattest verify evil-leaf.crt --ca evil-leaf.crt
# Its issuer, and no CA: neither when it says so nor when it says nothing.
for extension in basicConstraints=critical,CA:FALSE nsComment=none; do
        ok plain openssl req -x509 -key evil.key -subj "/CN=Evil CA" -days 30 -addext "$extension" \
                -addext subjectKeyIdentifier=DER:040101 -out no-ca.crt
        expect_fail "not issued by the CA that was given: invalid CA certificate" \
                azattest verify evil-leaf.crt --ca no-ca.crt
done
cat evil.crt other.crt >two.crt
expect_fail "CA two.crt: not exactly one certificate" azattest verify evil-leaf.crt --ca two.crt
expect_undecided "CA none.crt: cannot open" azattest verify evil-leaf.crt --ca none.crt

# What no CA mends.
for wrong in "basicConstraints = critical,CA:TRUE" "1.2.3.4 = critical,DER:0500" "nsCertType = sslCA" \
        "subjectAltName = DER:30038201613003820162"; do
        case $wrong in
        basic*) foreign wrong.crt /CN=bank.example "$wrong" "keyUsage = critical,digitalSignature,keyCertSign" ;;
        *) foreign wrong.crt /CN=bank.example "${leaf[@]}" "$wrong" ;;
        esac
        expect_fail "check C8" azattest verify wrong.crt
        expect_fail "check C8" azattest verify wrong.crt --ca evil.crt
done
# What a CA puts there of its own is its affair.
foreign usual.crt /CN=web.example "${leaf[@]}" "extendedKeyUsage = serverAuth" "subjectKeyIdentifier = hash" \
        "authorityKeyIdentifier = DER:3003800101" "crlDistributionPoints = URI:http://ca.example/crl" \
        "authorityInfoAccess = OCSP;URI:http://ca.example/ocsp,caIssuers;URI:http://ca.example/ca.crt" \
        "certificatePolicies = 2.23.140.1.2.1" "nsCertType = server" "nsComment = made by the CA" "tlsfeature = status_request" \
        "subjectAltName = DNS:web.example,IP:192.0.2.1,dirName:dn" "[dn]" "CN = web" "[default]"
ok azattest verify usual.crt --ca evil.crt
for wrong in "keyUsage = DER:0302078003020204" "basicConstraints = DER:300030030101ff"; do
        foreign wrong.crt /CN=bank.example "$wrong"
        expect_fail "cannot be read: it is not exactly one value" azattest verify wrong.crt --ca evil.crt
done
# An extension that stands twice (OpenSSL makes none: two are made one).
foreign wrong.crt /CN=bank.example "${leaf[@]}" "1.2.3.4 = DER:0500" "1.2.3.5 = DER:0500"
ok azattest verify wrong.crt --ca evil.crt
openssl x509 -in wrong.crt -outform DER | python3 -c '
import sys
der, one, two = sys.stdin.buffer.read(), bytes.fromhex("06032a0304"), bytes.fromhex("06032a0305")
assert der.count(two) == 1
sys.stdout.buffer.write(der.replace(two, one))' >twice.der
expect_fail "its extension 1.2.3.4 stands twice" azattest verify twice.der --ca evil.crt
# It says that it signed itself.
foreign wrong.crt "/CN=Evil CA" "${leaf[@]}"
expect_fail "check C8" azattest verify wrong.crt
said "names itself as issuer"

# A recipient certificate under another signature, with the attested issuer's token still in it or without.
source=recipient.crt
issuer=$(openssl x509 -in recipient.crt -outform DER | python3 -c '
import sys
der = sys.stdin.buffer.read()
n, arcs = 190053934806805132817053026294002236189, []
while n: arcs.append(n & 127 | (128 if arcs else 0)); n >>= 7
oid = bytes([2 * 40 + 25]) + bytes(reversed(arcs))
print("06%02x" % len(oid) + oid.hex())')
usage=("basicConstraints = critical,CA:FALSE" "keyUsage = critical,keyEncipherment")
foreign wrong.crt /CN=bank "${usage[@]}" \
        "2.25.190053934806805132817053026294002236189 = DER:$(extension recipient.crt "$issuer")"
expect_fail "check C8" azattest verify wrong.crt
said "did not sign it"
foreign wrong.crt /CN=bank "${usage[@]}"
expect_undecided "check C8" azattest verify wrong.crt
# With the token of a key that the attacker may use, of another VM or purpose, it is no better.
foreign wrong.crt /CN=bank "${usage[@]}" \
        "2.25.190053934806805132817053026294002236189 = DER:$(extension recipient.crt $cmw)"
expect_fail "check C8" azattest verify wrong.crt
expect_usage "" azattest cert --ca evil.crt
