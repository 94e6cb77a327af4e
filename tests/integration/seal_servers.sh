# A sealed key in what serves and asks: nginx, haproxy, Python, Apache, Node, PostgreSQL and curl load it
# as they load every key file, and serve without one TPM command from then on. Programs that are not there are left out, and said.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Types of key that the vTPM does not have.
plain openssl genpkey -algorithm EC -pkeyopt group:P-256 -out plain.key
ok azattest seal --in plain.key --out web.key
ok plain openssl req -x509 -key plain.key -subj /CN=web.example -addext subjectAltName=DNS:web.example -days 1 -out web.crt
rm plain.key
cat web.crt web.key >web.pem
chmod a+r web.key web.pem
port=$(free_port)
get=(plain curl -sS --max-time 20 --cacert web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")

# serves WHAT FRAGMENT: answers with it, in both versions, and the vTPM is not asked.
serves() {
        local before version
        # Apache listens before it has read its key.
        handshake "$port"
        before=$(commands ALL)
        for version in -tls1_3 -tls1_2; do handshake "$port" $version; done
        "${get[@]}" >answer 2>stderr || { cat server.log stderr >&2; fail "$1 does not answer"; }
        grep -qF -- "$2" answer || { cat answer >&2; fail "$1 answers otherwise"; }
        same 0 $(($(commands ALL) - before)) "TPM commands while $1 serves"
        stop_servers
}
missing=()
there() { command -v "$1" >/dev/null || { missing+=("$1"); return 1; }; }

as_root() { [ "$(id -u)" = 0 ]; }
if there nginx; then
        cat >nginx.conf <<END
daemon off;
$(! as_root || echo "user www-data;")
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 64; }
http {
    access_log off;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate $PWD/web.crt;
        ssl_certificate_key $PWD/web.key;
        location / { return 200 "served by nginx"; }
    }
}
END
        serve "$port" nginx -p "$PWD" -e error.log -c nginx.conf
        serves nginx "served by nginx"
fi
if there haproxy; then
        cat >haproxy.cfg <<END
global
    nbthread 2
$(! as_root || printf '    user haproxy\n    group haproxy\n')
defaults
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend web
    mode http
    bind 127.0.0.1:$port ssl crt $PWD/web.pem
    http-request return status 200 content-type text/plain string "served by haproxy"
END
        serve "$port" haproxy -W -db -f haproxy.cfg
        serves haproxy "served by haproxy"
fi
cat >server.py <<END
import http.server, ssl
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served by Python")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("web.crt", "web.key")
server = http.server.ThreadingHTTPServer(("127.0.0.1", $port), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
END
serve "$port" python3 server.py
serves Python "served by Python"
if there node; then
        cat >server.js <<END
const { readFileSync } = require('fs');
const options = { cert: readFileSync('web.crt'), key: readFileSync('web.key') };
require('https').createServer(options, (q, s) => s.end('served by Node')).listen($port, '127.0.0.1');
END
        # A Node with an OpenSSL of its own has no provider of ours, as with every key file.
        if node -p 'process.config.variables.node_shared_openssl' | grep -qx true; then
                serve "$port" node --openssl-shared-config server.js
                serves Node "served by Node"
        else
                missing+=("node with the system's OpenSSL")
        fi
fi
if there apache2; then
        mods=/usr/lib/apache2/modules
        echo "served by Apache" >index.html
        cat >apache.conf <<END
ServerName web.example
PidFile $PWD/apache.pid
ErrorLog $PWD/apache.log
Listen 127.0.0.1:$port
LoadModule mpm_event_module $mods/mod_mpm_event.so
LoadModule authz_core_module $mods/mod_authz_core.so
LoadModule dir_module $mods/mod_dir.so
LoadModule ssl_module $mods/mod_ssl.so
$(! as_root || printf 'User www-data\nGroup www-data\n')
DocumentRoot $PWD
SSLEngine on
SSLCertificateFile $PWD/web.crt
SSLCertificateKeyFile $PWD/web.key
END
        chmod 711 .
        serve "$port" apache2 -d "$PWD" -f "$PWD/apache.conf" -DFOREGROUND
        serves Apache "served by Apache"
fi

# PostgreSQL refuses to run as root: as a user of its own it needs the TPM (group tss) and a key file that it may read.
postgres_programs=$(find /usr/lib/postgresql -path '*/bin/postgres' -printf '%h\n' 2>/dev/null | sort -V | tail -1)
as_postgres=(env "OPENSSL_CONF=$PWD/postgres/openssl.cnf")
if as_root; then
        postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
        as_postgres+=(setpriv "--reuid=$postgres_user" "--regid=$(id -g "$postgres_user")" --clear-groups)
fi
# Of what is the tester's own the user gets copies.
postgres_begins() {
        chmod 711 .
        mkdir -p postgres/run
        chmod 700 postgres/run
        install -m 600 web.key postgres/server.key
        cp web.crt "$OPENSSL_MODULES/azattest.so" postgres
        sed -e "s#^module *=.*#module = $PWD/postgres/azattest.so#" -e "s#^runtime-dir *=.*#runtime-dir = $PWD/postgres/run#" \
                "$OPENSSL_CONF" >postgres/openssl.cnf
        ! as_root || chown -R "$postgres_user" postgres
        ! as_root || chmod a+rw "${SIM_TCTI#swtpm:path=}"
        ok "${as_postgres[@]}" "$postgres_programs/initdb" -D "$PWD/postgres/data" -A trust --no-sync -U tester
        "${as_postgres[@]}" tee -a postgres/data/postgresql.conf >/dev/null <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
fsync = off
ssl = on
ssl_cert_file = '$PWD/postgres/web.crt'
ssl_key_file = '$PWD/postgres/server.key'
END
}
postgres=("${as_postgres[@]}" "$postgres_programs/postgres" -D "$PWD/postgres/data")
# asks_postgres VERSION: a client without our provider, once it is ready.
asks_postgres() {
        local i
        for ((i = 0; i < 100; i++)); do
                ! plain psql -AtX "host=web.example hostaddr=127.0.0.1 port=$port user=tester dbname=postgres sslmode=verify-full \
                        sslrootcert=web.crt ssl_min_protocol_version=$1 ssl_max_protocol_version=$1" \
                        -c "select version, 'served' from pg_stat_ssl where pid = pg_backend_pid()" >answer 2>stderr || break
                sleep 0.1
        done
        same "$1|served" "$(cat answer)" "what PostgreSQL says ($(cat stderr))"
}
if there psql && { [ -n "$postgres_programs" ] || { missing+=("a PostgreSQL server"); false; }; }; then
        postgres_begins
        serve "$port" "${postgres[@]}"
        asks_postgres TLSv1.3
        before=$(commands ALL)
        for version in TLSv1.3 TLSv1.2; do asks_postgres $version; done
        same 0 $(($(commands ALL) - before)) "TPM commands while PostgreSQL serves"
        stop_servers
fi

# curl shows itself to a server; no name of ours is asked for.
plain openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=web.example \
        -addext subjectAltName=DNS:web.example -days 1 -out other.crt 2>/dev/null
serve "$port" env OPENSSL_CONF=/dev/null openssl s_server -accept "127.0.0.1:$port" -cert other.crt -key other.key \
        -CAfile web.crt -Verify 1 -verify_return_error -www
silent curl -sS --cacert other.crt --resolve "web.example:$port:127.0.0.1" --cert web.crt --key web.key "https://web.example:$port/"
printed "web.example"
stop_servers

# What has ended is refused when the server starts, in words, and not in a handshake.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
if command -v nginx >/dev/null; then
        expect_fail "this TPM no longer has the unnamed decrypt key that opens it" nginx -t -p "$PWD" -e error.log -c nginx.conf
fi
if [ -e postgres/data ]; then
        expect_fail "could not load private key file" "${postgres[@]}"
        said "this TPM no longer has the unnamed decrypt key that opens it"
fi
[ ${#missing[@]} = 0 ] || echo "skipped: a sealed key in $(IFS=,; echo "${missing[*]}"): not installed (the others passed)"
