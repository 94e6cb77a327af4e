# azattest inspect: real captures of every kind say what meta.json says they do.
# sim: none
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export OPENSSL_CONF=/dev/null
vectors=${AZATTEST_VECTORS:-$(dirname "${BASH_SOURCE[0]}")/../../../shared/vectors}
[ -f "$vectors/INDEX.md" ] || { echo "skipped: no vectors"; exit 77; }

for set in milan-v2-2023-coco milan-v3-coco-evidence-v2 genoa-v3-coco; do
        dir=$vectors/azure-snp/$set
        ok azattest inspect --json "$dir/hcl-report.bin"
        same "HCL report" "$(jq -r .kind stdout)"
        same "$(jq -cS . "$dir/runtime-claims.json")" "$(jq -cS '.says["runtime-data-host-says"]' stdout)" "$set"
        same 0 "$(jq '[.says.form[] | select(.outcome == "reject")] | length' stdout)" "refused checks of $set"
        jq '.says["snp-report"]' stdout >in-hcl
        ok azattest inspect --json "$dir/snp-report.bin"
        same "SEV-SNP report" "$(jq -r .kind stdout)"
        same "$(jq -S . in-hcl)" "$(jq -S .says stdout)" "the report of $set alone"
        ok azattest inspect --json "$dir/quote.msg"
        same quote "$(jq -r .says.type stdout)"
        same sha256:0-23 "$(jq -r .says.pcrs stdout)"
done
same "Genoa" "$(azattest inspect --json "$vectors/azure-snp/genoa-v3-coco/snp-report.bin" | jq -r .says.product)"

ok azattest inspect --json "$vectors/azure-tdx/tdx-coco/hcl-report.bin"
same TDX "$(jq -r .says.type stdout)"
mrtd=$(jq -r '.says["td-report"].mrtd' stdout)
ok azattest inspect --json "$vectors/azure-tdx/tdx-coco/td-quote.bin"
same "$mrtd" "$(jq -r .says.mrtd stdout)" "MRTD in quote and report"
for quote in td_quote_v5.dat tdx_quote_4_debug.dat dcap-tdx-1766059550570652607; do
        ok azattest inspect --json "$vectors/tdx-quotes/$quote"
        same "TD quote" "$(jq -r .kind stdout)" "$quote"
        same 3 "$(jq '.says["pck-chain"] | length' stdout)" "certificates of $quote"
        same 2 "$(jq '.says["qe-report"]["isv-prod-id"]' stdout)" "QE of $quote"
done
ok azattest inspect --json "$vectors/tdx-quotes/td_quote_v5.dat"
same "5 TD 1.5 90c06f000000" "$(jq -r '.says | "\(.version) \(.body) \(.platform.fmspc)"' stdout)"
# TCB info as Intel's service gives it.
sed -n '/^tcb_info: /{n;s/^  //p}' "$vectors/tdx-quotes/azure-collateral02.yaml" >inner
sed -n '/^tcb_info_signature: /{n;s/^  //p}' "$vectors/tdx-quotes/azure-collateral02.yaml" >signature
printf '{"tcbInfo":%s,"signature":"%s"}' "$(cat inner)" "$(cat signature)" >tcb-info.json
ok azattest inspect --json tcb-info.json
same "TDX collateral 90c06f000000 18" "$(jq -r '"\(.kind) \(.says["tcb-info"] | .fmspc, .["evaluation-number"])"' stdout | paste -sd' ' | sed 's/ TDX collateral//')"

ok azattest inspect --json "$vectors/gce-tpm/gce-cos-85-no-nonce/eventlog.bin"
same "TCG event log" "$(jq -r .kind stdout)"
same "sha1, sha256, sha384" "$(jq -r .says.banks stdout)"
same null "$(jq .says.fault stdout)"

# The same events in the older form, without a header.
jq '.says | [.count, [.events[] | [.pcr, .type, .content]]]' stdout >agile
python3 - "$vectors/gce-tpm/gce-cos-85-no-nonce/eventlog.bin" >sha1.bin <<'EOF'
import struct, sys
log, sizes = open(sys.argv[1], "rb").read(), {4: 20, 11: 32, 12: 48}
at = 32 + struct.unpack_from("<I", log, 28)[0]
while at < len(log):
    head, (count,), at = log[at:at + 8], struct.unpack_from("<I", log, at + 8), at + 12
    for _ in range(count):
        (algorithm,) = struct.unpack_from("<H", log, at)
        if algorithm == 4:
            head += log[at + 2:at + 22]
        at += 2 + sizes[algorithm]
    (size,) = struct.unpack_from("<I", log, at)
    sys.stdout.buffer.write(head + log[at:at + 4 + size])
    at += 4 + size
EOF
ok azattest inspect --json sha1.bin
same "TCG event log" "$(jq -r .kind stdout)"
same "sha1" "$(jq -r .says.banks stdout)"
same true "$(jq -r '.says.form | startswith("SHA-1 only")' stdout)"
same "$(cat agile)" "$(jq '.says | [.count, [.events[] | [.pcr, .type, .content]]]' stdout)" "events of both forms"

# Damaged files are shown as far as they can be read, and what is wrong is said.
ok azattest inspect --json "$vectors/negative/hcl-runtime-bitflip.bin"
same reject "$(jq -r '.says.form[] | select(.id == "H9") | .outcome' stdout)"
for token in "$vectors"/tokens/negative/*.jwt; do
        ok azattest inspect "$token"
        printed "verified  no"
done
