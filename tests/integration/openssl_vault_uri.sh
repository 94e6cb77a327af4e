# azattest://vault/HOST/keys/NAME: a released key in any program, as an ordinary one.
# setups: default propquery first third
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_vault.sh"
commands() { azattest-sim ctl "$AZATTEST_SIM_DIR" counts | awk '{ n += $2 } END { print n + 0 }'; }
host=${SIM_VAULT_URL#https://}
printf %s message >in

for type in '{"kty":"RSA","key_size":2048}' '{"kty":"EC","crv":"P-256"}' '{"kty":"EC-HSM","crv":"P-384"}'; do
        new_key any "$type"
        ok azattest release --plain --out plain.pem "$key_url"
        ok plain openssl pkey -in plain.pem -pubout -out plain.pub
        for uri in "azattest://vault/$host/keys/any" "azattest://vault/${key_url#https://}" "azattest://vault/$host/keys/any?name=web&hierarchy=owner"; do
                ok openssl pkey -in "$uri" -pubout -out uri.pub
                cmp plain.pub uri.pub || fail "$type: $uri"
                ok openssl pkeyutl -sign -rawin -inkey "$uri" -in in -out signature
                ok plain openssl pkeyutl -verify -rawin -pubin -inkey plain.pub -in in -sigfile signature
        done
        ok openssl pkey -pubin -in "azattest://vault/$host/keys/any" -pubout -out uri.pub
        cmp plain.pub uri.pub || fail "$type: public half"
        # It is the program's: that is what released means.
        ok openssl pkey -in "azattest://vault/$host/keys/any" -out again.pem
        ok plain openssl pkey -in again.pem -pubout -out uri.pub
        cmp plain.pub uri.pub || fail "$type: written out"
done

# A server has it, and its handshakes cost no TPM command.
ok plain openssl req -x509 -key again.pem -subj /CN=released -days 1 -out web.crt
port=$(free_port)
serve "$port" openssl s_server -accept "$port" -cert web.crt -key "azattest://vault/$host/keys/any" -quiet
before=$(commands)
for _ in 1 2 3; do
        plain openssl s_client -connect "127.0.0.1:$port" -CAfile web.crt -verify_return_error </dev/null >stdout 2>stderr ||
                { cat stdout stderr >&2; fail "handshake"; }
done
same "$before" "$(commands)" "TPM commands of three handshakes"

# What is none, or not to be had.
new_key aes '{"kty":"oct-HSM","key_size":256}'
expect_fail "is a symmetric key" openssl pkey -in "azattest://vault/$host/keys/aes" -noout
expect_fail "names no key" openssl pkey -in azattest://vault -noout
expect_fail "/keys/KEY" openssl pkey -in "azattest://vault/$host/secrets/x" -noout
expect_fail "HTTP 404" openssl pkey -in "azattest://vault/$host/keys/absent" -noout
expect_fail "" openssl pkey -in azattest://vault/vault.example/keys/x -noout
new_key refusing '{"kty":"EC","crv":"P-256"}' "$(release_policy '{"claim":"x-ms-attestation-type","equals":"other"}')"
expect_fail "release --explain" openssl pkey -in "azattest://vault/${key_url#https://}" -noout
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault vault-sig"
expect_fail "K2" openssl pkey -in "azattest://vault/$host/keys/any" -noout
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
ok openssl pkey -in "azattest://vault/$host/keys/any" -noout
