"""A program that uses the simulated vTPM at its port, see sim_tcp.sh.
usage: sim_tcp.py PORT"""
import socket
import struct
import sys

PORT = int(sys.argv[1])
NO_SESSIONS, SESSIONS = 0x8001, 0x8002
CREATE_PRIMARY, READ_PUBLIC, FLUSH_CONTEXT, GET_RANDOM, NV_READ_PUBLIC = 0x131, 0x173, 0x165, 0x17B, 0x169
OWNER, PASSWORD = 0x40000001, 0x40000009
NO_SUCH_HANDLE = 0x910


def command(code, content, tag=NO_SESSIONS):
    return struct.pack(">HII", tag, 10 + len(content), code) + content


def random_of(count):
    return command(GET_RANDOM, struct.pack(">H", count))


# An RSA key that decrypts, as TPM2B_PUBLIC: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, decrypt.
PUBLIC = struct.pack(">HHIHHHHIH", 1, 0xB, 0x20072, 0, 0x10, 0x10, 2048, 0, 0)
KEY = command(CREATE_PRIMARY, struct.pack(">IIIHBHHHHH", OWNER, 9, PASSWORD, 0, 0, 0, 4, 0, 0, len(PUBLIC))
              + PUBLIC + struct.pack(">HI", 0, 0), SESSIONS)


class Tpm:
    def __init__(self):
        self.line = socket.create_connection(("127.0.0.1", PORT), timeout=30)

    def answer(self):
        """Return code and what follows it; None: the connection has ended."""
        got = b""
        size = 10
        while len(got) < size:
            more = self.line.recv(size - len(got))
            if not more:
                return None
            got += more
            if len(got) == 10:
                size = struct.unpack(">I", got[2:6])[0]
        return struct.unpack(">I", got[6:10])[0], got[10:]

    def call(self, message):
        self.line.sendall(message)
        return self.answer()

    def knows(self, handle):
        return self.call(command(READ_PUBLIC, struct.pack(">I", handle)))[0]


first, second = Tpm(), Tpm()

# A command in pieces, and two at once: each gets its answer, in order.
for byte in random_of(8):
    first.line.sendall(bytes([byte]))
assert first.answer()[1][:2] == b"\0\x08"
first.line.sendall(random_of(4) + random_of(6))
assert [first.answer()[1][:2] for _ in range(2)] == [b"\0\x04", b"\0\x06"]

# A key is the connection's that made it; it is gone with a flush, or with the connection (sim_tcp.sh).
code, rest = first.call(KEY)
assert code == 0, hex(code)
handle = struct.unpack(">I", rest[:4])[0]
assert first.knows(handle) == 0
assert second.knows(handle) == NO_SUCH_HANDLE
assert second.call(command(FLUSH_CONTEXT, struct.pack(">I", handle)))[0] == 0x1CB
code, rest = second.call(KEY)
assert code == 0, hex(code)
other = struct.unpack(">I", rest[:4])[0]
assert second.call(command(FLUSH_CONTEXT, struct.pack(">I", other)))[0] == 0
assert second.knows(other) == NO_SUCH_HANDLE

# What Azure's TPM has, this one has: the HCL report.
assert first.call(command(NV_READ_PUBLIC, struct.pack(">I", 0x01400001)))[0] == 0

# What is no command, or longer than any, ends this connection and no other.
for size in 0, 9, 4097, 0xFFFFFFFF:
    broken = Tpm()
    assert broken.call(struct.pack(">HII", NO_SESSIONS, size, GET_RANDOM)) is None, size
assert first.knows(handle) == 0

# Nobody elsewhere: the address that other machines would use is not listened on.
for address in "127.0.0.2", "::1":
    try:
        socket.create_connection((address, PORT), timeout=5).close()
        sys.exit(f"listens on {address}, too")
    except OSError:
        pass
