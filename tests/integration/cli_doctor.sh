# azattest doctor: everything is there in the simulated VM; what is not is named.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ok azattest doctor --json
same ok "$(jq -r .verdict stdout)"
for name in TPM "HCL report" AK "AK certificate" key machine "event log" clock "clock skew" "OpenSSL module" IMDS MAA; do
        same ok "$(jq -r --arg n "$name" '.findings[] | select(.name == $n) | .state' stdout)" "$name"
done

broken() { # NAME FRAGMENT COMMAND...: exit status 1, that line says no and FRAGMENT
        local name=$1 fragment=$2 status=0
        shift 2
        "$@" >stdout 2>stderr || status=$?
        same 1 $status "status of $*"
        grep -E "^$name +no " stdout | grep -qF -- "$fragment" || { cat stdout >&2; fail "$name: no '$fragment'"; }
}
broken TPM "/dev/null/none" env AZATTEST_TCTI=device:/dev/null/none azattest doctor
touch closed && chmod 0 closed
broken MAA "" env AZATTEST_MAA_URL=https://127.0.0.1:1 azattest doctor
broken IMDS "directly" env AZATTEST_IMDS_URL=http://127.0.0.1:1 azattest doctor
broken "OpenSSL module" OPENSSL_MODULES env OPENSSL_MODULES=/dev/null/none azattest doctor
ok env AZATTEST_EVENT_LOG=/dev/null/none azattest doctor
printed "event log        unknown"
{
        printf '\0\0\0\0\3\0\0\0'
        head -c 20 /dev/zero
        printf '\31\0\0\0Spec ID Event02\0\0\0\0\0\2\1\0\2\0'
} >sha1.log
broken "event log" "SHA-1 digests only" env AZATTEST_EVENT_LOG="$PWD/sha1.log" azattest doctor
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
AZATTEST_MAA_URL=https://127.0.0.1:1 azattest doctor >stdout || true
printed "from IMDS's"
AZATTEST_MAA_URL=https://127.0.0.1:1 AZATTEST_IMDS_URL=http://127.0.0.1:1 azattest doctor >stdout || true
grep -qE "^clock skew +unknown " stdout || fail "the clock skew is guessed"
