# A relying party needs no TPM: token, certificate and channel are verified, data encrypted, token files
# loaded where no TCTI library can be loaded, and nothing even looks for a TPM.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_attested.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
command -v strace >/dev/null || { echo "skipped: no strace"; exit 77; }

# Where the loader looks first there is a broken file instead of each TCTI library (their directory is the
# one of the loader library that we link).
mkdir broken
loader=$(ldd "$AZATTEST_BUILD/lib/libazattest.so" | awk '$1 ~ /^libtss2-tctildr/ { print $3 }')
for library in "$(dirname "$loader")"/libtss2-tcti-*.so*; do : >"broken/${library##*/}"; done

# bare COMMAND...: without settings of a TPM or of a VM. What it opened is in the file opened.
sed -e '/^tcti *=/d' -e '/^imds-url *=/d' -e '/^event-log *=/d' "$OPENSSL_CONF" >relying.cnf
bare() {
        env -u AZATTEST_TCTI -u AZATTEST_IMDS_URL -u AZATTEST_EVENT_LOG OPENSSL_CONF="$PWD/relying.cnf" \
                LD_LIBRARY_PATH="$PWD/broken" strace -f -qq -o opened -e trace=%file,connect "$@"
}
# untouched COMMAND...: succeeds, without TCTI library, TPM device, TPM socket or event log.
tpm_socket=$(setting tcti | sed 's/.*path=//')
untouched() {
        ok bare "$@"
        grep -q 'execve(.*= 0' opened || fail "strace saw nothing: $*"
        ! grep -E "libtss2-tcti-|/dev/tpm|/sys/kernel/security|${tpm_socket:?}" opened >&2 || fail "looked for a TPM: $*"
}

ok azattest attest --nonce n1 --out t.jwt
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
ok azattest evidence --nonce n2 --out evidence.json
printf %s secret >in

# The command.
untouched azattest verify t.jwt --nonce n1
untouched azattest verify web.crt
untouched azattest verify evidence.json --nonce n2 --vmid "$(claim t.jwt '."x-ms-azurevm-vmid"')"
untouched azattest inspect t.jwt
untouched azattest encrypt --token t.jwt --in in --out ct
ok azattest decrypt --in ct --out out
cmp in out || fail "plaintext of the command"
untouched azattest encrypt --token t.jwt --alg JWE --in in --out jwe
ok azattest decrypt --in jwe --out out
cmp in out || fail "plaintext of the command's JWE"

# The library, key set fetched anew.
rm "$(setting runtime-dir)"/*.jwks
api=$AZATTEST_BUILD/tests/integration/api_client
untouched "$api" verify t.jwt
printed "0 AZATTEST_OK"
untouched "$api" encrypt t.jwt secret
printed "256 bytes"
port=$(free_port)
serve "$port" "$server_program" "127.0.0.1:$port" web.crt azattest://sign
untouched "$client_program" --challenge "127.0.0.1:$port"
same 2 "$(grep -c '"verdict":"accept"' stdout)" "results: certificate and evidence"

# The provider.
untouched openssl pkey -pubin -in t.jwt -noout
untouched openssl pkeyutl -encrypt -pubin -inkey t.jwt -pkeyopt rsa_padding_mode:oaep -in in -out ct
ok openssl pkeyutl -decrypt -inkey azattest://key -pkeyopt rsa_padding_mode:oaep -in ct -out out
cmp in out || fail "plaintext of the provider"

# Both ways to a TPM would have shown: our own, and the loader, which reaches nothing here.
ok bare env AZATTEST_TCTI="$(setting tcti)" azattest decrypt --in jwe --out out
grep -q "connect(.*$tpm_socket" opened || fail "strace does not see who asks the TPM"
expect_fail "azattest: " bare env AZATTEST_TCTI=mssim: azattest decrypt --in jwe
grep -q "broken/libtss2-tcti-mssim" opened || fail "the TCTI libraries were not where they would be looked up"
