# azattest check: the platform checker's rows and exit status.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state() { awk -v name="$1" 'index($0, name) == 1 { print substr($0, 16) }' stdout | awk '{ print $1 }'; }

ok azattest check
for row in hardware compliance debug "secure boot" vTPM "attested PCRs" "VM id" OS key "token expiry" policy; do
        same ok "$(state "$row")" "$row"
done
same 11 "$(wc -l <stdout)" rows
printed "AMD SEV-SNP"

# A policy that is not satisfied: the rows are there all the same.
cat >debug.json <<'END'
{"version": "1.0.0", "anyOf": [{"authority": "MAA", "allOf": [
 {"claim": "x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable", "equals": true}]}]}
END
sed -i "s|MAA|$(claim <(azattest attest 2>/dev/null) .iss)|" debug.json
expect_fail "AZATTEST_E_POLICY -109" azattest check --policy debug.json
same no "$(state policy)"
same ok "$(state hardware)"
printed "x-ms-sevsnpvm-is-debuggable"
expect_fail "AZATTEST_E_IDENTITY_NEEDED" azattest check --vmid 00000000-0000-0000-0000-000000000000
same no "$(state "VM id")"

ok azattest check --json
same accept "$(jq -r .verdict stdout)"
same sevsnpvm "$(jq -r '.claims["x-ms-isolation-tee"]["x-ms-attestation-type"]' stdout)"
expect_fail "AZATTEST_E_POLICY -109" azattest check --json --policy debug.json
same reject "$(jq -r .verdict stdout)"
same reject "$(check_row T13)"
