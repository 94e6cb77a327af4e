# What a Windows guest is and does, by the programs for Windows: words of the request, PCRs, use of the key, refusals
# of TBS, names that are not ASCII, the private folder. Run by in-vm.
# vm: windows
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib_requests.sh"
here() { "$AZATTEST_BUILD/bin/azattest" "$@"; }
sed '/^pcrs = /d' "$OPENSSL_CONF" >default.cnf # the program's own
export OPENSSL_CONF=$PWD/default.cnf

# The words of the reference client, and its PCRs.
ok azattest attest --nonce n --out token.jwt
same '["Windows","Microsoft",10,0,"NotApplicable",true]' "$(claim token.jwt '[."x-ms-azurevm-ostype", ."x-ms-azurevm-osdistro",
        ."x-ms-azurevm-osversion-major", ."x-ms-azurevm-osversion-minor", ."x-ms-azurevm-osbuild",
        ."x-ms-azurevm-is-windows"] | tojson')"
same '[0,1,2,3,4,5,6,7,11,12,13,14]' "$(claim token.jwt '."x-ms-azurevm-attested-pcrs" | tojson')"

# All of the request is in the form of the reference client's there.
recorder request
expect_fail "HTTP 400" env AZATTEST_MAA_URL="$recorder" AZATTEST_CA_FILE=recorder.crt \
        azattest attest --nonce 'a nonce?>' --out no.jwt
in_form windows request 'a nonce?>'
plants_found windows request 'a nonce?>'

# Token and evidence convince a relying party elsewhere, and it encrypts to the key.
ok here verify token.jwt --nonce n
ok azattest evidence --nonce n --out evidence.json
ok here verify evidence.json --nonce n
same on "$(ok here verify evidence.json --nonce n --json && jq -r '.claims["secure-boot"]' stdout)"
ok here verify evidence.json --nonce n --json
same accept "$(check_row E16)" "what Windows measured"
ok here verify token.jwt --evidence evidence.json --nonce n
echo 'a secret' >secret
ok here encrypt --token token.jwt --in secret --out secret.enc
ok azattest decrypt --in secret.enc --out secret.dec
cmp secret secret.dec

# The provider, in Windows' openssl.exe.
ok openssl list -providers
printed azattest
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256)
ok openssl pkey -in azattest://key -pubout -out key.pub
ok openssl pkeyutl -encrypt -pubin -inkey key.pub "${oaep[@]}" -in secret -out provider.enc
ok openssl pkeyutl -decrypt -inkey azattest://key "${oaep[@]}" -in provider.enc -out provider.dec
cmp secret provider.dec
ok openssl pkey -in azattest://sign -pubout -out sign.pub
ok openssl dgst -sha256 -sign azattest://sign -out signature secret
ok /usr/bin/openssl dgst -sha256 -verify sign.pub -signature signature secret

# TBS would refuse them.
ok azattest-sim ctl "$AZATTEST_SIM_DIR" counts
printed CreatePrimary
! grep -E 'Context(Save|Load)' stdout || fail "a context was saved or loaded"

# Names and texts are UTF-8.
ok azattest attest --nonce 'Schlüssel 日本' --out 'Schlüssel 日本.jwt'
ok here verify 'Schlüssel 日本.jwt' --nonce 'Schlüssel 日本'
ok azattest verify 'Schlüssel 日本.jwt' --nonce 'Schlüssel 日本'
expect_undecided 'Straße.jwt' azattest verify 'Straße.jwt'

# What TBS says has words.
with() { env AZATTEST_TEST_FAULT="$@"; }
refused() { expect_status "$1" "$3" with "$2" azattest attest --out no.jwt; }
refused 1 no-tpm 'this machine has no TPM that Windows uses (0x8028400f)'
refused 1 stopped 'the TPM service (TBS) does not run: start it, or restart the VM (0x80284008)'
refused 1 starting 'the TPM service (TBS) is starting: try again (0x8028400b)'
refused 1 silent 'the TPM does not answer: try again, or restart the VM (0x80284006)'
refused 1 denied 'start as administrator, or as a service (0x80284012)'
refused 1 blocked 'Windows keeps this command from programs (0x80280400); start as administrator, or as a service'
refused 1 short 'sent what is no answer of a TPM'
refused 3 no-log 'no boot log: the TPM service (TBS) gives no boot log: there is no log of this boot (0x80284011); without it secure boot counts as off, which is refused: start as administrator'
[ ! -e no.jwt ] || fail "a token in spite of it"
expect_fail 'on Windows it is tbs' env AZATTEST_TCTI=device:/dev/tpmrm0 azattest attest

# The folder that it makes is its own; one that is open to others is not used.
mkdir open
chmod 755 open
ok env AZATTEST_RUNTIME_DIR=made azattest attest --nonce n
[ -n "$(ls made)" ] || fail "nothing was stored in a folder of its own"
ok env AZATTEST_RUNTIME_DIR=open azattest attest --nonce n
[ -z "$(ls open)" ] || fail "a folder that is open to others was used"

# Nothing is advised that is of Linux.
expect_fail "" with stopped env AZATTEST_RUNTIME_DIR=open azattest doctor
printed 'no usable TPM'
printed 'set runtime-dir to a folder that is open to this account, the system and administrators alone'
! grep -E 'azattest-sim|/dev/|mode 0' stdout || fail "doctor gives advice for Linux"
ok azattest help
! grep -E 'azattest-sim|/dev/|/run/|mode 0' stdout || fail "help speaks of Linux"
ok azattest help status
! grep 'without FILE' stdout || fail "a place of Linux is looked at"
