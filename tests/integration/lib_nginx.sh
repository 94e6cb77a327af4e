# Sourced after lib.sh by the tests of nginx: the server of azattest-recipes(7) in an nginx with two workers of another
# user, and clients that load it. ($server comes from serve.)
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034

[ "$(id -u)" = 0 ] || { echo "skipped: nginx workers of another user need root"; exit 77; }

# nginx_start [CONFIGURATION]: makes certificate and key, starts nginx, with further servers if given;
# $port and $server say where it is.
nginx_start() {
        ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
        port=$(free_port)
        recipe nginx.sh | sed -e "s|/etc/ssl/private/|$PWD/|" -e "s|/etc/ssl/|$PWD/|" -e "s|8443|127.0.0.1:$port|" >site.conf
        printf '%s\n' "${1-}" >>site.conf
        cat >nginx.conf <<END
daemon off;
user www-data;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 512; }
http {
    access_log off;
    include $PWD/site.conf;
}
END
        serve "$port" nginx -p "$PWD" -e error.log -c nginx.conf
}

# workers: process ids of the running workers that are not about to leave.
workers() { pgrep -P "$server" -f "worker process$"; }

# load_start CLIENTS, load_stop: what the clients saw is in the file load.
load_start() {
        rm -f enough
        : >load
        env -u AZATTEST_SIM_DIR OPENSSL_CONF=/dev/null \
                python3 "$(dirname "${BASH_SOURCE[0]}")/tls_load.py" "$port" "$1" >>load &
        load=$!
        servers+=("$load") # ends with the test, however that ends
        until [ "$(wc -l <load)" -ge "$1" ]; do sleep 0.1; done
}
load_stop() {
        touch enough
        wait "$load"
        handshakes=$(wc -l <load)
        lost=$(grep -c " lost: " load || true)
}
