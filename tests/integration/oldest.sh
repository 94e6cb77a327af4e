# What is built asks nothing of OpenSSL that 3.0.2 does not have, as each of its symbols says since which
# release it is there, and the CMake files nothing that came after 3.22 (D53). Other systems' releases are
# seldom at hand; this is proven from what was built here.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# ---- OpenSSL ----
# needed FILE...: the symbols of OpenSSL's that they want of a library, each "VERSION NAME".
needed() {
        objdump -T "$@" | awk '/\*UND\*/ { for (i = 5; i < NF; i++) if ($i ~ /^\(?OPENSSL_[0-9.]+\)?$/) {
                gsub(/[()]/, "", $i); print $i, $NF } }' | sort -u
}
# newer FILE...: those that came after 3.0.2, of which none has a version before 3.0.3.
newer() { needed "$@" | grep -v '^OPENSSL_3\.0\.0 ' || true; }

mapfile -t built < <(find "$AZATTEST_BUILD/bin" "$AZATTEST_BUILD/lib" "$AZATTEST_BUILD/ossl-modules" -type f | sort)
for file in azattest azattest-sim libazattest.so azattest.so; do
        [[ " ${built[*]} " == *"/$file"* ]] || fail "$file is not among what was built: ${built[*]}"
done
needed "${built[@]}" >symbols
[ "$(grep -c '^OPENSSL_3\.0\.0 ' symbols)" -gt 200 ] || fail "too few symbols of OpenSSL's: $(wc -l <symbols)"
same "" "$(newer "${built[@]}")" "symbols that OpenSSL 3.0.2 does not have"

# That it would be found: a function of 3.0.3.
cat >planted.c <<'END'
int OPENSSL_strncasecmp(const char *a, const char *b, unsigned long n);
int main(void)
{
        return OPENSSL_strncasecmp("a", "A", 1);
}
END
cc -o planted planted.c -lcrypto
same "OPENSSL_3.0.3 OPENSSL_strncasecmp" "$(newer "${built[@]}" planted)" "a planted symbol"

# ---- CMake ----
# later FILE...: lines with what came after CMake 3.22: commands, arguments, policies, versions.
later() {
        grep -nE 'cmake_minimum_required\(VERSION (3\.(2[3-9]|[3-9][0-9])|[4-9])' "$@" || true
        grep -nE '\b(CMP0(129|1[3-9][0-9]|[2-9][0-9]{2})|block\(|endblock\(|cmake_file_api|cmake_pkg_config|FILE_SET|PROPAGATE|(CMAKE_)?COMPILE_WARNING_AS_ERROR|FIND_PACKAGE_ARGS|LINK_GROUP:|LINK_LIBRARY:|LINKER_TYPE|TEST_LAUNCHER|SKIP_LINTING|export\(SETUP)' "$@" || true
        grep -nE 'cmake_policy\(VERSION|\$<(PATH|LIST|QUOTE|BUILD_LOCAL_INTERFACE|COMPILE_ONLY)[:>]' "$@" || true
}
mapfile -t lists < <(cd "$top" && find . -name 'build*' -prune -o \( -name CMakeLists.txt -o -name '*.cmake' -o -name '*.cmake.in' \) -print | sort)
[ "${#lists[@]}" -ge 2 ] || fail "CMake files were not found: ${lists[*]}"
same "" "$(cd "$top" && later "${lists[@]}")" "what CMake 3.22 does not have"
while read -r line; do
        echo "$line" >planted.cmake
        [ -n "$(later planted.cmake)" ] || fail "not found: $line"
done <<'END'
cmake_minimum_required(VERSION 3.25)
cmake_minimum_required(VERSION 4.0)
cmake_policy(SET CMP0135 NEW)
block(SCOPE_FOR VARIABLES)
target_sources(x PUBLIC FILE_SET HEADERS FILES x.h)
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
END
echo 'cmake_minimum_required(VERSION 3.22)' >planted.cmake
same "" "$(later planted.cmake)" "3.22 itself"
