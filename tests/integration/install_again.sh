# From source: what is missing is named with the line that installs it, a second install leaves an edited
# configuration alone, CMake's programs find the library, bash completes, and uninstalling leaves nothing of ours.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export CMAKE_GENERATOR=Ninja # make may not be there

# ---- what is missing ----
# First what CMake itself gives up without, and the next try is not spoiled by the last.
expect_fail 'apt install gcc libc6-dev ninja-build pkg-config' env -u CC PATH="$PWD" "$(command -v cmake)" -S "$root" -B nothing
expect_fail 'apt install libssl-dev libjson-c-dev libcurl4-openssl-dev libtss2-dev' \
        env PKG_CONFIG_LIBDIR=/nonexistent cmake -S "$root" -B nothing
mkdir pc
for module in libcrypto libssl json-c libcurl tss2-sys tss2-mu tss2-tctildr tss2-rc; do
        printf 'Name: %s\nDescription: present\nVersion: %s\nLibs:\n' $module "$(pkg-config --modversion $module)" >pc/$module.pc
done
ok env PKG_CONFIG_LIBDIR="$PWD/pc" cmake -S "$root" -B vm
printed 'azattest-sim: left out; for it: apt install libmicrohttpd-dev'
printed 'examples: left out'
ok cmake --build vm --target help
! grep -qE 'azattest_sim|secrets_manager' stdout || fail "the simulator is built without its library"
expect_fail 'apt install libmicrohttpd-dev' env PKG_CONFIG_LIBDIR="$PWD/pc" cmake -S "$root" -B vm -DAZATTEST_SIM=ON
# Packages that would name no library as needed are not made.
ok env PKG_CONFIG_LIBDIR="$PWD/pc" cmake -S "$root" -B vm -DAZATTEST_SIM=AUTO -DFILE_COMMAND=ON -DSHLIBDEPS=OFF -DRPMBUILD=OFF
printed 'Debian packages: left out; for them: apt install dpkg-dev'
! cmake --build vm --target package >stdout 2>stderr || fail "packages without dpkg-shlibdeps"
printed 'apt install dpkg-dev'

# ---- an edited configuration stays ----
install() { ok cmake --install "$AZATTEST_BUILD" --prefix "$PWD/usr"; }
cnf=usr/etc/ssl/openssl.cnf.d/azattest.cnf
install
cmp "$cnf" usr/share/azattest/azattest.cnf || fail "the pristine configuration is another"
# Root installed, and the next who installs out of the same build is another user.
same '' "$(find "$AZATTEST_BUILD" -name azattest.cnf -path '*install*')" "what installing leaves in the build"
# Not edited, but of an earlier version: replaced.
echo '# an earlier text' | tee "$cnf" >usr/share/azattest/azattest.cnf
install
grep -q '^module' "$cnf" || fail "an unedited configuration was not replaced"
echo 'maa-url = https://attest.example' >>"$cnf"
install
printed 'Kept, since it was edited'
tail -1 "$cnf" | grep -q attest.example || fail "the edited configuration was overwritten"

for file in lib/systemd/system/azattest-cert@.timer lib/sysusers.d/azattest.conf lib/tmpfiles.d/azattest.conf \
        share/azattest/boot-log.conf share/bash-completion/completions/azattest; do
        [ -s "usr/$file" ] || fail "no $file"
done

# ---- find_package ----
mkdir program
cat >program/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.22)
project(program C)
find_package(azattest 0.2 REQUIRED)
add_executable(program program.c)
target_link_libraries(program azattest::azattest)
END
printf '#include <azattest.h>\n#include <stdio.h>\nint main(void) { return puts(azattest_version()) < 0; }\n' >program/program.c
ok cmake -S program -B program/build -DCMAKE_PREFIX_PATH="$PWD/usr"
ok cmake --build program/build
ok program/build/program
printed 0.2.

# ---- completion ----
# complete WORD...: what bash offers for the last word.
complete_line() {
        PATH=$PWD/usr/bin:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _azattest; printf "%s\n" "${COMPREPLY[@]}"' \
                usr/share/bash-completion/completions/azattest "$@" >stdout 2>stderr
}
complete_line azattest ev
same evidence "$(cat stdout)"
complete_line azattest verify --pub
same --pubkey-out "$(cat stdout)"
complete_line azattest -v verify token.jwt --purpose s
same sign "$(cat stdout)"
complete_line azattest verify progr
same program "$(cat stdout)"

# ---- uninstall ----
# What was kept above was not installed: it is nobody's to remove.
uninstall() { ok cmake -Dmanifest="$AZATTEST_BUILD/install_manifest.txt" -P "$root/core/package/uninstall.cmake"; }
mkdir usr/share/other
uninstall
same "$cnf" "$(find usr -type f)" "what is left"
[ -d usr/share/other ] || fail "a directory of somebody else is gone"
[ ! -d usr/share/azattest ] || fail "our empty directory is left"
rm "$cnf"
install
echo 'maa-url = https://attest.example' >>"$cnf"
uninstall
matched 'Kept, since it was edited'
same "$cnf" "$(find usr -type f)" "what is left"
rm "$cnf"
install
uninstall
same '' "$(find usr -type f -o -path 'usr/etc/azattest')" "what is left"
expect_fail 'Nothing to uninstall' cmake -Dmanifest=none.txt -P "$root/core/package/uninstall.cmake"
# Who may not remove is told so, and before anything is.
echo /proc/version >none.txt
expect_fail 'Cannot remove /proc/version: uninstall as the user who installed it' \
        cmake -Dmanifest=none.txt -P "$root/core/package/uninstall.cmake"
