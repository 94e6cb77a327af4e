# Evidence bound to a TLS connection: fresh evidence is accepted, that of another connection, of the
# other side or of another key is not.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key

start() { # OPTION...
        stop_servers
        port=$(free_port)
        serve "$port" "$server_program" "$@" "127.0.0.1:$port" web.crt web.key
}

start
accepted --challenge --save first.json
same 2 "$(grep -c '"verdict": *"accept"' stdout)" "results: certificate and evidence"
# What is proven is said in full, as of evidence in a file.
for claim in attested-key measurement pcrs vm-id-host-says; do
        grep -q "\"$claim\": *[\"{]" stdout || fail "the channel's result claims no $claim"
done
for id in C1 C2 Q5 Q13 S22 A1; do same accept "$(check_row $id)" $id; done
tail -1 stdout >channel.json && mv channel.json stdout
same "accept accept" "$(check_row C4 | xargs)" "C4 of token and of evidence"
same "accept accept" "$(check_row G4 | xargs)" "G4 of token and of evidence"
ok azattest inspect first.json
accepted --challenge --save second.json
! cmp -s first.json second.json || fail "two connections have the same evidence"
expect_fail "no evidence came" relying "$client_program" --challenge --tls12 "127.0.0.1:$port"
logged "check C1: the connection is not TLS 1.3"

# The client shows its certificate and answers a challenge too.
start --require --challenge
ok "$client_program" --challenge --cert web.crt --key web.key "127.0.0.1:$port"
same 2 "$(grep -c '"verdict": *"accept"' server.log)" "results of the server"
logged "evidence of the client"
same accept "$(check_row C2)"
printed "evidence of the server"

# Replayed from another connection.
start --replay first.json
refused_by Q5 --challenge
same reject "$(check_row Q13)" Q13
same "not checked" "$(check_row C1)" C1
refused_by C1 --challenge --tls12

# Reflected: same connection, same nonce, same key on both sides, but made by the client.
start --require --reflect
expect_fail "check Q5 " "$client_program" --challenge --cert web.crt --key web.key "127.0.0.1:$port"
same reject "$(check_row Q5)" Q5

# A genuine chip, but somebody else's paravisor.
start
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tpm-foreign-paravisor"
refused_by S34 --challenge
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
accepted --challenge

# Evidence damaged on the way.
jq '.quote.signature = "AAAA"' first.json >bad.json
start --replay bad.json
expect_fail "refused: " relying "$client_program" --challenge "127.0.0.1:$port"

# Between two ends in one process: relayed with the nonce of the connection it is shown on, resumed
# sessions, another key's certificate and the URI of a named key.
ok azattest cert --name other --out other.crt --key-out other.key
vmid=$(jq -r '.anyOf[].allOf[] | select(.claim == "x-ms-azurevm-vmid") | .equals' "$(setting policy)")
ok "$AZATTEST_BUILD/tests/integration/channel_pair" web.crt web.key other.crt other.key "$vmid"

# A server with a named key: its evidence is of that key only when it says which.
cp other.crt web.crt
cp other.key web.key
start
expect_fail "no evidence came" relying "$client_program" --challenge "127.0.0.1:$port"
logged "check C4"
stop_servers
port=$(free_port)
serve "$port" "$server_program" "127.0.0.1:$port" other.crt "azattest://sign?name=other"
accepted --challenge
same 2 "$(grep -c '"verdict": *"accept"' stdout)" "results for a named key"
