# libazattest exports what azattest.h declares, each under its symbol version, and nothing else; the header
# stands alone and is clean C and C++ of every edition that programs are built with.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

tr '\n' ' ' <"$top/core/include/azattest.h" | grep -oE 'AZATTEST_API [^;]*;' | grep -oE 'azattest_[a-z0-9_]+ ?\(' |
        tr -d '( ' | sort -u >declared
[ "$(wc -l <declared)" -gt 20 ] || fail "the header's functions were not found"
sed 's/$/@@AZATTEST_0.2/' declared >expected
# exports LIBRARY: in `difference`, what it exports (>) and is not declared, or does not export (<) and is.
exports() {
        nm -D --defined-only --with-symbol-versions "$1" | awk '$2 != "A" { print $3 }' | sort >exported
        diff expected exported >difference
}
exports "$AZATTEST_BUILD/lib/libazattest.so" || { cat difference >&2; fail "exported (>) is not what azattest.h declares (<)"; }

# That it would be found: libraries of the declared names, with one planted fault each.
planted() { # NAME FAULT...: sed commands on the list of names that a library exports at that version
        sed "${@:2}" declared >names
        sed 's/.*/void &(void); void &(void) {}/' names >planted.c
        { echo 'AZATTEST_0.2 { global:'; sed 's/$/;/' names; echo 'local: *; };'; } >planted.map
        cc -shared -fPIC -Wl,--version-script=planted.map -o "$1.so" planted.c
}
found() { # NAME LINE: the gate says LINE of that library, and nothing else
        ! exports "$1.so" || fail "$1: not found"
        same "$2" "$(grep '^[<>]' difference)" "$1"
}
planted sound -e '' && exports sound.so || { cat difference >&2; fail "a sound library is refused"; }
planted many -e '$a aza_config_resolve' && found many "> aza_config_resolve@@AZATTEST_0.2"
planted missing -e /^azattest_version$/d && found missing "< azattest_version@@AZATTEST_0.2"
planted both -e s/^azattest_version$/azattest_versions/
found both "$(printf '%s\n' "< azattest_version@@AZATTEST_0.2" "> azattest_versions@@AZATTEST_0.2")"
# Without a version script all is exported, and what is declared has no version.
cc -shared -fPIC -o unversioned.so planted.c
! exports unversioned.so || fail "exports without a version were not found"

cat >alone.c <<'END'
#include <azattest.h>
int main(void)
{
        struct azattest_verify_options token = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_evidence_options evidence = AZATTEST_EVIDENCE_OPTIONS_INIT;
        token.evidence = &evidence;
        return token.size == sizeof(token) && evidence.size == sizeof(evidence) && azattest_version()[0] != '\0' ? 0 : 1;
}
END
cp alone.c alone.cc
built() {
        "$@" -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$top/core/include" -o alone \
                -L"$AZATTEST_BUILD/lib" -lazattest >log 2>&1 || { cat log >&2; fail "$*"; }
        LD_LIBRARY_PATH=$AZATTEST_BUILD/lib ./alone || fail "$*: status $?"
}
for edition in c99 c11 c17; do built cc -std=$edition alone.c; done
for edition in c++11 c++14 c++17 c++20; do built c++ -std=$edition alone.cc; done
