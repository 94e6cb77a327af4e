# azattest verify TOKEN --evidence FILE: MAA's word and the hardware's own evidence, judged together. What
# one says and the other does not prove is refused at T18.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest attest --nonce n1 --out t.jwt
ok azattest evidence --nonce n1 --out e.json
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
ok azattest verify t.jwt --evidence e.json --nonce n1 --vmid "$vmid" --json
for id in T8 T11 T13 T18 S22 S34 H9 A1 Q2 Q5 Q14 E13; do same accept "$(check_row $id)" $id; done
same "accept accept" "$(check_row G4 | xargs)" "G4 of token and evidence"
same "token/accept" "$(jq -r '.subject + "/" + .verdict' stdout)"
same "$vmid" "$(jq -r '.claims["x-ms-azurevm-vmid"]' stdout)"
ok azattest verify -v t.jwt
printed "no evidence of the VM was given to compare with (--evidence)"

# only CHECK ARGS...: that check rejects, and no other.
only() {
        local check=$1
        shift
        expect_verdict "check $check " azattest verify "$@" --json
        same "$check" "$(jq -r '.checks[] | select(.outcome == "reject") | .id' stdout | xargs)" "what rejects"
        same '{}' "$(jq -c .claims stdout)" "claims of what was refused"
}
# Another VM's token, another key's.
azattest-sim start other --join "$AZATTEST_SIM_DIR"
trap 'azattest-sim stop other' EXIT
(. other/env.sh && azattest attest --out "$PWD/other.jwt" && azattest evidence --nonce n1 --out "$PWD/other.json") 2>/dev/null
sed '/^policy *=/d' "$OPENSSL_CONF" >own.cnf
saved=$OPENSSL_CONF policy=${AZATTEST_POLICY-}
unset AZATTEST_POLICY
export OPENSSL_CONF=$PWD/own.cnf
ok azattest verify other.jwt --evidence other.json --any-vm
only T18 other.jwt --evidence e.json --any-vm
said "x-ms-azurevm-vmid"
only T18 t.jwt --evidence other.json --any-vm
only G4 t.jwt --evidence other.json --vmid "$vmid" # the evidence's own
export OPENSSL_CONF=$saved
[ -z "$policy" ] || export AZATTEST_POLICY=$policy
ok azattest attest --purpose sign --out sign.jwt
only T18 sign.jwt --evidence e.json
said "attests another key than the evidence proves"
ok azattest evidence --purpose sign --out sign.json
ok azattest verify sign.jwt --evidence sign.json
ok azattest cert --out c.pem --key-out k.pem
ok azattest verify c.pem --evidence sign.json --json
same accept "$(check_row T18)" "T18 of a certificate"
only T18 c.pem --evidence e.json
# An MAA that says something else of the VM.
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tpm-foreign-paravisor"
ok azattest evidence --out foreign.json
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
only T18 t.jwt --evidence foreign.json --profile none
said "x-ms-sevsnpvm-idkeydigest"

# The evidence must itself be accepted, with what is demanded of it; so must the token.
only S34 t.jwt --evidence foreign.json
same "not checked" "$(check_row T18)"
expect_fail "check Q5 " azattest verify t.jwt --evidence sign.json --nonce n1
only S36 t.jwt --evidence e.json --exclude-product Milan
sed 's/\.[^.]*$/.AAAA/' t.jwt >bad.jwt
only T8 bad.jwt --evidence e.json
jq 'del(.key)' e.json >nokey.json
expect_undecided "proves no attested key" azattest verify t.jwt --evidence nokey.json
printed "token: incomplete"
expect_usage "do not apply to a token" azattest verify t.jwt --exclude-product Milan
expect_usage "stands beside a token or certificate" azattest verify e.json --evidence e.json
expect_fail "the evidence beside it: evidence file" azattest verify t.jwt --evidence t.jwt
