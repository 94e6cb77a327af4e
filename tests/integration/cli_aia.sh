# The AK certificate's issuers (A3, A7): unavailable, from a folder, fetched from where the certificates
# say they are, or brought along in the evidence. On Trusted Launch nothing else vouches for the AK.
# vm: trustedlaunch
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export AZATTEST_REQUIRE=trustedlaunch

# Stands for the hosts that publish certificates: a proxy that serves the simulator's from files.
mkdir web
openssl x509 -in "$AZATTEST_SIM_DIR/pki/vtpm-ca.pem" -outform DER -out web/vtpm-ca.cer
openssl x509 -in "$AZATTEST_SIM_DIR/pki/vtpm-root.pem" -outform DER -out web/vtpm-root.cer
cat >proxy.py <<'END'
import http.server, os
class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        with open("asked", "a") as log:
            log.write(f"{self.path} {self.headers.get('Metadata', '-')}\n")
        path = "web/" + os.path.basename(self.path)
        body = open(path, "rb").read() if os.path.exists(path) else None
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Proxy)
open("port.new", "w").write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
END
python3 proxy.py & proxy=$!
trap 'kill $proxy' EXIT
until [ -f port ]; do sleep 0.05; done
fetching() { http_proxy=http://127.0.0.1:$(cat port) "$@"; }

ok azattest evidence --nonce n1 --out e.json
same null "$(jq '.["ak-chain"]' e.json)"
judge() { without_policy azattest verify "$@" --any-vm --nonce n1 --json; }
! judge e.json >stdout 2>stderr || fail "an AK certificate without chain was accepted"
same incomplete "$(jq -r .verdict stdout)"
same "not checked" "$(check_row A3)"
ok judge e.json --certs "$AZATTEST_SIM_DIR/pki/vtpm-ca.pem" --certs "$AZATTEST_SIM_DIR/pki/vtpm-root.pem"
same accept "$(check_row A3)"
same accept "$(check_row A8)"
same "not checked" "$(check_row A7)"

# Fetched, step by step, by the verifier.
ok fetching judge e.json --fetch
same accept "$(check_row A3)"
same accept "$(check_row A7)"
printf '%s -\n' http://primary-cdn.pki.core.windows.net/simulated/vtpm-{ca,root}.cer >expected
diff expected asked || fail "not these, or as metadata requests"
# By the VM, into the evidence: then the verifier needs no network.
rm asked
ok fetching azattest evidence --nonce n1 --fetch --out whole.json
ok judge whole.json
same accept "$(check_row A3)"
ok judge whole.json --fetch
same 2 "$(wc -l <asked)" "certificates asked for"

# What comes back is a candidate only: another root ends nowhere, a loop ends too.
plain openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj "/CN=Simulated Virtual TPM Root" -outform DER -out web/vtpm-root.cer 2>log
! fetching judge e.json --fetch >stdout 2>stderr || fail "a chain to another root was accepted"
same "not checked" "$(check_row A3)"
same accept "$(check_row A7)"
cp web/vtpm-ca.cer web/vtpm-root.cer
! fetching judge e.json --fetch >stdout 2>stderr || fail "a loop was accepted"
same "not checked" "$(check_row A3)"
head -c 70000 /dev/zero >web/vtpm-ca.cer
expect_undecided "more than 65536 bytes" fetching judge e.json --fetch
rm web/vtpm-ca.cer
expect_undecided "HTTP 404" fetching judge e.json --fetch
expect_undecided "HTTP 404" fetching azattest evidence --fetch --out none.json
