# The TPM is cleared (TPM2_Clear, as a firmware menu does): the runtime directory and the files of keys that outlive
# reboots stay, their keys do not. Each is refused with words that say so, and nothing old is taken for the new.
# setups: default
# shellcheck disable=SC1091
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_tpm.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_tpm.sh"
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
export AZATTEST_HIERARCHY=owner
gone="the TPM was cleared or this is another VM"

ok azattest cert --name web --san DNS:web.example --out web.crt --key-out web.key
ok openssl pkey -in azattest://key -out key.pem
ok azattest attest --out t.jwt
echo secret >in
ok azattest encrypt --token t.jwt --in in --out in.enc
ok openssl pkeyutl -encrypt -pubin -inkey t.jwt "${oaep[@]}" -in in -out ct
ok azattest status web.crt web.key key.pem
ls "$(setting runtime-dir)" >before.txt
lockout=4000000a
same 00000000 "$(tpm 00000126 $lockout '' '')" "TPM2_Clear"
same "$(cat before.txt)" "$(ls "$(setting runtime-dir)")" "the runtime directory"

expect_fail "" azattest status web.crt web.key key.pem
for name in web.crt web.key key.pem; do
        grep -qE "^$name +no .*$gone" stdout || { cat stdout >&2; fail "status of $name"; }
done
expect_fail "$gone" openssl pkeyutl -sign -inkey web.key -rawin -in in -out sig
expect_fail "$gone" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in ct -out out
# A URI names the key that the TPM makes now: it opens nothing of before, and no stored token counts for it.
expect_fail "or a cleared TPM" azattest decrypt --in in.enc
expect_fail "the TPM was cleared" azattest attest --out new.jwt
expect_fail "the TPM was cleared" azattest cert --name web --san DNS:web.example --out web.crt --key-out web.key --renew-before 60
said "the key is gone: the VM was started again, or its TPM cleared"
expect_fail "the TPM was cleared" openssl pkey -in azattest://key -noout
expect_fail "" azattest doctor
grep -qE "^AK +no .*the TPM was cleared" stdout || { cat stdout >&2; fail "doctor on the AK"; }
ok openssl pkey -in 'azattest://key?attest=never' -out new.pem
! cmp -s key.pem new.pem || fail "the same key after a clear"
ok openssl pkey -in new.pem -pubout -out new.pub
ok openssl pkeyutl -encrypt -pubin -inkey new.pub "${oaep[@]}" -in in -out ct
ok openssl pkeyutl -decrypt -inkey new.pem "${oaep[@]}" -in ct -out out
cmp in out || fail "the new key does not decrypt"
