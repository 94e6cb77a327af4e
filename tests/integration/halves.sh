# The offline half, which the provider links, touches no network: it refers to no symbol of libcurl, and
# the provider loads no libcurl. The half that does (core/online) is there to show that the question can be
# answered otherwise.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
uses_curl() {
        nm --undefined-only "$@" >symbols 2>/dev/null
        grep -q ' U curl_' symbols
}
for half in aza_base aza_offline; do
        [ -s "$AZATTEST_BUILD/lib$half.a" ] || fail "no lib$half.a"
        ! uses_curl "$AZATTEST_BUILD/lib$half.a" || fail "lib$half.a refers to libcurl"
done
uses_curl "$AZATTEST_BUILD/libaza_online.a" || fail "libaza_online.a without libcurl: the test sees nothing"
provider=$AZATTEST_BUILD/ossl-modules/azattest.so
! uses_curl -D "$provider" || fail "the provider refers to libcurl"
[ -s symbols ] || fail "nothing is read from $provider"
objdump -p "$provider" >needed
! grep -q 'NEEDED.*libcurl' needed || fail "the provider loads libcurl"
