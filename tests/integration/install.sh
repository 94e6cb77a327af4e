# Installed under a prefix of its own, everything is found as README says: the provider through the
# included fragment, the library through pkg-config, the manual pages.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok cmake --install "$AZATTEST_BUILD" --prefix "$PWD/usr"
unset OPENSSL_MODULES OPENSSL_CONF
cat >openssl.cnf <<END
.include $PWD/usr/etc/ssl/openssl.cnf.d/azattest.cnf
END
export OPENSSL_CONF=$PWD/openssl.cnf
silent openssl list -providers
grep -A3 '^  azattest' stdout | grep -q 'status: active' || { cat stdout >&2; fail "azattest is not active"; }
grep -q '^  default' stdout || fail "default is not active"

# README's way for a site with an openssl_init of its own.
awk '/^\[provider_section\]/ { inside = 1 } /^```/ { inside = 0 } inside' "$(dirname "${BASH_SOURCE[0]}")/../../README.md" |
        sed "s|/usr/local|$PWD/usr|" >section.cnf
{ printf 'openssl_conf = openssl_init\n[openssl_init]\nproviders = provider_section\n'; cat section.cnf; } >openssl.cnf
silent openssl list -providers
grep -A3 '^  azattest' stdout | grep -q 'status: active' || { cat stdout section.cnf >&2; fail "azattest is not active by README's section"; }

libraries=$(cd usr && echo "$PWD"/lib*)
pc=$(find usr -name azattest.pc -printf '%h')
export LD_LIBRARY_PATH=$libraries PKG_CONFIG_PATH=$pc
cat >client.c <<'END'
#include <azattest.h>
#include <stdio.h>
int main(void)
{
        return puts(azattest_result_name(AZATTEST_E_POLICY)) < 0;
}
END
# shellcheck disable=SC2046
ok cc client.c -o client $(pkg-config --cflags --libs azattest)
silent ./client
printed AZATTEST_E_
silent usr/bin/azattest --version
for page in man1/azattest.1 man1/azattest-sim.1 man3/azattest.h.3 man7/azattest-provider.7; do
        [ -s "usr/share/man/$page" ] || fail "no $page"
done
