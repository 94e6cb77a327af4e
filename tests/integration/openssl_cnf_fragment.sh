# The shipped openssl.cnf fragment: complete by itself, and without effect on what follows it (D27).
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
fragment=$(dirname "${BASH_SOURCE[0]}")/../../openssl.cnf.d/azattest.cnf

{
        echo "before = 1"
        echo ".include $(realpath "$fragment")"
        echo "mark = 2" # must still be in [default]
        printf '[req]\ndistinguished_name = dn\n[dn]\n'
} >site.cnf
AZATTEST_TCTI=$(setting tcti)
export AZATTEST_TCTI OPENSSL_CONF=$PWD/site.cnf OPENSSL_MODULES=$AZATTEST_BUILD/ossl-modules
ok openssl list -providers
printed "azattest"
printed "default"
ok openssl genrsa -out plain.key 2048 # default is asked first
ok openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -subj /CN=x -out c
# As shipped it has no maa-url: attesting says what to do, keys without attestation work.
expect_fail "maa-url" openssl pkey -in azattest://key -noout
