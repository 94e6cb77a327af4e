# Every fault of a TDX VM and of what Intel publishes about it: evidence with it is refused by the row that is
# there for it, or says what is missing; the service refuses what it would. A fault of `azattest-sim --help`
# that is missing from the table fails the test.
# sim: none
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034
patience=10
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"

complain() {
        printf '%s\n' "$@"
        cat said
        failed=1
}

# judged WHAT CODE FRAGMENT FILE [option...]: 0 is accepted. FRAGMENT is in the row or line that says why.
judged() {
        local status=0 wanted=1
        azattest verify "$4" --any-vm "${@:5}" --json >result 2>said || status=$?
        [ "$2" != 0 ] || wanted=0
        ! grep -q '"verdict": "incomplete"' result || wanted=3
        [ $status = $wanted ] && [ "$(jq .result result)" = "$2" ] &&
                { [ "$2" = 0 ] || jq -r '.checks[] | select(.outcome != "accept") | "check \(.id) \(.reason)"' result | grep -qF -- "$3"; } ||
                { jq -r '"\(.verdict) \(.result) \(.reason)"' result >>said; complain "$1: wanted $2 and \"$3\", status $status"; }
        # Where nobody signed the quote, nothing of it is accepted (G2).
        doubted=$(jq -r 'select(.verdict != "accept") |
                select([.checks[] | select(.id == "H12" and .outcome == "accept")] == []) |
                .checks[] | select(.outcome == "accept" and (.id | test("^(H13|H15|H17|I14|I15|P8)$"))) | .id' result)
        [ -z "$doubted" ] || complain "$1: accepted all the same: ${doubted//$'\n'/ }"
}

# Evidence as it comes, with Azure's cache; then, where that was left out, with Intel's documents by hand.
evidence() {
        rm -f "$vm"/run/*.td
        azattest evidence --out ev.json 2>said || { complain "$1: no evidence"; return 1; }
}

# row FAULT "CODE of attest, CODE of evidence" FRAGMENT
row() {
        local maa=0 said_code=0
        evidence "$1" || return 0
        judged "$1" "${2#* }" "$3" ev.json
        azattest attest --out t.jwt >said 2>&1 || maa=$(grep -oE '\[[A-Z_]+ -[0-9]+\]' said | grep -oE -- '-[0-9]+' | head -1)
        [ "$maa" = "${2% *}" ] || complain "$1: the service: $maa instead of ${2% *}"
}
healthy() { row "after the faults" "0 0" ''; }

start_vm tdx
row "no fault" "0 0" ''
run_table <<'END'
tdx-quote-sig      | -6 -102 | check I7 the attestation key did not sign
tdx-qe-report      | -6 -102 | check I5 the platform's key (PCK) did not sign
tdx-qe-key         | -6 -102 | check I6 the QE report is about another attestation key
tdx-foreign-qe     | -6 -102 | check I9 not Intel's quoting enclave
tdx-quote-tail     | 0 -102  | check I1 the bytes behind the quote
tdx-short-chain    | 0 -102  | check I2 there are too few certificates
tdx-other-td       | 0 -102  | check H11
tdx-pck-revoked    | -6 -102 | check I8 CA's list, PCK: the certificate is revoked
tdx-tcb-outofdate  | 0 -109  | check I12 the platform is OutOfDate, level of 2024-11-13: INTEL-SA-99001, INTEL-SA-99002
tdx-tcb-revoked    | -6 -109 | check I12 the platform is Revoked
tdx-module-unknown | 0 -102  | check I11 Intel's document knows no TDX module
END

# Named, a status is accepted, and shown.
azattest-sim ctl "$vm" "fault tdx-tcb-outofdate"
evidence outofdate
judged "OutOfDate is accepted" 0 '' ev.json --accept-tcb OutOfDate
azattest attest --out t.jwt >said 2>&1 || complain "attest of an OutOfDate platform"
status=$(azattest inspect --json t.jwt | jq -r '.says.claims["x-ms-isolation-tee"].attester_tcb_status')
[ "$status" = OutOfDate ] || complain "the service says $status of an OutOfDate platform"
[ "$(jq -c '[.claims["tcb-status"], .claims["tcb-advisories"]]' result)" = '["OutOfDate",["INTEL-SA-99001","INTEL-SA-99002"]]' ] ||
        complain "claims of an OutOfDate platform: $(jq -c .claims result)"
azattest-sim ctl "$vm" clear

# Good documents, but older ones than there are: who asks for a number refuses them.
azattest-sim ctl "$vm" "fault tdx-evaluation-old"
row tdx-evaluation-old "0 0" ''
judged "tdx-evaluation-old, strict" -109 "check I13 evaluation number 17 is below 18" ev.json --profile strict
azattest-sim ctl "$vm" clear
evidence clear
judged "evaluation number, strict" 0 '' ev.json --profile strict
seen+=" tdx-evaluation-old"

# What no verifier could use is not put in: a warning says why, and the evidence is as good as without it.
left_out() { # FAULT FRAGMENT
        azattest-sim ctl "$vm" "fault $1"
        rm -f "$vm"/run/*.td
        azattest evidence --verbose --out ev.json 2>said || complain "$1: no evidence"
        grep -F "no TDX collateral" said | grep -qF -- "$2" || complain "$1: the log does not say '$2'"
        grep -qF "collected without Intel's documents" said || complain "$1: no remark"
        [ "$(jq 'has("td-collateral")' ev.json)" = false ] || complain "$1: it was put in"
        judged "$1" -102 "check I8 unavailable" ev.json
        seen+=" $1"
}
left_out tdx-no-collateral "HTTP 404"
azattest-sim ctl "$vm" clear
judged "collateral by hand" 0 '' ev.json --collateral "$vm/td-collateral.json"
left_out tdx-collateral-stale "tcb-info: it is outdated"
azattest-sim ctl "$vm" clear
left_out tdx-wrong-fmspc "tcb-info: it is another platform's (FMSPC)"
azattest-sim ctl "$vm" clear

# From somebody who encloses or hands over such documents all the same.
for fault in "tdx-collateral-stale/check I10 TCB info: it is outdated" "tdx-wrong-fmspc/check I10 the TCB info is another platform's"; do
        start_vm tdx --fault "${fault%%/*}"
        azattest evidence --no-fetch --out ev.json
        judged "${fault%%/*} by hand" -102 "${fault#*/}" ev.json --collateral "$vm/td-collateral.json"
done

# Made into the VM when it starts.
for fault in "tdx-pck-expired/-6 -102/check I3 certificate has expired" "tdx-debug/-6 -109/check H17" \
        "tdx-attributes/0 -109/check I14 SEPT_VE_DISABLE is not set" "tdx-pck-extension/0 -102/check I4" \
        "tdx-report-hash/0 -102/check I15 the TDREPORT's TDINFO"; do
        IFS=/ read -r name codes fragment <<<"$fault"
        start_vm tdx --fault "$name"
        row "$name" "$codes" "$fragment"
        seen+=" $name"
done

# Quotes of version 5, of a TD 1.5: nothing else differs.
start_vm tdx --td-quote 5
row "version 5" "0 0" ''
[ "$(azattest inspect --json ev.json | jq '.says["td-quote"].version')" = 5 ] || complain "no quote of version 5"
for fault in "tdx-quote-sig/-6 -102/check I7" "tdx-tcb-revoked/-6 -109/check I12"; do
        IFS=/ read -r name codes fragment <<<"$fault"
        azattest-sim ctl "$vm" "fault $name"
        row "$name, version 5" "$codes" "$fragment"
        azattest-sim ctl "$vm" clear
done
finish '^tdx-'
