# README says what it says: every fenced block behind a `<!-- test: ... -->` mark is run as printed.
# Marks: `run` in a plain shell, `sim` inside a simulated VM, NAME.sh: a piece of configuration that
# the test of that name uses. A line that ends in `# refused: ...` must fail, and say something.
# sim: none
# setups: default
# shellcheck shell=bash
set -euo pipefail
readme=$(dirname "${BASH_SOURCE[0]}")/../../README.md
ln -s "$AZATTEST_BUILD" build

awk -v RS='\n' '
        /^<!-- test: / { mark = $3; next }
        /^```/ && mark != "" && !inside { inside = 1; n++; file = sprintf("block-%02d-%s", n, mark); print "set -euo pipefail" >file; next }
        /^```/ && inside { inside = 0; mark = ""; close(file); next }
        inside { print >file }' "$readme"

# cmd   # refused: why   ->   refused cmd
cat >prelude <<'END'
refused() {
        local said
        if said=$("$@" 2>&1); then echo "was not refused: $*" >&2; exit 1; fi
        [ -n "$said" ] || { echo "refused without a word: $*" >&2; exit 1; }
}
END
count=0
for block in block-*; do
        { cat prelude; sed -E 's/^(.*[^ ]) +# refused: .*$/refused \1/' "$block"; } >script
        case $block in
        *.sh)
                name=${block#block-*-}
                grep -qF "recipe $name" "$(dirname "${BASH_SOURCE[0]}")/$name" || {
                        echo "README names $name, which does not use the block"
                        exit 1
                }
                count=$((count + 1))
                continue
                ;;
        *-sim) runner=(azattest-sim run -- bash script) ;;
        *) runner=(bash script) ;;
        esac
        if ! "${runner[@]}" >out 2>&1; then
                echo "README block failed ($block):"
                cat "$block"
                echo "-- output:"
                cat out
                exit 1
        fi
        count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "no block found in README.md"; exit 1; }
