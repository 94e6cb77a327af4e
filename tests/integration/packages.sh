# The packages in a bare Debian of their own: what they hold, install, first steps, upgrade, remove and purge; RPMs
# hold the same; and building from source there needs what the build says is missing, and no more. Minutes, and the
# network of apt: not for every day.
# everyday: no
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_chroot.sh"
new_debian bookworm dpkg-dev rpm

ok cmake -S "$root" -B build -G Ninja -DCMAKE_INSTALL_PREFIX=/usr -DAZATTEST_SIM=ON -DAZATTEST_COMPAT=ON
ok cmake --build build --target package

# ---- what is in them ----
contents() { dpkg-deb -c "$1" | awk '$1 !~ /^d/ { sub(/^\./, "", $6); print $6 }' | sort; }
for name in libazattest0 libazattest-dev libazattest-compat azattest azattest-sim; do
        contents build/${name}_*.deb >deb.txt
        rpm -qlp --noghost build/$name-[0-9]*.rpm | sort >all.txt
        # An RPM names its directories, too.
        while read -r path; do ! grep -q "^$path/" all.txt deb.txt || continue; echo "$path"; done <all.txt >rpm.txt
        diff <(grep -v '^/etc/azattest$' rpm.txt) deb.txt >stdout || { cat stdout >&2; fail "RPM and DEB of $name differ"; }
done
rpm -qp --requires build/azattest-[0-9]*.rpm >stdout
printed "libazattest0 = 0.2.0"
printed "tpm2-tss"
rpm -qp --scripts build/azattest-[0-9]*.rpm >stdout
printed "postinstall scriptlet"
same '' "$(rpm -qp --qf '[%{FILEUSERNAME}:%{FILEGROUPNAME} %{FILENAMES}\n]' build/*.rpm | grep -v '^root:root ' || :)" "owners in the RPMs"
# A program of Microsoft's library finds all that it had, and its package cannot stay beside.
contents build/libazattest-compat_*.deb >deb.txt
for file in 'lib.*/libazguestattestation.so.1' 'lib.*/libazguestattestation.so' 'lib.*/pkgconfig/azguestattestation.pc' \
        include/azguestattestation1/Attestation{Client,LibTypes,Logger}.h; do
        grep -qE "^/usr/$file\$" deb.txt || { cat deb.txt >&2; fail "no $file in libazattest-compat"; }
done
same azguestattestation1 "$(dpkg-deb -f build/libazattest-compat_*.deb Conflicts)" Conflicts
same azguestattestation1 "$(rpm -qp --conflicts build/libazattest-compat-[0-9]*.rpm)" "Conflicts of the RPM"
same "azguestattestation1 (= 1.0.5)" "$(dpkg-deb -f build/libazattest-compat_*.deb Provides)" Provides
rpm -qp --provides build/libazattest-compat-[0-9]*.rpm >stdout
printed 'azguestattestation1 = 1.0.5'
contents build/azattest_*.deb >deb.txt
grep -q '/ossl-modules/azattest.so$' deb.txt || fail "no provider in azattest"
same /etc/ssl/openssl.cnf.d/azattest.cnf "$(dpkg-deb -I build/azattest_*.deb conffiles)" conffiles
rpm -qcp build/azattest-[0-9]*.rpm >stdout
printed /etc/ssl/openssl.cnf.d/azattest.cnf

# ---- a bare Debian 12 ----
apt() { ok inside_apt "$@"; }
for name in libazattest0 libazattest-dev libazattest-compat azattest azattest-sim; do cp build/${name}_*.deb "$bare/root/$name.deb"; done
apt update
apt install openssl jq /root/libazattest0.deb /root/azattest.deb /root/azattest-sim.deb /root/libazattest-compat.deb
ok inside ldd /usr/lib/x86_64-linux-gnu/libazguestattestation.so.1
printed "libazattest.so.0 => /"
! grep -q 'not found' stdout || { cat stdout >&2; fail "the library for C++ lacks one"; }
# A package that wants Microsoft's has what it wants.
mkdir -p program/DEBIAN
printf 'Package: program\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: wants it\nDepends: azguestattestation1 (>= 1.0.2)\n' \
        >program/DEBIAN/control
ok dpkg-deb --root-owner-group -b program "$bare/root/program.deb"
apt install /root/program.deb
# sees FILE...: in the bare system.
sees() { for file in "$@"; do [ -s "$bare$file" ] || fail "no $file"; done; }
sees /usr/lib/systemd/system/azattest-cert@.timer /usr/share/man/man1/azattest.1 /usr/share/bash-completion/completions/azattest
ok inside getent group tss

# ---- README's first steps, as printed ----
. "$root/tests/integration/lib_examples.sh"
printf '%s\n' '.include /etc/ssl/openssl.cnf.d/azattest.cnf' >>"$bare/etc/ssl/openssl.cnf"
ok inside openssl list -providers
grep -A3 '^  azattest' stdout | grep 'status: active' >/dev/null || { cat stdout >&2; fail "the provider is not active"; }
for name in first-secret first-key first-evidence; do
        example "$root/README.md" "sim $name" >"$bare/root/$name.sh"
        [ -s "$bare/root/$name.sh" ] || fail "README has no example $name"
        ok inside sh -c "cd /root && azattest-sim run -- bash -euo pipefail $name.sh"
done

# ---- upgrade: what was edited stays ----
cnf=$bare/etc/ssl/openssl.cnf.d/azattest.cnf
ok dpkg-deb -R build/azattest_*.deb next
sed -i 's/^Version: .*/Version: 0.2.0-2/' next/DEBIAN/control
echo '# a new text' >>next/etc/ssl/openssl.cnf.d/azattest.cnf
ok dpkg-deb --root-owner-group -b next "$bare/root/next.deb"
echo 'maa-url = https://attest.example' >>"$cnf"
apt install /root/next.deb
same 0.2.0-2 "$(inside dpkg-query -W -f='${Version}' azattest)"
tail -1 "$cnf" | grep attest.example >/dev/null || fail "the upgrade lost the edited configuration"

# ---- remove keeps the configuration, purge does not, and never what the administrator made ----
touch "$bare/etc/azattest/web.crt"
apt remove azattest
[ -f "$cnf" ] || fail "remove took the configuration"
[ ! -e "$bare/usr/bin/azattest" ] || fail "remove left the command"
apt purge azattest azattest-sim program libazattest-compat libazattest0
[ ! -e "$cnf" ] || fail "purge left the configuration"
[ -f "$bare/etc/azattest/web.crt" ] || fail "purge took a certificate"
rm -r "$bare/etc/azattest"
same '' "$(find "$bare/usr" "$bare/etc" \( -name '*azattest*' -o -name '*azguest*' \) -not -path '*/var/*')" "what is left after the purge"

# ---- from source: what the build names, and nothing else ----
apt install cmake
source_inside
configure() { inside cmake -S /root/source -B /root/build -G Ninja; }
# named WHAT...: the packages that it asks for now; they are installed, and it is tried again in the same folder.
named() {
        expect_fail 'apt install' configure
        same "$*" "$(sed -n 's/^ *apt install //p' stderr)" "what is missing"
        apt install "$@"
}
named gcc libc6-dev ninja-build pkg-config
named libssl-dev libjson-c-dev libcurl4-openssl-dev libtss2-dev
ok configure
printed 'azattest-sim: left out'
printed 'libazguestattestation: left out; for it: apt install g++'
printed 'Debian packages: left out; for them: apt install file dpkg-dev'
ok inside cmake --build /root/build
# Packages without dpkg-shlibdeps would depend on no library.
apt install file
! inside cmake --build /root/build --target package >stdout 2>stderr || fail "packages without dpkg-shlibdeps"
! ls "$bare"/root/build/*.deb 2>/dev/null || fail "there are packages"
# The tests need more, and the build names that, too (swtpm is there since azattest-sim was).
expect_fail 'apt install' inside cmake -S /root/source -B /root/build-tests -G Ninja -DAZATTEST_TESTS=ON
read -ra needed < <(sed -n 's/^ *apt install //p' stderr)
same "libcmocka-dev libmicrohttpd-dev valgrind" "$(printf '%s\n' "${needed[@]}" | sort | paste -sd' ')" "needed for tests"

# ---- as printed, by somebody who is asked nothing ----
printf '#!/bin/sh\nexec "$@"\n' >"$bare/usr/local/bin/sudo"
chmod +x "$bare/usr/local/bin/sudo"
echo 'APT::Get::Assume-Yes "true";' >"$bare/etc/apt/apt.conf.d/99yes"
# as_printed FRAGMENT: printed.sh in the source tree, and then the provider is there, by that file.
as_printed() {
        ok inside sh -c 'cd /root/source && rm -rf build && USER=games bash -euo pipefail /root/printed.sh'
        ok inside azattest --version
        sed -i "s|^.include .*|.include $1|" "$bare/etc/ssl/openssl.cnf"
        ok inside openssl list -providers
        grep -A3 '^  azattest' stdout | grep 'status: active' >/dev/null || { cat stdout >&2; fail "the provider of $1 is not active"; }
}
recipe packages.sh source >"$bare/root/printed.sh"
as_printed /usr/local/etc/ssl/openssl.cnf.d/azattest.cnf
# What is printed for renewal finds its folders there; no systemd runs.
recipe cert_renewal.sh | grep -v '^systemctl ' >"$bare/root/printed.sh"
ok inside sh -e /root/printed.sh
sees /etc/azattest/web.conf /etc/systemd/system/nginx.service.d/azattest.conf
ok inside cmake --build /root/source/build --target uninstall
ok inside sh -c '! command -v azattest'
recipe packages.sh packages >"$bare/root/printed.sh"
as_printed /etc/ssl/openssl.cnf.d/azattest.cnf
[[ $(inside id -nG games) == *tss* ]] || fail "the user is not in the group tss"
