# Encryption and decryption of a large file beside openssl, inside a simulated VM: throughput as a ratio, and
# the most memory that each took. `openssl enc` refuses AES-GCM, so the floor is AES-CTR, which is its half;
# and that with base64, as a JWE has it.
# shellcheck shell=bash
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
head -c $((64 << 20)) /dev/urandom >data
azattest attest --out token.jwt 2>/dev/null
azattest cert --purpose decrypt --out dec.crt 2>/dev/null
openssl pkey -in azattest://key -out key.pem
exec python3 - "${1-}" <<'END'
import json, os, resource, statistics, subprocess, sys, time

SIZE = os.path.getsize("data")
ROUNDS = 5
floor = "openssl enc -aes-256-ctr -K %s -iv %s" % ("00" * 32, "00" * 16)
text = floor.replace("-K", "-a -A -K")
to = "azattest encrypt --token token.jwt --any-vm --in data --out"
pairs = [
    ("encrypt JWE", to + " jwe --alg JWE", floor + " -in data -out floor"),
    ("decrypt JWE", "azattest decrypt --in jwe --out again", floor + " -in floor -out again"),
    ("encrypt JWE", to + " jwe --alg JWE", text + " -in data -out floor"),
    ("decrypt JWE", "azattest decrypt --in jwe --out again", text + " -in floor -out again"),
    ("encrypt CMS", to + " cms --alg CMS", floor + " -in data -out floor"),
    ("decrypt CMS", "azattest decrypt --in cms --out again", floor + " -in floor -out again"),
    ("encrypt CMS", to + " cms --alg CMS", "openssl cms -encrypt -binary -aes-256-gcm -in data -outform DER -out theirs"
     " -recip dec.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"),
    ("decrypt CMS", "azattest decrypt --in cms --out again",
     "openssl cms -decrypt -binary -inform DER -in theirs -inkey key.pem -out again"),
]

def run(command):
    start = time.monotonic()
    child = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("bench: %s: status %d" % (command, status))
    return time.monotonic() - start, usage.ru_maxrss * 1024

for name, ours, theirs in pairs:
    a, b = [], []
    for _ in range(ROUNDS):
        a.append(run(ours))
        b.append(run(theirs))
    ratio = statistics.median(x[0] for x in b) / statistics.median(x[0] for x in a)
    rate = SIZE / statistics.median(x[0] for x in a) / 1e6
    memory = max(x[1] for x in a) / SIZE
    beside = " ".join(theirs.split()[:3]) + (", base64" if " -a " in theirs else "")
    if sys.argv[1]:
        print(json.dumps({"operation": name, "floor": beside, "ratio": round(ratio, 3),
                          "mb-per-second": round(rate, 1), "memory-per-byte": round(memory, 2)}))
    else:
        print("%-12s beside %-34s %5.2f of its throughput, %6.0f MB/s, memory %.2f x the data"
              % (name, beside, ratio, rate, memory))
END
