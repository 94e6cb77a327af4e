# Keys that come from elsewhere, on Windows: a key that a vault releases, and sealed keys, which openssl.exe loads, from
# here and from Linux; none opens elsewhere. Run by in-vm.
# shellcheck shell=bash
# shellcheck disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib_vault.sh"
here() { "$AZATTEST_BUILD/bin/azattest" "$@"; }
der() { openssl pkey -in "$1" -outform DER -out "$1.der" && cat "$1.der"; }

# ---- released ----
while read -r name type; do
        new_key "$name" "$type"
        ok azattest release --plain --out "$name.pem" "$key_url"
        said "written unencrypted"
        ok azattest release --out "$name.sealed" "$key_url"
        same "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" "$(head -1 "$name.sealed" | tr -d '\r')"
        cmp <(/usr/bin/openssl pkey -in "$name.pem" -outform DER) <(der "$name.sealed") || fail "$name: sealed is another key"
        vault GET "/keys/$name" >jwk.json
        member=$(jq -r '.key.n // .key.y' jwk.json | tr '_-' '/+' | { cat; echo ===; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } | xxd -p | tr -d '\n')
        [[ $(/usr/bin/openssl pkey -in "$name.pem" -pubout -outform DER | xxd -p | tr -d '\n') == *"$member"* ]] || fail "$name: not the vault's key"
done <<'END'
rsa {"kty":"RSA","key_size":2048}
ec {"kty":"EC","crv":"P-256"}
END
new_key aes '{"kty":"oct-HSM","key_size":256}'
ok azattest release --raw --out aes.key "$key_url"
same 32 "$(stat -c %s aes.key)" "bytes of an AES key"

# ---- sealed: here, and for this VM by somebody else ----
ok azattest attest --out token.jwt
for type in RSA ED25519; do
        /usr/bin/openssl genpkey -algorithm $type -out key.pem 2>/dev/null
        ok azattest seal --in key.pem --out own.sealed
        ok here seal --token token.jwt --in key.pem --out sent.sealed
        for file in own.sealed sent.sealed; do
                cmp <(/usr/bin/openssl pkey -in key.pem -outform DER) <(der $file) || fail "$type: $file is another key"
        done
done
azattest-sim start linux --join "$AZATTEST_SIM_DIR"
trap 'azattest-sim stop linux' EXIT
(
        # shellcheck source=/dev/null
        . ./linux/env.sh
        expect_fail "" /usr/bin/openssl pkey -in own.sealed -noout
        matched "another VM|another vTPM|not sealed to|-11[12]"
)
