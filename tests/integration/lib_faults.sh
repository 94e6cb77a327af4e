# Sourced by the tests that play every fault of the simulator: VMs of their own, a table of faults, and
# that no fault is without a row. The test defines `row FAULT SECOND THIRD`, which judges one line of its
# table, `healthy`, which judges a VM without fault, and $patience, the timeout in seconds.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034
set -euo pipefail
here=$PWD
failed=0 vm='' seen=''

trap 'stop_vm' EXIT
stop_vm() {
        [ -z "$vm" ] || azattest-sim stop "$vm" || true
        vm=
}

# start_vm KIND [option...]: a VM of its own whose environment this shell takes.
start_vm() {
        stop_vm
        vm=$here/vm-$1
        azattest-sim --vm "$1" "${@:2}" start "$vm"
        # shellcheck disable=SC1091
        . "$vm/env.sh"
        export AZATTEST_REQUIRE=$1 AZATTEST_TIMEOUT=$patience
}

# tss_spoke FILE: a line of tpm2-tss's own log is in it.
tss_spoke() { grep -qE '^[A-Z]+:[a-z0-9]+:src/' "$1"; }

# run_table: lines "FAULT | SECOND | THIRD" from standard input, each on a VM that answers well again
# afterwards.
run_table() {
        local fault second third
        while IFS='|' read -r fault second third; do
                fault=${fault%"${fault##*[! ]}"} second=${second# } second=${second%"${second##*[! ]}"} third=${third# }
                [ -n "$fault" ] || continue
                azattest-sim ctl "$vm" "fault $fault"
                # Only the timeout ends these: no need to wait long for it.
                case $fault in *-dead | *=30) AZATTEST_TIMEOUT=2 ;; *) AZATTEST_TIMEOUT=$patience ;; esac
                row "$fault" "$second" "$third"
                azattest-sim ctl "$vm" clear
                seen+=" $(sed -E 's/(=.*|x[0-9]+)$//' <<<"$fault")"
        done
        healthy
}

# finish [REGEX]: every fault of `azattest-sim --help` whose name matches (those of a release, of TDX and
# of Windows have tests of their own: everything else) had a row; the exit status of the test.
finish() {
        local fault mine=${1-'^(?!vault-|tdx-|windows-|imds-no-identity)'}
        for fault in $(azattest-sim --help | sed -n '/^faults:/,$s/^ *\([a-z-]*\).*/\1/p' | sed 's/-$//' | grep -P -- "$mine"); do
                [[ "$seen " == *" $fault "* || $fault == faults ]] || {
                        echo "no row for fault $fault"
                        failed=1
                }
        done
        exit $failed
}
