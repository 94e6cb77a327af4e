# maa-url as people write it: scheme and host in capitals, the scheme's own port, a slash at the end. The
# handshake, the stored token and its issuer all mean the same service.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
url=$(sed -n 's/^maa-url *= *//p' "$OPENSSL_CONF")
ok env AZATTEST_MAA_URL="HTTPS${url#https}/" azattest attest --out t.jwt
ok env AZATTEST_MAA_URL="HTTPS${url#https}/" azattest verify t.jwt
ok azattest verify t.jwt
# A service that is reached at 443 is asked without naming the port.
expect_status 3 "(https://127.0.0.1/attest/" env AZATTEST_MAA_URL=HTTPS://127.0.0.1:443/ AZATTEST_TIMEOUT=2 azattest attest --out none.jwt
