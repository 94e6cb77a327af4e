# A TDX VM: attested by MAA when required; its raw evidence is accepted or refused like others, with Intel's
# collateral beside it or in it.
# vm: tdx
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect_fail "AZATTEST_E_REQUIREMENT -101" azattest attest --require sevsnp
before=$(commands ALL)
ok azattest attest --require tdx --out t.jwt
same 20 $(($(commands ALL) - before)) "TPM commands with nothing stored"
same tdxvm "$(claim t.jwt '.["x-ms-isolation-tee"]["x-ms-attestation-type"]')"
ok azattest check --require cvm
printed "Intel TDX"
row_of() { grep '^TD collateral ' stdout | tr -s ' '; }
same "TD collateral ok fetched, signed by Intel, of this platform and not outdated" "$(row_of)"
ok azattest check --require cvm --no-fetch
case "$(row_of)" in "TD collateral unknown not asked for: "*"(--collateral, or --fetch there)") ;; *) fail "$(row_of)" ;; esac
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tdx-no-collateral"
rm -f "$AZATTEST_SIM_DIR"/run/*.td
ok azattest check --require cvm
case "$(row_of)" in "TD collateral unknown could not be fetched "*) ;; *) fail "$(row_of)" ;; esac
azattest-sim ctl "$AZATTEST_SIM_DIR" clear

# By default it holds what Intel publishes about the platform, from Azure's cache: asked for once.
thim() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests | awk '$3 ~ "/THIM/(tdx|sgx)/" { n += $4 } END { print n + 0 }'; }
before=$(thim)
ok azattest evidence --require tdx --out own.json
! grep -F "collected without" stderr || fail "it has a remark"
same $((before + 4)) "$(thim)" "requests for collateral"
ok azattest verify own.json --require tdx --any-vm --json
same "accept accept accept" "$(check_row H12) $(check_row I8) $(check_row I12)"
ok azattest evidence --require tdx --out own.json
same $((before + 4)) "$(thim)" "requests with the runtime directory's copy"
jq -e '."td-collateral"' own.json >kept.json
ok azattest verify own.json --require tdx --any-vm

ok azattest evidence --require tdx --no-fetch --out e.json
same false "$(jq 'has("td-collateral")' e.json)"
collateral=$AZATTEST_SIM_DIR/td-collateral.json
expect_undecided "check I8 " azattest verify e.json --require tdx --any-vm
printed "evidence: incomplete"
printed "collateral"
ok azattest verify e.json --require tdx --any-vm --profile none
printed "evidence: accept"
ok azattest verify e.json --require tdx --any-vm --collateral "$collateral" --json
same "accept accept accept" "$(check_row H12) $(check_row I12) $(check_row I15)"
same "UpToDate" "$(jq -r '.claims["tcb-status"]' stdout)"

# In the evidence file itself, and as a directory of what Intel's service answers.
jq --slurpfile c "$collateral" '. + {"td-collateral": $c[0]}' e.json >whole.json
ok azattest verify whole.json --require tdx --any-vm
ok azattest inspect whole.json --json
same 5a806f000000 "$(jq -r '.says["td-collateral"]["tcb-info"].fmspc' stdout)"
mkdir intel
for part in tcb-info qe-identity; do
        jq -j ".\"$part\"" "$collateral" >"intel/$part.json"
        jq -j ".\"$part-chain\"" "$collateral" >"intel/$part-chain.pem"
done
for part in pck root; do jq -j ".\"$part-crl\"" "$collateral" | base64 -d >"intel/$part-crl.der"; done
ok azattest verify e.json --require tdx --any-vm --collateral intel
rm intel/root-crl.der
expect_undecided "check I8 " azattest verify e.json --require tdx --any-vm --collateral intel
ok azattest verify e.json --require tdx --any-vm --collateral intel --ignore-crl
mkdir empty
expect_undecided "tcb-info.json" azattest verify e.json --require tdx --any-vm --collateral empty

# Intel's own service, by https only: seen by whom a proxy is asked to connect to. What is not had is not
# written.
cat >proxy.py <<'END'
import socket
s = socket.create_server(("127.0.0.1", 0))
open("port", "w").write(f"{s.getsockname()[1]}\n")
while True:
    c = s.accept()[0]
    open("asked", "a").write(c.recv(4096).decode().split(" HTTP")[0] + "\n")
    c.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    c.close()
END
serve_proxy() {
        python3 proxy.py & servers+=($!)
        until [ -s port ]; do sleep 0.05; done
}
serve_proxy
jq -j '."td-quote"' e.json | base64 -d >td-quote.bin
for file in e.json td-quote.bin; do
        expect_undecided "Intel's certification service" env https_proxy="http://127.0.0.1:$(cat port)" \
                azattest fetch $file --out certs.pem --collateral-out fetched.json
        [ ! -e fetched.json ] || fail "something was written all the same"
done
same "CONNECT api.trustedservices.intel.com:443" "$(sort -u asked)"
# What lacks is said, with what gets it, and nothing is written as if it were something: of evidence, of a bare
# quote; not where the documents are in it already.
lacking() { # FILE [option...]
        ok azattest fetch "$@"
        said "no certificate or revocation list was found lacking in $1"
        [ ! -s stdout ] || fail "something was printed"
        [ ! -e certs.pem ] || fail "an empty file was written"
}
for file in e.json td-quote.bin; do
        lacking $file
        said "$file lacks td-collateral, Intel's documents about its TDX platform; 'azattest fetch $file --collateral-out intel.json'"
        lacking $file --out certs.pem
        said "; not written: certs.pem"
        said "$file lacks td-collateral"
done
lacking whole.json --out certs.pem
! grep -F "td-collateral" stderr || fail "it has the documents"
jq -j '."hcl-report"' e.json | base64 -d >hcl.bin
expect_fail "has no TD quote" azattest fetch hcl.bin --collateral-out fetched.json
stop_servers

# What the setting names is put in as it is; --fetch and --no-fetch have their say.
configured() { # SETTING COMMAND...
        sed "s|^imds-url *=.*|&\ntd-collateral = $1|" "$OPENSSL_CONF" >configured.cnf
        env OPENSSL_CONF="$PWD/configured.cnf" "${@:2}"
}
for setting in "$collateral" "$PWD/intel"; do
        ok configured "$setting" azattest evidence --require tdx --out own.json
        same 0 "$(jq '."td-collateral"."tcb-info" != null | if . then 0 else 1 end' own.json)" "$setting"
        ok configured "$setting" azattest evidence --require tdx --no-fetch --out own.json
        same true "$(jq 'has("td-collateral")' own.json)" "--no-fetch beside $setting"
done
same false "$(jq '."td-collateral" | has("root-crl")' own.json)" "root-crl of a directory without it"
ok configured "$PWD/empty" azattest evidence --require tdx --fetch --out own.json
same true "$(jq '."td-collateral" | has("root-crl")' own.json)" "--fetch beside a setting"
ok configured none azattest evidence --require tdx --out own.json
same false "$(jq 'has("td-collateral")' own.json)" "td-collateral = none"
for setting in "$PWD/empty" "$PWD/nothing" "$PWD/e.json"; do
        expect_usage "td-collateral = $setting" configured "$setting" azattest evidence --require tdx --out none.json
        [ ! -e none.json ] || fail "evidence with $setting"
done

# Altered, and as of a day when it is no longer good.
jq '."tcb-info" |= sub("UpToDate"; "OutOfDate")' "$collateral" >forged.json
expect_verdict "check I10 " azattest verify e.json --require tdx --any-vm --collateral forged.json
jq '.["qe-identity"] |= sub("TD_QE"; "QE")' "$collateral" >forged.json
expect_verdict "check I9 " azattest verify e.json --require tdx --any-vm --collateral forged.json
expect_verdict "check I8 " azattest verify e.json --require tdx --any-vm --collateral "$collateral" --time "$(date -ud '+60 days' +%FT%TZ)"
printed "outdated"
jq '."td-quote" |= (.[0:800] + (if .[800:801] == "A" then "B" else "A" end) + .[801:])' whole.json >altered.json
expect_verdict "check" azattest verify altered.json --require tdx --any-vm

# Demands of a profile file, and statuses by name.
printf '{"azattest-profile": 1, "name": "td", "date": "2026-11-24", "mrtd": "%s", "tcb-evaluation": 18}' \
        "$(jq -r .\"mrtd\" <<<"$(azattest inspect --json e.json | jq '.says["td-quote"]')")" >td.json
ok azattest verify whole.json --require tdx --any-vm --profile ./td.json
sed 's/"tcb-evaluation": 18/"tcb-evaluation": 19/' td.json >newer.json
expect_verdict "check I13 " azattest verify whole.json --require tdx --any-vm --profile ./newer.json
sed 's/"mrtd": "../"mrtd": "ff/' td.json >other.json
expect_verdict "check I14 " azattest verify whole.json --require tdx --any-vm --profile ./other.json
ok azattest verify whole.json --require tdx --any-vm --accept-tcb SWHardeningNeeded --json
same true "$(jq '[.weakened[] | select(startswith("accept-tcb = SWHardeningNeeded"))] | length == 1' stdout)"
expect_usage "accept-tcb" azattest verify whole.json --require tdx --any-vm --accept-tcb Revoked

# certificate N: the key of the N-th certificate of a TD quote; signer: of who signed the TCB info.
certificate() { jq -r '."td-quote"' whole.json | base64 -d | strings -n 20 | awk -v n="$1" '/BEGIN/ { i++ } i == n' | openssl x509 -pubkey -noout; }
signer() { jq -r '."tcb-info-chain"' "$collateral" | openssl x509 -pubkey -noout; }
# The chain, drawn whole: from Intel's root to the key, with the keys that sign it.
ok azattest explain whole.json --require tdx --html page.html --json
while IFS='|' read -r link key; do
        same "proven here" "$(jq -r --arg l "$link" '.links[] | select(.link == $l) | .state' stdout)" "$link"
        jq -r --arg l "$link" '.links[] | select(.link == $l) | .["key-sha256"] // "-"' stdout >key
        [ "$key" = - ] || same "$($key | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)" "$(cat key)" "key of $link"
        grep -qF -- "$(sed "s/.* -> //; s/'/\&#39;/" <<<"$link")" page.html || fail "the page lacks $link"
done <<'END'
Intel root -> platform's key (PCK)|certificate 3
platform's key (PCK) -> quoting enclave|certificate 1
quoting enclave -> TD quote|-
Intel -> platform's TCB|signer
TD quote -> hardware report|-
hardware report -> demands|-
hardware report -> runtime data|-
runtime data -> AK|-
AK -> quote|-
AK -> attested key|-
END
grep -qF "attested key" page.html || fail "the page lacks the attested key"
grep -qF "<td>TD quote → hardware report</td>" page.html || fail "an arrow of the page's table can be broken by a line"
same 64 "$(jq -r '.links[] | select(.link == "quoting enclave -> TD quote") | .["key-sha256"]' stdout | tr -d '\n' | wc -c)" "attestation key"

# A policy is answered with what the TD quote says (P8).
with_policy() { # CONDITION -> policy.json
        printf '{"version": "1.0.0", "anyOf": [{"authority": "https://maa.example", "allOf": [%s]}]}' "$1" >policy.json
}
tee=x-ms-isolation-tee.tdx
for claim in mrtd rtmr0 tee_tcb_svn seamsvn td_attributes td_attributes_debug; do
        # The simulated MAA says the same of the same VM.
        with_policy "{\"claim\": \"${tee}_$claim\", \"equals\": $(claim t.jwt ".[\"x-ms-isolation-tee\"].tdx_$claim | tojson")}"
        ok azattest verify whole.json --require tdx --any-vm --policy policy.json --json
        same accept "$(check_row P8)" "$claim"
done
with_policy "{\"claim\": \"x-ms-isolation-tee.attester_tcb_status\", \"equals\": \"UpToDate\"}"
ok azattest verify whole.json --require tdx --any-vm --policy policy.json --json
same accept "$(check_row P8)" attester_tcb_status
with_policy "{\"claim\": \"${tee}_seamsvn\", \"greaterOrEquals\": 9999}"
expect_verdict "check P8 " azattest verify whole.json --require tdx --any-vm --policy policy.json
# A TD quote by itself, which no policy of this simulator's can be met by: it pins the VM.
jq -j '."td-quote"' e.json | base64 -d >td-quote.bin
with_policy "{\"claim\": \"${tee}_mrtd\", \"equals\": $(claim t.jwt '.["x-ms-isolation-tee"].tdx_mrtd | tojson')}"
ok azattest verify td-quote.bin --require tdx --any-vm --collateral "$collateral" --policy policy.json
printed "report: accept"
expect_undecided "check I8 " azattest verify td-quote.bin --require tdx --any-vm --policy policy.json
with_policy "{\"claim\": \"${tee}_td_attributes_debug\", \"equals\": true}"
expect_verdict "check P8 " azattest verify whole.json --require tdx --any-vm --policy policy.json
expect_fail "check H5 " azattest verify e.json --require sevsnp --any-vm
ok azattest explain e.json --require tdx
printed "Intel root -> platform's key"
printed "no revocation lists of Intel's"
ok azattest explain t.jwt --require tdx --json
same "proven here" "$(jq -r '.links[] | select(.link == "hardware report -> runtime data") | .state' stdout)"
same "vouched for by MAA" "$(jq -r '.links[] | select(.link == "Intel root -> hardware report") | .state' stdout)"

# Drafts: a profile of this evidence by its MRTD, a policy of this token by the same.
ok azattest profile new --from e.json --require tdx --collateral "$collateral" --out tdx.json
ok azattest verify e.json --require tdx --any-vm --collateral "$collateral" --profile ./tdx.json
jq '.mrtd |= sub("^.."; "ff")' tdx.json >other.json
expect_fail "check " azattest verify e.json --require tdx --any-vm --collateral "$collateral" --profile ./other.json
said "MRTD"
ok azattest policy new --from t.jwt --require tdx --pin vmid,measurement --out tdx-policy.json
ok azattest verify t.jwt --require tdx --policy tdx-policy.json
same "x-ms-isolation-tee.tdx_mrtd" "$(jq -r '.anyOf[0].allOf[-1].claim' tdx-policy.json)"
