# Sourced by the integration tests: a test is quiet when it passes, and says which line failed and what
# the command printed when it does not. Works in the current directory, which is the test's own.
# shellcheck shell=bash
set -euo pipefail
# shellcheck source=tests/integration/lib_examples.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_examples.sh"

# fail WHAT...
fail() {
        echo "${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]}: $*" >&2
        exit 1
}

# ok COMMAND...: succeeds. What it printed is in the files stdout and stderr.
ok() {
        local status=0
        "$@" >stdout 2>stderr || status=$?
        [ $status = 0 ] || { cat stdout stderr >&2; fail "status $status: $*"; }
}

# expect_status STATUS FRAGMENT COMMAND...: that exit status, FRAGMENT in what it says on stderr; "" where the command
# answers on stdout and need say nothing there.
expect_status() {
        local wanted=$1 fragment=$2 status=0
        shift 2
        "$@" >stdout 2>stderr || status=$?
        [ $status = "$wanted" ] || { cat stdout stderr >&2; fail "status $status instead of $wanted: $*"; }
        [ -z "$fragment" ] || grep -qF -- "$fragment" stderr || { cat stdout stderr >&2; fail "no '$fragment' from: $*"; }
}

# Refused or failed (or any program's 1), wrong usage, could not decide.
expect_fail() { expect_status 1 "$@"; }
expect_usage() { expect_status 2 "$@"; }
expect_undecided() { expect_status 3 "$@"; }

# expect_verdict FRAGMENT COMMAND...: a verdict on stdout that is not accept, and its exit status.
expect_verdict() {
        local fragment=$1 status=0 wanted=1
        shift
        "$@" >stdout 2>stderr || status=$?
        ! grep -qE ': "?incomplete"?,?$' stdout || wanted=3
        [ $status = $wanted ] || { cat stdout stderr >&2; fail "status $status instead of $wanted: $*"; }
        grep -qF -- "$fragment" stderr || { cat stdout stderr >&2; fail "no '$fragment' from: $*"; }
}

# printed FRAGMENT, said FRAGMENT: in stdout or stderr of the last ok or expect_fail.
printed() { grep -qF -- "$1" stdout || { cat stdout >&2; fail "stdout lacks '$1'"; }; }
said() { grep -qF -- "$1" stderr || { cat stderr >&2; fail "stderr lacks '$1'"; }; }
# matched REGEX: in either, for what versions of a program word or place differently.
matched() { grep -qE -- "$1" stdout stderr || { cat stdout stderr >&2; fail "nothing matches '$1'"; }; }

# no_key: openssl found none, in the words of any of its versions.
no_key() { matched "Could not (read|find|find or decode) [A-Za-z ]*key"; }

# same EXPECTED FOUND [WHAT]
same() { [ "$1" = "$2" ] || fail "${3:-value}: expected '$1', found '$2'"; }

# claim FILE JQ-FILTER: a value out of a token's claims.
claim() {
        cut -d. -f2 "$1" | tr '_-' '/+' | { cat; echo ===; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } |
                jq -r "$2"
}

# check_row ID: the outcome of a check in the JSON result in the file stdout.
check_row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | .outcome' stdout; }

# setting KEY: its value in the VM's configuration.
setting() { sed -n "s/^$1 *= *//p" "$OPENSSL_CONF"; }

# without_policy COMMAND...: with the VM's configuration, but the built-in policy instead of its own,
# which pins the VM.
without_policy() {
        sed '/^policy *=/d' "$OPENSSL_CONF" >plain.cnf
        env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/plain.cnf" "$@"
}

# ---- provider setups ----
# AZATTEST_SETUP (see run-one) other than `default` is a changed copy of the VM's configuration.
use_setup() {
        [ "${AZATTEST_SETUP-default}" != default ] && [ -n "${OPENSSL_CONF-}" ] || return 0
        case $AZATTEST_SETUP in
        propquery)
                sed 's/^providers = .*/&\nalg_section = test_algorithms/' "$OPENSSL_CONF"
                printf '[test_algorithms]\ndefault_properties = ?provider=azattest\n[default]\n'
                ;;
        first) sed -e '/^default = /d' -e 's/^azattest = .*/&\ndefault = azattest_sim_default/' "$OPENSSL_CONF" ;;
        third)
                sed 's/^azattest = .*/&\nbase = test_base/' "$OPENSSL_CONF"
                printf '[test_base]\nactivate = 1\n'
                ;;
        *) fail "unknown setup $AZATTEST_SETUP" ;;
        esac >"$PWD/openssl-setup.cnf"
        export OPENSSL_CONF=$PWD/openssl-setup.cnf
}
use_setup

# ---- programs ----
# silent COMMAND...: succeeds without a word on stderr. Its stdout is in the file stdout.
silent() {
        ok "$@"
        [ ! -s stderr ] || { cat stderr >&2; fail "stderr is not empty: $*"; }
}

# plain COMMAND...: as on a machine without our provider.
plain() { env -u AZATTEST_SIM_DIR OPENSSL_CONF=/dev/null "$@"; }

# recipe SCRIPT [WORD]: the example of README or a manual page behind the mark `test: SCRIPT [WORD]`.
recipe() {
        local document text
        while read -r document; do
                text=$(example "$document" "$*")
                [ -z "$text" ] || { printf '%s\n' "$text"; return; }
        done < <(documents)
        fail "no document has an example for $*"
}

# commands NAME: how often the TPM was given that command, or any (ALL), since the VM started.
commands() {
        azattest-sim ctl "$AZATTEST_SIM_DIR" counts |
                awk -v name="$1" '$1 == name || name == "ALL" { n += $2 } END { print n + 0 }'
}

# as_other COMMAND...: as a user who is nobody here, with copies of command, library and provider: a clone in /root is
# closed to him.
as_other() {
        [ -d open ] || { mkdir open && cp -r "$AZATTEST_BUILD"/{bin,lib,ossl-modules} open && chmod -R a+rX open && chmod a+x .; }
        setpriv --reuid=65534 --regid=65534 --clear-groups env PATH="$PWD/open/bin:$PATH" LD_LIBRARY_PATH="$PWD/open/lib" \
                OPENSSL_MODULES="$PWD/open/ossl-modules" "$@"
}

# ---- servers ----
servers=()
# end PID: a process that was started with '&'. Where that was a function (relying, plain) it is a shell, which would
# leave its program behind.
end() {
        [[ $(readlink "/proc/$1/exe") != */bash ]] || pkill -P "$1" || true
        kill "$1" 2>/dev/null || true
        wait "$1" 2>/dev/null || true
}
stop_servers() {
        local pid
        for pid in "${servers[@]}"; do
                end "$pid"
        done
        servers=()
}
trap stop_servers EXIT

# serve PORT COMMAND...: starts a server, whose output is in server.log and whose process id in $server,
# and waits until it listens.
serve() {
        local port=$1 i
        shift
        "$@" >server.log 2>&1 </dev/null &
        server=$!
        servers+=("$server")
        for ((i = 0; i < 200; i++)); do
                [ -z "$(ss -Htln "sport = :$port")" ] || return 0
                kill -0 "$server" 2>/dev/null || break
                sleep 0.05
        done
        cat server.log >&2
        fail "does not listen on port $port: $*"
}

# logged FRAGMENT: in what the server prints, which may come a moment later than the client's end.
logged() {
        local i
        for ((i = 0; i < 100; i++)); do
                ! grep -qF -- "$1" server.log || return 0
                sleep 0.05
        done
        cat server.log >&2
        fail "the server does not say '$1'"
}

# handshake_refused PORT WORDS [s_client option...]: a handshake that the server refuses; it tells the client so, and
# its log WORDS.
handshake_refused() {
        local port=$1 words=$2 status=0
        shift 2
        plain openssl s_client -connect "127.0.0.1:$port" "$@" </dev/null >stdout 2>stderr || status=$?
        [ $status != 0 ] || fail "a handshake that was to be refused"
        grep -qi "alert" stderr || { cat stdout stderr >&2; fail "not refused by the server"; }
        logged "$words"
}

# handshake PORT [s_client option...]: a verified TLS handshake of a client without our provider with a
# server that has web.crt; what it says is in the files stdout and stderr.
handshake() {
        local port=$1
        shift
        ok plain openssl s_client -connect "127.0.0.1:$port" -servername web.example -CAfile web.crt \
                -verify_hostname web.example -verify_return_error "$@" </dev/null
        sed -i '/-----BEGIN/,/-----END/d' stdout
}
