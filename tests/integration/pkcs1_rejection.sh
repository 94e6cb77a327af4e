# PKCS#1 v1.5 decryption never tells a wrong ciphertext from a good one: it answers with a message that
# looks random, the same one in every process and after a TPM reset, as the published derivation says.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
reference=$(dirname "${BASH_SOURCE[0]}")/../unit/implicit_rejection.py
hex() { xxd -p -c 1000 "$1"; }

# Purpose any has raw RSA, with which the reference can work: the key's secret and the bare blocks.
silent openssl pkey -in "azattest://key?purpose=any&hierarchy=owner" -out any.pem
raw() { silent openssl pkeyutl -decrypt -inkey any.pem -pkeyopt rsa_padding_mode:none -in "$1" -out "$2"; }
python3 -c '
import hashlib, sys
block = b"".join(hashlib.sha256(b"azattest/1/implicit-rejection/" + bytes([i])).digest() for i in range(8))
sys.stdout.buffer.write(bytes([block[0] & 127]) + block[1:])' >label
raw label secret
secret=$(openssl dgst -sha256 -r secret | cut -d' ' -f1)

# Blocks as an attacker would have them, and a good one.
python3 - <<'END'
pad = bytes(i % 255 + 1 for i in range(253))
blocks = [b"\0\2" + pad[:200] + b"\0" + b"a good message".ljust(53, b"."),
          b"\0\1" + pad + b"\0",
          b"\1\2" + pad + b"\0",
          b"\0\2" + pad + b"\1",
          b"\0\2" + b"\7\7\7\0" + pad[:250],
          b"\0\2" + pad + b"\0",
          bytes(255) + b"\1"]
for i, block in enumerate(blocks):
    open("block%d" % i, "wb").write(block)
END
silent openssl pkey -in any.pem -pubout -out any.pub
for i in 0 1 2 3 4 5 6; do
        silent plain openssl pkeyutl -encrypt -pubin -inkey any.pub -pkeyopt rsa_padding_mode:none -in block$i -out ct$i
        echo "$secret $(hex ct$i) $(hex block$i)" >>cases
        silent openssl pkeyutl -decrypt -inkey any.pem -pkeyopt rsa_padding_mode:pkcs1 -in ct$i -out out$i
        hex out$i >>found
        [ -s out$i ] || echo >>found
done
python3 "$reference" cases expected
cmp expected found || { diff expected found; fail "not what the published derivation says"; }
grep -q "a good message" out0 || fail "the good message"

# The key of the owner hierarchy survives the TPM's reset, and so do its answers.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
for i in 1 2; do
        silent openssl pkeyutl -decrypt -inkey any.pem -pkeyopt rsa_padding_mode:pkcs1 -in ct$i -out again
        cmp out$i again || fail "another answer after a TPM reset"
done

# A decryption key: no raw RSA; the same answer by file and by URI.
silent openssl pkey -in azattest://key -out key.pem
{ printf '\0' && head -c 255 /dev/urandom; } >below # every key's modulus
silent openssl pkeyutl -decrypt -inkey any.pem -pkeyopt rsa_padding_mode:pkcs1 -in below -out other
silent openssl pkeyutl -decrypt -inkey key.pem -pkeyopt rsa_padding_mode:pkcs1 -in below -out first
silent openssl pkeyutl -decrypt -inkey azattest://key -pkeyopt rsa_padding_mode:pkcs1 -in below -out second
cmp first second || fail "another answer in another process"
! cmp -s first other || fail "two keys, one answer"

# After a reset a key of the null hierarchy is gone, and says so; opening the URI makes a new one.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
expect_fail "this TPM no longer has the key" openssl pkeyutl -decrypt -inkey key.pem -pkeyopt rsa_padding_mode:pkcs1 -in below
silent openssl pkeyutl -decrypt -inkey azattest://key -pkeyopt rsa_padding_mode:pkcs1 -in below
