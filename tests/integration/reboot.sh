# A VM restarts and its nginx answers again without a hand: the units' commands in their order, with a new key (null
# hierarchy) and with one that stays (owner).
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
# shellcheck source=tests/integration/lib_units.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_units.sh"
mkdir etc run bin
export RUNTIME_DIRECTORY=$PWD/run PATH=$PWD/bin:$PATH
printf '#!/bin/sh\necho "$*" >>systemctl.log\n' >bin/systemctl
chmod +x bin/systemctl
port=$(free_port) runtime=$(setting runtime-dir)
cat >nginx.conf <<END
daemon off;
user www-data;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 64; }
http {
    access_log off;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $PWD/etc/web.crt;
        ssl_certificate_key $PWD/etc/web.key;
        location / { return 200 "served"; }
    }
}
END

# certificate: what the timer starts at once at boot, Type=oneshot. Its settings are those of etc/web.conf.
certificate() {
        (
                set -a
                # shellcheck source=/dev/null
                . etc/web.conf
                set +a
                eval "$(unit_line ExecStart)" >>units.log 2>&1 && eval "$(unit_line ExecStartPost)" >>units.log 2>&1
        ) || { cat units.log >&2; fail "the service failed"; }
}
# server: what is ordered behind it.
server() { serve "$port" nginx -p "$PWD" -e error.log -c nginx.conf; }
# reset: servers end, /run is empty, the TPM begins anew.
reset() {
        stop_servers
        rm -rf run/* "${runtime:?}"/*
        : >units.log
        ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
}
# attests: doctor of this VM, which needs no key of before.
attests() {
        ok azattest doctor
        for finding in TPM key "runtime dir" "OpenSSL module" attestation; do
                grep -qE "^$finding +ok " stdout || { cat stdout >&2; fail "$1: doctor does not say ok of $finding"; }
        done
}
answers() {
        attests "$1"
        same served "$(plain curl -sS --cacert etc/web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")" "$1"
        ok azattest verify etc/web.crt
        ok azattest status etc/web.crt etc/web.key
}
said_units() { grep -q -- "$1" units.log || { cat units.log >&2; fail "the service does not say '$1'"; }; }

# ---- a key that ends with the boot ----
printf 'SAN="--san DNS:web.example"\nRELOAD=nginx.service\n' >etc/web.conf
certificate
server
answers "first boot"
before=$(sha256sum etc/web.crt)

# What the units are for: a server that starts by itself comes up and serves nobody, and status says so beforehand.
reset
expect_fail "" azattest status etc/web.crt etc/web.key
printed "this TPM no longer has sign key"
attests "before the certificate of the second boot"
server
! plain curl -s --cacert etc/web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/" >stdout 2>stderr ||
        fail "a server with the key of the last boot answers"

reset
certificate
said_units "made anew: the key is gone: the VM was started again"
server
answers "second boot"
[ "$before" != "$(sha256sum etc/web.crt)" ] || fail "the certificate of the first boot"
# The timer, later: nothing is due, nothing is reloaded.
: >systemctl.log
certificate
said_units "kept: "
same 0 "$(wc -l <systemctl.log)" "reloads of a certificate that was kept"

# ---- a key that stays ----
echo AZATTEST_HIERARCHY=owner >>etc/web.conf
export AZATTEST_HIERARCHY=owner # for status and verify
certificate
said_units "made anew: a key of hierarchy owner is asked for, not of null"
stop_servers
server
answers "with a key of the owner hierarchy"
before=$(sha256sum etc/web.crt)
reset
attests "before the third boot's server"
asked=$(azattest-sim ctl "$AZATTEST_SIM_DIR" requests)
ok env AZATTEST_MAA_URL="$(setting maa-url)" azattest status etc/web.crt etc/web.key
certificate
said_units "kept: "
same "$asked" "$(azattest-sim ctl "$AZATTEST_SIM_DIR" requests)" "requests at a boot with the same key"
server
same served "$(plain curl -sS --cacert etc/web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")" "third boot"
same "$before" "$(sha256sum etc/web.crt)" "the certificate of the third boot"
answers "third boot"

# Something else was booted: no key outlives that.
reset
ok azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 4
certificate
said_units "made anew: the key can no longer be used: PCR "
server
answers "another kernel"
