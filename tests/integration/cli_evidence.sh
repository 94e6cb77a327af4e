# azattest evidence, verify and explain: raw evidence judged without MAA and without network.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest evidence --nonce n1 --out e.json
ok azattest inspect --json e.json
vmid=$(jq -r '.says["hcl-report"]["runtime-data-host-says"]["vm-configuration"].vmUniqueId' stdout)
same sevsnp "$(jq -r .says.vm stdout)"

# No network and no TPM: neither MAA nor IMDS nor vTPM can be reached.
offline() { env AZATTEST_MAA_URL=https://127.0.0.1:1 AZATTEST_IMDS_URL=http://127.0.0.1:1 AZATTEST_TCTI=device:/dev/null/none "$@"; }
ok offline azattest verify e.json --vmid "$vmid" --nonce n1
printed "evidence: accept"
ok offline azattest verify e.json --vmid "$vmid" --nonce n1 --json
for id in S22 S23 S26 H9 A1 Q2 Q5 Q7 Q12 Q13 Q15 E6 E13 G4; do same accept "$(check_row $id)" $id; done
same on "$(jq -r '.claims["secure-boot"]' stdout)"
same 8 "$(jq '.claims.pcrs | length' stdout)" "proven PCRs"

refused() { # CHECK ARGS...
        local check=$1
        shift
        expect_verdict "check $check " azattest verify "$@"
}
refused Q5 e.json --vmid "$vmid" --nonce n2
refused Q6 e.json --vmid "$vmid" --pcrs 0-4
refused G4 e.json --vmid 00000000-0000-0000-0000-000000000000
expect_fail "check G4 " without_policy azattest verify e.json
ok azattest verify e.json # the configured policy says which VM
refused H5 e.json --vmid "$vmid" --require tdx
refused S26 e.json --vmid "$vmid" --profile strict
ok azattest verify e.json --any-vm
said "any-vm = yes"
ok azattest verify e.json --vmid "$vmid" --profile none
said "profile = none"

# Every option that weakens is named, on stderr and in the result (D13).
weakens() { # KEY ARGS...: accepted, and KEY is the one thing weakened that was not so before
        local key=$1
        shift
        ok azattest verify e.json --json "$@"
        same "$key" "$(jq -r '.weakened[]' stdout | grep -vxFf usual | sed 's/: .*//')" "weakened by $*"
        said "$key"
}
ok azattest verify e.json --vmid "$vmid" --json
jq -r '.weakened[]' stdout >usual
weakens "any-vm = yes" --any-vm
weakens "require = any" --require any
weakens "profile = none" --profile none
weakens "allow-unchecked = A7" --allow-unchecked A7
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
weakens "time = $now" --time "$now"
ok azattest attest --purpose any --out any.jwt
ok azattest verify any.jwt --purpose any --json
jq -r '.weakened[]' stdout | grep -q '^purpose = any: ' || fail "purpose any is not named"
ok azattest verify any.jwt --purpose decrypt --json
jq -r '.weakened[]' stdout | grep -q '^purpose = any: ' || fail "purpose any is not named where decrypt was wanted"
ok azattest attest --out decrypt.jwt
ok azattest verify decrypt.jwt --purpose decrypt --json
! jq -r '.weakened[]' stdout | grep -q '^purpose' || fail "purpose any is named where it is decrypt"
ok azattest evidence --nonce n1 --pcrs 0-4 --out few.json
# Secure boot is in PCR 7: without it a log shows nothing (D43).
refused E13 few.json --vmid "$vmid" --pcrs 0-4
sed 's/^maa-url *=/secure-boot = report\n&/' "$OPENSSL_CONF" >report.cnf
ok env OPENSSL_CONF="$PWD/report.cnf" azattest verify few.json --vmid "$vmid" --pcrs 0-4 --json
jq -r '.weakened[]' stdout | grep -q '^secure-boot = report: ' || fail "secure-boot = report is not named"
jq -r '.weakened[]' stdout | grep -q '^pcrs = 0-4: ' || fail "fewer PCRs than 0-7 are not named"
# Nor is a PCR relied on that the guest can reset.
ok azattest evidence --nonce n1 --pcrs 0-7,16 --out more.json
refused Q9 more.json --vmid "$vmid" --pcrs 0-7,16
refused Q6 more.json --vmid "$vmid"

# A policy counts for evidence as for a token (P8): what it wants is compared with what is proven, and what
# evidence cannot answer is named and never taken for met.
with_policy() { # CONDITION... -> policy.json
        printf '%s\n' "$@" | jq -s --arg vmid "$vmid" '{version: "1.0.0", anyOf: [{authority: "https://maa.example",
                allOf: ([{claim: "x-ms-azurevm-vmid", equals: $vmid}] + .)}]}' >policy.json
}
tee=x-ms-isolation-tee.x-ms-sevsnpvm
measurement=$(jq -r '.["hcl-report"]' e.json | base64 -d | tail -c +$((0x20 + 0x90 + 1)) | head -c 48 | od -An -v -tx1 | tr -d ' \n')
with_policy '{"claim": "secureboot", "equals": true}' "{\"claim\": \"$tee-launchmeasurement\", \"equals\": \"$measurement\"}" \
        "{\"claim\": \"$tee-microcode-svn\", \"atLeast\": 219}" '{"claim": "x-ms-azurevm-attested-pcrs", "contains": [0, 7]}'
ok azattest verify e.json --policy policy.json --json
same accept "$(check_row P8)"
jq -r '.checks[] | select(.id == "P8") | .reason' stdout | grep -q "not usable as a Key Vault release policy" || fail "P5 is not said"
with_policy '{"claim": "secureboot", "equals": false}' "{\"claim\": \"$tee-launchmeasurement\", \"equals\": \"00\"}"
refused P8 e.json --policy policy.json
said 'secureboot equals false: found true'
said "$tee-launchmeasurement equals \"00\": found \"$measurement\""
said "[AZATTEST_E_POLICY -109]"
with_policy '{"claim": "x-ms-isolation-tee.x-ms-compliance-status", "equals": "azure-compliant-cvm"}'
refused P8 e.json --policy policy.json
said "only MAA says that"
printed "evidence: incomplete"
ok azattest verify e.json --policy policy.json --allow-unchecked P8
said "allow-unchecked = P8"
jq 'del(.["event-log"])' e.json >part.json
with_policy '{"claim": "secureboot", "equals": true}'
# Evidence of a key without its log proves nothing of secure boot: neither the floor nor the policy is met.
refused E1 part.json --policy policy.json
grep -q '^P8 .*not checked' stdout || fail "P8 without a log"

# What a relying party demands beyond a profile, by options and by a file; each demand fails as its check.
ones=$(printf 'f%.0s' {1..96})
idkey=$(jq -r '.["hcl-report"]' e.json | base64 -d | tail -c +$((0x20 + 0xE0 + 1)) | head -c 48 | od -An -v -tx1 | tr -d ' \n')
ok azattest verify e.json --require-secure-boot --require-event-log --require-attested-key --measurement "$ones" \
        --measurement "$measurement" --id-key "$idkey" --product Milan --guest-svn 10 --json
for id in E13 E6 S32 S33 S34 S36 Q14; do same accept "$(check_row $id)" $id; done
refused S33 e.json --measurement "$ones"
refused S33 e.json --host-data "${ones:0:64}"
refused S34 e.json --id-key "$ones"
refused S36 e.json --exclude-product Milan
refused S36 e.json --product Genoa --product Turin
refused S32 e.json --guest-svn 999
refused H16 e.json --user-data "$ones${ones:0:32}"
pcr7=$(jq -r .pcrs.sha256[\"7\"] e.json) pcr4=$(jq -r .pcrs.sha256[\"4\"] e.json)
ok azattest verify -v e.json --pcr "sha256:7=$pcr7" --pcr "sha256:7=${ones:0:64}" --pcr "sha256:4=$pcr4"
printed "PCR 4,7 as expected"
refused Q9 e.json --pcr "sha256:7=${ones:0:64}" --pcr "sha256:4=$pcr4"
said "[AZATTEST_E_POLICY -109]"
printed "(expected sha256:7=${ones:0:64}, found sha256:7=$pcr7)"
refused Q9 e.json --pcr "sha256:11=$pcr7"
said "PCR 11 is not in the quote"
refused Q9 more.json --pcrs 0-7,16 --pcr "sha256:16=${pcr7//?/0}"
expect_usage '"pcr" is not like sha256:7=HEX' azattest verify e.json --pcr 0-7
expect_usage '"pcr" is not like sha256:7=HEX' azattest verify e.json --pcr "sha384:7=$pcr7"
refused E1 part.json --require-event-log
refused E1 part.json --require-secure-boot
ok azattest verify e.json --require-ak-certificate
# Zeros stand behind the certificate in its NV index.
ok azattest inspect e.json --json
jq -e '.. | objects | select(has("ak-certificate"))["ak-certificate"].issuer' stdout >issuer || fail "the AK certificate is not shown"
jq 'del(.key)' e.json >nokey.json
refused Q11 nokey.json --require-attested-key
weakens "ignore-crl = yes" --ignore-crl
profile() { printf '{"azattest-profile": 1, "name": "bank", "date": "2026-11-24", %s}' "$1" >profile.json; }
profile '"base": "azure-baseline", "require-secure-boot": true, "tcb": [{"line": "Milan", "microcode": 219}], "firmware": "1.55.29"'
ok azattest verify e.json --profile profile.json
printed "profile bank of 2026-11-24"
while IFS='|' read -r id members; do
        profile "$members"
        refused "$id" e.json --profile profile.json
done <<'END'
S26|"tcb": [{"line": "Milan", "microcode": 220}]
S27|"launch-tcb": {"microcode": 255}
S28|"firmware": "9.0.0"
S29|"require-policy": "ciphertext-hiding"
S30|"forbid-platform": "ecc"
S35|"mitigation": 1
S36|"exclude-product": ["Milan"]
Q9|"pcr": "sha256:0=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
END
profile '"allow-policy": ["debug", "migrate-ma"]'
ok azattest verify e.json --profile profile.json
said "allow-policy = debug, allow-policy = migrate-ma"
profile '"mesurement": "00"'
expect_undecided 'unknown member "mesurement"' azattest verify e.json --profile profile.json
profile '"guest-svn": 9'
expect_undecided '"guest-svn" is not' azattest verify e.json --profile profile.json
profile '"guest-svn": 10'
expect_usage "demanded twice" azattest verify e.json --profile profile.json --guest-svn 11
expect_usage '"measurement" is not 96' azattest verify e.json --measurement 00
# A token is not judged by them, and they are not passed over.
ok azattest attest --out demanded.jwt
expect_usage "do not apply to a token" azattest verify demanded.jwt --measurement "$measurement"
expect_usage "do not apply to a token" azattest verify demanded.jwt --profile strict

# The owner of a genuine chip starts a paravisor of his own, which names any AK and this VM's id.
ok azattest verify e.json --json
same accept "$(check_row S34)"
jq -r '.checks[] | select(.id == "S34") | .reason' stdout | grep -q "^profile azure-baseline of 2026-" || fail "S34 names no profile"
with_policy "{\"claim\": \"$tee-idkeydigest\", \"equals\": \"$idkey\"}"
ok azattest verify e.json --policy policy.json --profile none
for kind in "" =0; do
        azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tpm-foreign-paravisor$kind"
        ok azattest evidence --nonce n1 --out foreign.json
        azattest-sim ctl "$AZATTEST_SIM_DIR" clear
        refused S34 foreign.json --nonce n1 --json
        same S34 "$(jq -r '.checks[] | select(.outcome == "reject") | .id' stdout | xargs)" "rejecting checks"
        refused S34 foreign.json --vmid "$vmid"
        refused S34 foreign.json --policy policy.json
        refused P8 foreign.json --policy policy.json --profile none
        ok azattest verify foreign.json --profile none
        jq -r '.["hcl-report"]' foreign.json | base64 -d >foreign.bin
        jq -r '.["vcek-chain"]' foreign.json >foreign.pem
        refused S34 foreign.bin --certs foreign.pem
done
printed "without an ID block"
weakens "id-key = 0" --id-key "$(printf '0%.0s' {1..96})" --id-key "$idkey"

# Each part changed alone is noticed by the check it belongs to.
flip() { # MEMBER: e.json with one bit of the member's last byte but 9 changed -> flipped.json
        python3 - "$1" <<'END'
import base64, json, sys
doc = json.load(open("e.json"))
*path, last = sys.argv[1].split(".")
at = doc
for name in path: at = at[name]
data = bytearray(base64.b64decode(at[last]))
data[len(data) - 10] ^= 1
at[last] = base64.b64encode(bytes(data)).decode()
json.dump(doc, open("flipped.json", "w"))
END
}
flip quote.signature && refused Q2 flipped.json --vmid "$vmid"
flip key.signature && refused Q11 flipped.json --vmid "$vmid"
flip key.public && refused Q12 flipped.json --vmid "$vmid"
jq '.pcrs.sha256["3"] |= ("0" * 64)' e.json >flipped.json && refused Q7 flipped.json --vmid "$vmid"
jq '.surprise = 1' e.json >flipped.json
expect_fail "[AZATTEST_E_INPUT -118]" azattest verify flipped.json --vmid "$vmid"
said surprise

# Another kind of VM than the required one (D22).
for kind in tdx trustedlaunch; do
        expect_fail "[AZATTEST_E_REQUIREMENT -101]" azattest verify e.json --vmid "$vmid" --require $kind
        said "check H5 (type)"
done

# What is missing is not checked, and required where it matters.
jq 'del(.["vcek-chain"])' e.json >part.json
expect_verdict "[AZATTEST_E_EVIDENCE -102]" azattest verify part.json --vmid "$vmid"
jq -r '.["vcek-chain"]' e.json >chain.pem
ok azattest verify part.json --vmid "$vmid" --certs chain.pem
pki=$AZATTEST_SIM_DIR/pki
# Milan: AMD's word alone is not enough for azure-baseline (D46), and what to do is said. A configuration
# without the issuers' file does not fetch either: this certificate names no place.
jq 'del(.["ak-chain"])' e.json >nochain.json
for options in --no-fetch --fetch; do
        ok azattest evidence --config <(sed 's/^ak-issuers *=.*//' "$OPENSSL_CONF") --nonce n1 $options --out unfetched.json
        same null "$(jq '.["ak-chain"]' unfetched.json)"
done
said "without the issuers of the AK certificate"
for file in nochain.json unfetched.json; do
        expect_undecided "check A3 " azattest verify $file --vmid "$vmid" --json
        same "not checked" "$(check_row A3)"
        for words in AMD-SB-3045 --certs "nothing says where to fetch it" "profile azure-baseline"; do said "$words"; done
        ok azattest verify $file --vmid "$vmid" --profile none
        expect_undecided "check A3 " azattest verify $file --vmid "$vmid" --profile none --require-ak-certificate
        refused S36 $file --vmid "$vmid" --exclude-product Milan
done
cp e.json whole.json && cp nochain.json e.json
weakens "allow-unchecked = A3" --allow-unchecked A3
cp whole.json e.json
# Another authority's chain, and a certificate that was altered.
plain openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj "/CN=Simulated Virtual TPM Root" -out other.pem 2>log
expect_undecided "check A3 " azattest verify nochain.json --vmid "$vmid" --certs "$pki/vtpm-ca.pem" --certs other.pem
python3 - <<'END'
import base64, json
doc = json.load(open("e.json"))
der = bytearray(base64.b64decode(doc["ak-certificate"]))
at = der.index(b".ConfidentialVM.") - 3
der[at] = ord("0") if der[at] != ord("0") else ord("1")
doc["ak-certificate"] = base64.b64encode(bytes(der)).decode()
json.dump(doc, open("flipped.json", "w"))
END
refused A3 flipped.json --vmid "$vmid"
refused A3 flipped.json --vmid "$vmid" --profile none
ok azattest verify nochain.json --vmid "$vmid" --fetch --certs "$pki/vtpm-ca.pem" --certs "$pki/vtpm-root.pem" --json
same accept "$(check_row A3)"
same "not checked" "$(check_row A7)" # a confidential VM's certificate names no issuer's place
mkdir certs && cp chain.pem certs/
ok azattest verify part.json --vmid "$vmid" --certs certs
# What is no certificate in a folder is passed over and said; a file that was named must have one.
echo "read me" >certs/README && head -c 300 chain.pem >certs/damaged.pem && : >certs/empty
ok azattest verify part.json --vmid "$vmid" --certs certs
cp stderr remarks
for file in README damaged.pem empty; do
        grep -q "certs/$file: .*(skipped)" remarks || fail "no remark about certs/$file"
        expect_undecided "[AZATTEST_E_INPUT -118]" azattest verify part.json --vmid "$vmid" --certs certs/$file
done
jq 'del(.["event-log"])' e.json >part.json
! azattest verify part.json --vmid "$vmid" --json >stdout 2>stderr || true
same "not checked" "$(check_row E6)"
expect_usage "allow-unchecked: there is no check 'X1'" azattest verify e.json --vmid "$vmid" --allow-unchecked X1
expect_usage "the profile 'stricter' is unknown: did you mean" azattest verify e.json --profile stricter

# explain draws the chain, decides nothing.
ok azattest explain e.json --json --nonce n1
for link in "AMD root -> chip key" "chip key -> hardware report" "hardware report -> runtime data" "runtime data -> AK" \
        "AK -> quote" "quote -> PCR values" "AK -> attested key"; do
        same "proven here" "$(jq -r --arg l "$link" '.links[] | select(.link == $l) | .state' stdout)" "$link"
done
link() { jq -r --arg l "$1" --arg m "$2" '.links[] | select(.link == $l) | .[$m]' stdout; }
hash_of() { openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1; }
same "proven here" "$(link "nonce -> quote and certification" state)"
same "$(openssl x509 -in "$pki/ark.pem" -noout -pubkey | hash_of)" "$(link "AMD root -> chip key" "key-sha256")" "ARK"
same "$(openssl x509 -in chain.pem -noout -pubkey | hash_of)" "$(link "chip key -> hardware report" "key-sha256")" "VCEK"
openssl pkey -pubin -in azattest://ak -pubout -out ak.pem
same "$(hash_of <ak.pem)" "$(link "AK -> quote" "key-sha256")" AK
same "proven here" "$(link "Azure vTPM root -> AK certificate" state)"
ok azattest explain nochain.json --json
same "not checked" "$(link "Azure vTPM root -> AK certificate" state)"
ok azattest explain nochain.json --json --certs "$pki/vtpm-ca.pem" --certs "$pki/vtpm-root.pem"
same "proven here" "$(link "Azure vTPM root -> AK certificate" state)"
same "$(openssl x509 -in "$pki/vtpm-ca.pem" -noout -pubkey | hash_of)" \
        "$(link "Azure vTPM root -> AK certificate" "key-sha256")" "vTPM CA"
same "not checked" "$(link "nonce -> quote and certification" state)"
ok azattest explain e.json --json --require tdx
same refused "$(link "hardware report -> runtime data" state)"
# What is demanded shows in the links it belongs to, met or not; tokens and certificates are not judged by it.
same "proven here" "$(link "evidence -> policy" state)"
ok without_policy azattest explain e.json --json
same "not checked" "$(link "evidence -> policy" state)"
while read -r name option; do
        # shellcheck disable=SC2086
        ok azattest explain e.json --json $option
        same refused "$(link "${name//_/ }" state)" "$name by $option"
done <<END
hardware_report_->_demands --measurement $ones
hardware_report_->_demands --product Genoa
hardware_report_->_demands --user-data $ones${ones:0:32}
hardware_report_->_demands --profile strict
quote_->_PCR_values --pcr sha256:7=${ones:0:64}
END
ok azattest explain e.json --json --measurement "$measurement" --require-secure-boot --policy policy.json
for name in "hardware report -> demands" "PCR values -> event log" "evidence -> policy"; do
        same "proven here" "$(link "$name" state)" "$name"
done
ok azattest explain part.json --json --require-event-log
same refused "$(link "PCR values -> event log" state)"
expect_usage "do not apply to a token" azattest explain demanded.jwt --measurement "$measurement"
flip quote.signature
ok azattest explain flipped.json --json
same refused "$(jq -r '.links[] | select(.link == "AK -> quote") | .state' stdout)"
ok azattest attest --out t.jwt
ok azattest explain t.jwt --json
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "AK -> attested key") | .state' stdout)"
same "proven here" "$(jq -r '.links[] | select(.link == "signing key -> token") | .state' stdout)"
same "proven here" "$(link "hardware report -> runtime data" state)"
jq -r '.keys[0].x5c[0]' < <(curl -sS --cacert "$(setting ca-file)" "$(claim t.jwt .iss)/certs") | base64 -d >maa.der
same "$(openssl x509 -inform DER -in maa.der -noout -pubkey | hash_of)" "$(link "signing key -> token" "key-sha256")" MAA
# An attested certificate: the token's chain, and the key that is certified.
ok azattest cert --out c.pem --key-out k.pem
ok azattest explain c.pem --json
same "proven here" "$(link "attested key -> certificate" state)"
same "$(openssl x509 -in c.pem -noout -pubkey | hash_of)" "$(link "attested key -> certificate" "key-sha256")"
same "proven here" "$(link "signing key -> token" state)"
expect_fail "E_CERTIFICATE" azattest explain maa.der
expect_usage "do not apply to a certificate" azattest explain c.pem --profile strict
# A bare report: its own links, nothing behind them.
jq -r '.["hcl-report"]' e.json | base64 -d >hcl.bin
ok azattest explain hcl.bin --json --certs chain.pem
same "proven here" "$(link "chip key -> hardware report" state)"
same "not checked" "$(link "AK -> quote" state)"
sed 's/\.[^.]*$/.AAAA/' t.jwt >bad.jwt
ok azattest explain bad.jwt --json
same refused "$(jq -r '.links[] | select(.link == "signing key -> token") | .state' stdout)"
same "not checked" "$(jq -r '.links[] | select(.link == "AK -> attested key") | .state' stdout)"
