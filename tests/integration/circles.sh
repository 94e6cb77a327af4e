# No file of core or provider needs one that needs it, however far round: asked of the names that object files leave
# to the linker, which see what includes hide where a room's files share a header.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# needs FOLDER: "FILE FILE" a line: the first leaves a name to the linker that the second defines.
needs() {
        (cd "$1" && find . -path '*/core/*.o' -o -path '*/provider/*.o') >objects
        [ -s objects ] || fail "no object files below $1"
        (cd "$1" && xargs nm -A -P) <objects | sed 's/^[^ ]*\.dir\///; s/: / /' >names
        awk '$3 ~ /^[BCDGRSTVW]$/ { home[$2] = $1 }
                $3 == "U" { uses[NR] = $1; name[NR] = $2 }
                END { for (n in uses) if (name[n] in home && home[name[n]] != uses[n]) print uses[n], home[name[n]] }' names |
                sort -u
}
needs "$AZATTEST_BUILD/CMakeFiles" >graph
[ "$(wc -l <graph)" -gt 500 ] || fail "only $(wc -l <graph) uses were found"
tsort graph >/dev/null 2>circle || { cat circle >&2; fail "files need each other"; }

# Planted: three files in a round.
mkdir -p planted/core
for n in 1:2 2:3 3:1; do
        echo "int f${n#*:}(void); int f${n%:*}(void) { return f${n#*:}(); }" |
                gcc -x c -c -o "planted/core/${n%:*}.o" -
done
needs "$PWD/planted" >graph
! tsort graph >/dev/null 2>circle || fail "a circle is not seen"
grep -q 'core/2.o' circle || fail "the circle is not named"
