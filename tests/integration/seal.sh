# azattest seal: private keys of every type in files that only this vTPM opens, and which OpenSSL's programs load
# without it afterwards; what has ended, is another VM's or damaged is refused by name.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# counted COMMAND...: how many TPM commands that took; it must succeed.
counted() {
        local before
        before=$(commands ALL)
        silent "$@"
        count=$(($(commands ALL) - before))
}

# ---- every type, through every form ----
while read -r name options; do
        # shellcheck disable=SC2086
        plain openssl genpkey $options -out "$name.pem" 2>/dev/null
        ok azattest seal --in "$name.pem" --out "$name.sealed"
        same 600 "$(stat -c %a "$name.sealed")" "mode of $name.sealed"
        same "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" "$(head -1 "$name.sealed")"
        silent openssl pkey -in "$name.sealed" -out back.pem
        cmp "$name.pem" back.pem || fail "$name: another key came out"
        silent openssl pkey -in "$name.sealed" -pubout -out "$name.pub"
        cmp <(plain openssl pkey -in "$name.pem" -pubout) "$name.pub" || fail "$name: another public key"
done <<'END'
rsa -algorithm RSA -pkeyopt rsa_keygen_bits:3072
ec -algorithm EC -pkeyopt group:P-256
ed25519 -algorithm ED25519
ed448 -algorithm ED448
x25519 -algorithm X25519
pss -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
END
plain openssl rsa -in rsa.pem -traditional -out rsa-traditional.pem 2>/dev/null
plain openssl pkey -in ec.pem -outform DER -out ec.der
plain openssl ecparam -name P-384 -genkey -out ec-params.pem
{ plain openssl req -x509 -key ec.pem -subj /CN=x -days 1; cat ec.pem; } >both.pem
for file in rsa-traditional.pem ec.der ec-params.pem both.pem; do
        ok azattest seal --in $file --out form.sealed
        cmp <(plain openssl pkey -in $file -outform DER) <(openssl pkey -in form.sealed -outform DER) || fail "$file"
done
azattest seal <ec.pem >form.sealed 2>stderr || { cat stderr >&2; fail "standard input"; }
azattest seal --in - <ec.pem >form.sealed 2>stderr || { cat stderr >&2; fail "standard input"; }
cmp ec.pem <(openssl pkey -in form.sealed) || fail "standard input"

# ---- what keys are for ----
echo "to be signed" >text
for key in rsa ec; do
        silent openssl pkeyutl -sign -inkey $key.sealed -rawin -digest sha256 -in text -out signature
        silent plain openssl pkeyutl -verify -pubin -inkey $key.pub -rawin -digest sha256 -in text -sigfile signature
done
silent openssl pkeyutl -sign -inkey ed25519.sealed -rawin -in text -out signature
silent plain openssl pkeyutl -verify -pubin -inkey ed25519.pub -rawin -in text -sigfile signature
plain openssl genpkey -algorithm X25519 -out other.pem
plain openssl pkey -in other.pem -pubout -out other.pub
silent openssl pkeyutl -derive -inkey x25519.sealed -peerkey other.pub -out ours
silent plain openssl pkeyutl -derive -inkey other.pem -peerkey x25519.pub -out theirs
cmp ours theirs || fail "X25519"
plain openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in text -out ct
silent openssl pkeyutl -decrypt -inkey rsa.sealed -in ct -out plaintext
cmp text plaintext || fail "RSA decryption"
silent openssl req -x509 -key ec.sealed -subj /CN=web.example -addext subjectAltName=DNS:web.example -days 1 -out web.crt

# ---- TPM commands (D60): loading, and none afterwards ----
counted openssl pkey -in ec.sealed -noout
[ "$count" -le 8 ] || fail "$count TPM commands to load a sealed key"
operations=$(commands RSA_Decrypt)
silent openssl pkey -in ec.sealed -noout
same 1 $(($(commands RSA_Decrypt) - operations)) "private operations of a load"
counted openssl x509 -in web.crt -noout
same 0 "$count" "TPM commands for a certificate"
cat web.crt ec.sealed >web.pem
counted openssl x509 -in web.pem -noout
same 0 "$count" "TPM commands for a certificate beside a sealed key"
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key ec.sealed -www
handshake "$port" -tls1_3
before=$(commands ALL)
for version in -tls1_3 -tls1_2; do handshake "$port" $version; done
same 0 $(($(commands ALL) - before)) "TPM commands of handshakes"
stop_servers

# ---- without this provider it is no key ----
status=0
plain openssl pkey -in ec.sealed -noout >stdout 2>stderr || status=$?
[ $status != 0 ] || fail "a sealed key without the vTPM"

# ---- to a token: this VM's own, and one for which it must be said whose it is (D12) ----
ok azattest attest --out t.jwt
ok azattest seal --token t.jwt --in ec.pem --out token.sealed
cmp ec.pem <(openssl pkey -in token.sealed) || fail "sealed to a token"
ok azattest attest --name web --out web.jwt
expect_fail "AZATTEST_E_IDENTITY_NEEDED" without_policy azattest seal --token web.jwt --in ec.pem
[ ! -s stdout ] || fail "something was sealed"
ok azattest seal --token web.jwt --name web --in ec.pem --out web.sealed
cmp ec.pem <(openssl pkey -in web.sealed) || fail "sealed to a token of a named key"
ok azattest seal --token web.jwt --in ec.pem --out nameless.sealed
expect_fail "for another key than the unnamed decrypt key" openssl pkey -in nameless.sealed -noout
ok azattest attest --purpose sign --out sign.jwt
expect_fail "purpose" azattest seal --token sign.jwt --in ec.pem
expect_usage "needs --token FILE" azattest seal --any-vm --in ec.pem
expect_usage "needs --token FILE" azattest seal --vmid 8A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9 --in ec.pem

# ---- what is no private key ----
expect_undecided "no private key" azattest seal --in ec.pub
expect_undecided "no private key" azattest seal --in text
expect_undecided "sealed already" azattest seal --in ec.sealed
silent openssl pkey -in azattest://sign -out key.pem
expect_undecided "names a key of the vTPM" azattest seal --in key.pem
: >empty
expect_undecided "1 to 262144 bytes" azattest seal --in empty
expect_usage "allowed are null owner" azattest seal --hierarchy none --in ec.pem
expect_usage "key name" azattest seal --name "a b" --in ec.pem

# ---- inspect and explain say what a private key is, and nothing of it ----
says_key() { # FILE WHAT
        local command
        for command in inspect explain; do
                expect_fail "$1: this is a private key$2: nothing of it is shown" azattest $command "$1"
                same "" "$(cat stdout)" "what $command shows of a private key"
        done
}
plain openssl pkcs8 -topk8 -in ec.pem -passout pass:word -out locked.pem
plain openssl ec -in ec.pem -aes128 -passout pass:word -out old.pem
plain openssl ec -in ec.pem -out traditional.pem
says_key ec.pem ", not encrypted"
says_key traditional.pem ", not encrypted"
says_key locked.pem ", encrypted with a passphrase"
says_key old.pem ", encrypted with a passphrase"

# ---- encrypted: asked for on the terminal; without one, and with an empty answer, nothing is tried ----
for pass in word ""; do
        plain openssl pkcs8 -topk8 -in ec.pem -passout "pass:$pass" -out encrypted.pem
        # Without one, no line of standard input is taken for it.
        expect_undecided "encrypted.pem: the private key is encrypted, and there is no terminal to ask for its passphrase on" \
                timeout 60 setsid -w azattest seal --in encrypted.pem --out none.sealed <<<"$pass"
        [ ! -e none.sealed ] || fail "sealed without a passphrase"
done
plain openssl pkcs8 -topk8 -in ec.pem -passout pass:word -out encrypted.pem
cat >ask.py <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = b""
while b"pass phrase for encrypted.pem:" not in said:  # what is typed before is thrown away
    said += os.read(fd, 1000)
os.write(fd, sys.argv[1].encode() + b"\n")
try:
    while os.read(fd, 1000):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
ok timeout 60 python3 ask.py word azattest seal --in encrypted.pem --out asked.sealed
cmp ec.pem <(openssl pkey -in asked.sealed) || fail "of an encrypted file"
# Said by --passin, in each of openssl's words; nothing behind the line is read, and it stands nowhere.
export PASSWORD=word
printf 'word\r\nanother\n' >words
passin() { timeout 60 setsid -w azattest --debug seal --in encrypted.pem --out passed.sealed --passin "$@"; }
for from in pass:word env:PASSWORD file:words fd:7 stdin fd:0 file:-; do
        rm -f passed.sealed
        exec 7<words
        ok passin $from <words
        same "" "$(grep -w word stdout stderr || true)" "the passphrase in what is said ($from)"
        cmp ec.pem <(openssl pkey -in passed.sealed) || fail "--passin $from"
done
exec 7<words
ok passin fd:7
same another "$(cat <&7)" "what stands behind the line"
ok passin pass:word <encrypted.pem
ok azattest seal --in - --passin file:words --out passed.sealed <encrypted.pem
ok azattest seal --in ec.pem --passin pass:unneeded --out passed.sealed
rm passed.sealed
expect_undecided "the passphrase is missing or wrong" passin pass:wrong
for from in pass: env:EMPTY file:/dev/null; do
        EMPTY="" expect_undecided "an empty one is never tried" passin $from
done
expect_undecided "at most 1024 bytes" passin "pass:$(printf '%01025d' 0)"
expect_undecided "--passin env:NOT_SET: the environment has no variable NOT_SET" passin env:NOT_SET
expect_undecided "--passin file:none, whose first line is to be the passphrase: cannot open none: No such file" passin file:none
expect_undecided "--passin file:., whose first line is to be the passphrase: cannot read .: Is a directory" passin file:.
expect_undecided "--passin fd:99, which has to be open for reading" passin fd:99
for from in fd:x fd: fd:-1; do expect_usage "wanted the number of a descriptor" passin $from; done
for from in word stdin: pass Pass:word; do expect_usage "--passin takes pass:TEXT" passin $from; done
for from in stdin fd:0 file:-; do
        expect_usage "standard input is the key" azattest seal --passin $from --out passed.sealed <encrypted.pem
done
[ ! -e passed.sealed ] || fail "sealed without a passphrase"
status=0
timeout 60 python3 ask.py "" azattest seal --in encrypted.pem --out none.sealed || status=$?
same 3 $status "an empty passphrase"

# ---- damaged ----
# changed SED...: a file whose JWE was changed so.
changed() {
        { echo "-----BEGIN AZATTEST SEALED PRIVATE KEY-----"
                sed '/^-/d' ec.sealed | base64 -d | sed -E "$@" | base64 -w 64
                echo "-----END AZATTEST SEALED PRIVATE KEY-----"; } >damaged.sealed
}
changed 's/x/x/'
silent openssl pkey -in damaged.sealed -noout
changed 's/\.[^.]{8}([^.]*)$/.AAAAAAAA\1/'
operations=$(commands RSA_Decrypt)
expect_fail "the JWE does not decrypt" openssl pkey -in damaged.sealed -noout
same 1 $(($(commands RSA_Decrypt) - operations)) "private operations for a file that does not open"
changed 's/\.[^.]*$//'
expect_fail "five parts" openssl pkey -in damaged.sealed -noout
changed 's/^/./'
expect_fail "five parts" openssl pkey -in damaged.sealed -noout
changed 's/^[^.]*/eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0/'
expect_fail "cty is not" openssl pkey -in damaged.sealed -noout
printf '%s\n' "-----BEGIN AZATTEST SEALED PRIVATE KEY-----" "$(head -c 70000 /dev/zero | base64 -w 64)" \
        "-----END AZATTEST SEALED PRIVATE KEY-----" >large.sealed
expect_fail "are more than" openssl pkey -in large.sealed -noout

# ---- what it was sealed to ends; status and inspect say it ----
ok azattest seal --hierarchy owner --name web --in ec.pem --out owner.sealed
# status_of FILE: state and text of its row in the last status.
status_of() { awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2) }' stdout; }
ok azattest status ec.sealed owner.sealed token.sealed
same "ok opens until the VM restarts or its PCRs change" "$(status_of ec.sealed)"
same "ok opens until its PCRs change or the TPM is cleared" "$(status_of owner.sealed)"
same "ok opens until the VM restarts or its PCRs change" "$(status_of token.sealed)"
expect_fail "" azattest status damaged.sealed nameless.sealed
[[ $(status_of nameless.sealed) == "no "*"for another key"* ]] || fail "status of a file for another key"
expect_undecided "" azattest status large.sealed text
ok azattest inspect owner.sealed
printed "azattest://key?name=web of the vTPM that it is sealed to"
ok azattest inspect --json token.sealed
same "sealed key/as configured where it is opened" "$(jq -r '.kind + "/" + .says.pcrs' stdout)"
same "" "$(openssl pkey -in ec.sealed -outform DER | xxd -p | tr -d '\n' | grep -oF -f - stdout || true)"
expect_fail "nothing to verify" azattest verify ec.sealed
ok azattest-sim ctl "$AZATTEST_SIM_DIR" tpm-reset
expect_fail "this TPM no longer has the unnamed decrypt key that opens it" openssl pkey -in ec.sealed -noout
said "or seal it with hierarchy=owner"
same 1 "$(grep -c '^azattest: error' stderr)" "how often it is said"
[ "$(grep -c 'no longer has the unnamed' stderr)" -le 2 ] || { cat stderr >&2; fail "said again, beside the queue that openssl prints"; }
cmp ec.pem <(openssl pkey -in owner.sealed) || fail "owner hierarchy after a reset"
expect_fail "" azattest status ec.sealed owner.sealed token.sealed
[[ $(status_of ec.sealed) == "no "*"no longer has"* ]] || fail "status of a dead file"
[[ $(status_of token.sealed) == "no "*"for another key"* ]] || fail "status of a dead file from a token"
same "ok opens until its PCRs change or the TPM is cleared" "$(status_of owner.sealed)"
ok azattest-sim ctl "$AZATTEST_SIM_DIR" pcr-extend 7
expect_fail "PCR 7 changed since it was sealed" openssl pkey -in owner.sealed -noout
expect_fail "" azattest status --json owner.sealed
same "sealed key no false 7 azattest://key?name=web" "$(jq -r '.findings[0] | [.kind, .state, .usable, .["pcrs-changed"], .key] | map(tostring) | join(" ")' stdout)"

# ---- another VM's ----
azattest-sim start other --join "$AZATTEST_SIM_DIR" >start.log 2>&1 || { cat start.log >&2; fail "no other VM"; }
(
        # shellcheck source=/dev/null
        . other/env.sh
        azattest seal --in ec.pem --out foreign.sealed 2>stderr || { cat stderr >&2; fail "the other VM"; }
        azattest attest --out foreign.jwt 2>stderr || { cat stderr >&2; fail "the other VM"; }
)
expect_fail "the file is another VM's" openssl pkey -in foreign.sealed -noout
# A relying party hands a server its TLS key as a file.
ok without_policy azattest seal --token foreign.jwt --vmid "$(claim foreign.jwt '."x-ms-azurevm-vmid"')" --in ec.pem --out handed.sealed
expect_fail "another VM's" openssl pkey -in handed.sealed -noout
(
        # shellcheck source=/dev/null
        . other/env.sh
        cmp ec.pem <(openssl pkey -in handed.sealed) || fail "handed to the other VM"
)
azattest-sim stop other >stop.log 2>&1
