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
# The VM's configuration names a file instead, as nobody publishes a simulated authority: not here.
sed '/^ak-issuers *=/d' "$OPENSSL_CONF" >aia.cnf
export OPENSSL_CONF=$PWD/aia.cnf
fetching() { http_proxy=http://127.0.0.1:$(cat port) "$@"; }

ok fetching azattest evidence --nonce n1 --no-fetch --out e.json
[ ! -e asked ] || fail "fetched in spite of --no-fetch"
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
# By a command of its own, into a file.
rm asked
ok fetching azattest fetch e.json --out issuers.pem
diff expected asked || fail "not these"
same 2 "$(grep -c 'BEGIN CERTIFICATE' issuers.pem)" "certificates fetched"
ok judge e.json --certs issuers.pem
same accept "$(check_row A3)"
expect_fail "neither an SEV-SNP report" azattest fetch expected
# By the VM, into the evidence: then the verifier needs no network, and nothing is left to fetch.
rm asked
ok fetching azattest evidence --nonce n1 --out whole.json
same 2 "$(wc -l <asked)" "certificates asked for by default"
! grep -q "without the issuers" stderr || fail "a warning"
rm asked
ok fetching azattest evidence --nonce n1 --fetch --out whole.json
ok judge whole.json
same accept "$(check_row A3)"
ok fetching azattest fetch whole.json
grep -q "no certificate or revocation list was found lacking" stderr || fail "no word about it"
[ ! -s stdout ] || fail "something was fetched"
ok judge whole.json --fetch
same 2 "$(wc -l <asked)" "certificates asked for"

# Files and switches of the configuration (ak-issuers); --fetch wins over a file.
cat "$AZATTEST_SIM_DIR"/pki/vtpm-{ca,root}.pem >issuers.pem
configured() { # VALUE COMMAND...
        { sed "s|^imds-url *=.*|&\nak-issuers = $1|" aia.cnf; } >configured.cnf
        OPENSSL_CONF=$PWD/configured.cnf fetching "${@:2}"
}
rm asked
for option in "" --no-fetch; do
        ok configured "$PWD/issuers.pem" azattest evidence --nonce n1 $option --out whole.json
        ok judge whole.json
done
ok configured none azattest evidence --nonce n1 --out none.json
same null "$(jq '.["ak-chain"]' none.json)"
[ ! -e asked ] || fail "fetched although configured otherwise"
ok configured "$PWD/issuers.pem" azattest evidence --nonce n1 --fetch --out whole.json
same 2 "$(wc -l <asked)" "certificates asked for"
echo nothing >nothing.pem
for file in nothing.pem absent.pem; do
        expect_usage "ak-issuers = $PWD/$file" configured "$PWD/$file" azattest evidence --out none.json
        said E_CONFIGURATION
done
expect_usage "contradict" azattest evidence --fetch --no-fetch

# The checker says what evidence of this VM will hold, and fetches once for both.
issuers() { grep '^AK issuers ' stdout | tr -s ' '; }
checks() { "$1" azattest check --policy maa.json "${@:2}"; }
echo '{"version": "1.0.0", "anyOf": [{"authority": "MAA", "allOf": [{"claim": "x-ms-attestation-type", "equals": "azurevm"}]}]}' >maa.json
sed -i "s|MAA|$(claim <(azattest attest 2>/dev/null) .iss)|" maa.json
rm asked
ok checks fetching
same "AK issuers ok fetched, they lead to a pinned root" "$(issuers)"
same 2 "$(wc -l <asked)" "certificates asked for"
ok checks fetching --require-ak-certificate --fetch
same 4 "$(wc -l <asked)" "certificates asked for, row and evidence together"
rm asked
ok checks fetching --no-fetch
case "$(issuers)" in "AK issuers unknown not asked for"*"(--certs, or --fetch there)") ;; *) fail "$(issuers)" ;; esac
ok configured "$PWD/issuers.pem" azattest check --policy maa.json --no-fetch
same "AK issuers ok from the file $PWD/issuers.pem (ak-issuers)" "$(issuers)"
ok configured "$PWD/nothing.pem" azattest check --policy maa.json
case "$(issuers)" in "AK issuers no ak-issuers = $PWD/nothing.pem"*) ;; *) fail "$(issuers)" ;; esac
expect_undecided "check A3 " checks fetching --require-ak-certificate --no-fetch
ok fetching azattest check --policy maa.json --json
[ ! -e asked ] || fail "fetched where nobody asked for it"
expect_usage "contradict" azattest check --fetch --no-fetch
ok checks env
case "$(issuers)" in "AK issuers unknown could not be fetched"*) ;; *) fail "$(issuers)" ;; esac

# A program too; once for all evidence of a process, and what failed not again for every connection.
rm -f asked
ok fetching "$AZATTEST_BUILD/tests/integration/api_client" evidence azattest://key n1
sed 1d stdout | jq -c . >whole.json
ok judge whole.json
same 2 "$(wc -l <asked)" "certificates asked for by a program"

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
# Whoever collects goes on without what cannot be had, or is not what it should be, and says so.
unhelped() {
        ok fetching azattest evidence --nonce n1 --verbose --out none.json
        same null "$(jq '.["ak-chain"]' none.json)"
        for words in "without the issuers of the AK certificate" "$@"; do said "$words"; done
}
unhelped "more than 65536 bytes"
rm web/vtpm-ca.cer
expect_undecided "HTTP 404" fetching judge e.json --fetch
unhelped "HTTP 404"
openssl x509 -in "$AZATTEST_SIM_DIR/pki/vtpm-ca.pem" -outform DER -out web/vtpm-ca.cer
echo "<html>log in</html>" >web/vtpm-root.cer
unhelped
plain openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj "/CN=Simulated Virtual TPM Root" -outform DER -out web/vtpm-root.cer 2>log
unhelped "no certificate of the issuer"
# Nor does a host that never answers hold it up.
python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); open("hung.new", "w").write(str(s.getsockname()[1])); import os; os.rename("hung.new", "hung"); time.sleep(120)' & hung=$!
trap 'kill $proxy $hung' EXIT
until [ -f hung ]; do sleep 0.05; done
SECONDS=0
ok env http_proxy="http://127.0.0.1:$(cat hung)" azattest evidence --nonce n1 --out none.json
[ $SECONDS -lt 20 ] || fail "held up for $SECONDS s"
said "without the issuers of the AK certificate"
ok judge none.json --certs issuers.pem
