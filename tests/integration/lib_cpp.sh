# Sourced by the tests of core/cpp: compilers, and programs of tests/integration/cpp built with them.
# shellcheck shell=bash
# shellcheck disable=SC2034
cpp_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cpp_library=$AZATTEST_BUILD/lib/libazguestattestation.so.1
[ -e "$cpp_library" ] || { echo "skipped: built without libazguestattestation"; exit 77; }
cpp_compilers=(g++)
! command -v clang++ >/dev/null || cpp_compilers+=(clang++)

# cpp COMPILER EDITION OUTPUT SOURCE... [option...]: without a warning; headers of ours only.
cpp() {
        local compiler=$1 edition=$2 output=$3
        shift 3
        "$compiler" -std="c++$edition" -Wall -Wextra -Wpedantic -Werror -I"$cpp_top/core/cpp" -o "$output" "$@" \
                >cpp.log 2>&1 || { cat cpp.log >&2; fail "$compiler -std=c++$edition $*"; }
        [ ! -s cpp.log ] || { cat cpp.log >&2; fail "$compiler speaks of $*"; }
}
cpp_source() { echo "$cpp_top/tests/integration/cpp/$1.cpp"; }
# Where the library is, for those that link it.
cpp_link=(-pthread -L"$AZATTEST_BUILD/lib" -lazguestattestation -Wl,-rpath,"$AZATTEST_BUILD/lib")
