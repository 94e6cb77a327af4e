# A key that is freed after OPENSSL_cleanup (squid at exit, static destructors) takes the program down with nothing.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
program=$AZATTEST_BUILD/tests/integration/last_key
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
silent plain openssl genpkey -quiet -algorithm RSA -out plain.key

for key in web.key azattest://sign azattest://key plain.key; do
        for use in "" sign; do
                case $key-$use in
                azattest://key-sign) expected=freed ;;
                *-sign) expected=signed,freed ;;
                *) expected=freed ;;
                esac
                ok "$program" $key $use
                same "$expected" "$(paste -sd, stdout)" "$key $use"
        done
done
