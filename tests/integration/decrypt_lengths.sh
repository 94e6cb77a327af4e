# setups: default
# What counts as a ciphertext is one answer at every door: the command, the library and OpenSSL with our
# provider take or refuse the same bytes, give the same message, and take no other length than OpenSSL
# does with an ordinary key.
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
client=$AZATTEST_BUILD/tests/integration/api_client

silent openssl pkey -in azattest://key -out key.pem
openssl pkey -in key.pem -pubout -out key.pub
silent plain openssl genrsa -out ordinary.pem 2048
plain openssl rsa -pubin -in key.pub -noout -modulus | cut -d= -f2 >key.modulus
plain openssl rsa -in ordinary.pem -noout -modulus | cut -d= -f2 >ordinary.modulus

# Ciphertexts of "the message" whose first byte is zero, in the forms that serialisers of numbers make of
# them, and what is no ciphertext; for both keys, so that OpenSSL may say what it takes.
python3 - key ordinary <<'END'
import hashlib, os, sys
def mgf1(seed, n):
    return b"".join(hashlib.sha256(seed + i.to_bytes(4, "big")).digest() for i in range(n // 32 + 1))[:n]
def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))
def oaep(text):
    db = hashlib.sha256(b"").digest() + bytes(190 - len(text)) + b"\1" + text
    seed = os.urandom(32)
    db = xor(db, mgf1(seed, 223))
    return b"\0" + xor(seed, mgf1(db, 32)) + db
def pkcs1(text):
    return b"\0\2" + bytes(b % 255 + 1 for b in os.urandom(253 - len(text))) + b"\0" + text
for name in sys.argv[1:]:
    n = int(open(name + ".modulus").read(), 16)
    for pad in oaep, pkcs1:
        while True:
            c = pow(int.from_bytes(pad(b"the message"), "big"), 65537, n)
            if c < 1 << 2040 and c >= 1 << 2032:
                break
        full = c.to_bytes(256, "big")
        files = {"0": b"", "1": b"\7", "255": full[1:], "256": full, "257-zero": b"\0" + full,
                 "257": full + b"\7", "512": full * 2, "n": n.to_bytes(256, "big"),
                 "n+c": (n + c).to_bytes(257, "big")[-256:], "max": b"\xff" * 256}
        for what, content in files.items():
            open("%s.%s.%s" % (name, pad.__name__, what), "wb").write(content)
END

# Each prints the message in hex, or "refused".
by_command() {
        azattest decrypt --alg "$([ "$1" = oaep ] && echo RSA-OAEP-256 || echo RSA1_5)" --in "$2" --out out \
                2>why.command || { echo refused; return; }
        xxd -p -c 1000 out
}
by_library() {
        "$client" decrypt "$([ "$1" = oaep ] && echo 0x17 || echo 0x15)" "$2" >why.library
        grep -q '^0 ' why.library || { echo refused; return; }
        sed -n 2p why.library
}
by_openssl() {
        local options=(-pkeyopt rsa_padding_mode:pkcs1)
        [ "$1" != oaep ] || options=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
        "${@:4}" openssl pkeyutl -decrypt -inkey "$3" "${options[@]}" -in "$2" -out out 2>why.openssl ||
                { echo refused; return; }
        xxd -p -c 1000 out
}

message=$(printf 'the message' | xxd -p)
for padding in oaep pkcs1; do
        for what in 0 1 255 256 257-zero 257 512 n n+c max; do
                file=key.$padding.$what
                command=$(by_command $padding "$file")
                same "$command" "$(by_library $padding "$file")" "the library, $padding, $what"
                same "$command" "$(by_openssl $padding "$file" key.pem)" "openssl, $padding, $what"
                case $what in
                255 | 256) same "$message" "$command" "$padding, $what" ;;
                1) # bad padding, which only OAEP shows
                        [ $padding = pkcs1 ] || same refused "$command" "$padding, $what" ;;
                *) same refused "$command" "$padding, $what" ;;
                esac
                # An ordinary key takes the same lengths; OpenSSL before 3.2 shows bad PKCS#1 padding.
                [ $padding$what = pkcs11 ] ||
                        same "$command" "$(by_openssl $padding ordinary.$padding.$what ordinary.pem plain)" \
                                "an ordinary key, $padding, $what"
        done
        # Each says the same why.
        for what in "257-zero:drop the leading zero" "max:not below this key's modulus, so it is for another key (after a restart, a changed PCR or a cleared TPM"; do
                by_command $padding "key.$padding.${what%%:*}" >verdict
                by_library $padding "key.$padding.${what%%:*}" >verdict
                by_openssl $padding "key.$padding.${what%%:*}" key.pem >verdict
                for door in command library openssl; do
                        grep -qF "${what#*:}" why.$door || { cat why.$door; fail "$door: no ${what#*:}"; }
                done
        done
done
