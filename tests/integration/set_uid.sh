# A set-user-id program uses no network and no TCTI but our own: the environment is its caller's (D47).
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "only root can make a program set-user-id"
chmod 755 .
cp "$AZATTEST_BUILD/tests/integration/set_uid" program
chmod 4755 program
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" "$@"; }
as_nobody ./program /dev/null none >stdout 2>stderr || true
[ "$(head -1 stdout)" = secure ] || skip "set-user-id has no effect here (nosuid?)"

# configuration ATTEST TCTI
configuration() {
        sed -e "s#^module *=.*##; s#^attest *=.*##; s#^tcti *=.*#tcti = $2\nattest = $1\nmodule = $AZATTEST_BUILD/ossl-modules/azattest.so#" "$OPENSSL_CONF"
}
configuration never "$SIM_TCTI" >quiet.cnf
configuration always "$SIM_TCTI" >network.cnf
configuration never "${SIM_TCTI/swtpm:path=/cmd:socat - UNIX-CONNECT:}" >loader.cnf

# Root itself may do all of it.
ok env -u AZATTEST_TCTI ./program quiet.cnf azattest://sign
same ordinary,opened "$(paste -sd, stdout)" "as root"
ok env -u AZATTEST_TCTI ./program network.cnf azattest://sign

# The caller's set-user-id program: our own TCTI only, also against his environment, and no network.
ok as_nobody AZATTEST_TCTI=cmd:false ./program quiet.cnf azattest://sign
same secure,opened "$(paste -sd, stdout)" "with our own TCTI"
expect_fail "set-user-id" as_nobody ./program network.cnf azattest://sign
expect_fail "set-user-id" as_nobody ./program loader.cnf azattest://sign

# A key file needs neither.
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
ok as_nobody ./program quiet.cnf "file:$PWD/web.key"
