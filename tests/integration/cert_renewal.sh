# The systemd service that renews certificates reloads the server when there is a new certificate, not
# otherwise, and tries a failed reload again. systemd itself does not run here: its lines do, in its order.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
units=$(dirname "${BASH_SOURCE[0]}")/../../core/systemd
mkdir etc run bin
export RUNTIME_DIRECTORY=$PWD/run SAN="--san DNS:web.example" RELOAD="web.service" PATH=$PWD/bin:$PATH
cat >bin/systemctl <<'END'
#!/bin/sh
echo "$*" >>reloads
[ ! -e reload-fails ]
END
chmod +x bin/systemctl

# line KEY: its value in the service, for the instance `web` with its files in etc/.
line() { sed -n "s/^$1=//p" "$units/azattest-cert@.service" | sed -e 's/%i/web/g' -e "s|/etc/azattest/|$PWD/etc/|g"; }
# renew [SECONDS]: the service, with that --renew-before instead of its own.
renew() { eval "$(line ExecStart | sed "s/ 14400\$/ ${1-14400}/")" && eval "$(line ExecStartPost)"; }
reloads() { grep -c "^try-reload-or-restart web.service$" reloads || true; }
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

command -v systemd-analyze >/dev/null || exit 0
sed "s|=azattest |=$(command -v azattest) |" "$units/azattest-cert@.service" >azattest-cert@.service
cp "$units/azattest-cert@.timer" .
ok plain systemd-analyze verify --man=no ./azattest-cert@web.timer ./azattest-cert@web.service
[ ! -s stderr ] || { cat stderr; fail "systemd has something to say about the units"; }
