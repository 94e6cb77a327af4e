# A container as azattest-operations(7) says it: a root of its own, read-only, with what the printed options
# mount and nothing else, an ordinary user in the device's group. All works in it; without one of the mounts the
# message names it.
# shellcheck shell=bash
# shellcheck disable=SC2016
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || { echo "skipped: mounts need root"; exit 77; }
group=5999
chgrp $group "$SIM_TPM_DEVICE" && chmod 660 "$SIM_TPM_DEVICE"

# The host: where Azure has the boot log, an /etc/azattest. The configuration leaves what has a default to it.
mkdir -p host/sys/kernel/security/tpm0 host/etc/azattest host/dev
cp "$SIM_EVENT_LOG" host/sys/kernel/security/tpm0/binary_bios_measurements
cp /etc/os-release host/etc/
cp "$AZATTEST_SIM_DIR"/{ca.pem,policy.json,ak-issuers.pem} host/etc/azattest/
sed -E "/^(tcti|event-log|runtime-dir) *=/d; s|$AZATTEST_SIM_DIR|/etc/azattest|" "$OPENSSL_CONF" >host/etc/azattest/openssl.cnf
ln -s "$SIM_TPM_DEVICE" host/dev/tpmrm0

# mounts: "SOURCE TARGET OPTIONS" a line, of the printed command; tmpfs has the source "tmpfs". U, the user's own, is
# podman's word.
recipe container.sh >printed
grep -oE -- '--(device|volume|tmpfs) [^ ]+' printed | sed -E \
        -e 's|--device (.*)|\1 \1 rw|' -e 's|--volume ([^:]*):([^:]*):(.*)|\1 \2 \3|' -e 's|--tmpfs ([^:]*):(.*)|tmpfs \1 \2|; s|,U$|,uid=1000|' >mounts
event_log=$(grep -oE 'AZATTEST_EVENT_LOG=[^ ]+' printed)
same 5 "$(wc -l <mounts)" "mounts in the printed command"
grep -q -- '--read-only --user 1000 --group-add' printed || fail "another user or root is printed"

# The image: this machine's programs, and the build in its place.
cat >inside.sh <<'END'
set -euo pipefail
mount -t tmpfs tmpfs root
for folder in /usr /bin /lib /lib64 /etc/ssl /etc/alternatives /etc/ld.so.cache "$AZATTEST_BUILD"; do
        [ ! -e $folder ] || [ -L $folder ] || {
                if [ -d $folder ]; then mkdir -p root$folder; else mkdir -p "root$(dirname $folder)" && touch root$folder; fi
                mount --bind $folder root$folder
        }
        [ ! -L $folder ] || cp -d $folder root$folder
done
mkdir -p root/dev root/tmp root/proc && touch root/dev/null && mount --bind /dev/null root/dev/null
while read -r source target options; do
        if [ "$source" = tmpfs ]; then
                mkdir -p root$target && mount -t tmpfs -o "$options" tmpfs root$target
        elif [ -d host$source ]; then
                mkdir -p root$target && mount --bind host$source root$target
        else
                mkdir -p "root$(dirname $target)" && touch root$target && mount --bind "$(readlink -f host$source)" root$target
        fi
done
mount -o remount,ro tmpfs root
exec chroot --userspec=1000:1000 --groups="$GROUP" root env -i PATH="$AZATTEST_BUILD/bin:/usr/bin:/bin" \
        OPENSSL_MODULES="$OPENSSL_MODULES" OPENSSL_CONF=/etc/azattest/openssl.cnf AZATTEST_RUNTIME_DIR=/run/azattest "$EVENT_LOG" \
        SIM_TPM_DEVICE=/dev/tpmrm0 LD_PRELOAD="$AZATTEST_BUILD/tests/integration/tpm_device.so" "$@"
END
mkdir root
# contained FILE COMMAND...: in a container with the mounts of FILE
contained() { GROUP=$group EVENT_LOG=$event_log unshare -m bash inside.sh "${@:2}" <"$1"; }

ok contained mounts azattest attest --nonce n
token=$(tail -1 stdout)
ok contained mounts sh -c 'azattest attest >/run/azattest/t && echo secret >/run/azattest/in &&
        azattest encrypt --token /run/azattest/t --in /run/azattest/in --out /run/azattest/box &&
        openssl pkeyutl -decrypt -inkey azattest://key -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 \
                -in /run/azattest/box && azattest status'
grep -qx secret stdout || { cat stdout >&2; fail "not decrypted"; }
printf '%s\n' "$token" >t.jwt && ok azattest verify t.jwt --nonce n
! contained mounts sh -c 'echo >/etc/x' 2>stderr || fail "the root can be written"

without() { # MOUNT STATUS FRAGMENT
        grep -v -- "$1" mounts >less
        expect_status "$2" "$3" contained less azattest attest --nonce n
}
without tpmrm0 1 "no TPM at /dev/tpmrm0"
without kernel/security 3 "/boot-log/binary_bios_measurements"
without /etc/azattest 2 maa-url
grep -v /run/azattest mounts >less && ok contained less azattest attest --nonce n
# Another user than the device's group.
group=6000
expect_status 1 "add the user to group tss" contained mounts azattest attest
