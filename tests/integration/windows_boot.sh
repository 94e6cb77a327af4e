# A VM with Windows, and every fault of its start: what the service claims of it, what evidence proves of it (E16),
# and what is made of a boot log in which root hides it.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2154
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_requests.sh"
vm=$PWD/vm
trap 'stop_servers; azattest-sim stop "$vm" 2>/dev/null || true' EXIT

# start [option...]: in the VM then, whose configuration has the PCRs of Windows.
start() {
        azattest-sim stop "$vm" 2>/dev/null || true
        azattest-sim --vm windows "$@" start "$vm"
        . "$vm/env.sh"
}

said_of() { claim "$1" "$(printf '[."x-ms-azurevm-%s-enabled"]|tojson' "$2" | sed 's/,/-enabled",."x-ms-azurevm-/g')"; }
settings=bootdebug,kerneldebug,hypervisordebug,testsigning,flightsigning,elam

start
ok azattest attest --nonce n --out t.jwt
same '[false,false,false,false,false,true]' "$(said_of t.jwt $settings)" claims
same '[0,1,2,3,4,5,6,7,11,12,13,14]' "$(claim t.jwt '."x-ms-azurevm-attested-pcrs"|tojson')" PCRs
ok azattest evidence --nonce n --out e.json
ok azattest verify e.json --nonce n --json
same accept "$(check_row E16)" E16
same accept "$(check_row E6)" E6
ok azattest verify t.jwt --evidence e.json --nonce n
ok azattest check
ok azattest inspect e.json
printed EV_EVENT_TAG

# A request with the words of Windows is in the form of the reference client's there (tests/windows has the program that
# says them), and the service takes it.
recorder request
expect_fail "HTTP 400" env AZATTEST_MAA_URL="$recorder" AZATTEST_CA_FILE=recorder.crt \
        azattest attest --nonce 'a nonce?>' --out no.jwt
jq -r .AttestationInfo request | tr '_-' '/+' | { cat; echo '==='; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } |
        jq -c '.OSType = "V2luZG93cw==" | .OSDistro = "TWljcm9zb2Z0" | .OSBuild = "Tm90QXBwbGljYWJsZQ=="
                | .OSVersionMajor = 10 | .OSVersionMinor = 0' >inner.json
printf '{"AttestationInfo":"%s"}' "$(base64 -w0 inner.json | tr '/+' '_-' | tr -d =)" >body
in_form windows body 'a nonce?>'
plants_found windows body 'a nonce?>'
same 200 "$(plain curl -s --cacert "$(setting ca-file)" -o answer -w '%{http_code}' -H 'Content-Type: application/json' \
        --data-binary @body "$SIM_MAA_URL/attest/AzureGuest?api-version=2020-10-01")" "status of a request with Windows' words"

# As TPM Base Services: no contexts, which costs a key for each process.
echo secret >secret
ok azattest encrypt --token t.jwt --in secret --out secret.enc
ok azattest decrypt --in secret.enc --out secret.dec
ok azattest decrypt --in secret.enc --out again.dec
cmp secret secret.dec && cmp secret again.dec
ok azattest-sim ctl "$vm" counts
! grep -q ContextLoad stdout || fail "a context was loaded"

# Of PCRs that are not quoted nobody knows, and the service does not tell.
same 0-7,11-14 "$(setting pcrs)" pcrs
ok azattest evidence --pcrs 0-7 --nonce n --out seven.json
ok azattest verify seven.json --pcrs 0-7 --nonce n --json
printed "PCR 12 is not quoted"

# A policy on what Windows says of itself.
asks() { printf '{"version":"1.0.0","anyOf":[{"authority":"%s","allOf":[{"claim":"x-ms-azurevm-%s","equals":%s}]}]}' "$SIM_MAA_URL" "$1" "$2" >asks.json; }
asks testsigning-enabled false
ok azattest verify e.json --nonce n --policy asks.json --any-vm
ok azattest verify t.jwt --nonce n --policy asks.json --any-vm
asks elam-enabled true
expect_verdict "only MAA says that" azattest verify e.json --nonce n --policy asks.json --any-vm
asks bootdebug-enabled true
expect_verdict "bootdebug-enabled equals true: found false" azattest verify e.json --nonce n --policy asks.json --any-vm

# altered PYTHON: evidence whose boot log root has changed, one event of PCR 12-14 after the other.
altered() {
        python3 - "$1" <<'END' >altered.json
import base64, json, struct, sys
evidence = json.load(open("e.json"))
log = base64.b64decode(evidence["event-log"])
at = 32 + struct.unpack("<I", log[28:32])[0]
out = log[:at]
while at < len(log):
    begin = at
    pcr, kind, count = struct.unpack("<III", log[at:at + 12])
    at += 12
    for _ in range(count):
        at += 2 + {4: 20, 11: 32, 12: 48}[struct.unpack("<H", log[at:at + 2])[0]]
    digests = log[begin + 8:at]
    size = struct.unpack("<I", log[at:at + 4])[0]
    data = log[at + 4:at + 4 + size]
    at += 4 + size
    if 12 <= pcr <= 14:
        exec(sys.argv[1])
    if kind is not None:
        out += struct.pack("<II", pcr, kind) + digests + struct.pack("<I", len(data)) + data
evidence["event-log"] = base64.b64encode(out).decode()
json.dump(evidence, sys.stdout)
END
}
altered pass
ok azattest verify altered.json --nonce n
altered 'kind = 13'
ok azattest verify altered.json --nonce n
altered 'data = data[:-1]'
expect_verdict "check E16 (start of Windows): the data of an event in PCR 12-14 is not what Windows measured" azattest verify altered.json --nonce n
altered 'data = b"" if kind == 6 else data'
expect_verdict "check E16 " azattest verify altered.json --nonce n
altered 'kind = None'
expect_verdict "check E16 (start of Windows)" azattest verify altered.json --nonce n
grep -qF "the log has no event for it" stderr || fail "why it cannot be decided"

seen=
# refused FAULT "CLAIMS" CODE FRAGMENT: the service claims it, or refuses; evidence is refused by E16.
refused() {
        seen+=" $1"
        start --fault "$1"
        if [ -n "$2" ]; then
                ok azattest attest --nonce n --out t.jwt
                same "$2" "$(said_of t.jwt $settings)" "claims of $1"
                ok azattest check
                [[ $1 != *-debug ]] || printed "Windows was started with a debugger"
        else
                expect_fail "is no whole tagged event" azattest attest --nonce n --out t.jwt
        fi
        ok azattest evidence --nonce n --out e.json
        expect_verdict "check E16 (start of Windows): $4" azattest verify e.json --nonce n
        [[ $(cat stderr) == *"$3]"* ]] || { cat stderr >&2; fail "$1: not $3"; }
}
refused windows-boot-debug '[true,false,false,false,false,true]' -109 "Windows was started with boot debugging"
altered 'kind = 13'
expect_verdict "check E16 " azattest verify altered.json --nonce n
refused windows-kernel-debug '[false,true,false,false,false,true]' -109 "Windows was started with kernel debugging"
refused windows-bad-tag '' -109 "a tagged event in PCR 12-14 is cut short"
refused windows-test-signing '[false,false,false,true,false,true]' -109 "Windows takes drivers with test signatures"
sed 's/^pcrs = /secure-boot = report\n&/' "$OPENSSL_CONF" >report.cnf
ok env OPENSSL_CONF="$PWD/report.cnf" azattest verify e.json --nonce n

for fault in $(azattest-sim --help | sed -n '/^faults:/,$s/^ *\(windows-[a-z-]*\).*/\1/p'); do
        [[ "$seen " == *" $fault "* ]] || fail "no row for fault $fault"
done
