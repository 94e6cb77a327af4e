# Text from outside drives no terminal and forges no row (D48): names of claims, certificates, files and
# settings, in tables, JSON, messages and OpenSSL's error queue.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
evil=$'\e[2J\nT8   signature   accept\r\xc2\x9b31m\xc2\x85\xe2\x80\xae\xe2\x80\xa8\xff'
in_json='\u001b[2J\nT8   signature   accept\r\u009b31m\u0085\u202e\u2028'

# harmless COMMAND...: whatever its status, what it prints is UTF-8 without controls, one line a line.
harmless() {
        "$@" >stdout 2>stderr || true
        [ -s stdout ] || [ -s stderr ] || fail "says nothing: $*"
        python3 - "$*" <<'PYTHON' || fail "harmful: $*"
import sys, unicodedata
for name in "stdout", "stderr":
    text = open(name, "rb").read().decode("utf-8")
    bad = [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Zl", "Zp") or
           unicodedata.bidirectional(c) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI") or c in "\u200e\u200f\u061c")]
    forged = [line for line in text.split("\n") if line.startswith("T8   signature   accept")]
    if bad or forged:
        sys.exit(f"{name}: {bad} {forged} in {text!r}")
PYTHON
}
# json COMMAND...: the same, and it is JSON.
json() {
        harmless "$@"
        python3 -c 'import json; json.loads(open("stdout", "rb").read().decode("utf-8"))' || { cat stdout >&2; fail "no JSON: $*"; }
}

ok azattest attest --out t.jwt
printf '{"version":"1.0","anyOf":[{"authority":"%s","allOf":[{"claim":"%s","equals":"%s"}]}]}' "$(setting maa-url)" "$in_json" "$in_json" >policy.json
printf '{"version":"1.0","anyOf":[],"%s":1}' "$in_json" >unknown.json
for policy in policy.json unknown.json "$evil"; do
        harmless azattest verify t.jwt --policy "$policy"
        json azattest verify t.jwt --policy "$policy" --json
        harmless azattest verify t.jwt --policy "$policy" --explain
done
for file in policy.json unknown.json; do
        harmless azattest inspect $file
        json azattest inspect $file --json
done

# Files named so.
cp t.jwt "$evil"
harmless azattest verify "$evil"
json azattest verify "$evil" --json
harmless azattest inspect "$evil"
harmless azattest verify "$evil.missing"
harmless azattest "$evil"
harmless azattest verify "--$evil"
harmless azattest verify t.jwt --pcrs "$evil"
harmless azattest attest --payload "$evil" --out never.jwt
harmless azattest attest --url "https://$evil/" --out never.jwt
harmless env AZATTEST_TCTI="device:$evil" azattest doctor
harmless env AZATTEST_MAA_URL="$evil" AZATTEST_LOG=debug azattest attest --out never.jwt

# Certificates: names that are no UTF-8 (TeletexString, as what some CA writes), and ones that are.
for name in "$evil" "Evil$in_json"; do
        ok plain openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.pem -subj "/CN=${name//\//}" -days 1 -out ca.crt
        harmless azattest inspect ca.crt
        json azattest inspect ca.crt --json
        harmless azattest verify ca.crt
        json azattest verify ca.crt --json
done

# The issuer of an AK certificate, in the rows that say what is wrong with it, as text and as JSON.
ok azattest evidence --nonce n1 --out e.json
python3 - <<'PYTHON'
import base64, json
evidence = json.load(open("e.json"))
der = bytearray(base64.b64decode(evidence["ak-certificate"]))
at = der.index(b"Simulated Virtual TPM CA")
der[at - 2] = 0x14  # TeletexString, whose bytes nobody looks at
der[at + 10:at + 17] = b"\x1b[2J\xff\x9b\n"
evidence["ak-certificate"] = base64.b64encode(der).decode()
json.dump(evidence, open("altered.json", "w"))
del evidence["ak-chain"]
json.dump(evidence, open("alone.json", "w"))
PYTHON
for file in altered alone; do
        harmless azattest verify $file.json --nonce n1
        json azattest verify $file.json --nonce n1 --json
        jq -r '.checks[] | select(.id == "A3").reason' stdout >reason
        grep -qF 'Simulated \x1b[2J\xff\x9b\x0a TPM CA' reason || { cat reason >&2; fail "A3 does not name the issuer"; }
        harmless azattest inspect $file.json
        json azattest inspect $file.json --json
done

# OpenSSL's error queue: what is ours of it (the program itself prints the URI as it is).
queued() {
        "$@" 2>&1 >/dev/null | grep -a 'azattest: ' || true
}
for uri in "azattest://key?name=$evil" "azattest://key?$evil" "azattest://$evil" "azattest://key?name=%1b%5bm%c2%9b%ff"; do
        harmless queued openssl pkey -in "$uri" -noout
done
harmless queued openssl genpkey -algorithm RSA -propquery provider=azattest -pkeyopt azattest-purpose:sign -pkeyopt "azattest-name:$evil"
