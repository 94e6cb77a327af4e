# Every kind of --json output, and the evidence file, is what core/doc/result.schema.json says: accepted,
# refused, undecided, bad input; on confidential VMs of both kinds and on Trusted Launch. The schema can fail.
# sim: none
# setups: default
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
schema=$here/../../core/doc/result.schema.json
python=python3
python3 -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
$python -c 'import jsonschema' || fail "python3-jsonschema is missing: tests/setup.sh lists it"

# judge fits|unfit KIND:FILE...
judge() { $python "$here/schema.py" "$schema" "$@" >faults || { cat faults >&2; fail "core/doc/result.schema.json: $1"; }; }

# json KIND VERDICT COMMAND...: what it prints is of that kind and says that verdict ("-": has none).
documents=()
json() {
        local kind=$1 verdict=$2 status=0 file=${#documents[@]}.json
        shift 2
        "$@" --json >"$file" 2>stderr || status=$?
        [ -s "$file" ] || { cat stderr >&2; fail "status $status and no document: $*"; }
        same "$verdict" "$(jq -r '.verdict // "-"' "$file")" "verdict of $*"
        documents+=("$kind:$file")
}

# In one VM: what every kind has, $2 being the verdict on its evidence (that of Trusted Launch names no VM).
inside() {
        ok azattest evidence --require any --nonce n1 --out ev.json
        json result accept azattest attest --require any
        json result accept azattest check --require any
        jq -e '[.findings[] | select(.name == "hardware" and .state == "ok")] | length == 1' "${documents[-1]#*:}" >found ||
                fail "check says nothing of the hardware"
        json evidence-result "$2" azattest verify ev.json --require any --nonce n1
        json explanation "$2" azattest explain ev.json --require any
        json inspection - azattest inspect ev.json
        ok azattest cert --require any --leaf ec --nonce n1 --out leaf.crt --key-out leaf.key
        json result accept azattest verify leaf.crt --delegated --require any
        json result reject azattest verify leaf.crt --require any
        json explanation accept azattest explain leaf.crt --delegated --require any
        json inspection - azattest inspect leaf.crt
        json doctor ok azattest doctor --require any
        json status unknown azattest status /nonexistent
        documents+=(evidence-file:ev.json)
        if [ "$1" = tdx ]; then
                jq 'del(."td-collateral")' ev.json >bare.json
                json evidence-result incomplete azattest verify bare.json --require any --any-vm
        fi
        [ "$1" = sevsnp ] || return 0

        ok azattest attest --out dec.jwt
        ok azattest cert --out c.pem --key-out k.pem
        json status ok azattest status c.pem k.pem leaf.crt
        json renewal - azattest cert --out c.pem --key-out k.pem --renew-before 60
        json result accept azattest verify dec.jwt
        json result accept azattest verify c.pem
        ok azattest cert --csr --out c.csr
        json result accept azattest verify c.csr
        json result reject azattest verify c.csr --nonce other
        head -c 300 c.csr >part.csr
        json result reject azattest verify part.csr
        json result accept azattest verify dec.jwt --evidence ev.json
        json result reject azattest verify dec.jwt --nonce other
        json result reject azattest verify dec.jwt --vmid 00000000-0000-0000-0000-000000000000
        json evidence-result reject azattest verify ev.json --nonce n2
        jq 'del(.quote)' ev.json >no-quote.json
        json evidence-result incomplete azattest verify no-quote.json
        jq -r '."snp-report"' ev.json | base64 -d >report.bin
        json evidence-result incomplete azattest verify report.bin --any-vm
        json result incomplete azattest verify /nonexistent
        json result reject azattest verify "$here/lib.sh"
        json result reject azattest explain k.pem
        for file in dec.jwt c.pem c.csr; do json explanation accept azattest explain $file; done
        for file in dec.jwt c.pem c.csr k.pem report.bin; do json inspection - azattest inspect $file; done
}

if [ -n "${AZATTEST_SCHEMA_INSIDE:-}" ]; then
        inside "$AZATTEST_SCHEMA_INSIDE" "$1"
        judge fits "${documents[@]}"
        exit
fi
for vm in sevsnp:accept tdx:accept trustedlaunch:reject; do
        mkdir "${vm%:*}"
        (cd "${vm%:*}" && AZATTEST_SCHEMA_INSIDE=${vm%:*} azattest-sim --vm "${vm%:*}" run -- bash "${BASH_SOURCE[0]}" "${vm#*:}")
done

# Planted faults: each makes a document that no longer fits.
cd sevsnp
unfit=()
planted() { # KIND FILE JQ-FILTER
        local file=planted-${#unfit[@]}.json
        jq . "$2" >whole.json
        jq "$3" "$2" >"$file"
        ! cmp -s whole.json "$file" || fail "nothing planted: $3"
        unfit+=("$1:$file")
}
planted result 1.json 'del(."result-name")'
planted result 1.json '.schema = 2'
planted result 1.json '.verdict = "maybe"'
planted result 1.json '.verdict = "reject"'
planted result 1.json '.checks[0].outcome = "reject"'
planted result 1.json '.checks = []'
planted result 1.json '.checks[0] += {"why": "new"}'
planted result 1.json '(.checks[] | select(.outcome == "not checked") | .reason) = "because"'
planted result 1.json '.more = 1'
planted result 1.json '.time = "yesterday"'
planted evidence-result 2.json '.claims.more = 1'
planted evidence-result 2.json '.claims["tcb-status"] = "Revoked"'
planted evidence-result 2.json '.claims["tcb-advisories"] = "INTEL-SA-00001, INTEL-SA-00002"'
planted explanation 3.json '.links[0].state = "fine"'
planted inspection 4.json '.verified = "yes"'
planted doctor 5.json '.findings[0].state = "well"'
planted status 6.json '.findings[0].state = "well"'
planted status 6.json '.findings[0].more = 1'
planted evidence-file ev.json '.key.more = "AA=="'
planted evidence-file ev.json '."hcl-report" = "not base64"'
planted evidence-file ev.json '.pcrs.sha256["24"] = .pcrs.sha256["0"]'
planted any ev.json '."azattest-evidence" = 2'
judge unfit "${unfit[@]}"
judge fits any:1.json any:3.json any:5.json any:6.json any:ev.json
