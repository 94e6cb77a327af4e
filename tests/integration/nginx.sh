# nginx, with the configuration of azattest-recipes(7): workers of another user serve with the attested key, and still do
# after the certificate was renewed.
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
nginx_start # with: recipe nginx.sh
same "www-data" "$(ps -o user= -p "$(workers | tr '\n' ',' | sed 's/,$//')" | sort -u)" "user of the workers"
for version in -tls1_3 "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"; do
        # shellcheck disable=SC2086
        handshake "$port" $version
        printed "Verification: OK"
done
# Who would rather exchange keys by RSA gets the next cipher of his list.
handshake "$port" -tls1_2 -cipher AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
printed "Cipher is ECDHE-RSA-AES128-GCM-SHA256"
get=(curl -sS --cacert web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")
silent plain "${get[@]}"
printed "served by"
# The whole chain as a client of ours sees it.
ok azattest verify web.crt

# Renewal: a new certificate and token for the same key.
before=$(sha256sum web.crt)
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key --renew-before 86400
[ "$before" != "$(sha256sum web.crt)" ] || fail "not renewed"
old=$(workers)
kill -HUP "$server"
for ((i = 0; i < 100; i++)); do
        [ "$(workers | wc -l)" = 2 ] && ! grep -qxF "$old" <(workers) && break
        sleep 0.1
done
ok plain openssl s_client -connect "127.0.0.1:$port" -CAfile web.crt -verify_return_error </dev/null
same "$(openssl x509 -in web.crt -noout -fingerprint)" "$(openssl x509 -in stdout -noout -fingerprint)" "certificate after the reload"
silent plain "${get[@]}"
! grep -v notice error.log >&2 || fail "errors of nginx"
