# Installed under a prefix of its own, everything is found as azattest-provider(7) says: the provider through
# the included fragment or a section of the site's own, the library through pkg-config, the manual pages, and
# in these every function.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok cmake --install "$AZATTEST_BUILD" --prefix "$PWD/usr"
unset OPENSSL_MODULES OPENSSL_CONF
recipe install.sh include | sed "s|/usr/local|$PWD/usr|" >openssl.cnf
export OPENSSL_CONF=$PWD/openssl.cnf
silent openssl list -providers
grep -A3 '^  azattest' stdout | grep -q 'status: active' || { cat stdout >&2; fail "azattest is not active"; }
grep -q '^  default' stdout || fail "default is not active"

# A site with an openssl_init of its own.
recipe install.sh section | sed "s|/usr/local|$PWD/usr|" >section.cnf
{ printf 'openssl_conf = openssl_init\n[openssl_init]\nproviders = provider_section\n'; cat section.cnf; } >openssl.cnf
silent openssl list -providers
grep -A3 '^  azattest' stdout | grep -q 'status: active' || { cat stdout section.cnf >&2; fail "azattest is not active by the section"; }

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
# The C++ interface, as azattest-migrating(7) builds with it: headers and library of this prefix.
if [ -e "$AZATTEST_BUILD/lib/libazguestattestation.so.1" ]; then
        same 1.0.5 "$(pkg-config --modversion azguestattestation)" "version of the C++ interface"
        # shellcheck disable=SC2046
        ok g++ "$(dirname "${BASH_SOURCE[0]}")/cpp/attest_print.cpp" -o cpp_client $(pkg-config --cflags --libs azguestattestation)
        expect_status 1 'the endpoint is empty' ./cpp_client ''
        ldd cpp_client >loaded
        grep -q "libazguestattestation.so.1 => $PWD/usr/" loaded || { cat loaded >&2; fail "another C++ interface is loaded"; }
fi
silent usr/bin/azattest --version
# The command finds the library that was installed with it, also where no linker looks, and no other.
silent env -u LD_LIBRARY_PATH usr/bin/azattest --help
env -u LD_LIBRARY_PATH ldd usr/bin/azattest >loaded
grep -q "libazattest.so.0 => $PWD/usr/" loaded || { cat loaded >&2; fail "the installed command loads another library"; }
for page in azattest.1 azattest-sim.1 azattest.3 azattest-{migrating,operations,provider,recipes,relying-party,security,tls}.7; do
        [ -s "usr/share/man/man${page##*.}/$page" ] || fail "no $page"
done
# `man FUNCTION` leads to the page that names it; all of them are found under "azattest".
if command -v mandoc >/dev/null; then
        for page in $(grep -l '^\.so ' usr/share/man/man3/*); do
                (cd usr/share/man && mandoc -Tascii "${page#usr/share/man/}") | sed 's/.\x08//g' >page.txt
                grep -q "$(basename "$page" .3)" page.txt || fail "$page does not name it"
        done
fi
functions=$(nm -D --defined-only "$libraries"/libazattest.so | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }')
for function in $functions; do
        [ -s "usr/share/man/man3/$function.3" ] || fail "no manual page $function(3)"
done
