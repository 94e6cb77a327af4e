# Ends of a program on Windows: readers that go away, NUL, names that are long, Ctrl-C. Run by in-vm.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

# A reader that goes away is no failure of ours, and nothing is said.
status=0
(set +o pipefail; azattest --help 2>stderr; echo "status $?" >status) | head -c 1 >stdout || status=$?
[ ! -s stderr ] || { cat stderr >&2; fail "words about a reader that went away"; }

# Standard input and output are bytes: no CR is added or taken away.
ok azattest attest --out token.jwt
printf 'one\ntwo\r\n\x1athree' >plain
ok azattest encrypt --token token.jwt --in plain --out cipher
azattest decrypt --in - --out - <cipher >decrypted
cmp plain decrypted

# NUL is a place for what nobody wants, and an empty file.
ok azattest attest --out NUL
ok azattest cert --out NUL --key-out NUL
[ ! -e NUL ] || fail "a file called NUL"
expect_usage "'maa-url' is not set" env OPENSSL_CONF=NUL azattest attest --out no.jwt
[ ! -e no.jwt ] || fail "a token without a configuration"

# 300 characters and more.
deep=$PWD
for i in 1 2 3 4 5 6; do deep+=/a-folder-with-a-name-of-nearly-fifty-characters-$i; done
mkdir -p "$deep"
ok azattest attest --nonce n --out "$deep/token.jwt"
ok azattest verify "$deep/token.jwt" --nonce n
ok azattest attest --nonce n --out "$deep/token.jwt"
ok env AZATTEST_RUNTIME_DIR="$deep/runtime" azattest attest --nonce n
[ -n "$(ls "$deep/runtime")" ] || fail "nothing was stored below a long name"
same '' "$(find "$deep" -name 'token.jwt.*')" "what is left beside a file that was replaced"
expect_undecided "cannot open xxx" azattest verify "$(printf 'x%.0s' {1..3000})"

# A server that is not there is said at once, not at the deadline or never.
begin=$SECONDS
expect_undecided "nobody listens there; check name, port and network [AZATTEST_E_TRANSPORT -7]" azattest verify --connect "127.0.0.1:$(free_port)"
[ $((SECONDS - begin)) -lt 20 ] || fail "took $((SECONDS - begin)) s"
