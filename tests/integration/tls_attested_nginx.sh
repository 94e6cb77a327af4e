# Attested TLS with nginx, which knows nothing of it: our client accepts the server with an attested
# certificate, also after a reload with a renewed one, and refuses another server of the same nginx, with a plain one.
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_attested.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout plain.key -subj /CN=web.example -days 1 -out plain.crt
plain_port=$(free_port)
nginx_start "server {
    listen 127.0.0.1:$plain_port ssl;
    ssl_certificate $PWD/plain.crt;
    ssl_certificate_key $PWD/plain.key;
}"
attested_port=$port
for version in "" --tls12; do
        # shellcheck disable=SC2086
        accepted --any-message $version
        for id in T8 T9 T13 C4 C5; do same accept "$(check_row $id)" $id; done
        port=$plain_port
        # shellcheck disable=SC2086
        refused_by C4 --any-message $version
        said "carries no attestation"
        same "" "$(jq -r '.claims // {} | keys[]' stdout)" "claims of a plain server"
        port=$attested_port
done

# Renewed, reloaded, still accepted.
before=$(openssl x509 -in web.crt -noout -fingerprint)
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
old=$(workers)
kill -HUP "$server"
for ((i = 0; i < 100; i++)); do
        [ "$(workers | wc -l)" = 2 ] && ! grep -qxF "$old" <(workers) && break
        sleep 0.1
done
accepted --any-message
ok plain openssl s_client -connect "127.0.0.1:$port" </dev/null
[ "$before" != "$(openssl x509 -in stdout -noout -fingerprint)" ] || fail "not renewed"
same "" "$(grep -v 'signal\|notice' error.log || true)" "errors of nginx"
