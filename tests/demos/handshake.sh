# A relying party gives a secret, run by tests/demo --handshake inside the simulated VM. The secrets manager
# (tests/examples/secrets_manager.c) has no TPM and could run anywhere.
# shellcheck shell=bash
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
show() {
        printf '$ %s\n' "$*"
        "$@"
}
say "A secrets manager that knows which VM may have its secret: a Key Vault style policy"
printf %s 'the database password' >secret
policy=$(sed -n 's/^policy *= *//p' "$OPENSSL_CONF")
show grep -A1 vmid "$policy"
AZATTEST_TCTI=device:/none secrets_manager 0 "$policy" secret >manager.log &
trap 'kill $!' EXIT
while ! grep -q listening manager.log; do sleep 0.1; done
url=http://127.0.0.1:$(sed -n 's/^listening //p' manager.log)

say "The VM fetches a nonce, has its key attested with it, and sends the token"
nonce=$(curl -sS "$url/nonce")
show azattest attest --nonce "$nonce" --out token.jwt
show curl -sS --data-binary @token.jwt "$url/secret?nonce=$nonce" -o secret.jwe

say "What comes back is encrypted to the attested key: only this vTPM opens it"
show cut -c 1-60 secret.jwe
show azattest decrypt --in secret.jwe
echo

say "The same request once more is refused: a nonce is good for one request"
show curl -sS --data-binary @token.jwt "$url/secret?nonce=$nonce"

say "So is the old token with a fresh nonce"
show curl -sS --data-binary @token.jwt "$url/secret?nonce=$(curl -sS "$url/nonce")"

say "And another VM, however good, of the same attestation service"
azattest-sim start other --join "$AZATTEST_SIM_DIR"
nonce=$(curl -sS "$url/nonce")
(. other/env.sh && azattest attest --nonce "$nonce" --out other.jwt) 2>/dev/null
azattest-sim stop other
show curl -sS --data-binary @other.jwt "$url/secret?nonce=$nonce"
