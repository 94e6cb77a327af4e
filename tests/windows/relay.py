#!/usr/bin/env python3
"""A TCP port in front of azattest-sim's TPM: each connection is one opening of its device.
usage: relay.py DEVICE-SOCKET PORT-FILE"""
import os
import socket
import sys
import threading


def read(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            return None
        data += more
    return data


def serve(connection, device):
    with connection, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as tpm:
        tpm.connect(device)
        while (head := read(connection, 10)) is not None:
            rest = read(connection, int.from_bytes(head[2:6], "big") - 10)
            if rest is None:
                return
            tpm.send(head + rest)
            connection.sendall(tpm.recv(65536))


def main():
    device, port_file = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, device), daemon=True).start()


main()
