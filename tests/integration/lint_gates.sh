# sim: none
# setups: default
# Every gate of tests/lint can fail: in a tree of its own with one clean file lint passes, and with one
# planted fault of each kind it fails and names the gate.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p tree/core/base tree/core/cli tree/provider tree/tests tree/build
cp "$root/.clang-format" "$root/.clang-tidy" tree/
# What tests/documents.py finds is documents.sh's matter; here only that its word counts.
echo 'import os, sys; sys.exit(os.path.exists("core/doc"))' >tree/tests/documents.py
cp "$root/tests/lint" "$root/tests/lint_texts.sh" "$root/tests/setup.sh" "$root/tests/parameters.py" tree/tests/
# The packages are asked for once, here, and not by each of the many runs below.
# shellcheck disable=SC2086
(. "$root/tests/setup.sh" && need_packages $packages_build $packages_lint)
echo 'need_packages() { :; }' >>tree/tests/setup.sh
mkdir -p tree/tests/integration tree/core/man tree/core/include
cp "$root/tests/integration/lib_examples.sh" tree/tests/integration/
: >tree/core/include/azattest.h
cat >tree/build/compile_commands.json <<END
[{"directory": "$PWD/tree", "file": "$PWD/tree/core/base/planted.c", "command": "cc -std=c11 -c core/base/planted.c"}]
END

# planted LINE...: the file that lint sees.
planted() {
        {
                echo '#include <stdio.h>'
                echo '#include <string.h>'
                echo
                printf '%s\n' "$@"
        } >tree/core/base/planted.c
}

clean=('int planted(int x);' 'int planted(int x)' '{' '        return x + 1;' '}')
planted "${clean[@]}"
ok tree/tests/lint

planted 'int planted(int x);' 'int planted(int x) { return x; }'
expect_fail '== layout' tree/tests/lint

# The same branch twice: bugprone-branch-clone.
planted 'int planted(int x);' 'int planted(int x)' '{' '        if (x > 0)' '                return 1;' \
        '        else' '                return 1;' '}'
expect_fail '== clang-tidy' tree/tests/lint
said 'bugprone-branch-clone'

# A file that clang-tidy cannot read is no clean file.
planted "${clean[@]}" '#include "no_such_header.h"'
expect_fail '== clang-tidy' tree/tests/lint

planted 'int planted(void);' 'int planted(void)' '{' '        int a[2] = {0, 1};' '        return a[2];' '}'
expect_fail '== cppcheck' tree/tests/lint

planted "${clean[@]}" "/* $(printf 'word %.0s' {1..20})*/"
expect_fail '== long lines' tree/tests/lint

planted "${clean[@]}" '/* TO''DO: later */'
expect_fail '== open ends' tree/tests/lint

planted "${clean[@]}" 'static int stop(void **state);'
expect_fail '== cmocka 2' tree/tests/lint

planted '#ifdef _WIN64' '#endif' "${clean[@]}"
expect_fail '== one system' tree/tests/lint
planted '#if defined(__GNUC__) && !defined(__MINGW32__)' '#endif' "${clean[@]}"
expect_fail '== one system' tree/tests/lint

planted '#include <unistd.h>' "${clean[@]}"
expect_fail '== system calls' tree/tests/lint

planted 'bool aza_planted(int a, const char **reason);' 'bool aza_planted(int a, const char **reason)' '{' \
        '        *reason = "none";' '        return a != 0;' '}'
expect_fail '== error idiom' tree/tests/lint

# Six parameters; the same of a public function, which azattest.h chose; and a callback's, which are one.
many() {
        planted "int $1;" "int $1" '{' '        (void)b;' '        return a;' '}'
}
many 'planted(int a, int b, int *c, int *d, int *e, int *f)'
expect_fail '== parameters' tree/tests/lint
said 'planted has 6 parameters'
many 'planted(int a, int b, int (*c)(int x, int y), int *d, int *e)'
(cd tree && ok python3 tests/parameters.py core/base/planted.c)
many 'azattest_planted(int a, int b, int *c, int *d, int *e, int *f)'
(cd tree && expect_fail 'azattest_planted has 6 parameters' python3 tests/parameters.py core/base/planted.c)
echo 'int azattest_planted(int a, int b, int *c, int *d, int *e, int *f);' >tree/core/include/azattest.h
(cd tree && ok python3 tests/parameters.py core/base/planted.c)
: >tree/core/include/azattest.h

# ---- texts ----
planted "${clean[@]}"

# page LINE...: a manual page with these lines behind its beginning.
page() {
        {
                printf '%s\n' '.TH AZATTEST\-PLANTED 3 2026-11-28 azattest "Library functions"' '.SH NAME' \
                        'azattest_planted \- planted' '.SH SYNOPSIS' '.nf' 'int azattest_planted(int x);' '.fi'
                printf '%s\n' "$@"
        } >tree/core/man/azattest-planted.3
}
page '.SH KEYS' 'Some.'
ok tree/tests/lint --texts
page '.SH KEYS' '.XX' 'Some.'
expect_fail '== manual pages' tree/tests/lint --texts

page '.SH KEYS' 'Some.'
printf '## Keys\n' >tree/README.md
planted "${clean[@]}" '/* See README, "Keys", and azattest-planted(3),' ' * "Keys". */'
ok tree/tests/lint --texts
planted "${clean[@]}" '/* See README,' ' * "Key files". */'
expect_fail '== references to sections' tree/tests/lint --texts
planted "${clean[@]}" '/* See azattest-planted(3), "Key files". */'
expect_fail '== references to sections' tree/tests/lint --texts
planted "${clean[@]}" '/* See azattest-elsewhere(7), "Keys". */'
expect_fail '== references to sections' tree/tests/lint --texts
planted "${clean[@]}"

# A function of the header that no page names, or that one declares otherwise.
echo 'AZATTEST_API int azattest_planted(int x);' >tree/core/include/azattest.h
ok tree/tests/lint --texts
echo 'AZATTEST_API int azattest_forgotten(int x);' >>tree/core/include/azattest.h
expect_fail '== public functions' tree/tests/lint --texts
said azattest_forgotten
echo 'AZATTEST_API int azattest_planted(long x);' >tree/core/include/azattest.h
expect_fail '== public functions' tree/tests/lint --texts
printf '%s\n' 'struct azattest_planted_options {' '        int x; /* of two' '                  lines */' '};' >tree/core/include/azattest.h
expect_fail '== public functions' tree/tests/lint --texts
said 'struct azattest_planted_options { int x; };'
: >tree/core/include/azattest.h

# Examples: without a mark, of no kind, for a script that does not use it, or not as they read.
page '.SH EXAMPLES' '.\" test: sim one' '.EX' 'azattest check \-\-json \(aqa\(aq' '.EE'
ok tree/tests/lint --texts
page '.SH EXAMPLES' '.EX' 'azattest check' '.EE'
expect_fail '== examples' tree/tests/lint --texts
page '.SH EXAMPLES' '.\" test: some day' '.EX' 'azattest check' '.EE'
expect_fail '== examples' tree/tests/lint --texts
page '.SH EXAMPLES' '.\" test: curl.sh' '.EX' 'curl' '.EE'
expect_fail '== examples' tree/tests/lint --texts
page '.SH EXAMPLES' '.\" test: sim one' '.EX' 'azattest \fBcheck\fR' '.EE'
expect_fail '== examples' tree/tests/lint --texts
page '.SH EXAMPLES' '.\" test: sim one' '.EX' 'true' '.EE' '.PP' '.\" test: sim one' '.EX' 'true' '.EE'
expect_fail '== examples' tree/tests/lint --texts
page '.SH KEYS' 'Some.'

# Each integration test runs under wine, or it is said why it does not.
mkdir tree/tests/windows
: >tree/tests/integration/one.sh
: >tree/tests/integration/two.sh
printf '%s\n' '# Those.' '+ one' '* two' >tree/tests/windows/scripts
ok tree/tests/lint --texts
: >tree/tests/integration/three.sh
expect_fail '== scripts under wine' tree/tests/lint --texts
said 'not there: three'
printf '%s\n' '- a reason, as it is: three' '  four' >>tree/tests/windows/scripts
expect_fail '== scripts under wine' tree/tests/lint --texts
said 'no script, or twice: four'
sed -i 's/four/two/' tree/tests/windows/scripts
expect_fail '== scripts under wine' tree/tests/lint --texts
said 'no script, or twice: two'
rm -r tree/tests/windows tree/tests/integration/{one,two,three}.sh

planted 'void planted(char *to, const char *from);' 'void planted(char *to, const char *from)' '{' \
        '        (void)strc''py(to, from);' '}'
expect_fail '== banned functions' tree/tests/lint

# The command prints what is not its own text, by each of three ways; a literal is nothing to escape.
raw() {
        printf '%s\n' '#include <stdio.h>' '' 'void planted(const char *from);' 'void planted(const char *from)' '{' "        (void)$1;" '}' \
                >tree/core/cli/planted.c
}
planted "${clean[@]}"
for call in 'printf("%s", from)' 'fputs(from, stderr)' 'puts(from)'; do
        raw "$call"
        expect_fail '== raw output' tree/tests/lint core/cli/planted.c
        said 'core/cli/planted.c:6'
        mkdir -p tree/tests/sim
        cp tree/core/cli/planted.c tree/tests/sim/planted.c
        expect_fail '== raw output' tree/tests/lint tests/sim/planted.c
        said 'tests/sim/planted.c:6'
        rm -r tree/tests/sim
done
rm tree/core/cli/planted.c

# A room that uses a later one, a room that nobody knows, headers in a circle.
echo '/* Nothing. */' >tree/core/cli/planted.h
planted '#include "cli/planted.h"' '' "${clean[@]}"
sed -i 's/-c core/-Icore -c core/' tree/build/compile_commands.json
expect_fail '== rooms' tree/tests/lint
said 'core/base/planted.c includes core/cli/planted.h'
# The command takes nothing of rooms that judge.
planted "${clean[@]}"
mkdir tree/core/config
echo '/* Nothing. */' >tree/core/config/planted.h
printf '%s\n' '#include "config/planted.h"' >tree/core/cli/planted.h
expect_fail '== rooms' tree/tests/lint
said 'core/cli/planted.h includes core/config/planted.h'
rm -r tree/core/config
echo '/* Nothing. */' >tree/core/cli/planted.h
mkdir tree/core/attic
cp tree/core/base/planted.c tree/core/attic/planted.c
sed -i '1i #include "base/planted.h"' tree/core/attic/planted.c
echo '#include "base/other.h"' >tree/core/base/planted.h
echo '/* Nothing. */' >tree/core/base/other.h
expect_fail '== rooms' tree/tests/lint tree/core/base/planted.c
said 'core/attic/planted.c: no such room'
rm -r tree/core/attic
ok tree/tests/lint
echo '#include "base/planted.h"' >tree/core/base/other.h
expect_fail '== include circles' tree/tests/lint
echo '/* Nothing. */' >tree/core/base/other.h

mkdir -p tree/core/os/windows
echo 'int aza_planted(int x);' >tree/core/os/planted.h
printf '%s\n' '#include "os/planted.h"' '' 'int aza_planted(int x)' '{' '        return x;' '}' >tree/core/os/planted.c
cp tree/core/os/planted.c tree/core/os/windows/twin.c
printf '%s\n' '#include "os/planted.h"' '' 'int use(int x);' 'int use(int x)' '{' '        return aza_planted(x);' '}' >tree/provider/use.c
ok tree/tests/lint
sed -i 's/^int aza_planted/int aza_other/' tree/core/os/windows/twin.c
expect_fail "== twins of core/os" tree/tests/lint
said 'core/os/windows does not define aza_planted'
rm -r tree/core/os tree/provider/use.c

mkdir tree/core/doc
expect_fail '== documents' tree/tests/lint
