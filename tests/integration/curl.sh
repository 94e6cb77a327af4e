# curl with the command of azattest-recipes(7): an attested key as client key.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:client.example --out client.crt --key-out client.key
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -subj /CN=web.example \
        -addext subjectAltName=DNS:web.example -days 1 -out web.crt
port=$(free_port)
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key server.key \
        -CAfile client.crt -Verify 1 -verify_return_error -www
recipe curl.sh | sed "s|^curl|& -sS --cacert web.crt --resolve web.example:$port:127.0.0.1|; s|:8443/|:$port/|" >printed
for version in --tlsv1.3 "--tls-max 1.2"; do
        sed "s|^curl|& $version|" printed >version
        silent bash version
        printed "azattest sign"
done
# The same key file without our provider is no key.
status=0
plain bash version >stdout 2>stderr || status=$?
[ $status != 0 ] || fail "an attested key without the provider"
said "unable to set private key file"
