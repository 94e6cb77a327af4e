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
mkdir -m 777 user
cp "$top/tests/demos/release.sh" user
# as_fresh: in user, and nothing of the VM that is here.
as_fresh() {
        mount -t tmpfs -o mode=755 tmpfs /var/lib/nginx || return
        as_other env -u OPENSSL_MODULES -u OPENSSL_CONF -u AZATTEST_SIM_DIR -C user HOME="$PWD/user" azattest-sim run -- bash release.sh
}
ok unshare -m bash -c "$(declare -f as_other as_fresh); as_fresh"
printed served
