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
expect_fail "check H12 " azattest verify e.json --require tdx --any-vm
printed "evidence: incomplete"
ok azattest verify e.json --require tdx --any-vm --allow-unchecked H12
printed "evidence: accept"
expect_fail "check H5 " azattest verify e.json --require sevsnp --any-vm
ok azattest explain e.json --require tdx
printed "Intel root -> TD quote"
printed "because: Intel's signature chain"
ok azattest explain t.jwt --require tdx --json
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "hardware report -> runtime data") | .state' stdout)"
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "Intel root -> hardware report") | .state' stdout)"
