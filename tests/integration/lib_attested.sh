# Sourced by the tests of attested TLS: the examples, and how their peers are refused.
# shellcheck shell=bash
server_program=$AZATTEST_BUILD/tests/examples/attested_server
client_program=$AZATTEST_BUILD/tests/examples/attested_client

# relying COMMAND...: on a machine without TPM: neither the provider's device nor any other exists.
relying() { env AZATTEST_TCTI=device:/dev/null/none "$@"; }

# accepted [OPTION...]: the client accepts the server at $port.
accepted() { ok relying "$client_program" "$@" "127.0.0.1:$port"; }

# refused_by CHECK [OPTION...]: the client refuses it, with CHECK in message and result.
refused_by() {
        local check=$1
        shift
        expect_fail "check $check " relying "$client_program" "$@" "127.0.0.1:$port"
        check_row "$check" | grep -qx reject || { cat stdout >&2; fail "$check is no rejection in the result"; }
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
