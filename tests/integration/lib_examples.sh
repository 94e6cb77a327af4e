# Sourced: the examples of README and manual pages. One that is tested stands behind a mark, in a page
# `.\" test: KIND NAME` before .EX, in README `<!-- test: KIND NAME -->` before its fence. Kinds:
#   run NAME, sim NAME   a test of its own, in a plain shell or inside a simulated VM (run-example)
#   c NAME, c-run NAME   C that compiles; a program that is run in a simulated VM
#   SCRIPT.sh [WORD]     a piece that the integration test of that name uses (lib.sh: recipe)
#   none: WHY            nobody runs it
# shellcheck shell=bash
examples_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# documents: the files that have examples.
documents() {
        local file
        for file in "$examples_top"/README.md "$examples_top"/core/man/*.[1-8] "$examples_top"/provider/man/*.[1-8]; do
                [ ! -f "$file" ] || echo "$file"
        done
}

# example FILE MARK: its text, as a reader sees it.
example() {
        awk -v mark="$2" -v roff="$([[ $1 == *.md ]] || echo 1)" '
                function plain(s) {
                        sub(/^\\&/, "", s)
                        gsub(/\\-/, "-", s)
                        gsub(/\\\(aq/, "\047", s)
                        gsub(/\\\(ga/, "`", s)
                        gsub(/\\\(ha/, "^", s)
                        gsub(/\\\(ti/, "~", s)
                        gsub(/\\e/, "\\", s)
                        return s
                }
                $0 == ".\\\" test: " mark || $0 == "<!-- test: " mark " -->" { marked = 1; next }
                inside && (/^\.EE/ || /^```/) { exit }
                inside { print roff ? plain($0) : $0 }
                marked && (/^\.EX/ || /^```/) { inside = 1 }' "$1"
}

# marks FILE: what stands behind `test:`, one a line.
marks() {
        sed -nE 's/^(\.\\" test: (.*)|<!-- test: (.*) -->)$/\2\3/p' "$1"
}

# free_port: a port nobody listens on, outside the range outgoing connections use.
free_port() {
        local port
        while :; do
                port=$((20000 + RANDOM % 10000))
                [ -n "$(ss -Htln "sport = :$port")" ] || { echo "$port"; return; }
        done
}

# own_ports FILE: a reader starts one server at a time on the printed port, tests many: each port 18... in FILE
# becomes a free one.
own_ports() {
        local port
        for port in $(grep -oE '\b18[0-9]{3}\b' "$1" | sort -u); do
                sed -i "s/\b$port\b/$(free_port)/g" "$1"
        done
}
