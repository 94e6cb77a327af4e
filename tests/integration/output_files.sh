# Files that are written over (D56), as a container, a link, a group and a umask make them.
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
looks() { stat -c '%a %U:%G' "$1"; }

(umask 077 && azattest attest --out closed.jwt) 2>stderr || fail "umask 077: $(cat stderr)"
same 600 "$(stat -c %a closed.jwt)" "mode with umask 077"

mkdir archive
echo old >archive/token
ln -s archive/token token.jwt
ok azattest attest --out token.jwt
[ -L token.jwt ] || fail "the link was replaced"
ok azattest verify archive/token

ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
chmod 640 web.key
[ "$(id -u)" != 0 ] || chgrp nogroup web.key
before=$(looks web.key)
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key --renew-before 86400
same "$before" "$(looks web.key)" "mode and owner of the key file after a renewal"
ok azattest verify web.crt

# Key and certificate: both or none, whatever cannot be written (the second of them, as the first).
cert() { azattest cert "${leaf[@]}" --san DNS:web.example "$@"; }
mkdir folder
for kind in "" "--leaf ec" "--leaf ec --plain"; do
        read -r -a leaf <<<"$kind"
        for chain in none/chain.crt folder; do
                expect_undecided "${chain%/*}" cert --out $chain --key-out new.key
                [ ! -e new.key ] || fail "a key without its certificate ($chain)"
                expect_undecided "${chain%/*}" cert --out new.crt --key-out $chain
                [ ! -e new.crt ] || fail "a certificate without its key ($chain)"
        done
        before=$(sha256sum web.key)
        expect_undecided folder cert --out folder --key-out web.key
        same "$before" "$(sha256sum web.key)" "the key that was there"
done
# Nor is one place both, however it is spelled.
expect_fail "are one file" azattest cert --leaf ec --plain --out "$PWD/folder/one" --key-out folder/../folder/one
[ ! -e folder/one ] || fail "one of two was written"
expect_undecided folder azattest verify archive/token --out accepted.jwt --pubkey-out folder
[ ! -e accepted.jwt ] || fail "one of two files was written"
same "" "$(find . -name '*.[a-z2-7][a-z2-7][a-z2-7][a-z2-7][a-z2-7][a-z2-7]')" "what is left"

# A secret is closed to others, whatever lay there, and it is said.
printf %s secret >in
for alg in JWE CMS RSA-OAEP-256; do
        ok azattest encrypt --token archive/token --alg $alg --in in --out ct
        echo old >plaintext
        chmod 644 plaintext
        ok azattest decrypt --in ct --out plaintext
        said "plaintext was open to others than its owner"
        same "600 secret" "$(stat -c %a plaintext) $(cat plaintext)" "mode and content of what was decrypted ($alg)"
        chmod 400 plaintext
        ok azattest decrypt --in ct --out plaintext
        same "" "$(grep open stderr || true)" "what is said of a file that is its owner's"
        same 400 "$(stat -c %a plaintext)" "mode of a file that is its owner's ($alg)"
        same secret "$(azattest decrypt --in ct --out /dev/stdout 2>/dev/null)" "a pipe ($alg)"
done
leaf=(--leaf ec --plain)
chmod 644 web.key
ok cert --out web.crt --key-out web.key
said "web.key was open to others"
same 600 "$(stat -c %a web.key)" "mode of an unencrypted leaf key"

touch mounted
mount_over='touch inside && mount --bind mounted inside && azattest attest --out inside'
unshare -m true 2>/dev/null || { echo "skipped: no mount namespace here (the rest passed)"; exit 77; }
ok unshare -m sh -c "$mount_over"
ok azattest verify mounted
[ ! -s inside ] || fail "the file below the mount was written"
