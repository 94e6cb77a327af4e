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

# What a VM has nothing for, and what is over when it runs, is refused instead of waiting for ever.
expect_usage "--td-quote is for --vm tdx: a windows VM makes no TD quotes" azattest-sim --vm windows --td-quote 5 run -- true
expect_usage "fault tdx-debug would never strike in this VM, which is --vm sevsnp: it is for tdx" azattest-sim --fault tdx-debug run -- true
# shellcheck disable=SC2016
ctl() { azattest-sim --vm "$1" run -- bash -c 'azattest-sim ctl "$AZATTEST_SIM_DIR" "$1"' ctl "$2"; }
expect_usage "it is for tdx" ctl trustedlaunch "fault tdx-no-collateral"
expect_usage "fault tpm-no-log strikes when the VM starts, and this one has" ctl trustedlaunch "fault tpm-no-log"
expect_usage "clear takes no name" ctl trustedlaunch "clear tpm-no-log"
ok ctl trustedlaunch "fault tpm-no-ak-cert"
