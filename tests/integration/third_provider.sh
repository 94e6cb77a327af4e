# A third provider beside default and azattest makes OpenSSL sort them by name, and azattest comes first
# (openssl/openssl#26477): ordinary keys are made and used as ever all the same, and ours work.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=$AZATTEST_BUILD/tests/integration

# with_third NAME PLACE: the setup's configuration with NAME as provider before, between or behind the others.
with_third() {
        awk -v third="$1" -v place="$2" '
                { line = $0 }
                /^(default|azattest) = / { n++ }
                /^(default|azattest) = / && n == 1 && place == "before" { print third " = test_third" }
                { print line }
                /^(default|azattest) = / && n == 1 && place == "between" { print third " = test_third" }
                /^(default|azattest) = / && n == 2 && place == "behind" { print third " = test_third" }' "$OPENSSL_CONF"
        printf '[test_third]\nactivate = 1\n'
}

# ordinary FILE: a private key as default writes it, which works without us.
ordinary() {
        head -1 "$1" | grep -qE -- '^-----BEGIN (RSA )?PRIVATE KEY' || { head -1 "$1" >&2; fail "no ordinary key: $1"; }
        ok plain openssl pkey -in "$1" -check -noout
}

in_short() {
        ok openssl genrsa -out rsa.pem 1024
        ordinary rsa.pem
        ok "$programs/ordinary_keys"
        same 4 "$(grep -c -- '^-----BEGIN PRIVATE KEY' stdout)" "keys of a program"
        [ ! -s stderr ] || { cat stderr >&2; fail "a program's keys are not made silently"; }
}

in_full() {
        ok openssl genrsa -3 -traditional -out rsa3.pem 2048
        ordinary rsa3.pem
        ok openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out new.pem -text
        ordinary new.pem
        grep -q 'Private-Key: (3072 bit, 2 primes)' new.pem || fail "text of an ordinary key"
        ok openssl genpkey -algorithm RSA -aes256 -pass pass:x -out locked.pem
        ok plain openssl pkey -in locked.pem -passin pass:x -noout
        ok openssl req -x509 -newkey rsa:2048 -nodes -keyout web.pem -subj /CN=web -days 1 -out web.crt
        ordinary web.pem
        ok plain openssl verify -CAfile web.crt web.crt
        ok openssl pkcs12 -export -inkey web.pem -in web.crt -passout pass:x -out web.p12
        expect_fail "azattest-purpose" openssl genpkey -algorithm RSA -propquery provider=azattest -pkeyopt azattest-name:web
}

# OpenSSL's own modules beside ours: the simulated VM names one folder, and legacy is not in it.
mkdir modules
modules=$(env -u OPENSSL_MODULES openssl version -m | sed 's/^MODULESDIR: "\(.*\)"$/\1/')
ln -s "$modules"/* modules/
ln -sf "$OPENSSL_MODULES"/* modules/
export OPENSSL_MODULES=$PWD/modules
before=$(commands ALL)
others="null legacy"
[ "${AZATTEST_SETUP-default}" = third ] || others="base $others" # that setup has it already
for third in $others; do
        if ! plain openssl list -providers -provider "$third" >/dev/null 2>&1; then
                echo "skipped: OpenSSL has no provider $third here"
                continue
        fi
        for place in before between behind; do
                with_third "$third" "$place" >third.cnf
                ok env OPENSSL_CONF="$PWD/third.cnf" openssl list -providers
                grep -qx "  $third" stdout || fail "$third is not loaded"
                (
                        export OPENSSL_CONF=$PWD/third.cnf
                        in_short
                        [ "$third $place" != "legacy behind" ] || in_full
                ) || fail "with $third $place"
        done
        # By hand, as strongSwan does.
        silent "$programs/ordinary_keys" "$third"
        silent "$programs/ordinary_keys" default "$third"
done
same "$before" "$(commands ALL)" "TPM commands of ordinary keys"

# And an attested key works beside them.
with_third null behind >third.cnf
export OPENSSL_CONF=$PWD/third.cnf
ok openssl pkey -in azattest://key -pubout -out key.pub
printf secret >in
ok openssl pkeyutl -encrypt -pubin -inkey key.pub -pkeyopt rsa_padding_mode:oaep -in in -out ct
ok openssl pkeyutl -decrypt -inkey azattest://key -pkeyopt rsa_padding_mode:oaep -in ct -out out
cmp in out || fail "decryption"
ok openssl genpkey -algorithm RSA -propquery provider=azattest -pkeyopt azattest-purpose:sign -out sign.key
grep -q 'BEGIN AZATTEST PRIVATE KEY' sign.key || fail "an attested key was asked for"
