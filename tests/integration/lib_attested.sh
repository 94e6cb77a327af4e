# Sourced by the tests of attested TLS: the examples, and how their peers are refused.
# shellcheck shell=bash
# With --json, as programs want it.
for which in server client; do
        printf '#!/bin/sh\nexec "%s" --json "$@"\n' "$AZATTEST_BUILD/tests/examples/attested_$which" >attested_$which
        chmod 755 attested_$which
done
server_program=$PWD/attested_server
client_program=$PWD/attested_client

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

# greeted COMMAND...: a client that reads on until it is ended; it is when the server's greeting is in stdout,
# when it ends itself, or after 20 seconds.
greeted() {
        local i client
        : >stdout # or the greeting of the connection before is found until this client has begun
        "$@" </dev/null >stdout 2>stderr &
        client=$!
        for ((i = 0; i < 200; i++)); do
                ! grep -q hello stdout && kill -0 "$client" 2>/dev/null || break
                sleep 0.1
        done
        end "$client"
}
