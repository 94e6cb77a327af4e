# azattest ak-renew: a new AK certificate where it is better than the old one, and a usable one at every moment.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034
patience=10
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"

fault() { azattest-sim ctl "$vm" "fault $1"; }
export AZATTEST_ATTEST=always
ends() { azattest ak-renew --if-before 0 --json | jq -r .until; }
# refused FAULT FRAGMENT: no renewal, and the certificate is the one from before.
refused() {
        local before status=0
        before=$(ends)
        fault "$1"
        azattest ak-renew >stdout 2>stderr || status=$?
        azattest-sim ctl "$vm" clear
        same 1 "${status/3/1}" "$1: status"
        grep -qF -- "$2" stderr || { cat stderr >&2; fail "$1: no '$2'"; }
        same "$before" "$(ends)" "$1: the certificate that is there"
        ok azattest attest --out token.jwt
}

for kind in sevsnp trustedlaunch; do
        start_vm $kind --fault tpm-ak-cert-expiring
        export AZATTEST_REQUIRE=$kind AZATTEST_RUNTIME_DIR=$PWD/run-$kind
        ok azattest attest --out token.jwt
        first=$(ends)
        ok azattest ak-renew --if-before 7
        grep -q "^not renewed: valid until $first" stdout || { cat stdout >&2; fail "renewed too early"; }
        refused imds-renew-refused "HTTP 403"
        refused imds-renew-garbage "is not one certificate in PEM"
        refused imds-renew-other-key "is for another key than the AK"
        refused imds-renew-other-issuer "is of another issuer"
        refused imds-renew-shorter "ends no later"
        AZATTEST_TIMEOUT=3 refused imds-renew-pending "was not to be had in time"
        # Names and key identifiers are anybody's to write: without the issuers nothing shows who made it.
        sed 's/^ak-issuers *=.*/ak-issuers = none/' "$OPENSSL_CONF" >unproven.cnf
        OPENSSL_CONF=$PWD/unproven.cnf refused imds-renew-later "cannot be traced to Azure's root"
        refused tpm-nv-lost-write "the old one is in place"
        refused tpm-nv-torn-writex1 "the old one is in place"
        refused tpm-rc=NV_Write:0x101 "could not be written"

        # Interrupted: what is there is a mixture, the next run puts the old one back and goes on.
        fault tpm-nv-torn-write
        expect_fail "nor the old one be put back" azattest ak-renew
        azattest-sim ctl "$vm" clear
        expect_fail "" azattest attest
        ok azattest ak-renew --if-before 0 --json
        same "false true $first" "$(jq -r '"\(.renewed) \(.restored) \(.until)"' stdout)" "after an interruption"
        ok azattest attest --out token.jwt

        fault imds-renew-later
        ok azattest ak-renew --if-before 90 --json
        azattest-sim ctl "$vm" clear
        same "true false $first" "$(jq -r '"\(.renewed) \(.restored) \(."previous-until")"' stdout)" renewal
        [[ "$(ends)" > "$first" ]] || fail "the new one ends no later"
        ok azattest attest --out token.jwt
        ok azattest ak-renew --if-before 90
        grep -q '^not renewed' stdout || fail "renewed again"
        [ ! -e "$AZATTEST_RUNTIME_DIR/ak-certificate.der" ] || fail "the copy is still there"
done
start_vm sevsnp --fault tpm-ak-cert-expiring
export AZATTEST_REQUIRE=sevsnp
# It says in time what to do, and `renew-ak` does it; what fails then does not keep the VM from attesting.
ok azattest status
grep -qE "^ak-certificate +ok .*'azattest ak-renew'" stdout || { cat stdout >&2; fail "status: no word on renewal"; }
expect_fail "" azattest status --within 8640000
grep -qE '^ak-certificate +no ' stdout || { cat stdout >&2; fail "status --within"; }
ok azattest doctor
grep -q "^AK certificate .*'azattest ak-renew'" stdout || { cat stdout >&2; fail "doctor: no word on renewal"; }
first=$(ends)
ok azattest attest --out token.jwt
same "$first" "$(ends)" "not asked for"
sed 's/^ak-issuers *=.*/&\nrenew-ak = yes/' "$OPENSSL_CONF" >renewing.cnf
fault imds-renew-other-key
OPENSSL_CONF=$PWD/renewing.cnf AZATTEST_LOG=warn ok azattest attest --out token.jwt
grep -q 'renew-ak: the renewed AK certificate is for another key' stderr || { cat stderr >&2; fail "no warning"; }
same "$first" "$(ends)" "a refused one"
azattest-sim ctl "$vm" clear
OPENSSL_CONF=$PWD/renewing.cnf ok azattest attest --out token.jwt
[[ "$(ends)" > "$first" ]] || fail "renew-ak = yes renewed nothing"
ok azattest status
! grep -q ak-renew stdout || fail "status still wants a renewal"
ok azattest-sim stop "$vm"
vm=
start_vm sevsnp --fault tpm-ak-cert-expiring
ok azattest ak-renew
grep -q '^renewed: valid until ' stdout || fail "no renewal in one step"
# Threads of one program: one of them renews at a time, the others say so, and what is there is whole.
ok azattest-sim stop "$vm"
vm=
start_vm sevsnp --fault tpm-ak-cert-expiring
for round in 1 2 3; do
        ok "$AZATTEST_BUILD/tests/integration/api_client" ak-renew 6
        # Later ones may end no later, by the second.
        [ $round != 1 ] || grep -qx 0 stdout || fail "no thread renewed"
        ! grep -vxE '0|-32' stdout || fail "threads"
        ok azattest attest --out token.jwt
done

# Users have runtime directories of their own, and no lock in common: whoever is quicker wins, and what is there is
# whole at the end.
ok azattest-sim stop "$vm"
vm=
for round in 1 2 3; do
        start_vm sevsnp --fault tpm-ak-cert-expiring
        users=()
        for user in 1 2 3 4; do
                AZATTEST_RUNTIME_DIR=$PWD/user-$user azattest ak-renew >"user-$user.txt" 2>&1 &
                users+=($!)
        done
        for user in "${users[@]}"; do
                status=0
                wait "$user" || status=$?
                [[ $status = [013] ]] || { cat user-*.txt >&2; fail "status $status of a user's renewal"; }
        done
        ok azattest attest --out token.jwt
        ok azattest ak-renew --if-before 0
        grep -q '^not renewed: valid until ' stdout || { cat stdout >&2; fail "a mixture is left"; }
        ok azattest-sim stop "$vm"
        vm=
done
start_vm sevsnp
expect_usage "--if-before takes days" azattest ak-renew --if-before soon
