# What is wrong with a peer's certificate is named by its check, on both sides: a client refuses such a
# server, a server such a client. Every certificate here is of a key in the vTPM that its owner can use,
# only what it carries differs. Who refuses has no TPM.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
oid=1.3.6.1.5.5.7.1.35 neighbour=1.3.6.1.5.5.7.1.34
ok openssl pkey -in azattest://sign -out sign.key
ok openssl pkey -in "azattest://sign?purpose=any" -out any.key
key=$PWD/sign.key owner=() # how a command runs in the VM that has the key
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=web.example -days 1 -out plain.crt

# cmw FILE [MEDIA-TYPE]: the extension that carries the token in FILE, as hex of its DER.
cmw() {
        python3 - "$1" "${2-application/jwt}" <<'PY'
import base64, json, sys
token = open(sys.argv[1]).read().strip().encode()
text = json.dumps([sys.argv[2], base64.urlsafe_b64encode(token).decode().rstrip("="), 8], separators=(",", ":")).encode()
size = len(text).to_bytes((len(text).bit_length() + 7) // 8, "big")
print((b"\x0c" + bytes([0x80 | len(size)]) + size + text).hex())
PY
}

# certificate NAME=HEX...: forged.crt, of $key, with these extensions, valid for two days.
certificate() {
        {
                printf '%s\n' '[req]' 'distinguished_name = dn' 'x509_extensions = ext' '[dn]' '[ext]'
                printf '%s\n' "${@/=/=DER:}"
        } >forge.cnf
        ok openssl req -x509 -key "$key" -subj /CN=forged -days 2 -config forge.cnf -out forged.crt
        # openssl writes no extension twice: one of the neighbouring id becomes it. Nobody looks at a
        # self-signature.
        openssl x509 -in forged.crt -outform DER | LC_ALL=C sed 's/\(\x2b\x06\x01\x05\x05\x07\x01\)\x22/\1\x23/' |
                openssl x509 -inform DER -out forged.crt.new
        mv forged.crt.new forged.crt
}

# as_server: it shows forged.crt. as_client [VAR=VALUE...]: it shows it to our server, which says what it
# thinks in server.log.
as_server() {
        stop_servers
        port=$(free_port)
        serve "$port" "${owner[@]}" openssl s_server -accept "127.0.0.1:$port" -cert forged.crt -key "$key" -www
}
as_client() {
        stop_servers
        port=$(free_port)
        serve "$port" relying env "$@" "$server_program" --require "127.0.0.1:$port" plain.crt plain.key
        greeted "${owner[@]}" openssl s_client -connect "127.0.0.1:$port" -cert forged.crt -key "$key" -ign_eof
        mv stdout greeting
        logged '"verdict":'
        grep '^{' server.log | tail -1 >stdout
}

# both_accept, both_refuse CHECK FRAGMENT [VAR=VALUE...]: with that environment.
both_accept() {
        as_server
        ok relying env "$@" "$client_program" --any-message "127.0.0.1:$port"
        as_client "$@"
        same accept "$(jq -r .verdict stdout)" "verdict of the server"
        grep -qF hello greeting || fail "no greeting"
}
both_refuse() {
        local check=$1 fragment=$2
        shift 2
        as_server
        expect_fail "check $check " relying env "$@" "$client_program" --any-message "127.0.0.1:$port"
        said "$fragment"
        same reject "$(check_row "$check")" "$check of the client"
        same "" "$(jq -r '.claims // {} | keys[]' stdout)" "claims of a refused server"
        as_client "$@"
        logged "check $check "
        logged "$fragment"
        same reject "$(check_row "$check")" "$check of the server"
        same "" "$(jq -r '.claims // {} | keys[]' stdout)" "claims of a refused client"
        ! grep -qF hello greeting || fail "a refused client was greeted"
}

ok azattest attest --purpose sign --out good.jwt
good=$(cmw good.jwt)
certificate "$oid=$good"
both_accept
# Another attestation service than the one this token is of; a policy that the VM does not satisfy; another
# VM; whatever VM.
both_refuse T4 "issuer" AZATTEST_MAA_URL=https://other.example
jq '.anyOf[].allOf += [{claim: "x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn", equals: 99}]' "$(setting policy)" >strict.json
both_refuse T13 "guestsvn" AZATTEST_POLICY="$PWD/strict.json"
# A policy that names no VM is none (D42): the verifier is not even made.
jq '.anyOf[].allOf |= map(select(.claim != "x-ms-azurevm-vmid"))' "$(setting policy)" >nobody.json
expect_fail "which VM is the peer?" relying env AZATTEST_POLICY="$PWD/nobody.json" "$client_program" --any-message 127.0.0.1:1
sed '/^policy *=/s/.*/vmid = 00000000-0000-0000-0000-000000000000/' "$OPENSSL_CONF" >vmid.cnf
both_refuse G4 "identity" OPENSSL_CONF="$PWD/vmid.cnf"

# A token of another key, of another purpose, of any.
ok azattest attest --purpose sign --name other --out other.jwt
certificate "$oid=$(cmw other.jwt)"
both_refuse C4 "not the one its token attests"
ok azattest attest --out decrypt.jwt
certificate "$oid=$(cmw decrypt.jwt)"
both_refuse C5 "found decrypt"
same reject "$(check_row C4)" C4
key=$PWD/any.key
ok azattest attest --purpose any --out any.jwt
certificate "$oid=$(cmw any.jwt)"
both_refuse C5 "found any"
key=$PWD/sign.key

# Signed by somebody else in our service's name: under its key's id, under another.
base64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
# sign HEADER: good.jwt's claims under that header, signed with plain.key.
sign() {
        local head
        head=$(printf %s "$1" | base64url).$(cut -d. -f2 good.jwt)
        echo "$head.$(printf %s "$head" | openssl dgst -sha256 -sign plain.key -binary | base64url)"
}
header=$(cut -d. -f1 good.jwt | tr '_-' '/+' | { cat; echo ==; } | tr -d '\n' | base64 -di 2>/dev/null || true)
sign "$header" >forged.jwt
certificate "$oid=$(cmw forged.jwt)"
both_refuse T8 "signature"
sign "$(jq -c '.kid = "another"' <<<"$header")" >forged.jwt
certificate "$oid=$(cmw forged.jwt)"
both_refuse T6 "kid"

# No extension, two of them, something else in it.
certificate "2.5.29.14=0403010203"
both_refuse C4 "carries no attestation"
certificate "$oid=$good" "$neighbour=$good"
both_refuse C4 "twice"
for malformed in "0c0568656c6c6f strict JSON" "04820001ff CBOR" "${good}00 not DER" "0c05 no DER" \
        "$(cmw good.jwt application/eat+jwt) base64url token, 8"; do
        certificate "$oid=${malformed%% *}"
        both_refuse C4 "${malformed#* }"
done

# A VM under another attestation service, which exists and signs well. Only its issuer is wrong: who lists
# that, knows its authority and expects that VM, accepts it.
azattest-sim start elsewhere
trap 'stop_servers; azattest-sim stop elsewhere' EXIT
# shellcheck disable=SC2016
owner=(bash -c '. "$0/env.sh"; exec "$@"' "$PWD/elsewhere")
ok "${owner[@]}" azattest cert --out forged.crt --key-out elsewhere.key
key=$PWD/elsewhere.key
both_refuse T4 "issuer"
service=$(sed -n 's/^maa-url *= *//p' elsewhere/openssl.cnf)
sed "s|^maa-url *=.*|&\nissuers = $service|" "$OPENSSL_CONF" >issuers.cnf
listed=(OPENSSL_CONF="$PWD/issuers.cnf" AZATTEST_CA_FILE="$PWD/elsewhere/ca.pem")
both_refuse T13 "no authority" "${listed[@]}"
both_accept "${listed[@]}" AZATTEST_POLICY="$PWD/elsewhere/policy.json"
owner=() key=$PWD/sign.key

# The certificate outlasts its token.
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault token-lifetime=12"
ok azattest attest --purpose sign --out short.jwt
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
certificate "$oid=$(cmw short.jwt)"
both_accept
sleep $(($(claim short.jwt .exp) - $(date +%s) + 1))
ok openssl x509 -in forged.crt -noout -checkend 86400
both_refuse T9 "expired"
same "not checked" "$(check_row T16)" T16
