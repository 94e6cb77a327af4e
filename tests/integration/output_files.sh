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

touch mounted
mount_over='touch inside && mount --bind mounted inside && azattest attest --out inside'
unshare -m true 2>/dev/null || { echo "skipped: no mount namespace here (the rest passed)"; exit 77; }
ok unshare -m sh -c "$mount_over"
ok azattest verify mounted
[ ! -s inside ] || fail "the file below the mount was written"
