# Which result code a program of the C++ interface gets for each fault of the simulator: the table in
# azattest-migrating(7) is what is seen, line by line. A line that is not so is printed as it would have to stand
# there; a fault of `azattest-sim --help` without a line fails the test.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034,SC2154
patience=5
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_cpp.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"
cpp g++ 11 attest_print "$(cpp_source attest_print)" "${cpp_link[@]}"

# row FAULT CODE OWN: the nearest code of the interface, and libazattest's own where it has another.
row() {
        local said code own=
        said=$(timeout 20 ./attest_print "$SIM_MAA_URL" n 2>stderr) || :
        code=$(sed -nE '1s/^(-[0-9]+) 0x.*/\1/p; 1s/^ey.*/0/p' <<<"$said")
        [[ ! $said =~ ^-[0-9]+\ 0x[0-9a-f]+\ (AZATTEST_E_[A-Z_]+\ \(-[0-9]+\)): ]] || own=${BASH_REMATCH[1]}
        [ "$code|$own" != "$2|${3%"${3##*[! ]}"}" ] || return 0
        printf '%-29s %-4s %s\n' "$1" "${code:-none: ${said:0:200}}" "$own" | sed 's/ *$//; s/-/\\-/g'
        failed=1
}
healthy() { row "after the faults" 0 ''; }

page=$cpp_top/core/man/azattest-migrating.7
sed -n '/^\.\\" faults/,/^\.\\" end of faults/p' "$page" | grep -v '^\.' | tr -d '\134' >table
[ "$(wc -l <table)" -gt 50 ] || fail "no table in azattest-migrating(7)"
# The log can only be missing from the start.
sed -nE 's/^([^ ]+) +([^ ]+) *(.*)/\1|\2|\3/p' table | grep -v '^tpm-no-log|' >rows

start_vm sevsnp
unset AZATTEST_REQUIRE
run_table <rows
start_vm sevsnp --fault tpm-no-log
unset AZATTEST_REQUIRE
read -r fault code own < <(grep '^tpm-no-log ' table) || fail "no line for tpm-no-log"
row "$fault" "$code" "$own"
seen+=" tpm-no-log"
finish
