# A boot log that is missing, empty, a folder, too large, or readable by root only (as the kernel has it): a
# refusal that says which and what to do, before anything is sent. `check` knows that it was not sent.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

requests() { azattest-sim ctl "$AZATTEST_SIM_DIR" requests; }
: >empty
mkdir folder
head -c 5000000 /dev/zero >large
refused() { # LOG FRAGMENT [COMMAND...]
        local before
        before=$(requests)
        expect_status 3 "$2" "${@:3}" env AZATTEST_EVENT_LOG="$PWD/$1" azattest attest --out t.jwt
        said "E_EVENT_LOG -121"
        said "boot-log.conf"
        said "sudo"
        same "$before" "$(requests)" "requests with $1"
        expect_status 3 "$2" "${@:3}" env AZATTEST_EVENT_LOG="$PWD/$1" azattest evidence --no-fetch --out e.json
        [ ! -e t.jwt ] && [ ! -e e.json ] || fail "a file was written"
}
refused none "$PWD/none: No such file"
refused empty "$PWD/empty is empty"
refused folder "$PWD/folder"
refused large "$PWD/large is larger than"

# Others than root: sees the simulated VM, and not the log.
if [ "$(id -u)" = 0 ]; then
        cp "$SIM_EVENT_LOG" log && chmod 440 log && chmod 755 . "$AZATTEST_SIM_DIR"
        ordinary=(as_other env AZATTEST_RUNTIME_DIR=)
        refused log "$PWD/log: Permission denied" "${ordinary[@]}"
        "${ordinary[@]}" env AZATTEST_EVENT_LOG="$PWD/log" azattest check >stdout 2>stderr && fail "check accepts"
        grep -Eq "^secure boot +unknown +the boot log was not sent \(.*Permission denied" stdout || { cat stdout >&2; fail "check"; }
        ok env AZATTEST_EVENT_LOG="$PWD/log" azattest attest --out t.jwt
fi
# Whoever lives without is asked nothing.
sed 's/^maa-url = .*/&\nsecure-boot = report/' "$OPENSSL_CONF" >report.cnf
rm -f t.jwt
ok env OPENSSL_CONF="$PWD/report.cnf" AZATTEST_EVENT_LOG="$PWD/none" azattest evidence --no-fetch --out e.json
same null "$(jq '.["event-log"]' e.json)"
