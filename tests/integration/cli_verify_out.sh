# verify writes what it accepted (--out) and the key it attests (--pubkey-out), and nothing of anything else.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
both=(--out out --pubkey-out key.pem)

ok azattest attest --out t.jwt
ok openssl pkey -in azattest://key -pubout -out key.pub
ok azattest verify t.jwt "${both[@]}"
cmp key.pem key.pub || fail "the key is another one"
{ cat t.jwt; echo; } >canonical.jwt
cmp out canonical.jwt || fail "the token is another one"
{ tr -d '\n' <t.jwt; printf '\r\n \n'; } >loose.jwt
ok azattest verify loose.jwt --out out
cmp out canonical.jwt || fail "not the canonical form"

# The key that was written needs nothing of ours.
printf %s secret >in
ok plain openssl pkeyutl -encrypt -pubin -inkey key.pem "${oaep[@]}" -in in -out ct
ok openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct -out plaintext
cmp in plaintext || fail "plaintext"

for purpose in sign decrypt; do
        ok azattest cert --purpose $purpose --out vm.crt
        openssl x509 -in vm.crt -outform DER -out vm.der
        openssl x509 -in vm.crt -noout -pubkey >key.pub
        ok azattest verify vm.der "${both[@]}"
        cmp key.pem key.pub || fail "the certificate's key is another one"
        cmp out vm.crt || fail "the certificate is another one"
done
ok azattest evidence --nonce n1 --out e.json
ok azattest verify e.json --nonce n1 --out out
cmp out e.json || fail "the evidence is another one"
expect_usage "is for a token or certificate" azattest verify e.json --nonce n1 --pubkey-out key.pem

# kept COMMAND...: it refuses, and touches no file: neither makes nor changes one.
kept() {
        local status before
        for before in none old; do
                rm -f out key.pem
                [ $before = none ] || { echo old >out; echo old >key.pem; }
                status=0
                "$@" "${both[@]}" >stdout 2>stderr || status=$?
                [ $status != 0 ] || { cat stdout stderr >&2; fail "accepted: $*"; }
                if [ $before = old ]; then
                        same "old old" "$(cat out key.pem | paste -sd ' ')" "files after: $*"
                else
                        [ ! -e out ] && [ ! -e key.pem ] || fail "a file was made: $*"
                fi
        done
}
sed 's/.\{6\}$/AAAAAA/' t.jwt >forged.jwt
kept azattest verify forged.jwt
kept azattest verify t.jwt --nonce another
kept azattest verify t.jwt --purpose sign
kept azattest verify t.jwt --vmid 00000000-0000-0000-0000-000000000000
kept azattest verify t.jwt --time 2031-01-01T00:00:00Z
kept without_policy azattest verify t.jwt
kept azattest verify vm.crt --time 2031-01-01T00:00:00Z
kept azattest verify t.jwt --evidence e.json --nonce n1
kept azattest verify key.pub
expect_fail "AZATTEST_E_" azattest verify e.json --nonce n2 --out none
[ ! -e none ] || fail "refused evidence was written"

expect_usage "name a file" azattest verify t.jwt --out -
expect_usage "name a file" azattest verify t.jwt --pubkey-out -
expect_usage "the same file" azattest verify t.jwt --out same --pubkey-out same
# A key that cannot be written is a failure, whatever the verdict.
expect_undecided "AZATTEST_E_INPUT" azattest verify t.jwt --pubkey-out none/key.pem
