# Every fault of the simulator is in azattest-operations(7)'s list of what to do and in azattest-sim(1), and
# these name no other. (faults.sh and doctor_faults.sh play each and say so where they do not.)
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
top=$(dirname "${BASH_SOURCE[0]}")/../..
. "$top/tests/integration/lib.sh"

azattest-sim --help | sed -n '/^faults:/,$s/^  \([a-z0-9]*\(-[a-z0-9]*\)*\).*/\1/p' | sort >help
[ "$(wc -l <help)" -gt 40 ] || fail "no list of faults in azattest-sim --help"

sed -n '/^\.SH FAULTS/,/^\.SH EXAMPLES/s/^\.BR* "*\([a-z][a-z0-9\\-]*\).*/\1/p' "$top/core/man/azattest-sim.1" |
        tr -d '\134' | sort >listed
diff help listed >difference || { cat difference >&2; fail "azattest-sim(1) lists other faults than --help"; }

# The terms of the list: NAME, NAME=VALUE, or FAMILY-*; a bare number goes on with the name before it.
sed -n '/^\.\\" faults/,/^\.\\" end of faults/p' "$top/core/man/azattest-operations.7" |
        awk '/^\.T[PQ]/ { term = 1; next } term { print; term = 0 }' | sed 's/\\-/-/g' |
        grep -oE 'fB[a-z]+(-[a-z0-9]+)*(-\*)?' | sed 's/^fB//' | sort -u >advised
while read -r fault; do
        grep -qxF -- "$fault" advised || grep -qxF -- "${fault%%-*}-*" advised ||
                fail "azattest-operations(7) lacks $fault"
done <help
grep -E '^(http|envelope|token|imds|tpm)-' advised | while read -r named; do
        grep -qE "^${named%\*}" help || fail "azattest-operations(7) has $named, which is no fault"
done
