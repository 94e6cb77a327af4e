# TLS 1.2 RSA key exchange: only with a key of purpose any; a wrong premaster is no different from a
# good one until the Finished message.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
recipe tls12_rsa_key_exchange.sh >any.sh
silent bash -e any.sh
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key any.key -www
for cipher in AES128-GCM-SHA256 AES256-GCM-SHA384 AES128-SHA; do
        handshake "$port" -tls1_2 -cipher $cipher
        printed "Cipher is $cipher"
done
# The same key signs, too.
handshake "$port" -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
handshake "$port" -tls1_3

# What an attacker sends instead of an encrypted premaster: each answer is the same alert.
python3 - "$port" <<'END'
import os, re, socket, struct, subprocess, sys
modulus = int(subprocess.run(["openssl", "x509", "-in", "web.crt", "-noout", "-modulus"], check=True,
        capture_output=True, text=True, env={**os.environ, "OPENSSL_CONF": "/dev/null"}).stdout.split("=")[1], 16)
def record(kind, body): return struct.pack(">BHH", kind, 0x303, len(body)) + body
def message(kind, body): return bytes([kind]) + len(body).to_bytes(3, "big") + body
def answer(block):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    hello = b"\3\3" + os.urandom(32) + b"\0" + b"\0\2\0\x9c" + b"\1\0" + b"\0\x08\0\x0d\0\4\0\2\4\1"
    s.sendall(record(22, message(1, hello)))
    stream = s.makefile("rb")
    seen = b""
    while message(14, b"") not in seen[-4:]:
        head = stream.read(5)
        assert head[:1] == b"\x16", "no ServerHello but " + head.hex()
        seen += stream.read(struct.unpack(">H", head[3:])[0])
    wrong = pow(int.from_bytes(block, "big"), 65537, modulus).to_bytes(256, "big")
    s.sendall(record(22, message(16, b"\1\0" + wrong)) + record(20, b"\1") + record(22, os.urandom(40)))
    return stream.read()
pad = bytes(range(1, 206))
good = b"\0\2" + pad + b"\0" + b"\3\3" + bytes(46)
cases = {
    "good premaster, no Finished": good,
    "version 3.1": good[:-47] + b"\1" + good[-46:],
    "block type 1": b"\0\1" + good[2:],
    "first byte 1": b"\1" + good[1:],
    "no zero": b"\0\2" + bytes([7]) * 254,
    "zero in the padding": b"\0\2\1\1\1\0" + good[6:],
    "long premaster": good[:100] + b"\0" + good[101:],
    "empty": b"\0\2" + bytes([9]) * 253 + b"\0",
}
answers = {name: answer(block) for name, block in cases.items()}
assert len(set(answers.values())) == 1, answers
assert list(answers.values())[0].hex() == "15030300020214", answers   # fatal, bad_record_mac
END
handshake "$port" -tls1_2 -cipher AES128-GCM-SHA256
