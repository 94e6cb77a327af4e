# Attested TLS between a VM with Windows and one with Linux, under one MAA: either accepts the other for its attested
# key, as server and as client, and no other. Run by in-vm.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib_attested.sh"
finish() {
        stop_servers
        azattest-sim stop linux
}
azattest-sim start linux --join "$AZATTEST_SIM_DIR"
trap finish EXIT

# on_linux TRUSTED COMMAND...: in the other VM, trusting the VM of that folder; on_windows the same in this one.
on_linux() (
        # shellcheck source=/dev/null
        . ./linux/env.sh
        export AZATTEST_POLICY=$1/policy.json
        shift
        exec "$@"
)
on_windows() { AZATTEST_POLICY=$1/policy.json "${@:2}"; }
ok on_linux "$PWD/linux" "$AZATTEST_BUILD/bin/azattest" cert --san DNS:linux.example --out linux.crt --key-out linux.key
ok azattest cert --san DNS:windows.example --out windows.crt --key-out windows.key

# Windows serves: its own openssl.exe with the key by name.
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert windows.crt -key azattest://sign -www
ok on_linux "$AZATTEST_SIM_DIR" "$client_program" --any-message "127.0.0.1:$port"
same windows.example "$(openssl x509 -in windows.crt -noout -ext subjectAltName | sed -n 's/.*DNS:\([a-z.]*\).*/\1/p')"
same accept "$(check_row G4)" G4
expect_fail "check T13 " on_linux "$PWD/linux" "$client_program" --any-message "127.0.0.1:$port"
ok on_linux "$AZATTEST_SIM_DIR" "$AZATTEST_BUILD/bin/azattest" verify --connect "127.0.0.1:$port"
stop_servers

# Linux serves, wants an attested client and fresh evidence, and gives it.
port=$(free_port)
serve "$port" on_linux "$AZATTEST_SIM_DIR" "$server_program" --require --challenge "127.0.0.1:$port" linux.crt linux.key
ok on_windows "$PWD/linux" attested_client --cert windows.crt --key windows.key --challenge "127.0.0.1:$port"
logged '"verdict":"accept"'
logged "evidence of the client"
expect_fail "check T13 " on_windows "$AZATTEST_SIM_DIR" attested_client --cert windows.crt --key windows.key "127.0.0.1:$port"
ok on_windows "$PWD/linux" azattest verify --connect "127.0.0.1:$port"
expect_fail "check T13 " on_windows "$AZATTEST_SIM_DIR" azattest verify --connect "127.0.0.1:$port"
