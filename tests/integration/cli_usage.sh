# The command's help, usage errors and output, without any VM.
# sim: none
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export OPENSSL_CONF=/dev/null

ok azattest --help
commands=$(awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' stdout)
same 10 "$(wc -w <<<"$commands")" commands
for command in $commands; do
        ok azattest "$command" --help
        printed "usage: azattest $command"
        printed "example:"
        printed "exit status:"
        expect_usage "unknown option --nosuch" azattest "$command" --nosuch
        grep -q "^\.BR $command " "$(dirname "${BASH_SOURCE[0]}")/../../core/man/azattest.1" ||
                fail "azattest.1 lacks $command"
done
ok azattest --version
expect_usage "usage: azattest" azattest
expect_usage "did you mean 'verify'" azattest verfy
expect_usage "did you mean --config" azattest --confg x attest
expect_fail "AZATTEST_E_CONFIGURATION -100" azattest attest
said "maa-url"
expect_fail "/dev/null/none" env AZATTEST_MAA_URL=https://maa.example AZATTEST_TCTI=device:/dev/null/none azattest attest

# A setting that does not exist is named with the nearest that does.
cat >typo.cnf <<'END'
openssl_conf = init
[init]
providers = provs
[provs]
azattest = aza
[aza]
maa-ulr = https://maa.example
END
expect_fail "AZATTEST_E_CONFIGURATION" azattest --config typo.cnf -v attest
said "maa-url"
expect_fail "require" env AZATTEST_REQUIRE=sevsnpp AZATTEST_MAA_URL=https://maa.example azattest attest

# No progress and no escape sequences when stderr is no terminal.
! grep -q $'\033' stderr || fail "escape sequences in stderr"
ok azattest inspect --json <(echo '{"keys":[]}')
expect_fail "is nothing azattest knows" azattest inspect <(echo hello)
