# azattest policy new and test, profile new: files made of what was verified accept it, and not its opposite.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest attest --nonce n1 --out t.jwt
ok azattest evidence --nonce n1 --out e.json
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
sed 's/\.[^.]*$/.AAAA/' t.jwt >forged.jwt

# A policy of this VM: accepted with nothing else said, an identity, and no weakening; Key Vault takes it.
ok azattest policy new --from t.jwt --out p.json
said "x-ms-azurevm-vmid equals \"$vmid\": this very VM"
ok azattest verify t.jwt --policy p.json --json
same 0 "$(jq '[.weakened[] | select(startswith("policy"))] | length' stdout)" weakened
same "given policy" "$(jq -r '.checks[] | select(.id == "T13") | .reason' stdout)"
# It is for tokens: that the service found the VM compliant, no evidence says.
expect_undecided "only MAA says that" azattest verify e.json --nonce n1 --policy p.json
jq --arg v 00000000-0000-0000-0000-000000000000 '(.. | select(type == "object" and .claim? == "x-ms-azurevm-vmid").equals) = $v' p.json >other.json
expect_fail "[AZATTEST_E_OTHER_VM -120]" azattest verify t.jwt --policy other.json
ok azattest policy new --from t.jwt --pin vmid,guest-svn --pin tcb,measurement --out more.json
ok azattest verify t.jwt --policy more.json
same 13 "$(jq '.anyOf[0].allOf | length' more.json)" conditions
# Only of a token that is one, from whatever the policy in force says of it.
expect_fail "check T8 " azattest policy new --from forged.jwt --out never.json
expect_fail "check T12 " azattest policy new --from t.jwt --require tdx --out never.json
[ ! -e never.json ] || fail "a policy of a refused token"
expect_usage "pin 'chip' is unknown; there are vmid, measurement" azattest policy new --from t.jwt --pin chip
expect_usage "--pin a,,b" azattest policy new --from t.jwt --pin a,,b

# Condition by condition.
ok azattest policy test p.json --token t.jwt
same 8 "$(grep -c '^met ' stdout)" "conditions met"
printed "it names the VM"
printed "policy: satisfied"
jq '.anyOf[0].allOf += [{"claim":"x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn","atLeast":99},{"claim":"nobody","notEquals":"x"},
        {"claim":"nobody","exists":false}]' p.json >later.json
status=0
azattest policy test later.json --token t.jwt >stdout 2>stderr || status=$?
same 1 $status
printed 'not met   x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn atLeast 99, found 10'
printed 'missing   nobody notEquals "x"'
printed 'met       nobody exists false'
printed "it uses atLeast: not usable as a Key Vault release policy"
printed "policy: not satisfied"
expect_fail "notEquals wants one that differs" azattest verify t.jwt --policy later.json
! azattest policy test later.json --token t.jwt --json >stdout 2>stderr || fail "--json accepts"
same "false true false" "$(jq -r '[.satisfied, .["names-vm"], .["key-vault"]] | map(tostring) | join(" ")' stdout)"
ok azattest policy test p.json --token forged.jwt --json
jq -e '.verified | startswith("no ")' stdout >verified || fail "a forged token is called verified"
echo '{"version":"1.0.0"}' >broken.json
expect_undecided "broken.json: policy: \"anyOf\" lists no authority" azattest policy test broken.json --token t.jwt
expect_fail "AZATTEST_E_TOKEN_FORM" azattest policy test p.json --token <(echo hello)
expect_undecided "azattest: cannot open none.jwt" azattest policy test p.json --token none.jwt
expect_undecided "azattest: cannot open none.json" azattest policy test none.json --token t.jwt
for words in "" "new" "test p.json" "test --token t.jwt" "new p.json --from t.jwt" "make"; do
        # shellcheck disable=SC2086
        expect_usage "policy " azattest policy $words
done

# A profile of evidence.
ok azattest profile new --from e.json --name bank --pin product,measurement,guest-svn,pcr4 --out bank.json
ok azattest verify e.json --nonce n1 --profile ./bank.json
same bank "$(jq -r .name bank.json)"
jq -e '.about | length == 7' bank.json >about || fail "not every demand is explained"
jq '.["guest-svn"] = 99' bank.json >later.json
expect_fail "check S32 " azattest verify e.json --nonce n1 --profile ./later.json
jq '.measurement |= sub("^.."; "ff")' bank.json >other.json
expect_fail "check S33 " azattest verify e.json --nonce n1 --profile ./other.json
ok azattest profile new --from e.json
jq -e '.name == "mine"' stdout >mine || fail "no name"
python3 -c 'import json; e = json.load(open("e.json")); s = e["quote"]["signature"]; e["quote"]["signature"] = s[:40] + ("A" if s[40] != "A" else "B") + s[41:]; json.dump(e, open("flipped.json", "w"))'
expect_fail "check Q" azattest profile new --from flipped.json --out never.json
jq 'del(.["event-log"])' e.json >part.json
expect_undecided "check E1 " azattest profile new --from part.json --out never.json
[ ! -e never.json ] || fail "a profile of refused evidence"
expect_usage "pin 'vmid' is unknown; there are product" azattest profile new --from e.json --pin vmid
expect_fail "t.jwt is a MAA token, not an evidence file" azattest profile new --from t.jwt
said "azattest policy new"
expect_usage "azattest profile new --from EVIDENCE" azattest profile new
expect_usage "azattest profile new --from EVIDENCE" azattest profile old --from e.json
