# Programs of the C++ interface of Microsoft's client: they build with core/cpp's headers by every compiler and
# edition, and run in each kind of VM; and so do binaries that were linked against another library of that soname,
# which stands for Microsoft's. Every symbol that such a binary asks of it is there, and no other is offered.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_cpp.sh"
programs="attest_print platform_check release"

for compiler in "${cpp_compilers[@]}"; do
        for edition in 11 14 17 20; do
                for program in $programs behaviour; do
                        cpp "$compiler" $edition "$program-$compiler-$edition" "$(cpp_source "$program")" "${cpp_link[@]}"
                done
        done
done

# ---- old binaries ----
mkdir old new
g++ -std=c++11 -shared -fPIC -I"$cpp_top/core/cpp" -Wl,-soname,libazguestattestation.so.1 -o old/libazguestattestation.so.1 \
        "$(cpp_source stub)"
ln -s libazguestattestation.so.1 old/libazguestattestation.so
ln -s "$cpp_library" new/libazguestattestation.so.1
for program in $programs; do
        cpp g++ 14 "$program-binary" "$(cpp_source "$program")" -Lold -lazguestattestation
        status=0
        LD_LIBRARY_PATH=old "./$program-binary" x y >stdout || status=$?
        same 2 $status "$program with the stub"
        # What it wants from somewhere, less what the C and C++ libraries have, is what ours has.
        nm -D --undefined-only "$program-binary" | awk '$1 == "U" { print $2 }' | grep -v @ | sort >wanted
        grep -qx Initialize wanted || fail "$program asks for nothing"
        nm -D --defined-only new/libazguestattestation.so.1 | awk '{ print $3 }' | sort >offered
        same '' "$(comm -23 wanted offered)" "what $program does not find"
done
same "Initialize Uninitialize" "$(paste -sd' ' offered)" "what the library offers"
objdump -p "$cpp_library" >dynamic
grep -q 'SONAME *libazguestattestation.so.1$' dynamic || fail "another soname"
grep -q 'NEEDED *libazattest.so.0$' dynamic || fail "libazattest is not what does the work"

# ---- in VMs ----
cat >in_vm.sh <<'END'
. "$cpp_top/tests/integration/lib.sh"
# all HOW CONFIDENTIAL: the three programs, HOW by name.
all() {
        local how=$1
        ok "./attest_print-$how" "$SIM_MAA_URL" a-nonce
        cp stdout token.jwt
        same YS1ub25jZQ== "$(claim token.jwt '."x-ms-runtime"."client-payload".nonce')" "nonce by attest_print-$how"
        ok "./attest_print-$how" "${SIM_MAA_URL#https://}"
        ok "./platform_check-$how" "$SIM_MAA_URL/"
        same "$2" "$(cat stdout)" "platform_check-$how"
        ok "./release-$how" wrap "$SIM_MAA_URL" "a wrapped key"
        same "$(printf '256 a wrapped key\n%.0s' 1 2)" "$(cat stdout)" "release-$how wrap"
        # The vault's side, by OpenSSL alone.
        ok "./release-$how" token "$SIM_MAA_URL"
        cp stdout token.jwt
        ok azattest verify token.jwt --require any --pubkey-out public.pem
        printf 'from the vault' | plain openssl pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:oaep \
                -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -out wrapped.bin
        ok "./release-$how" unwrap wrapped.bin
        same "from the vault" "$(cat stdout)" "release-$how unwrap"
}
all "g++-11" "$1"
! [ -e attest_print-clang++-20 ] || all clang++-20 "$1"
export LD_LIBRARY_PATH=$PWD/new
all binary "$1"
unset LD_LIBRARY_PATH
expect_status 1 '[Error] azattest Attest:1 ' ./attest_print-g++-17 https://127.0.0.1:1/
printed '-7 0x0 '
END
export cpp_top
azattest-sim --vm sevsnp run -- bash in_vm.sh true
azattest-sim --vm tdx run -- bash in_vm.sh true
azattest-sim --vm trustedlaunch run -- bash in_vm.sh false
