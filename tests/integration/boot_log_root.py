# SPDX-License-Identifier: Apache-2.0
"""Root in the VM: extends PCR 7 after the boot, and writes the boot log anew so that every digest still
replays. boot_log_root.py ATTACK LOG OUT [TPM-SOCKET] (without socket nothing is extended)."""
import hashlib
import socket
import struct
import sys

BANKS = [(4, "sha1"), (11, "sha256"), (12, "sha384")]
CONFIG, AUTHORITY, SEPARATOR, ACTION, IPL = 0x80000001, 0x800000E0, 4, 0x80000007, 0xD
GLOBAL = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
SECURITY = bytes.fromhex("cbb219d73a3d9645a3bcdad00e67656f")


def read(log):
    """(header, [[pcr, type, digests, data]])"""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    header, events = log[:at], []
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        end = at + 12 + sum(2 + hashlib.new(name).digest_size for _, name in BANKS)
        size = struct.unpack_from("<I", log, end)[0]
        assert count == len(BANKS)
        events.append([pcr, kind, log[at + 12:end], log[end + 4:end + 4 + size]])
        at = end + 4 + size
    return header, events


def write(header, events):
    return header + b"".join(struct.pack("<III", pcr, kind, len(BANKS)) + digests +
                             struct.pack("<I", len(data)) + data for pcr, kind, digests, data in events)


def event(kind, data, pcr=7):
    digests = b"".join(struct.pack("<H", number) + hashlib.new(name, data).digest() for number, name in BANKS)
    return [pcr, kind, digests, data]


def variable(guid, name, content):
    return guid + struct.pack("<QQ", len(name), len(content)) + name.encode("utf-16-le") + content


def good_boot(owner):
    """What another machine measures with secure boot on; `owner` is named by its db."""
    keys = bytes(16) + struct.pack("<III", 28 + 20, 0, 20) + owner + b"cert"
    names = [(GLOBAL, "SecureBoot", b"\1"), (GLOBAL, "PK", keys), (GLOBAL, "KEK", keys),
             (SECURITY, "db", keys), (SECURITY, "dbx", keys)]
    return ([event(CONFIG, variable(*name)) for name in names] + [event(SEPARATOR, bytes(4))] +
            [event(AUTHORITY, variable(SECURITY, "db", owner + b"cert"))])


def extend(path, events):
    for pcr, _, digests, _ in events:
        body = struct.pack(">II", pcr, 9) + bytes.fromhex("400000090000000000") + struct.pack(">I", len(BANKS))
        at = 0
        for number, name in BANKS:
            size = hashlib.new(name).digest_size
            body += struct.pack(">H", number) + digests[at + 2:at + 2 + size]
            at += 2 + size
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(struct.pack(">HII", 0x8002, 10 + len(body), 0x182) + body)
            answer = s.recv(4096)
        assert struct.unpack_from(">I", answer, 6)[0] == 0, answer.hex()


def relabel(events, kind):
    return [[e[0], kind if e[0] == 7 else e[1], e[2], e[3]] for e in events]


def hide(events):
    return [[e[0], AUTHORITY, e[2], b"nothing"] if e[0] == 7 else e for e in events]


def reorder(events):
    """PCR by PCR: 7 first, then the others. No digest says otherwise."""
    return sorted(events, key=lambda e: (e[0] != 7, e[0]))


def main(attack, log, out, tpm=None):
    header, events = read(open(log, "rb").read())
    owner = GLOBAL if attack.endswith("own-db") else b"a vendor's GUID."
    added, old = [], events
    if attack == "relabel-ipl":
        added, old = good_boot(owner), relabel(events, IPL)
    elif attack.startswith("relabel"):
        added, old = good_boot(owner), relabel(events, AUTHORITY)
    elif attack.startswith("hide"):
        added, old = good_boot(owner), hide(events)
    elif attack.startswith("append"):
        added = good_boot(owner)
    elif attack == "separator":
        added = [event(SEPARATOR, bytes(4))]
    elif attack == "double":
        first = next(e for e in events if e[0] == 7)
        added = [[7, AUTHORITY, first[2], first[3]]]
    elif attack == "debug":
        added = [event(ACTION, b"UEFI Debug Mode")]
        added[0][1:] = [AUTHORITY, added[0][2], b"nothing"]
    elif attack == "pretend":  # nothing is extended: only labels and data
        old = [[e[0], e[1], e[2], e[3].replace(b"\0\0\1", b"\0\0\0")] if e[0] == 7 else e for e in events]
        old = hide(old)
    else:
        sys.exit("no such attack: " + attack)
    if tpm:
        extend(tpm, added)
    open(out, "wb").write(write(header, reorder(old + added)))


main(*sys.argv[1:])
