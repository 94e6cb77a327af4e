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
nm -D --defined-only --with-symbol-versions "$AZATTEST_BUILD/lib/libazattest.so" |
        awk '$2 != "A" { print $3 }' | sort >exported
sed 's/$/@@AZATTEST_0.2/' declared >expected
diff expected exported >difference || { cat difference >&2; fail "exported (>) is not what azattest.h declares (<)"; }

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
