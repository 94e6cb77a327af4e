# What tests/demo shows, each demonstration to its end.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$AZATTEST_BUILD/tests/examples:$PATH
# demo NAME LINE...: what it prints holds these.
demo() {
        mkdir "$1"
        (cd "$1" && ok bash "$top/tests/demos/$1.sh" && mv stdout stderr ..)
        for line in "${@:2}"; do printed "$line"; done
}
demo main_job "a secret for this VM only" "private half never leaves"
demo handshake "the database password"
demo release "BEGIN AZATTEST SEALED PRIVATE KEY" "served" "took no TPM command" "condition      no" "check K1 (signer)" \
        "key not loaded: sealed key"

# As an ordinary user, too, on a machine whose nginx was never started: its folders are not made, and not his to make.
{ [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; } || exit 0
chmod 755 .
mkdir -m 777 user
cd user
cat >fresh.sh <<'END'
mount -t tmpfs -o mode=755 tmpfs /var/lib/nginx
exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME="$PWD" azattest-sim run -- bash "$@"
END
ok unshare -m bash fresh.sh "$top/tests/demos/release.sh"
printed served
