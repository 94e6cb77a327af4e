# tests/documents.py can fail: it accepts the tree, and in a copy it names each planted fault, those of the
# check table in both directions.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

mkdir tree
cp -r "$root/core" "$root/provider" "$root/openssl.cnf.d" "$root/tests" "$root/.github" "$root/.ci" "$root/README.md" "$root/CMakeLists.txt" tree/
ok tree/tests/documents.py

# planted FILE SED-SCRIPT WORDS: a fault in a file, and what is said of it.
wanted=()
planted() {
        cp "tree/$1" before
        sed -i -E "$2" "tree/$1"
        ! cmp -s before "tree/$1" || fail "nothing planted in $1: $2"
        wanted+=("$3")
}
# Each in a place of its own, so that one run shows them all.
table=core/base/check_table.h checks=core/doc/CHECKS.md
planted $table '/AZA_CHECK\(T8,/d' 'check T8 is none of core/base/check_table.h'
planted $table 's/^(AZA_CHECK\()T7,(.*)$/&\n\1T99,\2/' 'check T99 of core/base/check_table.h is missing'
planted $table 's/(T9, "time", AZATTEST_E_TOKEN_)TIME/\1FORM/' 'check T9 is '
planted $checks 's/^### T10 version/### T10 edition/' 'check T10 is '
planted $checks '/^### T11 /,/^### T12 /{/^\* Why/d}' 'T11 has no line Why'
planted $checks 's/^### T14 (.*)$/### T13 \1/' 'T13 stands twice'
planted $checks 's/^### G12 .*$/### Log/' 'G12 is cited, but'
planted core/doc/DECISIONS.md 's/^\* \*\*D41 /* **D410 /' 'D41 is cited, but'
planted core/doc/DECISIONS.md 's/^\* \*\*PV37\*\*/* **PV370**/' 'PV37 is cited, but'
planted core/doc/PROTOCOL.md 's/^### 3\.1 /### 3.9 /' 'core/doc/PROTOCOL.md has no section 3.1'
planted core/doc/PROTOCOL.md 's/^41\. /- /' 'core/doc/PROTOCOL.md has no rule 41'
planted core/doc/ARCHITECTURE.md 's#`core/snp`#`core/sev`#' 'there is no core/sev'
planted core/doc/ARCHITECTURE.md 's/FORMATS\.md/FORMS.md/' 'FORMS.md is named, but'
planted core/doc/ARCHITECTURE.md 's/aza_key_rsadp/aza_key_sign/' 'aza_key_sign is in no source of core or provider'
planted core/doc/DECISIONS.md 's#unit/key_faults#unit/key_errors#' 'there is no test unit/key_errors'
planted .github/CONTRIBUTING.md 's/faults\.sh/errors.sh/' 'there is no test errors.sh'
planted core/base/json.h 's/\(G8\)/(G88)/' 'core/base/json.h: G88 is cited, but'
planted core/man/azattest.1 's/T18/T81/' 'core/man/azattest.1: T81 is cited, but'
planted core/include/azattest.h 's/DECISIONS\.md/decisions.md/' 'core/include/azattest.h: decisions.md is named, but'
planted README.md 's/CHECKS\.md/CHECK.md/' 'README.md: CHECK.md is named, but'
! tree/tests/documents.py >stdout || fail "faults were planted, and none is found"
for words in "${wanted[@]}"; do printed "$words"; done

# A tree without the documents is no clean tree.
rm -r tree/core/doc
! tree/tests/documents.py >stdout || fail "no documents, and no fault"
printed 'DECISIONS.md is missing'
