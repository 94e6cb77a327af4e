# A TDX VM beside MAA's word (T18), on a channel and in attested TLS: what holds of SEV-SNP holds here, with
# the documents that the evidence brings along.
# vm: tdx
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
export AZATTEST_REQUIRE=tdx
collateral=$AZATTEST_SIM_DIR/td-collateral.json

# ---- token and evidence ----
ok azattest attest --nonce n1 --out t.jwt
ok azattest evidence --nonce n1 --out e.json
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
ok azattest verify t.jwt --evidence e.json --nonce n1 --vmid "$vmid" --json
for id in T8 T11 T13 T17 T18 H9 H11 H12 H17 I3 I7 I8 I9 I10 I11 I12 I14 I15 A1 Q2 Q5 E13; do same accept "$(check_row $id)" $id; done
same "accept accept" "$(check_row G4 | xargs)" "G4 of token and evidence"
same "token/accept" "$(jq -r '.subject + "/" + .verdict' stdout)"
ok azattest evidence --nonce n1 --no-fetch --out bare.json
expect_undecided "check I8 " azattest verify t.jwt --evidence bare.json
ok azattest verify t.jwt --evidence bare.json --collateral "$collateral"

# only CHECK ARGS...: that check rejects, and no other.
only() {
        local check=$1
        shift
        expect_verdict "check $check " azattest verify "$@" --json
        same "$check" "$(jq -r '.checks[] | select(.outcome == "reject") | .id' stdout | xargs)" "what rejects"
}
# Of another VM, which has the same kind of platform.
azattest-sim --vm tdx start other --join "$AZATTEST_SIM_DIR"
trap 'azattest-sim stop other; stop_servers' EXIT
(. other/env.sh && azattest attest --out "$PWD/other.jwt" && azattest evidence --out "$PWD/other.json") 2>/dev/null
sed '/^policy *=/d' "$OPENSSL_CONF" >own.cnf
saved=$OPENSSL_CONF policy=${AZATTEST_POLICY-}
unset AZATTEST_POLICY
export OPENSSL_CONF=$PWD/own.cnf
ok azattest verify other.jwt --evidence other.json --any-vm
only T18 t.jwt --evidence other.json --any-vm
only T18 other.jwt --evidence e.json --any-vm
export OPENSSL_CONF=$saved
[ -z "$policy" ] || export AZATTEST_POLICY=$policy
ok azattest evidence --purpose sign --out sign.json
only T18 t.jwt --evidence sign.json
jq '."td-quote" |= (.[0:700] + (if .[700:701] == "A" then "B" else "A" end) + .[701:])' e.json >altered.json
expect_verdict "check " azattest verify t.jwt --evidence altered.json

# Intel's newest documents say less of the platform than those that MAA went by: who accepts that of evidence
# accepts it beside a token, too.
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tdx-tcb-outofdate"
rm -f "$AZATTEST_SIM_DIR"/run/*.td
ok azattest evidence --out outofdate.json
ok azattest attest --nonce n1 --out outofdate.jwt
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
rm -f "$AZATTEST_SIM_DIR"/run/*.td
only I12 t.jwt --evidence outofdate.json
ok azattest verify t.jwt --evidence outofdate.json --accept-tcb OutOfDate --json
same accept "$(check_row T18)" "T18 of an OutOfDate platform"
# MAA says it too; each word meets its own demand (D62), of the token that of a policy.
same OutOfDate "$(claim outofdate.jwt '.["x-ms-isolation-tee"].attester_tcb_status')" "MAA of an OutOfDate platform"
ok azattest verify outofdate.jwt --evidence e.json --any-vm --json
same accept "$(check_row T18)" "T18 of evidence from before"
printf '{"version": "1.0.0", "anyOf": [{"authority": "%s", "allOf": [{"claim": "x-ms-isolation-tee.attester_tcb_status", "equals": "UpToDate"}]}]}' \
        "$(claim t.jwt .iss)" >uptodate.json
ok azattest verify t.jwt --any-vm --policy uptodate.json
expect_verdict "check T13 " azattest verify outofdate.jwt --any-vm --policy uptodate.json

# ---- a TLS connection ----
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
ok azattest verify web.crt --evidence sign.json --json
same accept "$(check_row T18)" "T18 of a certificate"
start() { # OPTION...
        stop_servers
        port=$(free_port)
        serve "$port" "$server_program" "$@" "127.0.0.1:$port" web.crt web.key
}
start
accepted
for id in T8 T9 T12 T13 C4 C5; do same accept "$(check_row $id)" $id; done
accepted --challenge --save first.json
same 2 "$(grep -c '"verdict": *"accept"' stdout)" "results: certificate and evidence"
for id in C1 C2 Q5 Q13 H12 I8 I12 I15 A1; do same accept "$(check_row $id)" $id; done
same true "$(jq 'has("td-collateral")' first.json)" "channel evidence has its documents"
tail -1 stdout >channel.json && mv channel.json stdout
same "UpToDate" "$(jq -r '.claims["tcb-status"]' stdout)"
ok azattest verify --connect "127.0.0.1:$port" --vmid "$vmid"

# Replayed from another connection, and without documents that fit.
start --replay first.json
refused_by Q5 --challenge
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tdx-pck-revoked"
rm -f "$AZATTEST_SIM_DIR"/run/*.td
start
refused_by I8 --challenge
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tdx-no-collateral"
rm -f "$AZATTEST_SIM_DIR"/run/*.td
start
expect_fail "check I8 " relying "$client_program" --challenge "127.0.0.1:$port"
azattest-sim ctl "$AZATTEST_SIM_DIR" clear

# A client shows its own.
start --require --challenge
ok "$client_program" --challenge --cert web.crt --key web.key "127.0.0.1:$port"
same 2 "$(grep -c '"verdict": *"accept"' server.log)" "results of the server"
