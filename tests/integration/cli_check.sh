# azattest check: the platform checker's rows and exit status.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state() { awk -v name="$1" 'index($0, name) == 1 { print substr($0, 16) }' stdout | awk '{ print $1 }'; }

ok azattest check
for row in hardware compliance debug "secure boot" vTPM "attested PCRs" "VM id" OS key "token expiry" policy; do
        same ok "$(state "$row")" "$row"
done
same ok "$(state "AK issuers")"
same 12 "$(wc -l <stdout)" rows
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
expect_fail "AZATTEST_E_OTHER_VM -120" azattest check --vmid 00000000-0000-0000-0000-000000000000
same no "$(state "VM id")"

ok azattest check --json
same accept "$(jq -r .verdict stdout)"
same sevsnpvm "$(jq -r '.claims["x-ms-isolation-tee"]["x-ms-attestation-type"]' stdout)"
expect_fail "AZATTEST_E_POLICY -109" azattest check --json --policy debug.json
same reject "$(jq -r .verdict stdout)"
same reject "$(check_row T13)"

# Demands are made of evidence collected beside the token: the same ones, by the same checks, as by verify.
ok azattest check --require-secure-boot --require-event-log --require-attested-key --guest-svn 10 --product Milan
same ok "$(state demands)"
same 13 "$(wc -l <stdout)" rows
printed "met, profile azure-baseline of "
ones=$(printf 'f%.0s' {1..96})
expect_fail "check S33 (fixed fields)" azattest check --measurement "$ones"
same no "$(state demands)"
same ok "$(state policy)"
expect_fail "check S34 " azattest check --id-key "$ones"
expect_fail "check S26 " azattest check --profile strict
ok azattest check --require-ak-certificate
# Without the AK certificate's issuers in it, evidence of a Milan VM is not enough for azure-baseline (D46).
pki=$AZATTEST_SIM_DIR/pki
sed 's/^ak-issuers *=.*/ak-issuers = none/' "$OPENSSL_CONF" >none.cnf
without_issuers() { OPENSSL_CONF=$PWD/none.cnf "$@"; }
expect_undecided "check A3 " without_issuers azattest check --require-event-log
said AMD-SB-3045
same unknown "$(state demands)" "demands on incomplete evidence"
ok without_issuers azattest check --require-event-log --profile none
expect_undecided "check A3 " without_issuers azattest check --require-ak-certificate --profile none
ok without_issuers azattest check --require-ak-certificate --certs "$pki/vtpm-ca.pem" --certs "$pki/vtpm-root.pem" --nonce n1
printf '{"azattest-profile": 1, "name": "bank", "date": "2026-11-24", "product": ["Genoa"]}' >bank.json
expect_fail "check S36 " azattest check --profile bank.json --json
same reject "$(jq -r .verdict stdout)"
same reject "$(check_row S36)"
same accept "$(check_row T13)"
same accept "$(check_row Q7)"
printf '{"azattest-profile": 1, "name": "bank", "date": "2026-11-24", "product": ["Milan"], "require-event-log": true}' >bank.json
ok azattest check --profile bank.json --json
same accept "$(jq -r .verdict stdout)"
same accept "$(check_row S36)"
# Which refusal is told is the token's, where both refuse; the demands' is in its row.
expect_fail "AZATTEST_E_POLICY -109" azattest check --policy debug.json --guest-svn 999
printed "check S32"
# A policy that only MAA can answer is MAA's: it is not missed in the evidence.
jq '.anyOf[0].allOf = [{claim: "x-ms-isolation-tee.x-ms-compliance-status", equals: "azure-compliant-cvm"}]' debug.json >maa.json
ok azattest check --policy maa.json --guest-svn 10
expect_usage "allow-unchecked: there is no check 'X1'" azattest check --allow-unchecked X1
expect_usage '"measurement" is not 96' azattest check --measurement 00
