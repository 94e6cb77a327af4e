# azattest_evidence_collect and azattest_evidence_verify: what the VM collects is judged elsewhere, without
# network and TPM, and the same file by the command.
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
client=$AZATTEST_BUILD/tests/integration/api_client
call() { # CODE FRAGMENT ARGUMENT...
        local code=$1 fragment=$2
        shift 2
        ok "$client" "$@"
        [[ $(head -1 stdout) == "$code "* ]] || { cat stdout; fail "wanted $code: $*"; }
        printed "$fragment"
}
offline() { AZATTEST_MAA_URL=https://127.0.0.1:1 AZATTEST_IMDS_URL=http://127.0.0.1:1 AZATTEST_TCTI=device:/dev/null/none "$@"; }

call 0 azattest-evidence evidence azattest://key n1
sed 1d stdout | jq -c . >e.json
vmid=$(jq -r '.["runtime-data"] | @base64d | fromjson | .["vm-configuration"].vmUniqueId' e.json)
offline call 0 accepted verify-evidence e.json "$vmid" n1
tail -1 stdout >result
same accept "$(jq -r .verdict result)"
same 0 "$(jq '.weakened | map(select(startswith("allow-unchecked") or startswith("time"))) | length' result)"
for id in S22 H9 A1 Q2 Q5 Q7 Q12 Q15 E6 E13 G4; do
        same accept "$(jq -r --arg id $id '.checks[] | select(.id == $id) | .outcome' result)" $id
done
# The key it proves is the one that tokens are encrypted for.
jq -r '.claims["attested-key"]' result >proven.pem
openssl pkey -pubin -in proven.pem -pubout -out proven.pub
openssl pkey -provider azattest -provider default -in azattest://key -pubout -out key.pub
same "$(cat key.pub)" "$(cat proven.pub)" "attested key"
# The command says the same of the same file, time apart.
ok offline azattest verify e.json --vmid "$vmid" --nonce n1 --json
same "$(jq -S '[.checks[] | [.id, .outcome]]' result)" "$(jq -S '[.checks[] | [.id, .outcome]]' stdout)" "rows"
same "$(jq -S .claims result)" "$(jq -S .claims stdout)" "claims"

offline call -102 "check Q5" verify-evidence e.json "$vmid" n2
same reject "$(tail -1 stdout | jq -r .verdict)"
same "{}" "$(tail -1 stdout | jq -c .claims)"
offline call -120 "check G4" verify-evidence e.json 00000000-0000-0000-0000-000000000000 n1
AZATTEST_REQUIRE=tdx offline call -101 "check H5" verify-evidence e.json "$vmid" n1
jq -c 'del(.["vcek-chain"])' e.json >part.json
offline call -102 "not fully verified" verify-evidence part.json "$vmid" n1
jq -c 'del(.key)' e.json >part.json
offline call -102 "check Q11" verify-evidence part.json "$vmid" n1
# Of a Milan VM, the AK certificate's chain is wanted (D46).
jq -c 'del(.["ak-chain"])' e.json >part.json
offline call -102 "check A3" verify-evidence part.json "$vmid" n1
offline call 0 accepted verify-evidence part.json "$vmid" n1 A3
jq -c 'del(.["event-log"])' e.json >part.json
offline call -102 "check E1" verify-evidence part.json "$vmid" n1
# Not made is not refused: a check can be let go by name, and the result says so.
offline call 0 accepted verify-evidence part.json "$vmid" n1 E1
tail -1 stdout | jq -r '.weakened[]' | grep -q '^allow-unchecked = E1: ' || fail "not named as weakened"
offline call -8 "no check" verify-evidence part.json "$vmid" n1 X1

# Other keys, and what cannot be collected.
call 0 azattest-evidence evidence "azattest://sign?name=web" n1
sed 1d stdout | jq -c . >sign.json
offline call 0 accepted verify-evidence sign.json "$vmid" n1
[ "$(tail -1 stdout | jq -r '.claims["attested-key"]')" != "$(cat proven.pem)" ] || fail "the same key"
call -8 "no key of this VM" evidence azattest://ak n1
call -8 "1 to 512" evidence azattest://key ""
AZATTEST_REQUIRE=tdx call -101 "require = tdx" evidence azattest://key n1
AZATTEST_TCTI=device:/dev/null/none call -13 "/dev/null/none" evidence azattest://key n1

# Token and evidence together: as the command judges them.
ok azattest attest --nonce n1 --out t.jwt
call 0 accepted verify-together t.jwt e.json "$vmid"
tail -1 stdout >result
ok azattest verify t.jwt --evidence e.json --nonce n1 --vmid "$vmid" --json
same "$(jq -S '[.checks[] | [.id, .outcome]]' stdout)" "$(jq -S '[.checks[] | [.id, .outcome]]' result)" "rows"
same "$(jq -S .claims stdout)" "$(jq -S .claims result)" "claims"
same accept "$(jq -r '.checks[] | select(.id == "T18") | .outcome' result)"
call -102 "T18" verify-together t.jwt sign.json "$vmid"
tail -1 stdout >result
same reject/null "$(jq -r '.verdict + "/" + (.claims["x-ms-ver"] | tostring)' result)"
call -109 "check S26" verify-together t.jwt e.json "$vmid" strict
call -120 "check G4" verify-together t.jwt e.json 00000000-0000-0000-0000-000000000000
ok azattest attest --nonce n2 --out n2.jwt
call -107 "T11" verify-together n2.jwt e.json "$vmid"
call -118 "" verify-together t.jwt t.jwt "$vmid"
