# Sealed keys and another JOSE implementation (Python's jwcrypto): one that is made there from a verified token opens
# here, one that is made here opens there.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python=/usr/bin/python3 # Debian's package is of that one
# It loads the legacy provider, whose module is beside the system's and not beside ours.
if [ -n "${OPENSSL_MODULES-}" ]; then
        mkdir modules
        ln -s "$OPENSSL_MODULES"/* "$(env -u OPENSSL_MODULES openssl version -m | cut -d'"' -f2)"/legacy.so modules
        export OPENSSL_MODULES=$PWD/modules
fi
$python -c 'import jwcrypto' 2>/dev/null || { echo "skipped: no python3-jwcrypto"; exit 77; }

# Made there: of the key in the token, and with no word of ours in its header.
ok azattest attest --out t.jwt
cat >seal.py <<'END'
import base64, json, sys, textwrap
from jwcrypto import jwe, jwk

token, key, member = sys.argv[1:]
claims = open(token).read().split(".")[1]
claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
public = next(k for k in claims["x-ms-runtime"]["keys"] if k["kid"] == "TpmEphemeralEncryptionKey")
header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "pkcs8"}
if member:
    header["azattest"] = json.loads(member)
sealed = jwe.JWE(open(key, "rb").read(), protected=header)
sealed.add_recipient(jwk.JWK(kty="RSA", n=public["n"], e=public["e"]))
text = base64.b64encode(sealed.serialize(compact=True).encode()).decode()
label = "AZATTEST SEALED PRIVATE KEY"
print("-----BEGIN %s-----\n%s\n-----END %s-----" % (label, "\n".join(textwrap.wrap(text, 64)), label))
END
for type in "EC -pkeyopt group:P-521" ED25519 "RSA -pkeyopt rsa_keygen_bits:4096"; do
        # shellcheck disable=SC2086
        plain openssl genpkey -algorithm $type -out key.pem 2>/dev/null
        plain openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der
        ok plain $python seal.py t.jwt key.der ""
        cp stdout theirs.pem
        silent openssl pkey -in theirs.pem -out back.pem
        cmp key.pem back.pem || fail "$type: another key"
        ok azattest status theirs.pem
done
# A named key, whose name the file says.
ok azattest attest --name web --out web.jwt
ok plain $python seal.py web.jwt key.der '{"v": 1, "name": "web"}'
cp stdout theirs.pem
silent openssl pkey -in theirs.pem -out back.pem
cmp key.pem back.pem || fail "named key"
ok plain $python seal.py web.jwt key.der ""
cp stdout theirs.pem
expect_fail "does not open with the unnamed decrypt key" openssl pkey -in theirs.pem -noout
ok plain $python seal.py t.jwt key.der '{"v": 2}'
cp stdout theirs.pem
expect_fail "a newer azattest may read it" openssl pkey -in theirs.pem -noout
# What is in it is no key of a PKCS#8.
ok plain $python seal.py t.jwt web.jwt ""
cp stdout theirs.pem
expect_fail "not a private key in PKCS#8" openssl pkey -in theirs.pem -noout

# Made here, read there: its header, and as far as its recipient goes it is an ordinary JWE.
ok azattest seal --in key.der --name web --hierarchy owner --out ours.pem
$python - ours.pem >header <<'END'
import base64, json, sys
from jwcrypto import jwe
lines = open(sys.argv[1]).read().splitlines()
token = jwe.JWE()
token.deserialize(base64.b64decode("".join(lines[1:-1])).decode())
header = json.loads(token.objects["protected"])
to = header.pop("azattest")
print(json.dumps(header, sort_keys=True), to["v"], to["name"], to["hierarchy"], sorted(map(int, to["pcrs"])), len(to["key"]))
END
# An ordinary key of a program that has its own reader of private keys (Python's cryptography).
if $python -c 'import cryptography' 2>/dev/null; then
        silent $python -c 'from cryptography.hazmat.primitives.serialization import load_pem_private_key as load
print(load(open("ours.pem", "rb").read(), None).key_size)'
        same 4096 "$(cat stdout)" "bits of the key"
fi
same '{"alg": "RSA-OAEP-256", "cty": "pkcs8", "enc": "A256GCM"} 1 web owner [0, 1, 2, 3, 4, 5, 6, 7] 342' "$(cat header)"
