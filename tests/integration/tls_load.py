#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS clients that load a server with whole handshakes, and remember each one.

usage: tls_load.py PORT CLIENTS   (in a directory with web.crt; ends when the file "enough" appears)
Each of CLIENTS threads connects, verifies the server as web.example, asks for /, and begins again. A
line of output is "BEGAN ENDED RESULT": times as in `date +%s.%N`, the answer's last word or "lost: why".
"""
import os
import socket
import ssl
import sys
import threading
import time


def handshake(context, port):
    with socket.create_connection(("127.0.0.1", port), 30) as plain:
        with context.wrap_socket(plain, server_hostname="web.example") as tls:
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while part := tls.recv(4096):
                answer += part
    if not answer.startswith(b"HTTP/1.1 200"):
        raise OSError("answer: %r" % answer[:100])
    return answer.split()[-1].decode()


def client(port, report):
    context = ssl.create_default_context(cafile="web.crt")
    while not os.path.exists("enough"):
        began = time.time()
        try:
            result = handshake(context, port)
        except (OSError, ssl.SSLError) as e:
            result = "lost: %s" % e
        report("%.6f %.6f %s\n" % (began, time.time(), result))


def main():
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    lock = threading.Lock()

    def report(line):
        with lock:
            sys.stdout.write(line)
            sys.stdout.flush()

    threads = [threading.Thread(target=client, args=(port, report)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
