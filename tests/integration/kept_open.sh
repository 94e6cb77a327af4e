# The TPM as the kernel has it, a device that stays open: a server that has used its key goes on without the
# right to open anything, as in a chroot, out of descriptors, or under seccomp; a process that it starts
# then needs the device again. A program's objects end with its descriptor.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=$AZATTEST_BUILD/tests/integration
on_device() { env AZATTEST_TCTI="device:$SIM_TPM_DEVICE" LD_PRELOAD="$programs/tpm_device.so" "$@"; }

ok on_device azattest attest --out t.jwt
ok azattest verify t.jwt
before=$(commands ALL)
ok on_device azattest doctor
grep -q "^TPM  *ok  *answers at device:$SIM_TPM_DEVICE" stdout || { cat stdout >&2; fail "doctor"; }
[ "$(commands ALL)" -gt "$before" ] || fail "the device's commands are not counted"

# The child closes its parent's descriptor and has room for its own.
ok on_device "$programs/kept_open" files azattest://sign
same "once again child" "$(xargs <stdout)" files
for how in seccomp chroot; do
        [ $how != chroot ] || [ "$(id -u)" = 0 ] || { echo "skipped: chroot needs root"; continue; }
        status=0
        on_device "$programs/kept_open" $how azattest://sign >stdout 2>stderr || status=$?
        same "1 once again" "$status $(xargs <stdout)" "$how: the child needs the device"
        # Who is killed says nothing.
        [ $how = seccomp ] || grep -q "$SIM_TPM_DEVICE" stderr || { cat stderr >&2; fail "$how: no word about the device"; }
done
# The usual socket is opened for each command: nothing that is given up may be its path.
status=0
"$programs/kept_open" files azattest://sign >stdout 2>stderr || status=$?
same "1 once" "$status $(xargs <stdout)" "without the device"

# Where the chroot has the device, and the child its descriptors, all goes on.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        mkdir -p "empty$(dirname "$SIM_TPM_DEVICE")"
        status=0
        # shellcheck disable=SC2016
        on_device unshare -m sh -c 'touch "empty$SIM_TPM_DEVICE" && mount --bind "$SIM_TPM_DEVICE" "empty$SIM_TPM_DEVICE" &&
                exec "$1" chroot azattest://sign' - "$programs/kept_open" >stdout 2>stderr || status=$?
        same "0 once again child" "$status $(xargs <stdout)" "chroot with the device: $(cat stderr)"
fi
