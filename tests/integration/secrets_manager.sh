# A secrets manager gives its secret to the VM its policy names, for a fresh token, and to nobody else;
# each refusal says which check it was. The manager has no TPM.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
program=$AZATTEST_BUILD/tests/examples/secrets_manager
manager='' vms=()
finish() {
        local vm
        [ -z "$manager" ] || kill "$manager" 2>/dev/null || true
        for vm in "${vms[@]}"; do azattest-sim stop "$vm" || true; done
}
trap finish EXIT

# dismiss: ends the manager, which must have had nothing to complain of (a sanitizer would).
dismiss() {
        local status=0
        [ -n "$manager" ] || return 0
        kill "$manager"
        wait "$manager" || status=$?
        manager=''
        [ $status = 0 ] && [ ! -s manager.err ] || { cat manager.err >&2; fail "the manager ends with status $status"; }
}

# manage [SECONDS-AHEAD [POLICY [NONCE-SECONDS]]]: a manager, at $url.
manage() {
        local port='' policy=${2:-$(setting policy)}
        dismiss
        : >manager.log
        AZATTEST_TCTI=device:/dev/null/none "$program" 0 "$policy" secret "${1:-0}" "${3:-60}" >manager.log 2>manager.err &
        manager=$!
        for _ in $(seq 100); do
                port=$(sed -n 's/^listening //p' manager.log)
                [ -z "$port" ] || break
                sleep 0.05
        done
        [ -n "$port" ] || { cat manager.log manager.err >&2; fail "the manager does not start"; }
        url=http://127.0.0.1:$port
}
nonce() { plain curl -sS "$url/nonce"; }
# ask NONCE TOKEN-FILE: the answer in answer.jwe, its HTTP status in $http.
ask() { http=$(plain curl -sS -o answer.jwe -w '%{http_code}' --data-binary "@$2" "$url/secret?nonce=$1"); }
# refused REASON NONCE TOKEN-FILE
refused() {
        ask "$2" "$3"
        same 403 "$http" "status ($(head -c 200 answer.jwe))"
        grep -qF -- "refused: $1" answer.jwe || { cat answer.jwe >&2; fail "no '$1'"; }
}
# vm NAME OPTION...: one more VM of the same MAA.
vm() {
        azattest-sim start "$1" --join "$AZATTEST_SIM_DIR" "${@:2}"
        vms+=("$1")
}
# in_vm NAME COMMAND...
in_vm() (
        # shellcheck source=/dev/null
        . "./$1/env.sh"
        shift
        exec "$@"
)

head -c 3000 /dev/urandom | base64 >secret # more than one RSA block holds
manage
n=$(nonce)
[ ${#n} = 64 ] && [ "$n" != "$(nonce)" ] || fail "nonces: $n"
ok azattest attest --nonce "$n" --out t.jwt
ask "$n" t.jwt
same 200 "$http" "status ($(head -c 200 answer.jwe))"
cp answer.jwe good.jwe
ok azattest decrypt --in good.jwe --out opened
cmp secret opened || fail "another secret came out"

# Nobody else opens it: not another VM, not another key of this one.
vm other
expect_fail "[AZATTEST_E_JWE -117]" in_vm other azattest decrypt --in good.jwe
expect_fail "[AZATTEST_E_JWE -117]" azattest decrypt --name web --in good.jwe

# Replayed: with its own nonce, with a fresh one, with one that was never given out or none.
refused "this nonce" "$n" t.jwt
refused "MAA token refused: check T11 (nonce)" "$(nonce)" t.jwt
ok azattest attest --nonce 00112233445566778899aabbccddeeff --out own-nonce.jwt
refused "this nonce" 00112233445566778899aabbccddeeff own-nonce.jwt
refused "this nonce" "" t.jwt
# A nonce is used up by a refused request, too.
n=$(nonce)
ok azattest attest --nonce "$n" --out late.jwt
refused "MAA token refused: check T11 (nonce)" "$n" t.jwt
refused "this nonce" "$n" late.jwt

# A nonce is the manager's, whole, and of this manager; strangers who ask for many push nobody's out.
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
other_digit() { if [ "$1" = 0 ]; then echo 1; else echo 0; fi; }
for at in 0 15 16 31 32 63; do
        refused "this nonce" "${n:0:at}$(other_digit "${n:at:1}")${n:at+1}" t.jwt
done
refused "this nonce" "${n:0:62}" t.jwt
refused "this nonce" "${n}00" t.jwt
refused "this nonce" "${n^^}" t.jwt
plain curl -sS -o nonces "$url/nonce?[1-200]"
ask "$n" t.jwt
same 200 "$http" "status after 200 other nonces ($(head -c 200 answer.jwe))"
refused "this nonce" "$n" t.jwt
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
manage
refused "this nonce" "$n" t.jwt

# Another VM, as good as ours.
n=$(nonce)
ok in_vm other azattest attest --nonce "$n" --out other.jwt
refused "MAA token refused: check T13 (claims): " "$n" other.jwt
grep -qF x-ms-azurevm-vmid answer.jwe || fail "the claim is not named"

# Trusted Launch: a VM without confidential hardware.
vm plain --vm trustedlaunch
n=$(nonce)
ok in_vm plain azattest attest --require trustedlaunch --nonce "$n" --out plain.jwt
refused "MAA token refused: check T12 (type)" "$n" plain.jwt

# A VM of another attestation service.
azattest-sim start elsewhere
vms+=(elsewhere)
n=$(nonce)
ok in_vm elsewhere azattest attest --nonce "$n" --out elsewhere.jwt
refused "MAA token refused: check T4 (issuer)" "$n" elsewhere.jwt

# A signing key's token, a damaged one, none at all.
n=$(nonce)
ok azattest attest --purpose sign --nonce "$n" --out sign.jwt
refused "MAA token refused: check C5 (purpose)" "$n" sign.jwt
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
sed 's/\.[^.]*$/.AAAA/' t.jwt >damaged.jwt
refused "MAA token refused: check T8 (signature)" "$n" damaged.jwt
refused "MAA token refused: check T1 (form)" "$(nonce)" /dev/null
head -c 70000 /dev/zero | tr '\0' a >long.jwt
refused "the token is too long" "$(nonce)" long.jwt

# A stranger's token of a key id that he made up, while MAA does not answer: others wait for seconds only.
n=$(nonce)
ok azattest attest --nonce "$n" --out made-up.jwt
header=$(cut -d. -f1 made-up.jwt | tr '_-' '/+' | { cat; echo ===; } | tr -d '\n' | { base64 -di 2>/dev/null || true; } |
        jq -c '.kid = "made-up"' | tr -d '\n' | base64 -w0 | tr -d = | tr '/+' '_-')
echo "$header.$(cut -d. -f2- made-up.jwt)" >made-up2.jwt
good=$(nonce)
ok azattest attest --nonce "$good" --out t.jwt
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault http-dead"
plain curl -sS -o stranger --data-binary @made-up2.jwt "$url/secret?nonce=$n" &
stranger=$!
sleep 0.5
begin=$SECONDS
ask "$good" t.jwt
same 200 "$http" "status beside a stranger ($(head -c 200 answer.jwe))"
[ $((SECONDS - begin)) -le 15 ] || fail "a stranger holds others up for $((SECONDS - begin)) seconds"
wait "$stranger"
grep -qF "check T5 (key set)" stranger || { cat stranger >&2; fail "the stranger was not refused for his key id"; }
azattest-sim ctl "$AZATTEST_SIM_DIR" clear

# Too late.
manage 0 "" 2
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
sleep 2.1
refused "this nonce" "$n" t.jwt

# Expired.
manage $((9 * 3600))
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
refused "MAA token refused: check T9 (time)" "$n" t.jwt

# Without a policy that can be read nobody gets anything.
manage 0 /dev/null/none
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
refused "policy /dev/null/none" "$n" t.jwt
# One that every good VM satisfies says nothing about whose it is (D42).
jq '.anyOf[].allOf |= map(select(.claim != "x-ms-azurevm-vmid"))' "$(setting policy)" >nobody.json
manage 0 "$PWD/nobody.json"
n=$(nonce)
ok azattest attest --nonce "$n" --out t.jwt
refused "MAA token refused: check G4 (identity)" "$n" t.jwt
dismiss
