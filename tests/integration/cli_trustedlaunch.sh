# Trusted Launch: refused unless required, shown by check, attested when asked for.
# vm: trustedlaunch
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect_fail "AZATTEST_E_REQUIREMENT -101" azattest attest
said sevsnp
said trustedlaunch
expect_fail "[AZATTEST_E_" azattest check
printed "no confidential hardware"
printed "secure boot    ok"

before=$(commands ALL)
ok without_policy azattest attest --require trustedlaunch --out t.jwt
same 17 $(($(commands ALL) - before)) "TPM commands with nothing stored"
same null "$(claim t.jwt '.["x-ms-isolation-tee"]')"
ok without_policy azattest check --require trustedlaunch
printed "secure boot    ok"
printed "vTPM           ok"
printed "policy         ok"
ok without_policy azattest verify t.jwt --require trustedlaunch --vmid "$(claim t.jwt '.["x-ms-azurevm-vmid"]')"
expect_fail "[AZATTEST_E_REQUIREMENT -101]" without_policy azattest verify t.jwt --any-vm

# Evidence names no VM, and its chain begins at Azure's vTPM root: no hardware link.
ok azattest evidence --require trustedlaunch --out e.json
expect_fail "the evidence does not say of which VM it is" azattest verify e.json --require trustedlaunch \
        --certs "$AZATTEST_SIM_DIR/pki/vtpm-ca.pem" --certs "$AZATTEST_SIM_DIR/pki/vtpm-root.pem"
for file in e.json t.jwt; do
        ok azattest explain $file --require trustedlaunch
        printed "no hardware says so, and a replaced AK would not show"
        ! grep -q "hardware report" stdout || fail "a hardware link in $file"
done
