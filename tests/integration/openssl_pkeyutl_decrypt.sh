# openssl pkeyutl: decryption in the vTPM of what others encrypted, every padding; encryption without it.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
silent openssl pkey -in azattest://key -out key.pem
silent openssl pkey -in key.pem -pubout -out key.pub
printf %s 0123456789abcdef0123456789abcdef >secret

# both PKEYOPT...: encrypted without our provider and with our key, decrypted by file and by URI.
both() {
        local options=() option key
        for option in "$@"; do options+=(-pkeyopt "$option"); done
        silent plain openssl pkeyutl -encrypt -pubin -inkey key.pub "${options[@]}" -in secret -out theirs
        silent openssl pkeyutl -encrypt -inkey key.pem "${options[@]}" -in secret -out ours
        for key in key.pem azattest://key; do
                for ciphertext in theirs ours; do
                        silent openssl pkeyutl -decrypt -inkey $key "${options[@]}" -in $ciphertext -out plaintext
                        cmp secret plaintext || fail "$key, $ciphertext: $*"
                done
        done
}
both rsa_padding_mode:pkcs1
both rsa_padding_mode:oaep
both rsa_padding_mode:oaep rsa_oaep_md:sha256
both rsa_padding_mode:oaep rsa_oaep_md:sha512 rsa_mgf1_md:sha1
both rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha384 rsa_oaep_label:00c0ffee

# Every OAEP fault is one fault, and says no more.
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
silent plain openssl pkeyutl -encrypt -pubin -inkey key.pub "${oaep[@]}" -in secret -out ct
expect_fail "decryption failed" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -pkeyopt rsa_mgf1_md:sha1 -in ct
cut -d: -f2- stderr >first
expect_fail "decryption failed" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -pkeyopt rsa_oaep_label:00 -in ct
cmp first <(cut -d: -f2- stderr) || fail "a wrong label reads differently"
expect_fail "azattest" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in secret

# Raw RSA would undo every padding's protection: only a key of purpose any does it.
silent openssl pkey -in "azattest://key?purpose=any" -out any.pem
silent openssl pkey -in any.pem -pubout -out any.pub
{ head -c 1 /dev/zero; head -c 255 /dev/urandom; } >block
silent plain openssl pkeyutl -encrypt -pubin -inkey any.pub -pkeyopt rsa_padding_mode:none -in block -out ct
silent openssl pkeyutl -decrypt -inkey any.pem -pkeyopt rsa_padding_mode:none -in ct -out plaintext
cmp block plaintext || fail "raw RSA"
silent plain openssl pkeyutl -encrypt -pubin -inkey key.pub -pkeyopt rsa_padding_mode:none -in block -out ct
expect_fail "purpose" openssl pkeyutl -decrypt -inkey key.pem -pkeyopt rsa_padding_mode:none -in ct

# The signing key does not decrypt, and the message names the key that does.
expect_fail "to decrypt use azattest://key?name=web" openssl pkeyutl -decrypt -inkey "azattest://sign?name=web" -in ct

# A connection that breaks in the middle of a decryption is an error of ours, and tpm2-tss says nothing.
silent plain openssl pkeyutl -encrypt -pubin -inkey key.pub "${oaep[@]}" -in secret -out ct
for fault in tpm-drop=RSA_Decrypt tpm-drop=PolicyPCR tpm-short-reply; do
        azattest-sim ctl "$AZATTEST_SIM_DIR" "fault $fault"
        expect_fail "closed the connection after" openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in ct
        ! grep -E '^[A-Z]+:[a-z0-9]+:src/' stderr || fail "tpm2-tss spoke: $fault"
        azattest-sim ctl "$AZATTEST_SIM_DIR" clear
done
silent openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in ct

# D30: TPM commands of a cold decryption.
before=$(commands ALL) made=$(commands CreatePrimary)
silent openssl pkeyutl -decrypt -inkey key.pem "${oaep[@]}" -in ct
[ $(($(commands ALL) - before)) -le 8 ] || fail "$(($(commands ALL) - before)) TPM commands from a key file"
before=$(commands ALL)
silent openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in ct
[ $(($(commands ALL) - before)) -le 9 ] || fail "$(($(commands ALL) - before)) TPM commands from a URI"
same "$made" "$(commands CreatePrimary)" "keys made for decryptions"
