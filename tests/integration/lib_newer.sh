# Sourced by newer_*.sh: a newer Debian with its compiler and libraries builds without warnings and passes the unit
# tests and those of the openssl command. A quarter of an hour each, and the network of apt: not for every day.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_chroot.sh"

# sums CTEST-OUTPUT SKIPPED-CASES: as tests/run counts, since ctest's own sum has what was skipped among what passed.
sums() {
        local programs passed skipped
        programs=$(grep -c '^skipped program' "$2" || :)
        passed=$(grep -cE 'Test +#[0-9]+:.* Passed' "$1" || :)
        skipped=$(cat "$@" | grep -cE 'Test +#[0-9]+:.*\*\*\*Skipped|^skipped case:' || :)
        echo "$((passed - programs)) passed, $skipped skipped"
}

# newer SUITE VERSION [ON-TOP]: of OpenSSL at least, from the suite on top when one is named. A mirror may lag behind;
# its signatures are checked all the same.
newer() {
        local suite=$1 version=$2 top=${3-}
        new_debian "$suite"
        echo 'Acquire::Check-Valid-Until "false";' >"$bare/etc/apt/apt.conf.d/99valid-until"
        [ -z "$top" ] || sed -n "s/ $suite / $top /p" "$bare/etc/apt/sources.list" >"$bare/etc/apt/sources.list.d/top.list"
        # shellcheck disable=SC2086
        { inside_apt update && inside_apt install build-essential $packages_build $packages_test &&
                { [ -z "$top" ] || inside_apt install -t "$top" openssl libssl-dev; }; } >stdout 2>stderr ||
                skip "$suite $top cannot install what the build needs: $(tail -1 stderr)"
        ok inside openssl version
        cp stdout openssl.txt
        printf '%s\n' "$version" "$(sed 's/^OpenSSL \([0-9.]*\).*/\1/' openssl.txt)" | sort -CV ||
                skip "$suite $top has no OpenSSL $version but $(cat openssl.txt)"
        source_inside
        # An empty folder would be real data that lacks everything; none at all is skipped.
        [ ! -d "${AZATTEST_VECTORS-}" ] || cp -r "$AZATTEST_VECTORS" "$bare/root/vectors"
        ok inside cmake -S /root/source -B /root/build -G Ninja -DAZATTEST_TESTS=ON -DAZATTEST_WERROR=ON
        ok inside cmake --build /root/build
        ok inside env AZATTEST_VECTORS=/root/vectors UBSAN_OPTIONS=halt_on_error=1 ctest --test-dir /root/build \
                -j"$(nproc)" --output-on-failure --no-tests=error -R '^unit/|^integration/openssl_.*@default$'
        "$root/tests/skipped-cases" "$bare/root/build/Testing/Temporary/LastTest.log" >cases
        echo "$(cut -d' ' -f1,2 openssl.txt) of $suite${top:+ $top}: $(sums stdout cases)"
}
