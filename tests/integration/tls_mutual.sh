# Two VMs under one MAA prove themselves to each other; each accepts only the VM its policy names.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
finish() {
        stop_servers
        azattest-sim stop two || true
        azattest-sim stop one
}
azattest-sim start one
trap finish EXIT
azattest-sim start two --join one

# in_vm VM TRUSTED COMMAND...: in that VM, trusting the VM TRUSTED.
in_vm() (
        # shellcheck source=/dev/null
        . "./$1/env.sh"
        export AZATTEST_POLICY=$PWD/$2/policy.json
        shift 2
        exec "$@"
)
for vm in one two; do
        ok in_vm $vm $vm azattest cert --san "DNS:$vm.example" --out $vm.crt --key-out $vm.key
done
vmid() { jq -r '.anyOf[].allOf[] | select(.claim == "x-ms-azurevm-vmid") | .equals' "$1/policy.json"; }

# start TRUSTED: a server in VM one that accepts that VM.
start() {
        stop_servers
        port=$(free_port)
        serve "$port" in_vm one "$1" "$server_program" --require --challenge "127.0.0.1:$port" one.crt one.key
}
start two
connect=("$client_program" --cert two.crt --key two.key)
ok in_vm two one "${connect[@]}" --challenge "127.0.0.1:$port"
same "$(vmid one)" "$(head -1 stdout | jq -r '.claims["x-ms-azurevm-vmid"]')" "the server's VM"
same "$(vmid one)" "$(tail -1 stdout | jq -r '.claims["vm-id-host-says"]')" "the server's VM by evidence"
logged "evidence of the client"
same "$(vmid two)" "$(head -1 server.log | jq -r '.claims["x-ms-azurevm-vmid"]')" "the client's VM"
same "$(vmid two)" "$(tail -1 server.log | jq -r '.claims["vm-id-host-says"]')" "the client's VM by evidence"

# The client expects another VM than it finds, by policy or by id; nobody is expected.
expect_fail "check T13 " in_vm two two "${connect[@]}" "127.0.0.1:$port"
same reject "$(check_row T13)" T13
sed "/^policy *=/s/.*/vmid = $(vmid two)/" two/openssl.cnf >vmid.cnf
expect_fail "check G4 " in_vm two one env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/vmid.cnf" "${connect[@]}" "127.0.0.1:$port"
sed "/^policy *=/s/.*/vmid = $(vmid one)/" two/openssl.cnf >vmid.cnf
ok in_vm two one env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/vmid.cnf" "${connect[@]}" --challenge "127.0.0.1:$port"
sed "/^policy *=/d" two/openssl.cnf >nobody.cnf
expect_fail "which VM is the peer?" in_vm two one env -u AZATTEST_POLICY OPENSSL_CONF="$PWD/nobody.cnf" "${connect[@]}" "127.0.0.1:$port"

# The server expects another client.
start one
expect_fail "the server ended the connection" in_vm two one "${connect[@]}" "127.0.0.1:$port"
logged "check T13 "

# A certificate is of no use to who does not have the vTPM with its key.
start two
status=0
in_vm one one "$client_program" --cert two.crt --key two.key "127.0.0.1:$port" >stdout 2>stderr || status=$?
same 1 $status "status with another VM's certificate and key file"
