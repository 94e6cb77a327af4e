# The systemd service that renews certificates reloads the server when there is a new certificate, not
# otherwise, and tries a failed reload again. systemd itself does not run here: its lines do, in its order.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
mkdir etc run bin
export RUNTIME_DIRECTORY=$PWD/run SAN="--san DNS:web.example" RELOAD="web.service" PATH=$PWD/bin:$PATH
cat >bin/systemctl <<'END'
#!/bin/sh
echo "$*" >>reloads
[ ! -e reload-fails ]
END
chmod +x bin/systemctl

# shellcheck source=tests/integration/lib_units.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_units.sh"
# renew [SECONDS]: the service, with that --renew-before instead of its own.
renew() { eval "$(unit_line ExecStart | sed "s/ 14400;/ ${1-14400};/")" && eval "$(unit_line ExecStartPost)"; }
reloads() { grep -c -- "^--job-mode=ignore-dependencies try-reload-or-restart web.service$" reloads || true; }
: >reloads

ok renew
ok azattest verify etc/web.crt
same "azattest sign web" "$(openssl x509 -in etc/web.crt -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')" subject
openssl x509 -in etc/web.crt -noout -ext subjectAltName | grep -q DNS:web.example || fail "no SAN"
[ -s etc/web.key ] || fail "no key"
same 1 "$(reloads)" "reloads of a first certificate"
before=$(stat -c %i,%y etc/web.crt etc/web.key)
ok renew
same "$before" "$(stat -c %i,%y etc/web.crt etc/web.key)" "files of a certificate that is not due"
same 1 "$(reloads)" "reloads when nothing was renewed"
ok renew 86400
[ "$before" != "$(stat -c %i,%y etc/web.crt etc/web.key)" ] || fail "not renewed"
same 2 "$(reloads)" "reloads after a renewal"

touch reload-fails
! renew 86400 >stdout 2>stderr || fail "a failed reload is no failure"
rm reload-fails
same 3 "$(reloads)" "reloads, one of them failed"
ok renew
same 4 "$(reloads)" "a failed reload is tried again"
ok renew
same 4 "$(reloads)" "reloads when nothing was renewed"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok renew
same 5 "$(reloads)" "reloads after a restart of the VM"
RELOAD='' ok renew 86400
same 5 "$(reloads)" "reloads without a server"

# With LEAF it is a key in memory, and both certificates are renewed.
export LEAF="--leaf ec"
ok renew
ok azattest verify --delegated etc/web.crt
same "$(openssl x509 -in etc/web.crt -noout -pubkey)" "$(openssl pkey -in etc/web.key -pubout)" "key file"
head -1 etc/web.key | grep -q SEALED || fail "the service's key is not sealed"
same 6 "$(reloads)" "reloads after the change to a leaf"
before=$(sha256sum etc/web.crt etc/web.key)
ok renew
same "$before 6" "$(sha256sum etc/web.crt etc/web.key) $(reloads)" "a leaf that is not due"
ok renew 86400
[ "$before" != "$(sha256sum etc/web.crt etc/web.key)" ] || fail "the leaf was not renewed"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
ok renew
ok azattest verify --delegated etc/web.crt
same 8 "$(reloads)" "reloads of the renewed leaves"
unset LEAF
ok renew
ok azattest verify etc/web.crt

# What is not decided is tried again, what is refused is not.
cat >bin/azattest <<'END'
#!/bin/sh
echo "$*" >>tries
exit "$(cat status)"
END
cat >bin/sleep <<'END'
#!/bin/sh
echo "$*" >>pauses
END
chmod +x bin/azattest bin/sleep
for status in 3 1 2; do
        : >tries
        : >pauses
        echo $status >status
        ! eval "$(unit_line ExecStart)" || fail "status $status of azattest is none of the service"
        case $status in
        3) same "5 2 5 10 20 0" "$(wc -l <tries) $(tr '\n' ' ' <pauses | sed 's/ $//')" "tries and pauses" ;;
        *) same "1 0" "$(wc -l <tries) $(wc -l <pauses)" "tries and pauses of status $status" ;;
        esac
done
rm bin/azattest bin/sleep

command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze (the rest passed)"; exit 77; }
# A server as the manual page has it, so that there is something to be before.
mkdir units
cp "$units"/azattest-cert@.* units
mkdir units/nginx.service.d
recipe cert_renewal.sh | sed -n '/^\[Unit\]/,/^END/p' | grep -v END >units/nginx.service.d/azattest.conf
printf '[Unit]\nDescription=server\n[Service]\nExecStart=/bin/true\n' >units/nginx.service
ok plain env SYSTEMD_UNIT_PATH="$PWD/units:" systemd-analyze verify --man=no nginx.service azattest-cert@web.timer azattest-cert@web.service
[ ! -s stderr ] || { cat stderr; fail "systemd has something to say about the units"; }
