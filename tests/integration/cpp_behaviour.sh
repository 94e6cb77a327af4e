# Where the C++ interface of Microsoft's client differs from it by design, and what is as it was: each thing that
# azattest-migrating(7) says. Also with everything of core/cpp under AddressSanitizer, and under valgrind.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2016
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_cpp.sh"
own=(-pthread -I"$cpp_top/core/include" -L"$AZATTEST_BUILD/lib" -lazattest -Wl,-rpath,"$AZATTEST_BUILD/lib")

cpp g++ 11 pieces "$(cpp_source pieces)" "$cpp_top"/core/cpp/{input,result}.cpp "${own[@]}"
ok ./pieces
cpp g++ 11 behaviour "$(cpp_source behaviour)" "${cpp_link[@]}"
sanitize=(-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
cpp g++ 17 sanitized "${sanitize[@]}" "$(cpp_source behaviour)" "$cpp_top"/core/cpp/*.cpp "${own[@]}"
for program in platform_check attest_print release; do
        cpp g++ 17 "sanitized-$program" "${sanitize[@]}" "$(cpp_source $program)" "$cpp_top"/core/cpp/*.cpp "${own[@]}"
        cpp g++ 14 $program "$(cpp_source $program)" "${cpp_link[@]}"
done

cat >in_vm.sh <<'END'
. "$cpp_top/tests/integration/lib.sh"
ok ./behaviour all "$SIM_MAA_URL"
# A program that leaves the logger to the library, as the reference wants it, is no leak.
silent ./sanitized-platform_check "$SIM_MAA_URL"
silent ./sanitized all "$SIM_MAA_URL"
ok ./sanitized-attest_print "$SIM_MAA_URL" n
ok ./sanitized-release wrap "$SIM_MAA_URL" secret
if [ -n "$valgrind" ]; then
        memcheck=("$valgrind" -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite)
        silent "${memcheck[@]}" ./behaviour all "$SIM_MAA_URL"
        silent "${memcheck[@]}" ./platform_check "$SIM_MAA_URL"
        ok "${memcheck[@]}" ./attest_print "$SIM_MAA_URL" n
        ok "${memcheck[@]}" ./release wrap "$SIM_MAA_URL" secret
fi

# A logger may call in from wherever a line comes, the making of a context among it.
sed "s/^tcti = .*/&\nno-such-key = 1/" "$OPENSSL_CONF" >unknown.cnf
OPENSSL_CONF=$PWD/unknown.cnf silent timeout 60 ./behaviour reentry "$SIM_MAA_URL"

# result CODE FRAGMENT ARGUMENT...: of one call.
result() {
        local code=$1 fragment=$2
        shift 2
        ok ./behaviour "$@"
        [[ $(cat stdout) == "$code "* ]] || { cat stdout >&2; fail "wanted $code: $*"; }
        printed "$fragment"
}
attest() { result "$1" "$2" attest "$SIM_MAA_URL"; }

# `require` is any unless it is configured, whichever way.
AZATTEST_REQUIRE=$other attest -9 "AZATTEST_E_REQUIREMENT (-101): "
sed "s/^tcti = .*/&\nrequire = $other/" "$OPENSSL_CONF" >required.cnf
OPENSSL_CONF=$PWD/required.cnf attest -9 "require = $other"
AZATTEST_REQUIRE=any OPENSSL_CONF=$PWD/required.cnf attest 0 ''
# A configuration that is wrong is said by the call that needs it, and can be mended.
AZATTEST_TIMEOUT=soon attest -8 "AZATTEST_E_CONFIGURATION (-100): timeout"
OPENSSL_CONF=/nonexistent/openssl.cnf attest -13 ''
# The TPM's own code is there where it was the TPM.
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault tpm-rc=Quote:0x101"
attest "-13 0x101" TPM2_Quote
azattest-sim ctl "$AZATTEST_SIM_DIR" clear
azattest-sim ctl "$AZATTEST_SIM_DIR" "fault token-wrong-key"
attest "-6 0x0" "AZATTEST_E_TOKEN_SIGNATURE (-104): "
azattest-sim ctl "$AZATTEST_SIM_DIR" clear

# Whose tokens Encrypt takes: of the configured MAA, by file or variable, without an Attest before; this VM's own
# without more, another's only when it is said which.
sed -e '/^policy *=/d' "$OPENSSL_CONF" >plain.cnf
sed -e '/^maa-url *=/d' plain.cnf >none.cnf
ok azattest attest --require any --out own.jwt
azattest-sim start other --join "$AZATTEST_SIM_DIR"
trap 'azattest-sim stop other' EXIT
(. other/env.sh && ok azattest attest --require any --out foreign.jwt)
OPENSSL_CONF=$PWD/plain.cnf result 0 '' encrypt own.jwt
OPENSSL_CONF=$PWD/none.cnf result -6 "AZATTEST_E_TOKEN_ISSUER (-105)" encrypt own.jwt
OPENSSL_CONF=$PWD/none.cnf AZATTEST_MAA_URL=$SIM_MAA_URL result 0 '' encrypt own.jwt
OPENSSL_CONF=$PWD/plain.cnf result -8 "AZATTEST_E_IDENTITY_NEEDED (-115)" encrypt foreign.jwt
result -6 "AZATTEST_E_OTHER_VM (-120)" encrypt foreign.jwt
sed "s/^tcti = .*/&\nvmid = $(claim foreign.jwt '."x-ms-azurevm-vmid"')/" plain.cnf >vmid.cnf
OPENSSL_CONF=$PWD/vmid.cnf result 0 '' encrypt foreign.jwt
END
export cpp_top
valgrind=$(command -v valgrind || :) other=tdx azattest-sim --vm sevsnp run -- bash in_vm.sh
valgrind='' other=sevsnp azattest-sim --vm trustedlaunch run -- bash in_vm.sh
