# tests/run counts what cmocka skipped inside of a program that passes, each once, and no program as
# passed of which every case was skipped.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
tests=$(dirname "${BASH_SOURCE[0]}")/..
. "$tests/integration/lib.sh"

cat >log <<'END'
[==========] Running 2 test(s).
[ RUN      ] first
skipped: why
[  SKIPPED ] first
[ RUN      ] second
[       OK ] second
[==========] 2 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] first

 1 SKIPPED TEST(S)
[==========] group: Running 1 test(s).
[ RUN      ] third
[  SKIPPED ] third
[==========] group: 1 test(s) run.
[  PASSED  ] 0 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] third
[==========] Running 2 test(s).
[  SKIPPED ] fourth
[  FAILED  ] fifth
[==========] 2 test(s) run.
[  PASSED  ] 0 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] fourth
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] fifth
[==========] Running 1 test(s).
[       OK ] sixth
[==========] 1 test(s) run.
[  PASSED  ] 1 test(s).
END
same "skipped case: first
skipped case: third
skipped program
skipped case: fourth" "$("$tests/skipped-cases" log)" "what was skipped"

# And as our own programs print it.
status=0
AZATTEST_VECTORS=/nonexistent "$AZATTEST_BUILD/tests/unit/sim_maa_real" >log 2>&1 || status=$?
same 0 $status "exit status of sim_maa_real without vectors"
same "3 1" "$("$tests/skipped-cases" log | grep -c 'skipped case:') $("$tests/skipped-cases" log | grep -c 'skipped program')"
