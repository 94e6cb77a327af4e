# Sourced by the integration tests: a test is quiet when it passes, and says which line failed and what
# the command printed when it does not. Works in the current directory, which is the test's own.
# shellcheck shell=bash
set -euo pipefail

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

# expect_fail FRAGMENT COMMAND...: exit status 1, FRAGMENT in what it says on stderr.
expect_fail() {
        local fragment=$1 status=0
        shift
        "$@" >stdout 2>stderr || status=$?
        [ $status = 1 ] || { cat stdout stderr >&2; fail "status $status instead of 1: $*"; }
        grep -qF -- "$fragment" stderr || { cat stdout stderr >&2; fail "no '$fragment' from: $*"; }
}

# expect_usage FRAGMENT COMMAND...: the same with exit status 2.
expect_usage() {
        local fragment=$1 status=0
        shift
        "$@" >stdout 2>stderr || status=$?
        [ $status = 2 ] || { cat stdout stderr >&2; fail "status $status instead of 2: $*"; }
        grep -qF -- "$fragment" stderr || { cat stdout stderr >&2; fail "no '$fragment' from: $*"; }
}

# printed FRAGMENT, said FRAGMENT: in stdout or stderr of the last ok or expect_fail.
printed() { grep -qF -- "$1" stdout || { cat stdout >&2; fail "stdout lacks '$1'"; }; }
said() { grep -qF -- "$1" stderr || { cat stderr >&2; fail "stderr lacks '$1'"; }; }

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
