# The units under a real systemd, as process 1 of namespaces of its own: nginx is started behind the certificate, and
# answers after a restart of the VM without a hand and without a reload; then with a leaf key in memory, which the timer
# renews.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_nginx.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
# shellcheck source=tests/integration/lib_units.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_units.sh"
systemd=/lib/systemd/systemd
[ -x $systemd ] || { echo "skipped: no systemd"; exit 77; }
unshare -m -u -p -f -C true 2>/dev/null || { echo "skipped: no namespaces here"; exit 77; }
mkdir etc load
port=$(free_port) runtime=$(setting runtime-dir)

# What systemd finds: our units, an nginx.service, and of its own only targets. Nothing else of this machine is started.
cp "$units"/azattest-cert@.* load
# The files are here, and so is the simulated VM, outside of what a private /tmp would show.
sed -i -e "s|/etc/azattest/|$PWD/etc/|g" -e '/^ConfigurationDirectory=/d' load/azattest-cert@.service
mkdir load/azattest-cert@.service.d load/nginx.service.d load/timers.target.wants load/multi-user.target.wants
{
        echo "[Service]"
        echo "PrivateTmp=no"
        echo "ProtectHome=no"
        env | sed -nE 's/^((AZATTEST|OPENSSL)_[A-Z_]+|PATH)=(.*)$/Environment="\1=\3"/p'
} | tee load/azattest-cert@.service.d/here.conf >load/nginx.service.d/here.conf
recipe cert_renewal.sh | sed -n '/^\[Unit\]/,/^END/p' | grep -v END >load/nginx.service.d/azattest.conf
for target in basic sysinit timers multi-user network-online shutdown; do
        printf '[Unit]\nDescription=%s\n' "$target" >load/$target.target
done
printf 'DefaultDependencies=no\n' | tee -a load/sysinit.target load/basic.target >>load/timers.target
printf 'Wants=basic.target timers.target\nAfter=basic.target\n' >>load/multi-user.target
cat >load/nginx.service <<END
[Unit]
Description=server
[Service]
Type=exec
ExecStart=$(command -v nginx) -p $PWD -e error.log -c nginx.conf
ExecReload=/bin/kill -HUP \$MAINPID
END
ln -s ../azattest-cert@.timer load/timers.target.wants/azattest-cert@web.timer
ln -s ../nginx.service load/multi-user.target.wants/nginx.service
cat >nginx.conf <<END
daemon off;
user www-data;
worker_processes 1;
pid nginx.pid;
error_log error.log notice;
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
# It has no say in what belongs to the machine: host name, kernel settings, console.
cat >boot.sh <<'END'
mount -t tmpfs tmpfs /run && mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys || exit
[ ! -e /dev/console ] || mount --bind /dev/null /dev/console || exit
export container=azattest SYSTEMD_UNIT_PATH=$PWD/load SYSTEMD_LOG_TARGET=null
touch booting
exec /lib/systemd/systemd --system --unit=multi-user.target
END

# boot: until something listens at the port. off: as a power cut.
boot() {
        local i
        : >error.log
        rm -f booting
        unshare -m -u -p -f -C --kill-child --mount-proc bash boot.sh >systemd.log 2>&1 </dev/null &
        machine=$!
        servers+=("$machine")
        for ((i = 0; i < 300; i++)); do
                [ -z "$(ss -Htln "sport = :$port")" ] || return 0
                sleep 0.1
        done
        [ -e booting ] || { echo "skipped: no cgroup2 for a systemd here"; off; exit 77; }
        cat systemd.log error.log >&2
        fail "nothing listens after 30 seconds"
}
off() {
        kill -KILL "$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
        until [ -z "$(ss -Htln "sport = :$port")" ]; do sleep 0.1; done
        rm -rf "${runtime:?}"/*
}
trap 'kill -KILL "${machine-}" 2>/dev/null || true; stop_servers' EXIT
# answers WHEN [OPTION]: of azattest verify.
answers() {
        same served "$(plain curl -sS --retry 3 --retry-connrefused --cacert etc/web.crt --resolve "web.example:$port:127.0.0.1" \
                "https://web.example:$port/")" "$1"
        ok azattest verify etc/web.crt "${@:2}"
        same 0 "$(grep -c reconfiguring error.log || true)" "reloads at the $1"
}

printf 'SAN="--san DNS:web.example"\nRELOAD=nginx.service\n' >etc/web.conf
boot
answers "first boot"
before=$(sha256sum etc/web.crt)
off
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
sed -i '1i LEAF="--leaf ec"' etc/web.conf
boot
answers "second boot" --delegated
[ "$before" != "$(sha256sum etc/web.crt)" ] || fail "the certificate of the boot before"
same "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" "$(head -1 etc/web.key)" "the leaf's key file"
expect_fail "C7" azattest verify etc/web.crt

# The timer, which does not wait for hours here: a new issuer and leaf, and the server has them without a hand.
served() { plain openssl s_client -connect "127.0.0.1:$port" 2>/dev/null </dev/null | openssl x509 -noout -serial; }
of_file() { openssl x509 -in etc/web.crt -noout -serial; }
first=$(served)
same "$first" "$(of_file)" "what is served before the renewal"
mkdir load/azattest-cert@.timer.d
printf '[Timer]\nOnUnitActiveSec=\nOnUnitActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n' >load/azattest-cert@.timer.d/soon.conf
sed -i 's/--renew-before [0-9]*/--renew-before 86400/' load/azattest-cert@.service
ok nsenter -t "$(pgrep -P "$machine" systemd)" -m -p systemctl daemon-reload
for ((i = 0; i < 150; i++)); do
        now=$(served)
        [ "$now" = "$first" ] || [ -z "$now" ] || break
        sleep 0.1
done
[ "$now" != "$first" ] || { cat systemd.log error.log >&2; fail "not renewed by its timer"; }
off
ok azattest verify etc/web.crt --delegated
sed -i '1d' etc/web.conf
rm -r load/azattest-cert@.timer.d

# MAA cannot be reached: with Requires= the server is not started with the dead key.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
echo AZATTEST_MAA_URL=https://127.0.0.1:1 >>etc/web.conf
sed -i 's/2 5 10 20 0/0/' load/azattest-cert@.service
echo "ExecStopPost=/bin/sh -c 'echo \$SERVICE_RESULT \$EXIT_STATUS >>$PWD/results'" >>load/azattest-cert@.service.d/here.conf
unshare -m -u -p -f -C --kill-child --mount-proc bash boot.sh >systemd.log 2>&1 </dev/null &
machine=$!
for ((i = 0; i < 300; i++)); do
        [ ! -s results ] || break
        sleep 0.1
done
same "exit-code 3" "$(head -1 results)" "how the service ended"
sleep 1
same "" "$(ss -Htln "sport = :$port")" "who listens"
off
