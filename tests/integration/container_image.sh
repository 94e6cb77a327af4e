# The image of tests/examples/container, built by podman from the packages on a bare Debian 12: with the options that
# azattest-operations(7) prints it attests, and its nginx serves with an attested key. Minutes, and the network of apt.
# everyday: no
# setups: default
# shellcheck disable=SC1091
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_chroot.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_nginx.sh"
base=docker.io/library/debian:12
new_debian bookworm podman crun dpkg-dev

# podman of this test's own: its images end with it, and it is not troubled by a kernel with both kinds of cgroups.
limits=(--network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
podman() {
        unshare --mount bash -c '! mountpoint -q /sys/fs/cgroup/unified || umount -l /sys/fs/cgroup/unified; exec podman "$@"' \
                podman --root "$PWD/images" --runroot "$PWD/run-images" "$@"
}
trap 'stop_servers; podman rm --all --force --time 2 >/dev/null 2>&1 || :' EXIT
ok tar -C "$bare" --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* -cf base.tar .
ok podman import base.tar "$base"
podman run --rm "${limits[@]}" "$base" true 2>stderr || skip "podman runs no container here: $(tail -1 stderr)"

ok cmake -S "$root" -B build -G Ninja -DCMAKE_INSTALL_PREFIX=/usr -DAZATTEST_SIM=OFF -DAZATTEST_EXAMPLES=OFF \
        -DAZATTEST_COMPAT=OFF
ok cmake --build build --target package
mkdir context
cp "$root/tests/examples/container/Containerfile" build/libazattest0_*.deb build/azattest_*.deb context/
ok podman build --format docker "${limits[@]}" -t attested-web context

# The host: what the printed options mount. The simulated vTPM is a socket, which tpm_device.so opens as a device.
group=5999 port=$(free_port)
chgrp $group "$SIM_TPM_DEVICE" && chmod 660 "$SIM_TPM_DEVICE"
mkdir -p etc log
cp "$SIM_EVENT_LOG" log/binary_bios_measurements
cp "$AZATTEST_SIM_DIR"/{ca.pem,policy.json,ak-issuers.pem} etc/
sed -E "/^(module|tcti|event-log|runtime-dir) *=/d; s|$AZATTEST_SIM_DIR|/etc/azattest|" "$OPENSSL_CONF" >etc/openssl.cnf
cat >etc/nginx.conf <<END
worker_processes 1;
env SIM_TPM_DEVICE; # what tpm_device.so opens
pid /run/azattest/nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path /run/azattest/body; proxy_temp_path /run/azattest/proxy; fastcgi_temp_path /run/azattest/fastcgi;
    uwsgi_temp_path /run/azattest/uwsgi; scgi_temp_path /run/azattest/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate /run/azattest/web.crt;
        ssl_certificate_key /run/azattest/web.key;
        location / { return 200 "served"; }
    }
}
END
recipe container.sh >printed
read -ra options <<<"$(sed -e 's/\\$//' -e 's/^ *podman run//' -e 's/^ *attested-web$//' printed | tr '\n' ' ')"
for ((i = 0; i < ${#options[@]}; i++)); do
        case ${options[i]} in
        keep-groups) options[i]=$group ;; # root starts it
        --device) options[i]=--volume options[++i]=$SIM_TPM_DEVICE:/dev/tpmrm0 ;;
        /sys/kernel/security/tpm0:*) options[i]=$PWD/log:${options[i]#*:} ;;
        /etc/azattest:*) options[i]=$PWD/etc:${options[i]#*:} ;;
        esac
done
contained() {
        podman run --rm "${limits[@]}" "${options[@]}" --volume "$AZATTEST_BUILD/tests/integration/tpm_device.so:/tpm_device.so:ro" \
                --env LD_PRELOAD=/tpm_device.so --env SIM_TPM_DEVICE=/dev/tpmrm0 "$@"
}
ok contained attested-web azattest attest --nonce n
tail -1 stdout >t.jwt
ok azattest verify t.jwt --nonce n
! contained attested-web sh -c 'echo >/etc/x' 2>stderr || fail "the root can be written"
said "Read-only file system"

serve "$port" contained --name web attested-web sh -c 'cd /run/azattest &&
        azattest cert --name web --san DNS:web.example --out web.crt --key-out web.key && cat web.crt &&
        exec nginx -c /etc/azattest/nginx.conf -e stderr -g "daemon off;"'
sed -n '/-----BEGIN/,/-----END/p' server.log | tr -d '\r' >web.crt
same served "$(plain curl -sS --cacert web.crt --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/")"
ok azattest verify web.crt
ok podman exec web sh -c 'azattest status /run/azattest/web.crt /run/azattest/web.key'
ok podman healthcheck run web
ok podman stop -t 5 web
wait "$server" || :
