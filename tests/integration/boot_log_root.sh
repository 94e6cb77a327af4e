# Root in a VM plays with its boot log (D40): a VM that booted with secure boot off, and a log that lies, are never
# accepted where secure boot is demanded, by option, by policy, by trustedlaunch or in a token's claim.
# sim: none
# shellcheck shell=bash
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$here/lib.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }

policy='{"version":"1.0.0","anyOf":[{"authority":"URL","allOf":[{"claim":"secureboot","equals":true}]}]}'

# by ROW ARGS...: `verify` refuses, or cannot decide, and ROW is not accepted.
refused_by() {
        local row=$1 status=0
        shift
        azattest verify "$@" --json >stdout 2>stderr || status=$?
        [ $status != 0 ] || { cat stdout >&2; fail "accepted: $attack: $*"; }
        [ "$(check_row "$row")" != accept ] || { cat stdout >&2; fail "$row accepts: $attack: $*"; }
}

# Everything that demands secure boot.
all_refuse() { # EVIDENCE
        refused_by E13 "$1" "${how[@]}" --require-secure-boot
        refused_by P8 "$1" "${how[@]}" --policy policy.json
        [ "$kind" != trustedlaunch ] || refused_by P8 "$1" "${how[@]}"
        # secure-boot = report: a token all the same, to see what MAA says.
        ok azattest --config report.cnf attest --out t.jwt "${attest[@]}"
        same false "$(claim t.jwt .secureboot)" "secureboot of MAA, $attack"
}

inside() {
        local state=$1 attack=honest attest how=(--any-vm)
        kind=$2
        sed '/^policy *=/d' "$OPENSSL_CONF" >plain.cnf
        export OPENSSL_CONF=$PWD/plain.cnf
        unset AZATTEST_POLICY
        sed 's/^maa-url *=.*/&\nsecure-boot = report/' "$OPENSSL_CONF" >report.cnf
        echo "${policy/URL/$(setting maa-url)}" >policy.json
        [ "$kind" = sevsnp ] || how+=(--certs "$AZATTEST_SIM_DIR/pki/vtpm-ca.pem" --certs "$AZATTEST_SIM_DIR/pki/vtpm-root.pem")
        how+=(--require "$kind")
        export AZATTEST_REQUIRE=$kind
        ok azattest evidence --out honest.json
        # A token all the same, to see what MAA says.
        attest=(--policy any.json)
        sed 's/"secureboot","equals":true/"x-ms-attestation-type","equals":"azurevm"/' policy.json >any.json
        if [ "$state" = on ]; then
                ok azattest verify honest.json "${how[@]}" --require-secure-boot --policy policy.json
                ok azattest attest --out t.jwt
                same true "$(claim t.jwt .secureboot)"
                same true "$(claim t.jwt '.["x-ms-azurevm-debuggersdisabled"]')"
        else
                # Off is refused by default (D43), and what it is where a relying party only wants to know.
                expect_fail "check E13" azattest verify honest.json "${how[@]}"
                if [ "$kind" != trustedlaunch ]; then
                        ok azattest --config report.cnf verify honest.json "${how[@]}" --json
                        same off "$(jq -r '.claims["secure-boot"]' stdout)"
                fi
                all_refuse honest.json
        fi
        for attack in $3; do
                ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
                python3 "$here/boot_log_root.py" "$attack" "$SIM_EVENT_LOG" evil.log "${SIM_TCTI#swtpm:path=}"
                AZATTEST_EVENT_LOG=$PWD/evil.log
                export AZATTEST_EVENT_LOG
                ok azattest evidence --out evil.json
                # The lie is one that replays.
                azattest verify evil.json "${how[@]}" --json >stdout 2>stderr || :
                same accept "$(check_row E6)" "E6 of $attack"
                case $attack in
                relabel* | hide* | append* | separator | double) same reject "$(check_row E13)" "E13 of $attack" ;;
                debug) same reject "$(check_row E14)" ;;
                esac
                all_refuse evil.json
                unset AZATTEST_EVENT_LOG
        done
}

if [ "${1-}" = inside ]; then
        inside "$2" "$3" "$4"
        exit
fi
attacks="relabel relabel-own-db relabel-ipl hide hide-own-db append append-own-db separator double debug pretend"
for state in off on; do
        for kind in sevsnp trustedlaunch; do
                azattest-sim --vm $kind --secure-boot $state run -- bash "$0" inside $state $kind "$attacks" ||
                        fail "secure boot $state, $kind"
        done
done

# Real data: the firmware ran in UEFI Debug Mode, and the event's label was changed.
vectors=${AZATTEST_VECTORS:-$here/../../../shared/vectors}/bootlog
[ -f "$vectors/debug.cnf" ] || { echo "skipped: no vectors (the rest passed)"; exit 77; }
for file in DEBUG-honest DEBUG-relabelled; do
        # They hold values of PCRs that are not quoted, too; the same without.
        jq -c '.pcrs.sha256 |= with_entries(select(.key | tonumber < 8))' "$vectors/$file.json" >quoted.json
        for evidence in "$vectors/$file.json" quoted.json; do
                ! OPENSSL_CONF=$vectors/debug.cnf azattest verify "$evidence" --require trustedlaunch --any-vm --json \
                        >stdout 2>stderr || fail "$file accepted"
                same reject "$(check_row E14)" "$file"
        done
done
