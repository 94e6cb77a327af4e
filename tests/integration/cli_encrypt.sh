# azattest encrypt and decrypt: every algorithm and size, and what must not be encrypted to.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
later=$(date -ud "+9 hours" +%Y-%m-%dT%H:%M:%SZ) # when a token of today has expired

ok azattest attest --out t.jwt
for alg in RSA-OAEP-256 RSA-OAEP RSA1_5 JWE; do
        printf %s "secret of $alg" >in
        ok azattest encrypt --token t.jwt --alg $alg --in in --out ct
        ok azattest decrypt --alg $alg --in ct --out out
        cmp in out || fail "$alg"
done
# The defaults, through pipes.
printf %s secret | azattest encrypt --token t.jwt 2>/dev/null | azattest decrypt >out 2>/dev/null
same secret "$(cat out)"

for size in 0 1 190 191 70000 5000000; do
        head -c $size /dev/urandom >in
        ok azattest encrypt --token t.jwt --alg JWE --in in --out ct
        ok azattest decrypt --in ct --out out
        cmp in out || fail "JWE of $size bytes"
done
same 600 "$(stat -c %a out)" "mode of the plaintext"
head -c 191 /dev/urandom >in
expect_fail "AZATTEST_E_ENCRYPT -25" azattest encrypt --token t.jwt --in in

# A changed JWE and one for another key fail alike; a broken one is named.
printf %s secret | azattest encrypt --token t.jwt --alg JWE --out ct 2>/dev/null
sed 's/\.[^.]*$/.AAAAAAAAAAAAAAAAAAAAAA/' ct >changed
expect_fail "[AZATTEST_E_JWE -117]" azattest decrypt --in changed
grep -o 'the JWE .*' stderr >first
ok azattest attest --name web --out web.jwt
printf %s secret | azattest encrypt --token web.jwt --alg JWE --out ct 2>/dev/null
expect_fail "[AZATTEST_E_JWE -117]" azattest decrypt --in ct
same "$(cat first)" "$(grep -o 'the JWE .*' stderr)" "text of the failure"
ok azattest decrypt --name web --in ct
same secret "$(cat stdout)"
expect_fail "[AZATTEST_E_JWE -117]" azattest decrypt --alg JWE --in t.jwt

# PKCS#1 v1.5 never tells a wrong ciphertext from a good one.
head -c 256 /dev/zero | tr '\0' '\1' >wrong
ok azattest decrypt --alg RSA1_5 --in wrong --out first
ok azattest decrypt --alg RSA1_5 --in wrong --out second
cmp first second || fail "the answer to a wrong ciphertext changed"
expect_fail "[AZATTEST_E_DECRYPTION_TPM -26]" azattest decrypt --alg RSA-OAEP --in wrong

printf %s small >small
# D12: which VM has to be said.
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')
export AZATTEST_TCTI=device:/dev/null/none # a relying party's machine
expect_fail "AZATTEST_E_IDENTITY_NEEDED -115" without_policy azattest encrypt --token t.jwt --in small
ok without_policy azattest encrypt --token t.jwt --vmid "$vmid" --in small
expect_fail "AZATTEST_E_OTHER_VM -120" azattest encrypt --token t.jwt \
        --vmid 00000000-0000-0000-0000-000000000000 --in small
ok without_policy azattest encrypt --token t.jwt --any-vm --in small
said "weakened: "
said "any-vm = yes"
# D69: where nothing is judged, nothing is weakened.
unset AZATTEST_TCTI
for command in "status" "doctor" "inspect t.jwt" "decrypt --in t.jwt" "seal --in t.jwt"; do
        # shellcheck disable=SC2086
        azattest $command >stdout 2>stderr || true
        ! grep weakened stderr || fail "$command judges nothing"
done
# a token of this very VM needs no word about which VM it is of
ok without_policy azattest encrypt --token t.jwt --in small

# A signing key's token, an expired and a changed token.
ok azattest attest --purpose sign --out sign.jwt
expect_fail "C5" azattest encrypt --token sign.jwt --in small
expect_fail "AZATTEST_E_WRONG_PURPOSE -114" azattest decrypt --purpose sign --in wrong
expect_fail "AZATTEST_E_TOKEN_TIME -106" azattest encrypt --token t.jwt --time "$later" --in small
sed 's/\.[^.]*$/.AAAA/' t.jwt >bad.jwt
expect_fail "T8" azattest encrypt --token bad.jwt --in small
expect_usage "--token" azattest encrypt --in small
expect_usage "--alg RSA" azattest encrypt --token t.jwt --alg RSA
