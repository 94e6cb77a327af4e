# What people read: the rows that matter, one line, several files, and advice where something is refused.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest attest --nonce n1 --out t.jwt
ok azattest evidence --nonce n1 --out e.json
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
other=00000000-0000-0000-0000-000000000000
until=$(date -ud "@$(claim t.jwt .exp)" +%Y-%m-%dT%H:%M:%SZ)
ok azattest verify t.jwt --pubkey-out vm.pem
key=$(plain openssl pkey -pubin -in vm.pem -outform DER | sha256sum | cut -c1-64)

# Without -v the rows that decide, with it all of them, and how many were left out.
rows() { grep -cE '^[A-Z][0-9]+ ' stdout || true; }
ok azattest verify t.jwt -v
all=$(rows)
printed "T8 "
ok azattest verify t.jwt
few=$(rows)
[ "$few" -lt "$all" ] || fail "$few rows of $all"
printed "($((all - few)) more checks, accepted or not asked for, are not shown: -v lists all)"
printed "T9 "
printed "G4 "
! grep -q '^T8 ' stdout || fail "T8 is shown"
expect_fail "check T11 " azattest verify t.jwt --nonce n2
printed "T11 "
sed 's/\.[^.]*$/.AAAA/' t.jwt >forged.jwt
expect_fail "check T8 " azattest verify forged.jwt
printed "T8 "

# One line: verdict, VM, key, expiry; and why not.
ok without_policy azattest verify -q t.jwt --vmid "$vmid"
same "accept: token of VM $vmid, key sha256:$key, valid until $until" "$(sed 's/; weakened: .*//' stdout)"
printed "; weakened: amd-root"
[ ! -s stderr ] || fail "--quiet: $(cat stderr)"
ok azattest verify --quiet e.json
same "accept: evidence of VM $vmid (the host says), key sha256:$key" "$(sed 's/; weakened: .*//' stdout)"
grep -qE '; weakened: .*, policy$' stdout || fail "the policy is not named as weakening: $(cat stdout)"
status=0
azattest verify -q web.crt --vmid $other >stdout 2>stderr || status=$?
same 1 $status
same 1 "$(wc -l <stdout)" lines
printed "reject: certificate: check G4 (identity): "
[ ! -s stderr ] || fail "--quiet: $(cat stderr)"
status=0
AZATTEST_RUNTIME_DIR=/dev/null/none https_proxy=http://127.0.0.1:1 AZATTEST_TIMEOUT=2 azattest verify -q t.jwt >stdout 2>stderr || status=$?
same 3 $status
printed "incomplete: token: check T5 (key set): "

# Several files: each by itself, and the worst of them counts.
ok azattest verify t.jwt e.json web.crt
same "t.jwt:
token: accept
e.json:
evidence: accept
web.crt:
certificate: accept" "$(grep -E ':$|: accept$' stdout)"
same 1 "$(grep -c weakened stderr)" "weakened lines"
expect_undecided "none.jwt: cannot open" azattest verify t.jwt none.jwt web.crt
expect_fail "forged.jwt: " azattest verify forged.jwt none.jwt t.jwt
expect_fail "forged.jwt: " azattest verify none.jwt forged.jwt t.jwt
printed "token: accept"
status=0
azattest verify -q t.jwt forged.jwt e.json >stdout 2>stderr || status=$?
same 1 $status
same "t.jwt: accept forged.jwt: reject e.json: accept" "$(cut -d: -f1,2 stdout | xargs)"
status=0
azattest verify --json t.jwt forged.jwt none.jwt >stdout 2>/dev/null || status=$?
same 1 $status
same "t.jwt accept forged.jwt reject none.jwt incomplete" "$(jq -r '.[] | .file, .result.verdict' stdout | xargs)"
expect_usage "of one FILE" azattest verify t.jwt e.json --out x
expect_usage "do not apply to a token" azattest verify e.json t.jwt --profile strict

# A policy is named as weakening only where it asks for less than the built-in one.
weakens() { ok azattest verify t.jwt --policy "$1" --any-vm --json; jq '[.weakened[] | select(startswith("policy = "))] | length' stdout; }
policy() {
        printf '{"version":"1.0.0","anyOf":[{"authority":"%s","allOf":[%s]}]}' "$(setting maa-url)" "$1" >p.json
}
tee=x-ms-isolation-tee
kind='{"claim":"x-ms-attestation-type","equals":"azurevm"},{"claim":"'$tee'.x-ms-attestation-type","equals":"sevsnpvm"}'
compliant='{"claim":"'$tee'.x-ms-compliance-status","equals":"azure-compliant-cvm"},{"claim":"'$tee'.x-ms-sevsnpvm-vmpl","equals":0}'
policy "$kind,$compliant,{\"claim\":\"x-ms-azurevm-vmid\",\"equals\":\"$vmid\"}"
same 0 "$(weakens p.json)" "a stricter policy"
policy "$kind"
same 1 "$(weakens p.json)" "a weaker policy"

# What to do stands in the refusal.
head -c 300 /dev/urandom >big
expect_fail "--alg JWE" azattest encrypt --token t.jwt --in big --out never
said "which takes 190 with this padding"
ok azattest encrypt --token t.jwt --in <(head -c 190 big) --out fits
expect_fail "which takes 245" azattest encrypt --token t.jwt --in big --alg RSA1_5 --out never
expect_fail "the input is empty" azattest decrypt --in /dev/null
expect_fail "--require (require) says which kind passes" azattest verify t.jwt --require tdx
expect_fail "--require, require" azattest verify e.json --require tdx
expect_fail "--require cvm" azattest verify t.jwt --require trustedlaunch
jq -r '.["hcl-report"]' e.json | base64 -d >hcl.bin
expect_undecided "--certs, or --fetch" without_policy azattest verify hcl.bin --vmid "$vmid"

# explain says what verify would decide; that nobody said which VM leaves it open, and another VM is refused.
explained() { ok without_policy azattest explain "$@" --json; jq -r '[.verdict, .result] | map(tostring) | join(" ")' stdout; }
link() { jq -r --arg l "$1" '.links[] | select(.link == $l) | .state' stdout; }
same "accept 0" "$(explained t.jwt --vmid "$vmid")" "the token of this VM"
same "proven here" "$(link "token -> policy")"
same "incomplete -115" "$(explained t.jwt)" "the token of some VM"
same "not checked" "$(link "token -> policy")"
same "reject -120" "$(explained t.jwt --vmid $other)" "the token of another VM"
same refused "$(link "token -> policy")"
same "accept 0" "$(explained e.json --vmid "$vmid")" "evidence of this VM"
same "incomplete -115" "$(explained e.json)" "evidence of some VM"
same "reject -120" "$(explained e.json --vmid $other)" "evidence of another VM"
same "accept 0" "$(explained web.crt --vmid "$vmid")" "the certificate of this VM"
ok azattest explain e.json --vmid "$vmid"
printed "by comparison with what you demand; nobody signs it"
! grep -q 'by nobody' stdout || fail "proven by nobody"
same "reject -104" "$(explained forged.jwt --vmid "$vmid")" "a forged token"
ok azattest explain t.jwt
printed "verdict       accept"

# An attested certificate shows whose it is: names, VM, token. So does a request, and both tokens of a recipient.
ok azattest inspect web.crt --json
same "DNS:web.example $vmid n1-less" "$(jq -r '.says | .names[0], .["vm-id"], (.token.payload.nonce // "" | if . == "n1" then "n1" else "n1-less" end)' stdout | xargs)"
same "$(setting maa-url)" "$(jq -r .says.token.issuer stdout)"
ok azattest cert --csr --san DNS:a.example --san IP:10.0.0.1 --out web.csr
ok azattest inspect web.csr --json
same "DNS:a.example IP Address:10.0.0.1 $vmid" "$(jq -r '.says | (.names | join(" ")), .token["vm-id"]' stdout | xargs)"
ok azattest cert --purpose decrypt --out recipient.crt
ok azattest inspect recipient.crt --json
same "decrypt sign" "$(jq -r '.says | .token, .["issuer-token"] | .payload["azattest-purpose"]' stdout | xargs)"
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out plain.crt -subj /CN=x -days 1
ok azattest inspect plain.crt --json
same "null null" "$(jq -r '.says | .token, .["vm-id"]' stdout | xargs)"
