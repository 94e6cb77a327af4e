# The simulated MAA is as strict as the service: what azattest sends passes, each thing that the service
# would not take is refused with words, through curl. With --lenient it takes other clients' dialects.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1090,SC1091,SC2154
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$PWD
trap 'stop_servers; azattest-sim stop "$here/strict" 2>/dev/null || true; azattest-sim stop "$here/lenient" 2>/dev/null || true' EXIT

ok openssl req -x509 -newkey rsa:2048 -nodes -keyout rec.key -out rec.crt -days 2 -subj /CN=rec \
        -addext subjectAltName=IP:127.0.0.1
cat >record.py <<'END'
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("request", "wb") as out:
            out.write(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(400)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("rec.crt", "rec.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
END
port=$(free_port)
serve "$port" python3 record.py "$port"

# record DIR [option...]: starts a VM in DIR, takes its environment, and puts what azattest sends to MAA
# into the file inner.json.
record() {
        rm -f request
        ok azattest-sim "${@:2}" start "$here/$1"
        . "$here/$1/env.sh"
        AZATTEST_MAA_URL=https://127.0.0.1:$port AZATTEST_CA_FILE=$here/rec.crt AZATTEST_TIMEOUT=10 \
                azattest attest --out /dev/null >/dev/null 2>&1 || true
        [ -s request ] || fail "azattest sent no request"
        jq -r .AttestationInfo request | tr '_-' '/+' | { cat; echo "==="; } | tr -d '\n' |
                { base64 -di 2>/dev/null || true; } >inner.json
        ca=$(setting ca-file)
}

url64() { base64 -w0 | tr '/+' '_-' | tr -d =; }

# post STATUS WORDS [curl option...]: the file body, to MAA.
post() {
        local status=$1 words=$2 found
        shift 2
        found=$(curl -s --cacert "$ca" -o answer -w '%{http_code}' -H "Content-Type: ${type-application/json}" \
                --data-binary @body "$@" "$SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01")
        same "$status" "$found" "status of $(head -c 300 answer), wanted '$words',"
        grep -qF -- "$words" answer || { cat answer >&2; fail "the answer lacks '$words'"; }
}

# changed FILTER STATUS WORDS: the request, with its inner document changed by a jq filter.
changed() {
        printf '{"AttestationInfo":"%s"}' "$(jq -c "$1" inner.json | url64)" >body
        post "$2" "$3"
}

# row FILTER WORDS: refused with WORDS by the strict MAA, taken by the lenient one.
# never FILTER WORDS: refused by both.
dialects() {
        row '.OSType = "RWRnZWxlc3M="' 'OSType: neither Linux nor Windows'
        row '.OSVersionMajor = "24"' 'OSVersionMajor: missing or not a whole number'
        row '.AttestationProtocolVersion = "3.0"' 'AttestationProtocolVersion: not '
        row '.ClientPayload.nonce = "a nonce"' "ClientPayload: 'nonce' is not base64"
        row '.ClientPayload.nonce = 1' "ClientPayload: 'nonce' is not a string"
        row '.More = 1' "AttestationInfo: unknown member 'More'"
        row '.TpmInfo.PcrSignature |= rtrimstr("==")' 'PcrSignature: wanted base64 with '
        # 282 bytes end in no padding: three more follow
        row '.TpmInfo.AikPub += "AAAA"' 'AikPub: not a TPM2B_PUBLIC of its size: 3 bytes follow'
        # with as much white space that its base64 ends in two '='
        row '.IsolationInfo.Evidence.Proof |= (@base64d | . + (" " * ((4 - length % 3) % 3)) | @base64 | rtrimstr("=="))' \
                'Proof: wanted base64 with '
        never '.AttestationProtocolVersion = "1.0"' 'AttestationProtocolVersion: not '
        never '.TpmInfo.PcrSignature = "AAAA"' 'PcrSignature: 3 bytes, wanted 256'
        never '.ClientPayload.nonce = ("x" * 1048576)' 'ClientPayload: '
        never 'del(.TpmInfo.EncKeyPub)' 'EncKeyPub: missing or not a string'
}

# What requests carry is printed escaped, one line each, in the log and by ctl.
log_is_clean() {
        changed ".\"$1\" = 1" 400 'unknown member'
        curl -s --cacert "$ca" -o answer "$SIM_MAA_URL/%1b%5B2J%0aazattest-sim:%20forged%E2%80%AE%C2%9B"
        plain azattest-sim ctl "$here/strict" counts >counts 2>&1 || true
        grep -q 'unknown member' "$here/strict/log" || fail "the log lacks the member"
        grep -q 'forged' "$here/strict/log" || fail "the log lacks the path"
        ! grep -q '^azattest-sim: forged' "$here/strict/log" counts || fail "a request forges a line"
        ! LC_ALL=C grep -qP '[^\n\x20-\x7e]' "$here/strict/log" counts answer ||
                fail "not escaped: $(LC_ALL=C grep -aP '[^\n\x20-\x7e]' "$here/strict/log" | cat -v | head -c 300)"
}

record strict -v
never() { changed "$1" 400 "$2"; }
row() { changed "$1" 400 "$2"; }
cp request body
post 200 '"token"'
changed . 200 '"token"'
dialects
cp request body
type=text/plain post 415 'Content-Type: wanted application/json'
post 405 'wanted POST' -X PUT
printf '{"AttestationInfo":"%s","AttestationInfo":"e30"}' "$(url64 <inner.json)" >body
post 400 'a member name occurs twice'
head -c 4194305 /dev/zero >body
post 413 'more than 4194304 bytes'
ok azattest attest --out token.jwt # still

log_is_clean '\u001b[2J\nazattest-sim: forged\u202e\u009b'

record lenient --lenient
row() { changed "$1" 200 '"token"'; }
cp request body
post 200 '"token"'
dialects
ok azattest attest --out token.jwt
