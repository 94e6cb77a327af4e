# `azattest cert --renew-before` says what it did and why, and makes anew what is not what was asked for.
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
san=DNS:web.example before_end=60
# renew EXPECTED-LINE [OPTION]...; the certificate verifies afterwards and belongs to the key file.
renew() {
        local expected=$1
        shift
        ok azattest cert --san "$san" --out web.crt --key-out web.key --renew-before "$before_end" "$@"
        case $(cat stdout) in
        $expected) ;;
        *) cat stdout stderr >&2; fail "no '$expected'" ;;
        esac
        same "$(openssl pkey -in web.key -pubout)" "$(openssl x509 -in web.crt -noout -pubkey)" "key file and certificate"
        ok azattest verify web.crt
}
kept="kept: * left"

renew "made: there was no certificate to keep"
before=$(stat -c %i,%y web.crt web.key)
renew "$kept"
same "$before" "$(stat -c %i,%y web.crt web.key)" "files that were kept"
before_end=86400 renew "renewed: * left"
[ "$before" != "$(stat -c %i,%y web.crt web.key)" ] || fail "not renewed"

# Exit status and JSON.
expect_status 4 "" azattest cert --san "$san" --out web.crt --key-out web.key --renew-before 60 --exit-code
ok azattest cert --san "$san" --out web.crt --key-out web.key --renew-before 86400 --exit-code --json
same "renewed due" "$(jq -r '"\(.action) \(.cause)"' stdout)"
same "$(date -ud "$(openssl x509 -in web.crt -noout -enddate | cut -d= -f2)" +%s)" "$(date -ud "$(jq -r .until stdout)" +%s)" until
[ "$(jq '."seconds-left" > 28000 and ."seconds-left" <= 28800' stdout)" = true ] || fail "seconds-left: $(cat stdout)"
expect_status 4 "" azattest cert --san "$san" --out web.crt --renew-before 60 --exit-code --json
same "kept good" "$(jq -r '"\(.action) \(.cause)"' stdout)"
expect_usage "--out FILE" azattest cert --json
expect_usage "--out FILE" azattest cert --renew-before 60 --out -
expect_usage "--out FILE" azattest cert --renew-before 60 --out web.crt --key-out -
expect_usage "give both" azattest cert --exit-code --out web.crt

# Key file and certificate.
: >web.key
renew "made anew: its key file is missing or empty"
rm web.key
renew "made anew: its key file is missing or empty"
ok azattest cert --name other --out other.crt --key-out web.key
renew "made anew: certificate and key file do not belong together"
ok plain openssl genrsa -out web.key 2048
renew "made anew: its key file is no key reference: *"
head -c 100 /dev/zero >web.key
renew "made anew: its key file is no key reference: *"
head -c 100 /dev/zero >web.crt
renew "made anew: the file is no certificate: *"
renew "$kept"

# What is asked for.
san=DNS:new.example
renew "made anew: other names are asked for than it has"
[ "$(openssl x509 -in web.crt -noout -ext subjectAltName | tail -1)" = "    DNS:new.example" ] || fail "not the names asked for"
renew "made anew: another key is asked for" --name web
renew "made anew: another key is asked for"
renew "made anew: its token is refused now: check T11 *" --nonce fresh-1
renew "$kept" --nonce fresh-1
renew "$kept"
renew "made anew: the payload that is asked for is not in its token" --payload '{"deployment":"blue"}'
renew "$kept" --payload '{"deployment":"blue"}'
renew "made anew: its token is refused now: check T11 *" --payload '{"deployment":"blue","nonce":"2"}'
renew "$kept" --payload '{"deployment":"blue","nonce":"2"}'
renew "made anew: a key bound to PCRs 0-8 is asked for, not to 0-7" --pcrs 0-8
renew "made anew: a key bound to PCRs 0-7 is asked for, not to 0-8"

# Another issuer, another policy: judged without network, and the failure to attest says why it was tried.
configured() { # SED-EXPRESSION COMMAND...
        sed "$1" "$OPENSSL_CONF" >changed.cnf
        shift
        OPENSSL_CONF=$PWD/changed.cnf "$@"
}
again=(azattest cert --san "$san" --out web.crt --key-out web.key --renew-before 60)
before=$(sha256sum web.crt web.key)
expect_undecided "not renewed (its token is refused now: check T4 " \
        configured 's|^maa-url *=.*|maa-url = https://127.0.0.1:1|' "${again[@]}"
jq '.anyOf[0].allOf += [{"claim":"x-ms-azurevm-vmid","equals":"another"}]' "$(setting policy)" >policy.json
expect_fail "not renewed (its token is refused now: check T13 " configured "s|^policy *=.*|policy = $PWD/policy.json|" "${again[@]}"
same "$before" "$(sha256sum web.crt web.key)" "files when the renewal failed"
# In a VM's first minutes Azure has not written the AK certificate: the unit tries that again (status 3).
ok azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tpm-placeholder-ak-cert"
expect_undecided "still is the placeholder" azattest cert --out first.crt --renew-before 60
ok azattest-sim ctl "$AZATTEST_SIM_DIR" clear
# Nothing is held against a token for want of a key set, and nobody is asked.
asked=$(azattest-sim ctl "$AZATTEST_SIM_DIR" requests)
ok env AZATTEST_RUNTIME_DIR="$PWD/nothing/here" "${again[@]}"
printed "kept: "
same "$asked" "$(azattest-sim ctl "$AZATTEST_SIM_DIR" requests)" "requests of a certificate that is kept"

# The key: PCRs, then a restart.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 4
renew "made anew: the key can no longer be used: PCR 4 changed"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
renew "made anew: the key *" # the reset took the extension away, too
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
renew "made anew: the key is gone: the VM was started again"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok azattest cert --san "$san" --out web.crt --renew-before 60
printed "made anew: the key is gone (a restart, other PCR values), or another one is asked for"
renew "made anew: certificate and key file do not belong together"

ok azattest cert --csr --out web.csr --renew-before 60
printed "made: requests are made each time"
