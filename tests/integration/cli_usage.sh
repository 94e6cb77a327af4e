# The command's help, usage errors and output, without any VM.
# sim: none
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export OPENSSL_CONF=/dev/null

ok azattest --help
commands=$(awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' stdout)
same 17 "$(wc -w <<<"$commands")" commands
for command in $commands; do
        ok azattest "$command" --help
        printed "usage: azattest $command"
        printed "example:"
        printed "exit status:"
        expect_usage "unknown option --nosuch" azattest "$command" --nosuch
        grep -qF -- "\\fB${command//-/\\-}\\fR " "$(dirname "${BASH_SOURCE[0]}")/../../core/man/azattest.1" ||
                fail "azattest.1 lacks $command"
done
ok azattest --version
cp stdout version
for word in -V version; do
        ok azattest $word
        same "$(cat version)" "$(cat stdout)" "$word"
done
ok azattest --help
cp stdout help
ok azattest help
same "$(cat help)" "$(cat stdout)" help
ok azattest help verify
printed "usage: azattest verify FILE... "
for word in help version; do
        ok azattest help $word
        printed "usage: azattest [--config FILE]"
done
expect_usage "unknown command 'verfy'; did you mean \"verify\"?" azattest help verfy
expect_usage "usage: azattest" azattest
expect_usage 'did you mean "verify"?' azattest verfy
expect_usage 'did you mean "encrypt"?' azattest enc
expect_usage "unknown command 'xyz'; there are help, version, attest, check, " azattest xyz
expect_usage "did you mean --config" azattest --confg x attest
expect_usage "AZATTEST_E_CONFIGURATION -100" azattest attest
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
expect_usage "AZATTEST_E_CONFIGURATION" azattest --config typo.cnf attest
said "unknown configuration key 'maa-ulr'; did you mean 'maa-url'?"
expect_usage "require" env AZATTEST_REQUIRE=sevsnpp AZATTEST_MAA_URL=https://maa.example azattest attest

# No progress and no escape sequences when stderr is no terminal.
! grep -q $'\033' stderr || fail "escape sequences in stderr"
ok azattest inspect --json <(echo '{"keys":[]}')
expect_fail "is nothing azattest knows" azattest inspect <(echo hello)

# What PowerShell's > and editors make of a token or JSON.
echo eyJhbGciOiJSUzI1NiJ9.e30.AAAA >t.jwt
{ printf '\xff\xfe'; sed 's/./&\x00/g' t.jwt; } >utf16.jwt
{ printf '\xef\xbb\xbf'; cat t.jwt; } >marked.jwt
while read -r file says; do
        expect_fail "$says" azattest inspect $file
        expect_fail "$says" azattest explain $file
        expect_fail "$says" azattest verify --any-vm $file
        expect_fail "$says" azattest encrypt --any-vm --token $file --in t.jwt
        expect_undecided "$says" azattest verify --any-vm t.jwt --policy $file
done <<'END'
utf16.jwt it is UTF-16, as > of PowerShell writes what programs print: write it with --out
marked.jwt it begins with a byte order mark: save it as UTF-8 without one
END

# An option without its value, often an unset variable, is no option that was not given.
token=eyJhbGciOiJSUzI1NiJ9.e30.AAAA
echo $token >t.jwt
for option in vmid policy jwks profile nonce time measurement pcr certs require pcrs; do
        expect_usage "--$option is empty" azattest verify t.jwt "--$option" ""
done
expect_usage "--out is empty" azattest evidence --out ""
for command in verify inspect explain status; do
        expect_usage "$command was given an empty operand" azattest $command ""
done
expect_usage "verify was given an empty operand" azattest verify t.jwt ""
ok azattest help policy
printed "to try a policy on"
expect_usage "--config is empty" azattest --config "" verify t.jwt
# What contradicts itself, or is not a value.
expect_usage "give one of" azattest verify t.jwt --vmid x --any-vm
expect_usage "give one of them" azattest verify t.jwt --quiet --json
expect_usage "give one of them" azattest verify --connect localhost:1 --quiet --json
expect_usage "since 1970" azattest verify t.jwt --time 0
expect_usage "a VM's id has the form" azattest verify t.jwt --vmid garbage
expect_usage "a VM's id has the form" azattest verify t.jwt --vmid 8A1B2C3D-4E5F-6071-8293-A4B5C6D7E8FG
expect_usage "--vmid was given twice ('a' and 'b')" azattest verify t.jwt --vmid a --vmid b
expect_usage "--nonce was given twice" azattest attest --nonce a --nonce a
expect_usage "only once" azattest verify - t.jwt -
expect_usage "needs one FILE or more" azattest verify
expect_usage "since 1970" azattest verify t.jwt --time 1969-12-31T00:00:00Z
expect_usage "allowed are sevsnp" azattest verify t.jwt --require snp
expect_usage "write 0-7" azattest verify t.jwt --pcrs 0-99
expect_usage "AZATTEST_E_CONFIGURATION -100" env AZATTEST_REQUIRE=snp azattest verify t.jwt --pcrs 0-7
# What a token or certificate is not judged by is not passed over, nor is --purpose where nothing says it.
for option in "--crl t.jwt" "--allow-unchecked T18" "--profile strict" "--pcr sha256:7=$(printf '0%.0s' {1..64})"; do
        # shellcheck disable=SC2086
        expect_usage "do not apply to a token" azattest verify t.jwt $option
done
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out c.pem -subj /CN=x -days 1 2>/dev/null
expect_usage "--purpose does not apply to a certificate" azattest verify c.pem --purpose decrypt
expect_usage "do not apply to a certificate" azattest verify c.pem --crl c.pem
echo '{"azattest-evidence":1,"vm":"sevsnp"}' >e.json
expect_usage "--purpose does not apply to evidence" azattest verify e.json --purpose sign
{ printf HCLA; head -c 2000 /dev/zero; } >hcl.bin
expect_usage "--purpose does not apply to a report" azattest verify hcl.bin --purpose sign
expect_usage 'demands: "user-data" is not 128' azattest verify e.json --user-data 00
expect_usage '"product" is not one (or a list) of Milan Genoa Turin' azattest verify e.json --product milan
mkdir none
expect_undecided "certificates none: no file in this directory holds a certificate" azattest verify e.json --any-vm --certs none
echo hello >none/readme
expect_undecided "no file in this directory holds a certificate" azattest verify e.json --any-vm --certs none

: >empty
mkdir dir
# A file that demands and cannot be read demands nothing: nothing is refused by it (D54).
echo "no JSON" >broken.json
for file in broken.json dir empty none.json; do
        expect_undecided "policy $file: " azattest verify t.jwt --policy $file --any-vm
        expect_undecided "profile ./$file: " azattest verify e.json --profile ./$file --any-vm
done
expect_undecided "this is no JSON text" azattest verify t.jwt --policy broken.json --any-vm --json
same incomplete "$(jq -r .verdict stdout)"
expect_usage "AZATTEST_E_CONFIGURATION" env AZATTEST_REQUIRE=snp azattest verify t.jwt --json
same "incomplete -100" "$(jq -r '[.verdict, .result] | map(tostring) | join(" ")' stdout)"

# Files that are none of ours, or none at all.
truncate -s 200M big
for command in verify explain inspect; do
        expect_undecided "empty is empty" azattest $command empty
        expect_undecided "standard input is empty" azattest $command - </dev/null
        says="standard input: this is no"
        [ $command != verify ] || says="standard input is no"
        expect_fail "$says" azattest $command - < <(echo hello)
        expect_undecided "cannot read dir: Is a directory" azattest $command dir
        expect_undecided "/dev/zero is a device and no file" azattest $command /dev/zero
        expect_undecided "larger than" azattest $command big
        # A file that quotes a certificate is none.
        printf '\xef\xbb\xbf{"x": "-----BEGIN CERTIFICATE-----"}' >quoting
        expect_fail "quoting: not exactly one certificate" azattest $command quoting
done
expect_usage "cannot read dir: it is a directory" azattest --config dir verify t.jwt
expect_usage "cannot read none.cnf: No such file" azattest --config none.cnf verify t.jwt
expect_undecided "certificates empty: there is no certificate in it" azattest verify e.json --any-vm --certs empty

# Doctor does not take a proxy's answer, or any web server's, for that of IMDS.
port=$(free_port)
serve "$port" python3 -m http.server --bind 127.0.0.1 --directory dir "$port"
! env AZATTEST_TCTI=device:/dev/null/none AZATTEST_IMDS_URL="http://127.0.0.1:$port" azattest doctor >stdout ||
        fail "a machine without TPM is good enough"
same unknown "$(awk '$1 == "IMDS" { print $2 }' stdout)" IMDS
printed "with HTTP 404, which IMDS does not"
