# Sourced by tests/run, tests/demo, tests/lint, tests/fuzz/run and tests/bench/run: installs what is
# missing, builds out of tree, and stays quiet unless something fails.
# shellcheck shell=bash

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages_build="gcc cmake ninja-build pkg-config libssl-dev libcurl4-openssl-dev libjson-c-dev
        libtss2-dev libmicrohttpd-dev openssl swtpm"
packages_test="g++ libcmocka-dev valgrind curl ca-certificates python3 python3-jsonschema xxd jq nginx-light haproxy gnutls-bin procps iproute2 strace"
packages_servers="apache2-bin postgresql python3-jwcrypto" # what else loads a sealed key
packages_lint="clang-format clang-tidy cppcheck mandoc python3"
packages_fuzz="clang llvm libclang-rt-14-dev"

die() {
        echo "$(basename "$0"): $*" >&2
        exit 1
}

# Runs a command silently; its output is shown when it fails.
quietly() {
        local log
        log=$(mktemp)
        if ! "$@" >"$log" 2>&1 </dev/null; then
                cat "$log" >&2
                rm -f "$log"
                die "failed: $*"
        fi
        rm -f "$log"
}

is_installed() {
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages NAME...: installs the missing ones with apt, as root or with sudo.
need_packages() {
        local missing=() package sudo=
        for package in "$@"; do
                is_installed "$package" || missing+=("$package")
        done
        [ ${#missing[@]} -gt 0 ] || return 0
        command -v apt-get >/dev/null || die "needs these Debian packages: ${missing[*]}"
        if [ "$(id -u)" != 0 ]; then
                command -v sudo >/dev/null || die "install these packages first: ${missing[*]}"
                sudo=sudo
        fi
        [ ! -t 2 ] || echo "installing ${missing[*]}" >&2
        quietly $sudo apt-get update -qq
        # The servers are for the tests to start, not for the machine.
        quietly $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq \
                --no-install-recommends "${missing[@]}"
}

# build DIR [cmake option...]: configures and builds out of tree.
build() {
        local dir=$1
        shift
        quietly cmake -S "$source_dir" -B "$dir" -G Ninja "$@"
        quietly cmake --build "$dir"
}
