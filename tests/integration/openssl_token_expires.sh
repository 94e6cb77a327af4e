# A key from a token file ends with its token: in a program that loaded it before, whether it makes a new
# context or kept one, and in one that would load it now. No TPM.
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
program=$AZATTEST_BUILD/tests/integration/token_key
relying() { env AZATTEST_TCTI=device:/dev/null/none "$@"; }
echo data >data
ok openssl dgst -sha256 -sign azattest://sign -out signature data

azattest-sim ctl "$AZATTEST_SIM_DIR" "fault token-lifetime=7"
ok azattest attest --out decrypt.jwt
ok azattest attest --purpose sign --out sign.jwt
expires=$(claim sign.jwt .exp)
seconds=$((expires - $(date +%s) + 1))
relying "$program" decrypt.jwt "$seconds" >encrypted 2>encrypted.err &
encrypting=$!
ok relying "$program" sign.jwt "$seconds" data signature
mv stdout verified
wait $encrypting || { cat encrypted.err >&2; fail "the decryption key's token does not load"; }
for file in encrypted verified; do
        same "fresh ok,kept ok" "$(head -2 $file | paste -sd,)" "$file before"
        for which in fresh kept; do
                tail -2 $file | grep -q "^$which .*token.*expired at $(date -u +%Y-).* get a new token" ||
                        { cat $file >&2; fail "$file, $which context, after"; }
        done
done
tail -1 verified | grep -qF "expired at $(date -ud "@$expires" +%Y-%m-%dT%H:%M:%SZ)" || fail "when it expired"
expect_fail "T9 (time)" relying "$program" decrypt.jwt 0
expect_fail "T9 (time)" relying openssl pkeyutl -encrypt -pubin -inkey decrypt.jwt -in data -out ct
expect_fail "check T9 " relying azattest encrypt --token decrypt.jwt --in data --out ct
