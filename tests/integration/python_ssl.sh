# Python's ssl, as server with the lines of azattest-recipes(7) and as peer.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
port=$(free_port)
recipe python_ssl.sh | sed "s/8443/$port/" >server.py
mkdir site
echo attested >site/hello
cp web.crt web.key site
cd site
serve "$port" python3 ../server.py
cp server.log ..
cd ..
for version in -tls1_3 -tls1_2; do handshake "$port" $version; done
handshake "$port" -tls1_2 -cipher AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256

cat >client.py <<'END'
import ssl, sys, threading, urllib.request
context = ssl.create_default_context(cafile="web.crt")
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, sys.argv[2])
context.check_hostname = False
answers = []
def get():
    for _ in range(5):
        answers.append(urllib.request.urlopen("https://127.0.0.1:%s/hello" % sys.argv[1], context=context, timeout=20).read())
threads = [threading.Thread(target=get) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
assert answers == [b"attested\n"] * 20, answers
END
for version in TLSv1_3 TLSv1_2; do silent plain python3 client.py "$port" $version; done

# The peer checks the name, too, and as client our key proves itself to it.
silent plain python3 - "$port" <<'END'
import socket, ssl, sys
context = ssl.create_default_context(cafile="web.crt")
for name, good in (("web.example", True), ("other.example", False)):
    try:
        context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname=name).close()
        assert good
    except ssl.SSLCertVerificationError as e:
        assert not good and "other.example" in str(e), e
END
cat >both.py <<'END'
import socket, ssl, threading
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain("web.crt", "web.key")
server.load_verify_locations("web.crt")
server.verify_mode = ssl.CERT_REQUIRED
client = ssl.create_default_context(cafile="web.crt")
client.load_cert_chain("web.crt", "web.key")
for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
    client.maximum_version = version
    left, right = socket.socketpair()
    seen = []
    def serve():
        with server.wrap_socket(left, server_side=True) as tls:
            seen.append(tls.getpeercert()["subject"])
            tls.sendall(tls.recv(5))
    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(right, server_hostname="web.example") as tls:
        tls.sendall(b"hello")
        assert tls.recv(5) == b"hello"
    thread.join()
    assert seen == [((("commonName", "azattest sign"),),)], seen
END
silent python3 both.py
