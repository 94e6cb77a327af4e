#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PKCS#1 v1.5 decryption with implicit rejection, written from draft-irtf-cfrg-rsa-guidance.

An independent reference for core/key/rsa_pkcs1.c: usage implicit_rejection.py CASES RESULTS, where
a line of CASES is "SECRET CIPHERTEXT BLOCK" in hex (BLOCK: the result of the raw private operation)
and a line of RESULTS is the message in hex.
"""
import hashlib
import hmac
import sys


def irprf(key, label, bits):
    out = b""
    i = 0
    while len(out) * 8 < bits:
        data = i.to_bytes(2, "big") + label + bits.to_bytes(2, "big")
        out += hmac.new(key, data, hashlib.sha256).digest()
        i += 1
    return out[: bits // 8]


def decrypt(secret, ciphertext, block):
    k = len(block)
    key = hmac.new(secret, ciphertext, hashlib.sha256).digest()
    message = irprf(key, b"message", k * 8)
    candidates = irprf(key, b"length", 128 * 2 * 8)
    limit = k - 11
    mask = (1 << limit.bit_length()) - 1
    length = 0
    for i in range(128):
        candidate = int.from_bytes(candidates[2 * i : 2 * i + 2], "big") & mask
        if candidate <= limit:
            length = candidate
    if block[:2] == b"\x00\x02" and 0 in block[2:]:
        end = block.index(0, 2)
        if end >= 10:
            return block[end + 1 :]
    return message[k - length :]


def main():
    with open(sys.argv[1]) as cases, open(sys.argv[2], "w") as results:
        for line in cases:
            results.write(decrypt(*map(bytes.fromhex, line.split())).hex() + "\n")


main()
