# GnuTLS as peer: gnutls-cli against a server with an attested key, gnutls-serv with a client that has one,
# and certtool as judge of certificates.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -www
recipe gnutls.sh | sed -e "s/8443/$port/" -e '$s/$/ "$@"/' >gnutls.sh
for version in TLS1.3 TLS1.2; do
        for signature in RSA-PSS-RSAE-SHA256 RSA-PSS-RSAE-SHA384 RSA-PSS-RSAE-SHA512 RSA-SHA256; do
                [ $version-$signature != TLS1.3-RSA-SHA256 ] || continue
                ok bash gnutls.sh --priority "NORMAL:-VERS-ALL:+VERS-$version:-SIGN-ALL:+SIGN-$signature" </dev/null
                printed "Handshake was completed"
                printed "The certificate is trusted"
                printed "Description: (TL"; grep Description stdout
        done
done

# Our key in a client of a GnuTLS server.
stop_servers
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -subj /CN=web.example \
        -addext subjectAltName=DNS:web.example -days 1 -out server.crt
port=$(free_port)
serve "$port" gnutls-serv --http -p "$port" --x509certfile server.crt --x509keyfile server.key --x509cafile web.crt \
        --require-client-cert --verify-client-cert
for version in -tls1_3 -tls1_2; do
        ok openssl s_client -connect "127.0.0.1:$port" -CAfile server.crt -verify_return_error -cert web.crt \
                -key web.key $version -ign_eof <<<$'GET / HTTP/1.0\r\n\r\n'
        printed "HTTP/1.0 200 OK"
        printed "azattest sign"
done

silent openssl req -x509 -key azattest://sign -subj /CN=self -days 1 -addext keyUsage=critical,keyCertSign,digitalSignature -out self.crt
ok certtool --verify --load-ca-certificate self.crt --infile self.crt
