# A TDX VM: attested by MAA when required; its raw evidence is incomplete, because Intel's signature chain is
# not checked.
# vm: tdx
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect_fail "AZATTEST_E_REQUIREMENT -101" azattest attest --require sevsnp
ok azattest attest --require tdx --out t.jwt
same tdxvm "$(claim t.jwt '.["x-ms-isolation-tee"]["x-ms-attestation-type"]')"
ok azattest check --require cvm
printed "Intel TDX"

ok azattest evidence --require tdx --out e.json
expect_undecided "check H12 " azattest verify e.json --require tdx --any-vm
printed "evidence: incomplete"
ok azattest verify e.json --require tdx --any-vm --allow-unchecked H12
printed "evidence: accept"
# A policy is answered with what the TD quote says (P8).
with_policy() { # CONDITION -> policy.json
        printf '{"version": "1.0.0", "anyOf": [{"authority": "https://maa.example", "allOf": [%s]}]}' "$1" >policy.json
}
tee=x-ms-isolation-tee.tdx
for claim in mrtd rtmr0 tee_tcb_svn td_attributes td_attributes_debug; do
        # The simulated MAA says the same of the same VM.
        with_policy "{\"claim\": \"${tee}_$claim\", \"equals\": $(claim t.jwt ".[\"x-ms-isolation-tee\"].tdx_$claim | tojson")}"
        ok azattest verify e.json --require tdx --any-vm --allow-unchecked H12 --policy policy.json --json
        same accept "$(check_row P8)" "$claim"
done
with_policy "{\"claim\": \"${tee}_td_attributes_debug\", \"equals\": true}"
expect_verdict "check P8 " azattest verify e.json --require tdx --any-vm --allow-unchecked H12 --policy policy.json
expect_fail "check H5 " azattest verify e.json --require sevsnp --any-vm
ok azattest explain e.json --require tdx
printed "Intel root -> TD quote"
printed "because: Intel's signature chain"
ok azattest explain t.jwt --require tdx --json
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "hardware report -> runtime data") | .state' stdout)"
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "Intel root -> hardware report") | .state' stdout)"
