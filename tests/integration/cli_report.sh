# azattest verify and inspect on bare files: SEV-SNP and HCL reports are judged by what they can say, a
# quote or log alone is refused with what to pass instead. Of this VM, and of real ones where the data is.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
vectors=${AZATTEST_VECTORS:-$(dirname "${BASH_SOURCE[0]}")/../../../shared/vectors}

# verdict CODE ID FILE...: a verdict that is not accept, that result code, that check; subject "report".
verdict() {
        expect_verdict " $1]" azattest verify "${@:3}"
        said "report"
        said "check $2 ("
}
outcomes() { # OUTCOME ID...: in the JSON result in stdout
        local id
        for id in "${@:2}"; do same "$1" "$(check_row "$id")" "outcome of $id"; done
}

ok azattest evidence --out e.json
jq -r '.["hcl-report"]' e.json | base64 -d >hcl.bin
jq -r '.["vcek-chain"]' e.json >chain.pem
jq -r '.["ak-certificate"]' e.json | base64 -d >ak.bin
jq -r '.quote.message' e.json | base64 -d >quote.msg
jq -r '.["event-log"]' e.json | base64 -d >log.bin
dd if=hcl.bin of=snp.bin bs=1 skip=32 count=1184 2>/dev/null
ok azattest attest --out t.jwt
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')

# What it lacks is AMD's to give, by https only: seen by whom a proxy is asked to connect to.
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
python3 proxy.py & proxy=$!
until [ -s port ]; do sleep 0.05; done
expect_status 3 "AMD's key service" env https_proxy="http://127.0.0.1:$(cat port)" azattest fetch snp.bin
[ ! -s stdout ] || fail "something was printed all the same"
kill $proxy
same "CONNECT kdsintf.amd.com:443" "$(head -1 asked)"

# The configured policy asks for more than a report can answer, and that is not passed over.
verdict -109 P8 hcl.bin --certs chain.pem --allow-unchecked A3
said 'x-ms-attestation-type equals "azurevm": no proven quote'
ok azattest verify hcl.bin --certs chain.pem --allow-unchecked P8 --allow-unchecked A3
sed '/^policy *=/d' "$OPENSSL_CONF" >own.cnf
unset AZATTEST_POLICY
export OPENSSL_CONF=$PWD/own.cnf

# Milan's own key is not enough for azure-baseline, and a report alone has nothing else (D46).
verdict -102 A3 hcl.bin --certs chain.pem --vmid "$vmid"
said "judge whole evidence"
ok azattest verify hcl.bin --certs chain.pem --vmid "$vmid" --allow-unchecked A3

# An HCL report: report and runtime data are, and what else evidence has is not checked.
azattest() {
        case $1 in
        verify) command azattest "$@" --allow-unchecked A3 ;;
        *) command azattest "$@" ;;
        esac
}
ok azattest verify hcl.bin --certs chain.pem --vmid "$vmid" --json
same report "$(jq -r .subject stdout)"
same accept "$(jq -r .verdict stdout)"
outcomes accept S1 S11 S20 S22 S23 S26 H1 H9 H13 H14 H15 A9 G4
outcomes "not checked" A1 A2 A8 Q1 Q2 Q5 Q7 Q11 Q15 E1 E6 E13
same 0 "$(jq '[.checks[] | select(.required and .outcome != "accept")] | length' stdout)" "required and open"
verdict -120 G4 hcl.bin --certs chain.pem --vmid 00000000-0000-0000-0000-000000000000
expect_fail "[AZATTEST_E_IDENTITY_NEEDED -115]" without_policy azattest verify hcl.bin --certs chain.pem
# What is asked for is required: a nonce nobody answered, certificates that are missing, another kind.
verdict -102 H16 hcl.bin --certs chain.pem --vmid "$vmid" --nonce n
said "the nonce is not bound to the report"
expect_usage "--nonce is empty" azattest verify hcl.bin --certs chain.pem --vmid "$vmid" --nonce ""
verdict -102 Q9 hcl.bin --certs chain.pem --vmid "$vmid" --pcr "sha256:7=$(printf '0%.0s' {1..64})"
verdict -102 S10 hcl.bin --vmid "$vmid"
verdict -101 H5 hcl.bin --certs chain.pem --vmid "$vmid" --require tdx

# An SNP report: it names no VM.
ok azattest verify snp.bin --certs chain.pem --any-vm --json
same report "$(jq -r .subject stdout)"
outcomes accept S1 S22 S26
outcomes "not checked" H1 H9 H13 A1 Q2 E1 G4
verdict -115 G4 snp.bin --certs chain.pem --vmid "$vmid"
sed 's/^maa-url *=/any-vm = yes\n&/' own.cnf >any.cnf
OPENSSL_CONF=$PWD/any.cnf verdict -115 G4 snp.bin --certs chain.pem --vmid 00000000-0000-0000-0000-000000000000
verdict -102 H16 snp.bin --certs chain.pem --any-vm --nonce n
flip() { python3 -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[int(sys.argv[2])] ^= 1; open("flipped.bin", "wb").write(d)' "$1" "$2"; }
flip snp.bin $((0x90)) && verdict -102 S22 flipped.bin --certs chain.pem --any-vm
flip hcl.bin $((0x4d8)) && verdict -102 H9 flipped.bin --certs chain.pem --any-vm
flip hcl.bin $((0x4c8)) && verdict -20 H5 flipped.bin --certs chain.pem --any-vm
head -c 1200 hcl.bin >short.bin && verdict -20 H1 short.bin --certs chain.pem --any-vm

# Alone these prove nothing.
expect_fail "neither whose AK signed it nor the PCR values are in it; pass the evidence file" azattest verify quote.msg
said "[AZATTEST_E_INPUT -118]"
expect_fail "only a quote proves the PCRs" azattest verify log.bin
jq -n '{keys: []}' >keys.json
expect_fail "is a key set: there is nothing to verify in it" azattest verify keys.json
expect_fail "no token, certificate, request, evidence file or report" azattest verify /etc/passwd
for file in "snp.bin=SEV-SNP report" "hcl.bin=HCL report" "quote.msg=TPM attestation structure" "log.bin=TCG event log"; do
        ok azattest inspect "${file%%=*}"
        printed "kind      ${file#*=}"
        printed "verified  no"
done

# Real ones, at a time within their certificates.
[ -f "$vectors/INDEX.md" ] || exit 0
at=2026-06-01T00:00:00Z
real() { plain azattest verify "$@" --any-vm --allow-unchecked A3 --time $at --json; } # built-in anchors, no configuration
mkdir milan genoa
for set in milan-v3-coco-evidence-v2=milan genoa-v3-coco=genoa; do
        name=${set#*=} dir=$vectors/azure-snp/${set%%=*}
        cp "$dir/vcek.der" "$vectors/amd/${name}_ask.pem" "$vectors/amd/${name}_ark.pem" "$name"
        for file in snp hcl; do
                ok real "$dir/$file-report.bin" --certs "$name"
                same report/accept "$(jq -r '.subject + "/" + .verdict' stdout)" "$name $file"
                grep -q "ARK-[A-Z][a-z]*, built in" stdout || fail "not a built-in anchor"
        done
done
# Its reader had written a nonce of 48 bytes to NV 0x01400002; the other's had not.
set=$vectors/azure-snp/milan-v3-coco-evidence-v2
ok real "$set/hcl-report.bin" --certs milan --nonce "$(cat "$set/nonce.bin")"
same accept "$(check_row H16)"
expect_verdict "check H16 (" real "$set/hcl-report.bin" --certs milan --nonce another
expect_verdict "check H16 (" real "$vectors/azure-snp/genoa-v3-coco/hcl-report.bin" --certs genoa --nonce "$(cat "$set/nonce.bin")"
while read -r file code id; do
        expect_verdict " $code]" real "$vectors/$file" --certs milan
        said "check $id ("
done <<'END'
negative/snp-measurement-bitflip.bin -102 S22
negative/snp-sig-bitflip.bin -102 S22
negative/hcl-runtime-bitflip.bin -102 H9
negative/hcl-truncated-0x4d3.bin -20 H1
negative/hcl-varsize-ffffffff.bin -20 H1
azure-snp/genoa-v3-coco/snp-report.bin -102 S9
END
for dir in "$vectors"/azure-tdx/*/; do
        expect_verdict "check H11 (" real "$dir/hcl-report.bin" --require tdx --profile none
        same "not checked" "$(check_row H12)" "H12 of $dir"
        same accept "$(check_row H9)" "H9 of $dir"
done
