#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A request to the attestation service against the reference client's form of it, member by member.

usage: compare.py record PORT-FILE CERTIFICATE KEY OUT   serves https, keeps one request's body, answers 400
       compare.py same GOLDEN REQUEST NONCE|-|none       exit status 1 and a line for each difference
       compare.py plants GOLDEN REQUEST                  a request with one thing changed each must differ

A golden file is the request with a form in place of each value: a text, a number or null is itself, {"b64": F} and
{"b64url": F} are text in exactly that alphabet and padding, F is {"text": T}, {"json": FORM}, or {"begins": HEX},
{"holds": HEX} and {"size": N} of the bytes; {"number": true} is any whole number. Members are these and no other, but for ours in the
client payload. Order and white space do not count. NONCE is what the program gave; `-`: an empty one, `none`: no
payload, which the reference sends as null.
"""
import base64
import copy
import http.server
import json
import os
import re
import ssl
import sys

OURS = "azattest-purpose"
ALPHABETS = {"b64": rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", "b64url": rb"[A-Za-z0-9_-]*"}


def encode(alphabet, data):
    if alphabet == "b64":
        return base64.b64encode(data).decode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(alphabet, text):
    """None unless the text is just what the alphabet writes."""
    if not isinstance(text, str) or not re.fullmatch(ALPHABETS[alphabet], text.encode()):
        return None
    data = base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4))
    return data if encode(alphabet, data) == text else None


def is_form(form, *names):
    return isinstance(form, dict) and form.keys() <= set(names) and len(form) > 0


class Judge:
    def __init__(self):
        self.faults = []

    def say(self, path, what):
        self.faults.append(f"{path or 'the request'}: {what}")

    def bytes(self, path, form, data):
        if "json" in form:
            try:
                self.value(path, form["json"], json.loads(data))
            except ValueError:
                self.say(path, "is no JSON")
        if "text" in form and data != form["text"].encode():
            self.say(path, f"is {data[:60]!r}")
        if "begins" in form and not data.hex().startswith(form["begins"]):
            self.say(path, f"begins with {data[:16].hex()}")
        if "holds" in form and bytes.fromhex(form["holds"]) not in data:
            self.say(path, f"does not hold {form['holds']}")
        if "size" in form and len(data) != form["size"]:
            self.say(path, f"has {len(data)} bytes")

    def members(self, path, form, value):
        if not isinstance(value, dict):
            return self.say(path, "is no object")
        for name in form.keys() - value.keys():
            self.say(f"{path}.{name}", "is missing")
        for name in value.keys() - form.keys():
            self.say(f"{path}.{name}", "is not the reference's")
        for name in form.keys() & value.keys():
            self.value(f"{path}.{name}", form[name], value[name])

    def value(self, path, form, value):
        if is_form(form, "b64") or is_form(form, "b64url"):
            (alphabet, inner), = form.items()
            data = decode(alphabet, value)
            if data is None:
                return self.say(path, f"is not {alphabet}")
            return self.bytes(path, inner, data)
        if is_form(form, "number"):
            if type(value) is not int:
                self.say(path, "is no number")
        elif isinstance(form, dict):
            self.members(path, form, value)
        elif isinstance(form, list):
            if not isinstance(value, list) or len(value) != len(form):
                return self.say(path, f"is no list of {len(form)}")
            for i, one in enumerate(form):
                self.value(f"{path}[{i}]", one, value[i])
        elif type(value) is not type(form) or value != form:
            self.say(path, f"is {value!r}")


def inner_of(form):
    return form["AttestationInfo"]["b64url"]["json"]


def name_of_os():
    for line in open("/etc/os-release", encoding="utf-8"):
        if line.startswith("NAME="):
            return line[5:].strip().replace('"', "")
    return ""


def golden(path):
    form = json.load(open(path, encoding="utf-8"))
    distro = inner_of(form)["OSDistro"]
    if distro == {"b64": {"text": "@NAME@"}}:
        distro["b64"]["text"] = name_of_os()
    return form


def without_ours(request, nonce, judge):
    """The request as the reference would have sent it: less what only we add to the payload."""
    request = copy.deepcopy(request)
    inner = json.loads(decode("b64url", request["AttestationInfo"]))
    payload = inner["ClientPayload"]
    if decode("b64", payload.pop(OURS, None)) != b"decrypt":
        judge.say("ClientPayload." + OURS, "is not ours")
    if nonce in ("-", "none"):
        if not re.fullmatch(rb"[0-9a-f]{32}", decode("b64", payload.pop("nonce", "")) or b""):
            judge.say("ClientPayload.nonce", "is not ours")
    if nonce == "none" and not payload:
        inner["ClientPayload"] = None
    request["AttestationInfo"] = encode("b64url", json.dumps(inner).encode())
    return request


def judge(form, request, nonce):
    form = copy.deepcopy(form)
    found = Judge()
    # What the reference sends of an empty nonce says as much as none.
    inner_of(form)["ClientPayload"] = {"-": {}, "none": None}.get(nonce, {"nonce": {"b64": {"text": nonce}}})
    found.value("", form, without_ours(request, nonce, found))
    return found.faults


# ---- what must be found ----

def swap(alphabet, other):
    def change(holder, name):
        holder[name] = encode(other, decode(alphabet, holder[name]))
    return change


def planted(request, change):
    request = copy.deepcopy(request)
    inner = json.loads(decode("b64url", request["AttestationInfo"]))
    change(inner)
    request["AttestationInfo"] = encode("b64url", json.dumps(inner).encode())
    return request


def report_in_b64(inner):
    """Of bytes: text may look the same in both alphabets."""
    evidence = inner["IsolationInfo"]["Evidence"]
    proof = json.loads(decode("b64", evidence["Proof"]))
    swap("b64url", "b64")(proof, "SnpReport")
    evidence["Proof"] = encode("b64", json.dumps(proof).encode())


def plants(form, request, nonce):
    tpm = lambda change, name: lambda inner: change(inner["TpmInfo"], name)
    changes = {
        "a member less": lambda inner: inner["TpmInfo"].pop("AikPub"),
        "a member more": lambda inner: inner["IsolationInfo"].update(More=1),
        "a payload member more": lambda inner: inner["ClientPayload"].update(more="eA=="),
        "another alphabet": tpm(swap("b64", "b64url"), "PcrSignature"),
        "no padding": lambda inner: inner["TpmInfo"].update(AikPub=inner["TpmInfo"]["AikPub"].rstrip("=") + "A"),
        "no size prefix": lambda inner: inner["TpmInfo"].update(
            AikPub=encode("b64", decode("b64", inner["TpmInfo"]["AikPub"])[2:])),
        "a number as text": lambda inner: inner.update(OSVersionMajor=str(inner["OSVersionMajor"])),
        "a PCR less": lambda inner: inner["TpmInfo"]["PCRs"].pop(),
        "another version": lambda inner: inner.update(AttestationProtocolVersion="2"),
        "another nonce": lambda inner: inner["ClientPayload"].update(nonce="eA=="),
    }
    kind = json.loads(decode("b64url", request["AttestationInfo"]))["IsolationInfo"]["Type"]
    if kind == "SevSnp":
        changes["another alphabet in the evidence"] = report_in_b64
    if kind == "Tdx":
        changes["another alphabet in the evidence"] = lambda inner: swap("b64", "b64url")(
            inner["IsolationInfo"]["Evidence"], "Proof")
    missed = [name for name, change in changes.items() if not judge(form, planted(request, change), nonce)]
    outer = dict(request, more=1)
    return missed + ([] if judge(form, outer, nonce) else ["a member outside"])


# ---- the service ----

class Recorder(http.server.BaseHTTPRequestHandler):
    out = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(self.out, "wb") as file:
            file.write(body)
        with open(self.out + ".head", "w", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path}\n{self.headers['Content-Type']}\n")
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def record(port_file, certificate, key, out):
    Recorder.out = out
    server = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(port_file + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


def main():
    what, *rest = sys.argv[1:]
    if what == "record":
        return record(*rest)
    form, request = golden(rest[0]), json.load(open(rest[1], encoding="utf-8"))
    if what == "same":
        faults = judge(form, request, rest[2])
    else:
        faults = [f"not found: {name}" for name in plants(form, request, rest[2])]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
