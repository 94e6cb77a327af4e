# azattest status: what the keys, key files and certificates of this VM are worth now, without network.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
sim() { ok azattest-sim ctl "$AZATTEST_SIM_DIR" "$@"; }
requests() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests; }
# row NAME: that line's state and text, of the last status in the file stdout; text FRAGMENT: in it.
row() { awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2) }' stdout; }
is() { # NAME STATE FRAGMENT
        case $(row "$1") in
        "$2 "*"$3"*) ;;
        *) cat stdout stderr >&2; fail "$1 is not '$2 ... $3'" ;;
        esac
}
# member NAME FILTER: of that finding in the JSON of the last status.
member() { jq -r --arg name "$1" ".findings[] | select(.name == \$name) | $2" stdout; }

# Only the unnamed keys, before and after they were attested.
ok azattest status
is azattest://key ok "usable until the VM restarts or its PCRs change; no attestation is stored"
is azattest://sign ok "no attestation is stored"
is ak-certificate ok "ends in "
! grep -q ak-renew stdout || fail "too early for a renewal"
same 3 "$(wc -l <stdout)" "lines"
ok azattest attest --out token.jwt
ok azattest status
is azattest://key ok "; attested "
is azattest://sign ok "no attestation is stored"

# Files: of a directory those that are named like keys and certificates.
mkdir web
ok azattest cert --name web --san DNS:web.example --out web/web.crt --key-out web/web.key
ok azattest cert --name alone --out alone.crt
ok azattest cert --purpose decrypt --out recipient.crt
ok azattest cert --csr --out request.csr
echo "SAN=x" >web/web.conf
before=$(requests)
cp "$AZATTEST_SIM_DIR/ca.pem" web/authority.pem && cat "$AZATTEST_SIM_DIR/ak-issuers.pem" >web/bundle.crt
ok azattest status web alone.crt recipient.crt
! grep -E "authority|bundle" stdout || fail "authorities in a folder are no keys of this VM"
is web/web.crt ok "; ends in "
is web/web.key ok "; attested "
is alone.crt ok "; ends in "
is recipient.crt ok "; ends in "
same 7 "$(wc -l <stdout)" "lines"
mkdir leaf
ok azattest cert --leaf ec --name leaf --san DNS:web.example --out leaf/leaf.crt --key-out leaf/leaf.key
ok azattest status --json leaf
same "certificate ok true azattest://issue?name=leaf accept" \
        "$(member leaf/leaf.crt '"\(.kind) \(.state) \(.usable) \(.key) \(.attestation.verdict)"')"
same "sealed key ok" "$(member leaf/leaf.key '"\(.kind) \(.state)"')" "the leaf's key"
ok azattest cert --leaf ec --plain --name leaf --san DNS:web.example --out leaf/leaf.crt --key-out leaf/leaf.key
ok azattest status --json leaf
same "private key ok true" "$(member leaf/leaf.key '"\(.kind) \(.state) \(.usable)"')"
ok azattest status leaf/leaf.crt
cp -r leaf plain-leaf
is leaf/leaf.crt ok "; ends in "
before=$(requests)
ok azattest status --json web
same "certificate ok true azattest://sign?name=web null 0-7 accept" \
        "$(member web/web.crt '"\(.kind) \(.state) \(.usable) \(.key) \(.hierarchy) \(.pcrs) \(.attestation.verdict)"')"
same "$(date -ud "$(openssl x509 -in web/web.crt -noout -enddate | cut -d= -f2)" +%s)" \
        "$(date -ud "$(member web/web.crt .until)" +%s)" until
same "null accept" "$(member web/web.key '"\(.until) \(.attestation.verdict)"')" "end of a key file"
same ok "$(jq -r .verdict stdout)"
same "$before" "$(requests)" "requests of a status"
ok env -u AZATTEST_MAA_URL AZATTEST_IMDS_URL=http://127.0.0.1:1 azattest status web

# What ends soon, what is not judged for want of keys, what the configuration of now refuses.
expect_fail "" azattest status --within 86400 web
is web/web.crt no "; ends in "
is web/web.key ok ""
ok env AZATTEST_RUNTIME_DIR="$PWD/nothing/here" azattest status web
is web/web.crt ok "which cannot be judged here and now: check T5 "
jq '.anyOf[0].allOf += [{"claim":"x-ms-azurevm-vmid","equals":"another"}]' "$(setting policy)" >policy.json
sed "s|^policy *=.*|policy = $PWD/policy.json|" "$OPENSSL_CONF" >changed.cnf
expect_fail "" env OPENSSL_CONF="$PWD/changed.cnf" azattest status web
is web/web.crt no "which is refused now: check T13 "
is web/web.key no "which is refused now: check T13 "
is azattest://key ok "which is refused now: check T13 "
# A policy that is none: verify says 3, and no renewal works until it is one.
echo "{" >broken.json
for policy in "$PWD/broken.json" "$PWD/no-such.json"; do
        expect_undecided "" env AZATTEST_POLICY="$policy" azattest status web
        is web/web.crt unknown "policy $policy"
        is web/web.key unknown "policy $policy"
        is azattest://key unknown "policy $policy"
done
same "$before" "$(requests)" "requests of a status"
later=$(($(date +%s) + 30000))
if command -v faketime >/dev/null; then
        expect_fail "" faketime "@$later" azattest status web
        is web/web.crt no "; ended "
        is web/web.key ok "; attested "
fi

# What is none of these.
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=plain -days 1 -out plain.crt
expect_fail "" azattest status plain.crt
is plain.crt no "its key is none that this vTPM has now, and in none of the files that were looked at"
is plain.crt no "no token in it"
ok azattest status plain.crt plain.key
is plain.crt ok "its key is in plain.key, a plain private key: not bound to this VM; ends in "
is plain.key ok "a plain private key (RSA-2048): not bound to this VM"
: >empty.key
printf '%s\n' "-----BEGIN PRIVATE KEY-----" "AAAA" "-----END PRIVATE KEY-----" >broken.key
plain openssl pkey -in plain.key -aes128 -passout pass:word -out encrypted.key
for file in request.csr empty.key none.crt broken.key encrypted.key; do
        expect_undecided "" azattest status "$file"
        is "$file" unknown ""
done
is encrypted.key unknown "the private key is encrypted"
plain openssl pkcs8 -topk8 -in plain.key -outform DER -passout pass:word -out encrypted.der
expect_undecided "" azattest status plain.crt encrypted.key
is plain.crt unknown "it may be the one in encrypted.key, which is encrypted"
expect_undecided "" azattest status plain.crt encrypted.der
is plain.crt unknown "it may be the one in encrypted.der, which is encrypted"
expect_undecided "" azattest status --json plain.crt encrypted.der
same null "$(member plain.crt .usable)" "whether a key that is encrypted is usable"
for form in rsa pkcs8; do
        case $form in
        rsa) plain openssl rsa -in plain.key -traditional -outform DER -out plain.der 2>stderr ;;
        pkcs8) plain openssl pkcs8 -topk8 -nocrypt -in plain.key -outform DER -out plain.der ;;
        esac
        plain openssl x509 -in plain.crt -outform DER -out crt.der
        ok azattest status crt.der plain.der
        is crt.der ok "its key is in plain.der, a plain private key"
        is plain.der ok "a plain private key (RSA-2048)"
done

# A CA may let a certificate last longer than the token in it.
ok azattest cert --csr --san DNS:web.example --out ca.csr --key-out ca.key
ok plain openssl x509 -req -in ca.csr -CA plain.crt -CAkey plain.key -CAcreateserial -days 2 -copy_extensions copy -out ca.crt
ok azattest status ca.crt ca.key
is ca.crt ok "s ago; its token ends in "
! grep "cannot be judged" stdout || fail "the issuer of a certificate of this VM was asked for"
expect_fail "" azattest status --within 86400 ca.crt ca.key
is ca.crt no ", which is too soon: attest and certify anew"
is ca.key ok ""

# Certificate and key in one file, as haproxy takes them: two rows.
both() { awk -v name="$1" '$1 == name && $2 == "ok"' stdout | wc -l; }
for key in plain encrypted; do
        { echo "of both" && cat $key.key plain.crt; } >$key.pem
done
ok azattest status plain.pem
same 2 "$(both plain.pem)" "rows of a certificate and its plain key"
ok azattest status --json plain.pem
same "certificate true private key true" "$(member plain.pem '"\(.kind) \(.usable)"' | xargs)"
expect_undecided "" azattest status encrypted.pem
is encrypted.pem unknown "it may be the one in encrypted.pem, which is encrypted"
for key in web leaf; do
        cat "$key/$key.crt" "$key/$key.key" >$key.pem
        ok azattest status $key.pem
        same 2 "$(both $key.pem)" "rows of a certificate and its $key key"
done

# In a folder: one that signed itself is an authority by openssl's own default, and this VM's by its key.
mkdir own
cp plain.crt own && cat "$AZATTEST_SIM_DIR/ca.pem" >own/authority.crt
ok openssl pkey -in plain.key -pubout -out own/public.pem
plain openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out own/dhparam.pem
cp request.csr own/request.pem
ok azattest status own
! grep own/ stdout || fail "authorities in a folder are no keys of this VM"
cp encrypted.pem own
expect_undecided "" azattest status own
same 2 "$(grep -c own/encrypted.pem stdout)" "rows of a certificate and its encrypted key"
rm own/encrypted.pem
cp plain.key own
ok openssl req -x509 -key azattest://sign -subj /CN=own -days 1 -out own/own.crt
ok azattest status own
is own/plain.crt ok "its key is in own/plain.key"
is own/own.crt ok "usable until the VM restarts or its PCRs change"
! grep own/authority stdout || fail "the authority"
# A link whose file is gone, as after a renewal that failed, is no empty folder.
mkdir links && ln -s ../nowhere.crt links/web.crt && ln -s ../nowhere.conf links/web.conf
expect_undecided "" azattest status links
is links/web.crt unknown "cannot open links/web.crt: No such file or directory"
same 4 "$(wc -l <stdout)" "lines"
head -c 500 web/web.crt >own/cut.crt
expect_undecided "" azattest status own
is own/cut.crt unknown "not exactly one certificate"

# An ordinary certificate, or a chain of them, whose key is sealed: a name's own authority issued it.
mkdir site
plain openssl genpkey -algorithm EC -pkeyopt group:P-256 -out site.pem
plain openssl req -new -key site.pem -subj /CN=site -out site.csr
plain openssl x509 -req -in site.csr -CA plain.crt -CAkey plain.key -days 1 -out site/site.crt 2>stderr
cat site/site.crt plain.crt >site/chain.crt
ok azattest seal --in site.pem --out site/site.key
ok azattest status --json site
same "ok true null" "$(member site/site.crt '"\(.state) \(.usable) \(.attestation)"')"
ok azattest status site
is site/site.crt ok "its key is in the sealed key site/site.key, which opens until the VM restarts or its PCRs change; ends in "
is site/chain.crt ok "its key is in the sealed key site/site.key"
is site/site.key ok "opens until"
same 6 "$(wc -l <stdout)" "lines"
cp site.pem site/site.key
ok azattest status site
is site/site.crt ok "its key is in site/site.key, a plain private key: not bound to this VM"
is site/site.key ok "a plain private key (P-256)"
ok azattest seal --in site.pem --out site/site.key
plain openssl pkcs12 -export -in plain.crt -inkey plain.key -passout pass:x -out plain.p12
expect_undecided "" azattest status plain.p12
is plain.p12 unknown "this is a PKCS#12 file: 'openssl pkcs12 -in FILE -out PEMFILE' takes"
expect_fail "this is a PKCS#12 file" azattest inspect plain.p12
expect_undecided "this is a PKCS#12 file" azattest seal --in plain.p12 --out plain.sealed
cat web/web.crt plain.crt >more.crt
expect_undecided "" azattest status more.crt
is more.crt unknown "not exactly one certificate"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
        mkdir -m 700 closed
        expect_undecided "" as_other azattest status closed
        is closed unknown "cannot open directory closed: Permission denied"
fi
expect_undecided "" env AZATTEST_TCTI=device:/dev/no-such-tpm azattest status web
is web/web.crt unknown "no TPM at /dev/no-such-tpm"
is azattest://sign unknown "no TPM at /dev/no-such-tpm"
# Nothing is said of a sealed key that no TPM was asked to open.
expect_undecided "" env AZATTEST_TCTI=device:/dev/no-such-tpm azattest status site
is site/site.key unknown "no TPM at /dev/no-such-tpm"
is site/site.crt unknown "it may be the one in site/site.key, which does not open"
expect_fail "no TPM at /dev/no-such-tpm" env AZATTEST_TCTI=device:/dev/no-such-tpm openssl pkey -in site/site.key -noout
expect_usage "--within" azattest status --within soon
expect_usage "give one of them" azattest status --json --prometheus
expect_usage "give both" azattest status --out x

# Metrics: node_exporter takes them, a file is replaced in one step, names are escaped.
metric() { sed -n "s|^$1{name=\"$2\",kind=\"[a-z ]*\"} ||p" metrics; }
cp web/web.crt 'a "b\c.crt'
eval "$(recipe status.sh | sed 's|/etc/azattest|web|')"
[ "$(wc -l <azattest.prom)" -gt 10 ] || fail "the example writes no metrics"
ok azattest status --prometheus --out metrics web 'a "b\c.crt'
same 1 "$(metric azattest_ok web/web.crt)"
same 1 "$(metric azattest_key_usable web/web.key)"
same "$(date -ud "$(openssl x509 -in web/web.crt -noout -enddate | cut -d= -f2)" +%s)" \
        "$(metric azattest_certificate_expiry_timestamp_seconds web/web.crt)" expiry
same "" "$(metric azattest_certificate_expiry_timestamp_seconds web/web.key)" "expiry of a key file"
same 1 "$(metric azattest_attestation_accepted web/web.crt)"
grep -qxF 'azattest_ok{name="a \"b\\c.crt",kind="certificate"} 1' metrics || fail "escaped name: $(grep 'a ' metrics)"
same "" "$(grep -vE '^(# (HELP|TYPE) azattest_[a-z_]+ .+|azattest_[a-z_]+(\{[^{}]+\})? [0-9]+)$' metrics || true)" "other lines"
same "" "$(grep -oE '^azattest_[a-z_]+' metrics | sort -u | while read -r m; do grep -q "^# TYPE $m gauge" metrics || echo "$m"; done)" "metrics without type"
if command -v promtool >/dev/null; then promtool check metrics <metrics >stdout 2>stderr || fail "promtool: $(cat stdout stderr)"; fi

# One file by two names of it on the command line is one: samples that stand twice are refused by who reads them.
ok azattest status --prometheus --out metrics web/web.crt web web/web.crt web
same "" "$(grep -v '^#' metrics | sed 's/ [0-9]*$//' | sort | uniq -d)" "samples that stand twice"
expect_fail "" azattest status own own/authority.crt web/web.crt web
is own/plain.crt ok ""
is own/authority.crt no "in none of the files"
same 1 "$(grep -c '^web/web.crt ' stdout)" "rows of a file that was named twice"
same 1 "$(grep -c '^own/authority.crt ' stdout)" "rows of an authority that was found, and named"

# Drift and restart.
sim pcr-extend 4
ok azattest status --json plain-leaf
same "ok false" "$(member plain-leaf/leaf.crt '"\(.state) \(.usable)"')" "a leaf whose key is in no vTPM"
printed "its leaf serves on with the key in plain-leaf/leaf.key"
ok azattest status plain-leaf/leaf.crt
is plain-leaf/leaf.crt ok "its leaf serves on with its own key"
expect_fail "" azattest status site
is site/site.crt no "it may be the one in site/site.key, which does not open"
is site/site.key no "PCR 4 changed since it was sealed"
expect_fail "" azattest status --json web alone.crt
same "no false 4 accept" "$(member web/web.crt '"\(.state) \(.usable) \(."pcrs-changed") \(.attestation.verdict)"')"
same "no false 4" "$(member web/web.key '"\(.state) \(.usable) \(."pcrs-changed")"')"
same "no false null" "$(member alone.crt '"\(.state) \(.usable) \(."pcrs-changed")"')"
same "ok true" "$(member azattest://key '"\(.state) \(.usable)"')"
expect_fail "" azattest status --prometheus --out metrics web
same 0 "$(metric azattest_key_usable web/web.crt)"
grep -qxF 'azattest_pcr_changed{name="web/web.key",kind="key file",pcr="4"} 1' metrics || fail "no PCR 4: $(grep pcr metrics)"
sim tpm-reset
expect_fail "" azattest status web
is web/web.crt no "this TPM no longer has sign key"
is web/web.key no "this TPM no longer has sign key"
ok azattest cert --name web --san DNS:web.example --out web/web.crt --key-out web/web.key --renew-before 60
ok azattest status web
is web/web.crt ok "usable"
