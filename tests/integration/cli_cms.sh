# azattest encrypt --alg CMS: data of any size in little memory, openssl cms reads and writes it, and what was changed
# leaves no file.
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest attest --out token.jwt
silent openssl pkey -in azattest://key -out key.pem
ok azattest cert --purpose decrypt --out dec.crt
encrypt() { ok azattest encrypt --token token.jwt --any-vm --alg CMS "$@"; }

for size in 0 1 65535 65536 65537 1000000; do
        head -c $size /dev/urandom >plain
        encrypt --in plain --out message
        ok azattest decrypt --in message --out back
        cmp plain back || fail "$size bytes"
        same 600 "$(stat -c %a back)" mode
        for options in "-recip dec.crt" ""; do
                # shellcheck disable=SC2086
                silent openssl cms -decrypt -binary -inform DER -in message -inkey key.pem $options -out back
                cmp plain back || fail "openssl cms -decrypt $options, $size bytes"
        done
done
silent plain openssl cms -cmsout -print -noout -inform DER -in message
printed authEnvelopedData
printed rsaesOaep
ok azattest inspect --json message
same "CMS message AES-256-GCM RSAES-OAEP, SHA256, MGF1 SHA256" "$(jq -r '"\(.kind) \(.says.enc) \(.says.recipients[0].alg)"' stdout)"
same "$(openssl x509 -in dec.crt -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' :' | tr A-F a-f)" \
        "$(jq -r '.says.recipients[0]."key-id"' stdout)" "key id"
# Through pipes, and in place of a file that is there.
azattest encrypt --token token.jwt --any-vm --alg CMS <plain | azattest decrypt >back
cmp plain back || fail pipes
echo old >kept
ok azattest decrypt --in message --out kept
cmp plain kept || fail "a file that was there"

# What openssl makes: DER and BER, other hashes and labels, shorter keys, several recipients, names instead of key ids.
ok plain openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=other -days 1 -addext subjectKeyIdentifier=hash -out other.crt
oaep="-keyopt rsa_padding_mode:oaep"
while read -r options; do
        # shellcheck disable=SC2086
        silent plain openssl cms -encrypt -binary -in plain -outform DER -out theirs $options
        ok azattest decrypt --in theirs --out back
        cmp plain back || fail "$options"
done <<END
-aes-256-gcm -recip dec.crt $oaep
-aes-256-gcm -keyid -recip dec.crt $oaep -keyopt rsa_oaep_md:sha256
-aes-128-gcm -stream -recip dec.crt $oaep -keyopt rsa_oaep_md:sha384
-aes-192-gcm -recip dec.crt $oaep -keyopt rsa_oaep_md:sha512 -keyopt rsa_mgf1_md:sha1 -keyopt rsa_oaep_label:c0ffee
-aes-256-gcm -recip other.crt $oaep -recip dec.crt $oaep
-aes-256-gcm -keyid -recip other.crt -recip dec.crt $oaep
-aes-256-gcm -secretkey 00112233445566778899aabbccddeeff -secretkeyid 01 -recip dec.crt $oaep
END

# Behind more recipients than are kept, by its key's identifier.
many=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do many="$many -recip other.crt $oaep"; done
# shellcheck disable=SC2086
silent plain openssl cms -encrypt -binary -in plain -outform DER -out theirs -aes-256-gcm -keyid $many -recip dec.crt $oaep
ok azattest decrypt --in theirs --out back
cmp plain back || fail "many recipients"

# refused TEXT FILE: with one text for every fault of key and content; nothing is written.
refused() {
        rm -f none
        expect_fail "$1" azattest decrypt --alg CMS --in "$2" --out none
        [ ! -e none ] || fail "$1: something was written"
        same "" "$(compgen -G 'none.*' || true)" "files left"
        same 0 "$(azattest decrypt --alg CMS --in "$2" 2>stderr | wc -c)" "bytes on standard output"
}
changed() { # OFFSET: one bit of the message
        cp message damaged
        printf "\\x$(printf %02x $(($(od -An -tu1 -j "$1" -N 1 message) ^ 1)))" | dd of=damaged bs=1 seek="$1" conv=notrunc status=none
}
size=$(stat -c %s message)
for at in 500 600 $((size / 2)) $((size - 10)); do
        changed $at
        refused "is for another key, or was changed" damaged
done
head -c $((size - 1)) message >short
refused "cut off" short
head -c 100 message >short
refused "cut off" short
{ cat message; echo; } >long
refused "something stands behind the CMS message" long
silent plain openssl cms -encrypt -binary -in plain -outform DER -out theirs -aes-256-gcm -recip other.crt $oaep
refused "is for another key, or was changed" theirs
silent plain openssl cms -encrypt -binary -in plain -outform DER -out theirs -aes-256-gcm -recip dec.crt
refused "no recipient by RSAES-OAEP" theirs
silent plain openssl cms -encrypt -binary -in plain -outform DER -out theirs -aes-256-cbc -recip dec.crt $oaep
refused "is not authenticated" theirs
silent plain openssl cms -cmsout -inform DER -in message -outform PEM -out message.pem
refused "openssl cms -cmsout -inform PEM -outform DER" message.pem
printf '%0200d' 0 >digits
refused "the CMS message" digits
: >empty
refused "cut off" empty
expect_usage "RSA1_5, JWE and CMS" azattest encrypt --token token.jwt --any-vm --alg cms --in plain
expect_fail "-120" azattest encrypt --token token.jwt --vmid 00000000-0000-0000-0000-000000000000 --alg CMS --in plain --out none
same "" "$(compgen -G "none*" || true)" "written for a VM that was not named"

# Little memory, whatever the size; standard output only while what is written can be held back.
head -c 100000000 /dev/zero >plain
peak() { # COMMAND...: KiB
        ok python3 - "$@" <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
        cat stdout
}
for command in "encrypt --token token.jwt --any-vm --alg CMS --in plain --out message" "decrypt --in message --out back"; do
        # shellcheck disable=SC2086
        used=$(peak azattest $command)
        [ "$used" -lt 60000 ] || fail "$command: $used KiB"
done
cmp plain back || fail "100 MB"
same 0 "$(azattest decrypt --in message 2>stderr | wc -c)" "bytes on standard output"
said "give --out FILE"
