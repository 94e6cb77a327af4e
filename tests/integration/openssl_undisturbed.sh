# setups: all
# Everybody else: with the provider activated, programs that do not use our keys open no TPM, print
# nothing, and work; also when there is no TPM at all.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
quiet() { ok "$@"; [ ! -s stderr ] || { cat stderr >&2; fail "says something: $*"; }; }

ok openssl list -providers
printed "azattest: attested keys in the vTPM"
sed "s#^tcti *=.*#tcti = device:/dev/no-such-tpm#" "$OPENSSL_CONF" >no-tpm.cnf
export OPENSSL_CONF=$PWD/no-tpm.cnf AZATTEST_TCTI=device:/dev/no-such-tpm
quiet openssl version -a
# What the loader opens: the provider, but neither libazattest nor libcurl (D2).
LD_DEBUG=files openssl version >/dev/null 2>libraries
grep -q 'azattest\.so' libraries || fail "the provider is not loaded"
! grep -qE 'libcurl|libazattest' libraries || fail "openssl version loads the network half"

ok openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.pem \
        -subj /CN=ec -out ec.crt
quiet openssl verify -CAfile ec.crt ec.crt
OPENSSL_CONF=/dev/null ok openssl genrsa -out rsa.pem 2048
printf %s text >in
quiet openssl pkey -in rsa.pem -pubout -out rsa.pub
quiet openssl dgst -sha256 -sign rsa.pem -out sig in
quiet openssl dgst -sha256 -verify rsa.pub -signature sig in
quiet openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in in -out ct
quiet openssl pkeyutl -decrypt -inkey rsa.pem -in ct -out out
cmp in out || fail "plaintext"
quiet openssl pkey -in rsa.pem -aes256 -passout pass:x -out locked.pem
quiet openssl pkey -in locked.pem -passin pass:x -noout
quiet openssl req -new -x509 -key rsa.pem -subj /CN=rsa -out rsa.crt
ok openssl pkcs12 -export -inkey rsa.pem -in rsa.crt -passout pass:x -out rsa.p12
ok openssl pkcs12 -in rsa.p12 -passin pass:x -nodes
ok openssl genrsa -out new.pem 2048
quiet openssl rand 8

# Who does use ours is told what is wrong.
expect_fail "/dev/no-such-tpm" openssl pkey -in azattest://key -noout
