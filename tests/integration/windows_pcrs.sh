# VMs with Windows quote PCR 11-14 beside 0-7: accepted where nobody set pcrs, as nothing else beside is.
# shellcheck shell=bash
# setups: default
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for pcrs in 0-7 0-7,11-14 0-7,11-13 0-6,11-14; do
        ok azattest evidence --pcrs $pcrs --nonce n --out "$pcrs.json"
done
vmid=$(ok azattest inspect --json 0-7.json && jq -r '.says["hcl-report"]["runtime-data-host-says"]["vm-configuration"].vmUniqueId' stdout)

accepted() { ok azattest verify "$@" --nonce n --vmid "$vmid" && printed "evidence: accept"; }
refused() { expect_verdict "check Q6 " azattest verify "$@" --nonce n --vmid "$vmid"; }
accepted 0-7.json
accepted 0-7,11-14.json
accepted 0-7,11-14.json --pcrs 0-7,11-14
refused 0-7,11-14.json --pcrs 0-7
refused 0-7.json --pcrs 0-7,11-14
refused 0-7,11-13.json
refused 0-6,11-14.json
