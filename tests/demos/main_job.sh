# The main job, run by tests/demo inside the simulated VM: attest, encrypt anywhere, decrypt here.
# shellcheck shell=bash
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
show() {
        printf '$ %s\n' "$*"
        "$@"
}
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)

say "This VM, as MAA sees it (evidence: vTPM quote, SNP report, boot log)"
show azattest check

say "The attested key belongs to this vTPM; its token was verified before it is shown"
show azattest attest --nonce my-nonce --out token.jwt
show azattest inspect token.jwt | sed -n -e '1,11p' -e '12s/.*/  .../p'

say "Any OpenSSL program takes its public half ..."
show openssl pkey -in azattest://key -pubout -out key.pub
printf %s 'a secret for this VM only' >secret
show openssl pkeyutl -encrypt -pubin -inkey key.pub "${oaep[@]}" -in secret -out secret.enc

say "... and decrypts with it; the private half never leaves the vTPM"
show openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in secret.enc
echo
