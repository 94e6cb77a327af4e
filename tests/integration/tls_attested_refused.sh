# What is wrong with a peer's certificate is named by its check: every certificate here is that of the
# server's own signing key in the vTPM, only what it carries differs.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"

# cmw FILE: the extension that carries the token in FILE, as hex of its DER.
cmw() {
        python3 - "$1" <<'PY'
import base64, json, sys
token = open(sys.argv[1]).read().strip().encode()
text = json.dumps(["application/jwt", base64.urlsafe_b64encode(token).decode().rstrip("="), 8], separators=(",", ":")).encode()
size = len(text).to_bytes((len(text).bit_length() + 7) // 8, "big")
print((b"\x0c" + bytes([0x80 | len(size)]) + size + text).hex())
PY
}

# serve_with NAME=HEX...: a server whose certificate has these extensions.
serve_with() {
        {
                printf '%s\n' '[req]' 'distinguished_name = dn' 'x509_extensions = ext' '[dn]' '[ext]'
                printf '%s\n' "${@/=/=DER:}"
        } >forge.cnf
        stop_servers
        ok openssl req -x509 -key azattest://sign -subj /CN=forged -days 2 -config forge.cnf -out forged.crt
        # openssl writes no extension twice: one of the neighbouring id becomes it. Nobody looks at a
        # self-signature.
        openssl x509 -in forged.crt -outform DER | LC_ALL=C sed 's/\(\x2b\x06\x01\x05\x05\x07\x01\)\x22/\1\x23/' |
                openssl x509 -inform DER -out forged.crt.new
        mv forged.crt.new forged.crt
        port=$(free_port)
        serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert forged.crt -key azattest://sign -www
}
oid=1.3.6.1.5.5.7.1.35

ok azattest attest --purpose sign --out good.jwt
good=$(cmw good.jwt)
serve_with "$oid=$good"
accepted --any-message
# The certificate outlasts its token.
refused_by T9 --any-message --time "$(date -ud "+9 hours" +%s)"
same "not checked" "$(check_row T16)" T16
# Another attestation service; a policy that the VM does not satisfy; another VM.
AZATTEST_MAA_URL=https://other.example refused_by T4 --any-message
jq '(.anyOf[].allOf[] | select(.claim == "x-ms-azurevm-vmid")) = {claim: "x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn", equals: 99}' \
        "$(setting policy)" >strict.json
AZATTEST_POLICY=$PWD/strict.json refused_by T13 --any-message
sed '/^policy *=/s/.*/vmid = 00000000-0000-0000-0000-000000000000/' "$OPENSSL_CONF" >vmid.cnf
OPENSSL_CONF=$PWD/vmid.cnf refused_by G4 --any-message
same "" "$(jq -r '.claims | keys[]' stdout)" "claims of a refused token"

# Tokens of other keys, of another purpose, with a damaged signature.
ok azattest attest --purpose sign --name other --out other.jwt
serve_with "$oid=$(cmw other.jwt)"
refused_by C4 --any-message
said "not the one its token attests"
ok azattest attest --out decrypt.jwt
serve_with "$oid=$(cmw decrypt.jwt)"
refused_by C5 --any-message
same reject "$(check_row C4)" C4
sed 's/\.[^.]*$/.AAAA/' good.jwt >bad.jwt
serve_with "$oid=$(cmw bad.jwt)"
refused_by T8 --any-message

# No extension, two of them, something else in it.
serve_with "2.5.29.14=0403010203"
refused_by C4 --any-message
said "carries no attestation"
serve_with "$oid=$good" "1.3.6.1.5.5.7.1.34=$good"
refused_by C4 --any-message
said "twice"
serve_with "$oid=0c0568656c6c6f"
refused_by C4 --any-message
said "no strict JSON"
