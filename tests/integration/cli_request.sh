# azattest verify of certificate requests: what `azattest cert --csr` makes, and what somebody else makes of it. A
# request is signed by the attested key itself or it proves nothing (C8).
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
client=$AZATTEST_BUILD/tests/integration/api_client

ok azattest cert --csr --name web --san DNS:web.example --out web.csr --key-out web.key
ok azattest verify web.csr --json
same accept "$(jq -r .verdict stdout)"
same request "$(jq -r .subject stdout)"
for id in C4 C5 C8 T8 T9 G4; do same accept "$(check_row $id)" $id; done
printed "signed by the attested key itself"
openssl req -in web.csr -outform DER -out web.der
ok azattest verify web.der --out out.csr --pubkey-out key.pem
printed "request: accept"
cmp out.csr web.csr || fail "not the canonical form"
openssl req -in web.csr -noout -pubkey >key.pub
cmp key.pem key.pub || fail "the request's key is another one"

# Judged as a certificate is: which VM, policy, nonce, evidence beside it, time.
vmid=$(jq -r '.claims["x-ms-azurevm-vmid"]' <(azattest verify web.csr --json 2>/dev/null))
expect_fail "[AZATTEST_E_OTHER_VM -120]" azattest verify web.csr --vmid 00000000-0000-0000-0000-000000000000
expect_fail "which VM is not said" without_policy azattest verify web.csr
ok without_policy azattest verify web.csr --vmid "$vmid"
expect_fail "check T11" azattest verify web.csr --nonce another
ok azattest cert --csr --nonce n1 --name web --out nonce.csr
ok azattest verify nonce.csr --nonce n1
expect_fail "check T6" azattest verify web.csr --time 2031-01-01T00:00:00Z
ok azattest evidence --purpose sign --name web --out web.json
ok azattest verify web.csr --evidence web.json --json
same accept "$(check_row T18)"
ok azattest evidence --out other.json
expect_fail "check T18" azattest verify web.csr --evidence other.json
expect_usage "--ca does not apply to a request" azattest verify web.csr --ca web.csr
expect_usage "--purpose does not apply to a request" azattest verify web.csr --purpose sign
expect_usage "do not apply to a request" azattest verify web.csr --profile strict
ok azattest inspect web.csr
printed "certificate request"
ok azattest explain web.csr
printed "attested certificate request"

# The library says the same of the same bytes.
for file in web.csr web.der; do
        ok "$client" verify-certificate $file "$vmid"
        same "0 AZATTEST_OK" "$(head -1 stdout)"
done
tail -1 stdout >result
ok azattest verify web.csr --vmid "$vmid" --json
same "$(jq -S '[.checks[] | [.id, .outcome, .reason]]' result)" "$(jq -S '[.checks[] | [.id, .outcome, .reason]]' stdout)" rows
same "$(jq -S .claims result)" "$(jq -S .claims stdout)" claims
ok "$client" verify-certificate web.csr 00000000-0000-0000-0000-000000000000
same "-120 AZATTEST_E_OTHER_VM" "$(head -1 stdout)"

# It is nothing to encrypt to.
expect_fail "is a certificate request" azattest encrypt --token web.csr --in /dev/null --out none
[ ! -e none ] || fail "encrypted to a request"

# ---- what others make of it ----
# The key of web.csr signs what root in the VM wants, and nobody else can.
cmw=$(openssl req -in web.csr -outform DER | python3 -c '
import sys
der, oid = sys.stdin.buffer.read(), bytes.fromhex("06082b06010505070123")
at = der.index(oid) + len(oid)
assert der[at:at + 2] == b"\x04\x82"
n = int.from_bytes(der[at + 2:at + 4], "big")
print(der[at + 4:at + 4 + n].hex())')
# made OUT KEY EXTENSION...: a request with that key, the token and the extensions; ATTRIBUTES beside them.
made() {
        local out=$1 key=$2
        shift 2
        {
                printf '[req]\ndistinguished_name = dn\nprompt = no\nreq_extensions = ext\n'
                [ -z "${attributes-}" ] || printf 'attributes = more\n'
                printf '[dn]\nCN = web\n[more]\n%b\n[ext]\n1.3.6.1.5.5.7.1.35 = DER:%s\n' "${attributes-}" "$cmw"
                printf '%s\n' "$@"
        } >req.cnf
        ok openssl req -new -config req.cnf -key "$key" "${digest:--sha256}" -out "$out"
}
# refused FRAGMENT: made.csr by C4 or C8, in PEM and DER.
refused() {
        expect_fail "$1" azattest verify made.csr --vmid "$vmid"
        [[ $(head -1 stderr; tail -1 stderr) == *AZATTEST_E_CERTIFICATE* ]] || { cat stderr; fail "another code"; }
        openssl req -in made.csr -outform DER -out made.der
        expect_fail "$1" azattest verify made.der --vmid "$vmid" --out none --pubkey-out none.pem
        [ ! -e none ] && [ ! -e none.pem ] || fail "a file was made"
}
# What root may ask for with its own key is accepted, whatever the names: it has the key.
made made.csr web.key "subjectAltName = DNS:other.example"
ok azattest verify made.csr --vmid "$vmid"
made made.csr web.key "basicConstraints = critical,CA:TRUE"
refused "it asks for a CA certificate"
made made.csr web.key "keyUsage = critical,keyCertSign"
refused "it asks for a CA certificate"
made made.csr web.key "1.2.3.4 = critical,DER:0500"
refused "critical extension that is unknown"
# Only what is listed: a CA that copies extensions gives out what it does not look at.
made made.csr web.key "subjectAltName = DNS:other.example" "basicConstraints = CA:FALSE" "keyUsage = digitalSignature" \
        "extendedKeyUsage = serverAuth" "subjectKeyIdentifier = hash" "tlsfeature = status_request"
ok azattest verify made.csr --vmid "$vmid"
made made.csr web.key "1.2.3.4 = DER:0500"
refused "its extension 1.2.3.4 is none that a request may ask for"
made made.csr web.key "nameConstraints = permitted;DNS:example"
refused "its extension nameConstraints is none that a request may ask for"
made made.csr web.key "nsCertType = sslCA,emailCA,objCA"
refused "it asks for a CA certificate"
made made.csr web.key "keyUsage = digitalSignature,cRLSign"
refused "cRLSign"
made made.csr web.key "extendedKeyUsage = serverAuth,OCSPSigning"
refused "OCSPSigning"
made made.csr web.key "extendedKeyUsage = anyExtendedKeyUsage"
refused "anyExtendedKeyUsage"
made made.csr web.key "basicConstraints = DER:300030030101ff"
refused "its extension basicConstraints cannot be read"
made made.csr web.key "subjectAltName = DER:30038201613003820162"
refused "its extension subjectAltName cannot be read"
made made.csr web.key "basicConstraints = DER:0500"
refused "cannot be read"
digest=-sha1 made made.csr web.key "subjectAltName = DNS:other.example"
refused "weak or unknown"
attributes='challengePassword = secret' made made.csr web.key "1.2.3.4 = DER:0500"
refused "more than one attribute"

# Another key, with the token of ours; a signature of another key, or a changed one; no token.
ok plain openssl genrsa -out attacker.key 2048
made made.csr attacker.key "1.2.3.4 = DER:0500"
refused "key is not the one its token attests"
ok plain openssl req -new -key attacker.key -subj /CN=web -out made.csr
refused "it asks for no extensions"
ok azattest cert --csr --name other --out other.csr
python3 - <<'END'
import base64
def der(path):
    return bytearray(base64.b64decode("".join(open(path).read().split("\n")[1:-2])))
def write(path, b):
    open(path, "w").write("-----BEGIN CERTIFICATE REQUEST-----\n%s-----END CERTIFICATE REQUEST-----\n" %
                          base64.encodebytes(bytes(b)).decode())
own, other = der("web.csr"), der("other.csr")
b = bytearray(own); b[-256:] = other[-256:]; write("swapped.csr", b)
b = bytearray(own); b[-1] ^= 1; write("flipped.csr", b)
at = own.index(b"web.example"); b = bytearray(own); b[at:at + 3] = b"eve"; write("renamed.csr", b)
open("twice.csr", "w").write(open("web.csr").read() + open("web.csr").read())
open("text.csr", "w").write("Certificate request of the VM:\n" + open("web.csr").read())
open("new.csr", "w").write(open("web.csr").read().replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ"))
open("zeros.der", "wb").write(bytes(own) + bytes(4))
END
for file in swapped flipped renamed; do
        cp $file.csr made.csr
        refused "the attested key did not sign it"
done
for file in twice.csr text.csr new.csr zeros.der; do
        expect_fail "$file: not exactly one certificate request" azattest verify $file --vmid "$vmid"
        said "AZATTEST_E_CERTIFICATE -116"
        ! azattest inspect $file >stdout 2>stderr || fail "inspect reads $file"
        ! azattest explain $file >stdout 2>stderr || fail "explain reads $file"
        expect_fail "$file" azattest verify $file --vmid "$vmid" --json
        same "reject -116" "$(jq -r '.verdict + " " + (.result | tostring)' stdout)" "result of $file"
done
