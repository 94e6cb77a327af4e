# azattest doctor: everything is there in the simulated VM; what is not is named.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest doctor --json
same ok "$(jq -r .verdict stdout)"
for name in TPM "HCL report" AK "AK certificate" key machine "event log" clock "clock skew" "runtime dir" "OpenSSL module" \
        IMDS MAA attestation; do
        same ok "$(jq -r --arg n "$name" '.findings[] | select(.name == $n) | .state' stdout)" "$name"
done

broken() { # NAME FRAGMENT COMMAND...: exit status 1, that line says no and FRAGMENT
        local name=$1 fragment=$2 status=0
        shift 2
        "$@" >stdout 2>stderr || status=$?
        same 1 $status "status of $*"
        grep -E "^$name +no " stdout | grep -qF -- "$fragment" || { cat stdout >&2; fail "$name: no '$fragment'"; }
}
# The TPM device: ENOENT, EACCES (root without the capability that opens everything, as in a container),
# EBUSY (a terminal that another process holds alone answers open(2) as /dev/tpm0 in use does).
broken TPM "no TPM at $PWD/none: No such file" env AZATTEST_TCTI="device:$PWD/none" azattest doctor
broken TPM "/dev/null/none" env AZATTEST_TCTI=device:/dev/null/none azattest doctor
grep -q '^machine ' stdout || fail "no line about the machine"
grep -Eq '^attestation +no .*/dev/null/none' stdout || { cat stdout >&2; fail "no attestation was tried"; }
without() { # CAPABILITY COMMAND...: as root without it; as another user there is none to drop
        if [ "$(id -u)" = 0 ]; then setpriv --bounding-set "-$1" --inh-caps "-$1" "${@:2}"; else "${@:2}"; fi
}
touch closed && chmod 0 closed
if without dac_override true 2>/dev/null; then
        broken TPM "Permission denied; add the user to group tss" \
                without dac_override env AZATTEST_TCTI="device:$PWD/closed" azattest doctor
        cat >alone.py <<'END'
import fcntl, os, pty, subprocess, sys
TIOCEXCL = 0x540C
other, slave = pty.openpty()
fcntl.ioctl(slave, TIOCEXCL)
os.environ["AZATTEST_TCTI"] = "device:" + os.ttyname(slave)
sys.exit(subprocess.call(sys.argv[1:]))
END
        broken TPM "busy; another program holds it, use /dev/tpmrm0" \
                without sys_admin python3 alone.py azattest doctor
fi

# MAA through a proxy, IMDS past it. A password in the proxy's URL is not shown.
broken MAA "no https_proxy is set" env AZATTEST_MAA_URL=https://127.0.0.1:1 azattest doctor
grep -Eq '^IMDS +ok ' stdout || fail "IMDS"
broken MAA "https_proxy is set to 127.0.0.1:1" env -u no_proxy -u NO_PROXY https_proxy=http://me:secret@127.0.0.1:1 \
        http_proxy=http://127.0.0.1:1 azattest doctor
grep -Eq '^IMDS +ok ' stdout || fail "IMDS is asked through the proxy"
! grep -q secret stdout stderr || fail "the proxy's password is shown"
ok env https_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 azattest doctor
broken MAA "maa-url is not set" env AZATTEST_MAA_URL= OPENSSL_CONF=/dev/null azattest doctor
broken IMDS "directly" env AZATTEST_IMDS_URL=http://127.0.0.1:1 azattest doctor
# The module is found as programs find it, by openssl.cnf: also under a prefix of its own, without OPENSSL_MODULES.
ok env -u OPENSSL_MODULES azattest doctor
grep -Eq "^OpenSSL module +ok +active beside default, by $OPENSSL_CONF" stdout || { cat stdout >&2; fail "OpenSSL module"; }
{ sed 's/^default = .*/&\nbase = test_third/' "$OPENSSL_CONF" && printf '[test_third]\nactivate = 1\n'; } >own.cnf
ok env OPENSSL_CONF="$PWD/own.cnf" azattest doctor
grep -Eq "^OpenSSL module +ok +active beside default and base, by " stdout || { cat stdout >&2; fail "a third provider"; }
sed 's|^module = .*|module = /dev/null/none|' "$OPENSSL_CONF" >own.cnf
broken "OpenSSL module" "the module does not load" env OPENSSL_CONF="$PWD/own.cnf" azattest doctor
sed '/^module = /d' "$OPENSSL_CONF" >own.cnf
broken "OpenSSL module" OPENSSL_MODULES env OPENSSL_CONF="$PWD/own.cnf" OPENSSL_MODULES=/dev/null/none azattest doctor
sed '/^default = /d' "$OPENSSL_CONF" >own.cnf
broken "OpenSSL module" "without default" env OPENSSL_CONF="$PWD/own.cnf" azattest doctor
# Not named at all: this command works, and says what other programs need.
sed '/^azattest = /d' "$OPENSSL_CONF" >own.cnf
env OPENSSL_CONF="$PWD/own.cnf" azattest doctor >stdout 2>stderr || :
grep -Eq '^OpenSSL module +unknown .*does not name azattest' stdout || { cat stdout >&2; fail "OpenSSL module"; }
env OPENSSL_CONF="$PWD/none.cnf" azattest doctor >stdout 2>stderr || :
grep -Eq "^OpenSSL module +unknown  cannot open $PWD/none.cnf: " stdout || { cat stdout >&2; fail "a file that is not there"; }
# Without a log MAA would say that secure boot was off, which the floor refuses (T19, D43).
broken attestation "counts as off" env AZATTEST_EVENT_LOG=/dev/null/none azattest doctor
printed "event log        unknown"
printed "secure-boot = report"
{
        printf '\0\0\0\0\3\0\0\0'
        head -c 20 /dev/zero
        printf '\31\0\0\0Spec ID Event02\0\0\0\0\0\2\1\0\2\0'
} >sha1.log
broken "event log" "SHA-1 digests only" env AZATTEST_EVENT_LOG="$PWD/sha1.log" azattest doctor
# What attest refuses or MAA does: one that breaks off, one that is larger than what is sent.
head -c 2000 "$SIM_EVENT_LOG" >cut.log
broken "event log" "cut.log: " env AZATTEST_EVENT_LOG="$PWD/cut.log" azattest doctor
{ cat "$SIM_EVENT_LOG" && head -c 5000000 /dev/zero; } >large.log
broken attestation "is larger than" env AZATTEST_EVENT_LOG="$PWD/large.log" azattest doctor
printed "event log        unknown  $PWD/large.log is larger than"
# The clock is judged by what the services say.
for direction in ahead/behind behind/ahead; do
        azattest-sim ctl "$AZATTEST_SIM_DIR" "fault http-date-${direction%/*}=600"
        broken "clock skew" " s ${direction#*/}" azattest doctor
        azattest-sim ctl "$AZATTEST_SIM_DIR" clear
done
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault http-date-ahead=30"
ok azattest doctor
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
# Without MAA it is IMDS that says the time, without both nobody does.
AZATTEST_MAA_URL=https://127.0.0.1:1 azattest doctor >stdout 2>stderr || true
printed "from IMDS's"
AZATTEST_MAA_URL=https://127.0.0.1:1 AZATTEST_IMDS_URL=http://127.0.0.1:1 azattest doctor >stdout 2>stderr || true
grep -qE "^clock skew +unknown " stdout || fail "the clock skew is guessed"

# The runtime directory: on a file system that is full, or read-only.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        mounted() { # OPTIONS COMMAND...: with a runtime directory mounted that way
                mkdir -p own && unshare -m bash -c 'mount -t tmpfs -o "$1,mode=700" tmpfs own && shift && export AZATTEST_RUNTIME_DIR=$PWD/own && "$@"' - "$@"
        }
        fill() { head -c 65536 /dev/zero >own/filler 2>/dev/null || true; "$@"; }
        export -f fill
        broken "runtime dir" "No space left" mounted size=4k bash -c 'fill "$@"' - azattest doctor
        broken "runtime dir" "Read-only" mounted ro azattest doctor
else
        echo "skipped: runtime directories that are full or read-only need root"
fi
