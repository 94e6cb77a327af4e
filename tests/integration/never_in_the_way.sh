# With openssl.cnf.d/azattest.cnf included system-wide, programs that use no attested key behave as
# without it: the same words, no TPM, no network, no further libraries; also where there is no TPM at all.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tcti=$SIM_TCTI
export OPENSSL_MODULES=$AZATTEST_BUILD/ossl-modules
cp /etc/ssl/openssl.cnf site.cnf
{
        cat site.cnf
        echo ".include $(realpath "$(dirname "${BASH_SOURCE[0]}")/../../openssl.cnf.d/azattest.cnf")"
        printf '[azattest_section]\ntcti = %s\nruntime-dir = %s\nmaa-url = %s\n' "$tcti" "$PWD/run" "$(setting maa-url)"
} >with.cnf
sed "s|^tcti = .*|tcti = device:/nonexistent|" with.cnf >absent.cnf
with() { OPENSSL_CONF=$PWD/$1.cnf "${@:2}"; }
ok with with openssl list -providers
printed azattest
printed default

# words FILE: without what differs from run to run; OpenSSL says once for each decoder that it is not its file.
words() { sed -E 's/^[0-9A-F]+:error/error/; s/[0-9.]+s?/N/g; s/^[.+*N]*$//; s/ +/ /g' "$1" | sort -u; }

places="with absent"
# alike COMMAND...: the same with and without our provider, and where the TPM is missing.
alike() {
        local expected=0 status where
        with site "$@" >out.site 2>err.site || expected=$?
        for where in $places; do
                status=0
                with $where strace -f -qq -o trace -e trace=openat,connect,socket "$@" >out 2>err || status=$?
                same $expected $status "status $where: $*"
                cmp <(words err.site) <(words err) || { diff err.site err >&2; fail "other words on stderr ($where): $*"; }
                ! grep -E "/dev/tpm|${tcti#*path=}|/nonexistent|libcurl|libazattest|tcti-|AF_INET|/run\"" trace >&2 || fail "touched ($where): $*"
        done
        same 0 "$(commands ALL)" "TPM commands after: $*"
}
alike openssl version -a
alike openssl genrsa -out rsa.pem 2048
alike openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
alike openssl req -x509 -key rsa.pem -subj /CN=web.example -addext subjectAltName=DNS:web.example -days 1 -out web.crt
for key in rsa ec; do alike openssl pkey -in $key.pem -pubout -out $key.pub; done
for key in rsa ec; do
        alike openssl dgst -sha256 -sign $key.pem -out sig web.crt
        alike openssl dgst -sha256 -verify $key.pub -signature sig web.crt
done
echo message >message
alike openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in message -out ct
alike openssl pkeyutl -decrypt -inkey rsa.pem -in ct -out plaintext
alike openssl verify -CAfile web.crt web.crt
alike openssl storeutl -noout rsa.pem
alike openssl pkey -in /etc/passwd
alike openssl pkey -in nowhere.pem
alike python3 -c 'import hashlib, ssl; ssl.create_default_context(); print(hashlib.new("sha256", b"x").hexdigest())'

# As fast, too, counted in CPU time, and gross differences only.
places=with
alike openssl speed -seconds 1 rsa2048
rate() { awk '/^rsa 2048/ { print int($6) }' "$1"; }
[ "$(rate out)" -gt $(($(rate out.site) / 2)) ] || { cat out.site out >&2; fail "RSA has become slower"; }

# A TLS server and client with an ordinary key.
for version in -tls1_3 -tls1_2; do
        port=$(free_port)
        serve "$port" env OPENSSL_CONF="$PWD/with.cnf" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key rsa.pem -www
        for where in with absent; do
                silent with $where curl -sS --cacert web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/"
                ok with $where openssl s_client -connect "127.0.0.1:$port" $version -CAfile web.crt -verify_return_error </dev/null
                printed "Verification: OK"
        done
        ! grep -qF libcurl "/proc/$server/maps" || fail "libcurl in an ordinary server"
        stop_servers
        ! grep -i 'error\|azattest' server.log >&2 || fail "words of an ordinary server"
done
same 0 "$(commands ALL)" "TPM commands of ordinary TLS"

# What the site's [openssl_init] says stays in force.
{
        printf 'openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = system\n'
        printf '[system]\nMaxProtocol = TLSv1.2\n'
        sed -n '/^\.include/,$p' with.cnf
} >policy.cnf
silent with policy python3 -c 'import ssl; print(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).maximum_version.name)'
same TLSv1_2 "$(cat stdout)" "the site's MaxProtocol"

# And an attested key works, in the same configuration.
(
        unset OPENSSL_CONF
        sed -n '/^\(imds-url\|ca-file\|event-log\|policy\|amd-root\|vtpm-root\) =/p' "$AZATTEST_SIM_DIR/openssl.cnf" >>with.cnf
        silent with with openssl pkey -in azattest://key -noout -text
        printed "in the vTPM"
)
[ "$(commands ALL)" -gt 0 ] || fail "an attested key without the TPM"
# Without a TPM it does not, and says why.
expect_fail "/nonexistent" with absent openssl pkey -in azattest://key -noout
