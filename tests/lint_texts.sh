# Sourced by tests/lint: what README, manual pages and header promise to each other.
# shellcheck shell=bash
. tests/integration/lib_examples.sh

# plain FILE...: text without what roff puts around words, on one line.
plain() {
        sed -E 's/^\.(B|I|BR|IR|RB|SH|SS) //; s/\\f[BIRP]//g; s/\\-/-/g; s/^ *\* / /' "$@" | tr -s ' \n' ' '
}

pages() {
        documents | grep -v '\.md$' || true
}

manuals() {
        local page bad=0
        while read -r page; do
                mandoc -Tlint "$page" || bad=1
        done < <(pages)
        return $bad
}

# titles DOCUMENT: its sections.
titles() {
        sed -nE 's/^#+ //p; s/^\.S[HS] //p' "$1" | tr -d '"' | sed 's/\\-/-/g'
}

# references: a section that code, a manual page or README cites, `README, "Title"` or `page(7), "Title"`,
# is there.
references() {
        local cited document title bad=0
        while read -r cited; do
                title=${cited#*\"}
                title=${title%\"}
                case $cited in
                README*) document=README.md ;;
                *) document=$(documents | grep "/$(sed 's/(\([1-8]\)).*/.\1/' <<<"$cited")$" || true) ;;
                esac
                [ -n "$document" ] && titles "$document" | grep -qixF -- "$title" ||
                        { echo "cited, but there is no such section: $cited"; bad=1; }
        done < <({ plain README.md; find core provider tests openssl.cnf.d -type f -not -name 'lint*' -exec cat {} + | plain; } 2>/dev/null |
                grep -aoE '(README(\.md)?|azattest[a-z_-]*\([1-8]\)), ?"[A-Z][^"]*"' | sort -u)
        return $bad
}

# names PAGE: what stands in its NAME.
names() {
        sed -n '/^\.SH NAME/,/^\.SH SYNOPSIS/p' "$1" | plain
}

# declarations: azattest.h without comments, on one line.
declarations() {
        perl -0pe 's|/\*.*?\*/||gs; s/^#.*//gm' core/include/azattest.h | tr -s ' \n' ' '
}

# public_functions: each function of azattest.h stands in the NAME and, as declared, in the SYNOPSIS of a page; so
# does each struct that a program fills.
public_functions() {
        local declared name page found bad=0 text=() named=()
        while read -r page; do
                named+=(" $(names "$page" | tr ',' ' ') ")
                text+=("$(plain "$page")")
        done < <(pages | grep '\.3$')
        while read -r declared; do
                name=${declared%%(*}
                name=${name##*[ *]}
                found=
                for page in "${!text[@]}"; do
                        [[ ${named[page]} != *" $name "* || ${text[page]} != *"$declared"* ]] || found=1
                done
                [ -n "$found" ] || { echo "no page of section 3 has in NAME and SYNOPSIS: $declared"; bad=1; }
        done < <(declarations | grep -oE 'AZATTEST_API [^;{]*;' | sed 's/^AZATTEST_API //')
        while read -r declared; do
                [[ "${text[*]}" == *"$declared"* ]] || { echo "no page of section 3 has: $declared"; bad=1; }
        done < <(declarations | grep -oE 'struct azattest_[a-z_]+ \{[^}]*\};')
        return $bad
}

# unmarked PAGE: its .EX without a mark in front.
unmarked() {
        awk '/^\.\\" test: / { mark = NR } /^\.EX/ && mark != NR - 1 { print FILENAME ":" NR ": an example without a mark" }' "$1"
}

# unused MARK: why no test uses an example with that mark; nothing when one does.
unused() {
        local script=tests/integration/${1%% *}
        case $1 in
        "run "* | "sim "* | "c "* | "c-run "* | "none: "?*) ;;
        *.sh | *.sh\ *)
                [ -f "$script" ] && grep -qE "recipe $1( |$)" "$script" tests/integration/lib_*.sh ||
                        echo "no recipe $1 in $script"
                ;;
        *) echo "a mark of no kind: $1" ;;
        esac
}

# examples: each is run by a test or says why not, and reads as it is run.
examples() {
        local document mark line seen bad=0
        while read -r document; do
                seen=
                if [[ $document != *.md ]]; then
                        unmarked "$document" | grep . && bad=1
                        seen=$(mandoc -Tascii "$document" | sed "s/.$(printf '\b')//g; s/^ *//")
                fi
                marks "$document" | grep -v '^none:' | sort | uniq -d | grep . &&
                        { echo "$document: two examples of one name"; bad=1; }
                while read -r mark; do
                        line=$(unused "$mark")
                        [ -z "$line" ] || { echo "$document: $line"; bad=1; }
                        [ -z "$seen" ] || reads_as_run "$document" "$mark" "$seen" || bad=1
                done < <(marks "$document")
        done < <(documents)
        return $bad
}

# reads_as_run PAGE MARK SEEN: what a reader sees of the page has every line of the example.
reads_as_run() {
        local line bad=0
        while read -r line; do
                [[ $'\n'$3$'\n' == *$'\n'"$line"$'\n'* ]] ||
                        { echo "$1: the page shows another line than is run: $line"; bad=1; }
        done < <(example "$1" "$2" | sed 's/^[ \t]*//')
        return $bad
}
