# Where the TPM's owner has a password, NV is read with the index's own authorisation (D56); the
# simulated vTPM asks for the password as a real one does. Keys of hierarchy owner are not made there,
# and those that were loaded before end with the boot: said wherever one is wanted.
# setups: default
# shellcheck disable=SC1091
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/lib_tpm.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib_tpm.sh"

# read_nv AUTHORITY PASSWORD-HEX: 16 bytes of the report
read_nv() { tpm 0000014e "${1}01400001" "$2" 00100000; }
owner=40000001

same 00000000 "$(read_nv $owner '')" "owner without password"
same 00000000 "$(tpm 00000129 $owner '' 0006736563726574)" "setting the password"
same 000009a2 "$(read_nv $owner '')" "no password"
same 000009a2 "$(read_nv $owner 77726f6e67)" "another password"
same 00000000 "$(read_nv $owner 736563726574)" "the owner's password"
same 00000000 "$(read_nv 01400001 '')" "the index's own authorisation"
same 000009a2 "$(read_nv 01400001 736563726574)" "the owner's password for the index"
ok azattest attest --out token.jwt
ok azattest check
password="the TPM's owner has a password"
expect_fail "$password" azattest attest --hierarchy owner --out token.jwt
said "use hierarchy = null"
expect_fail "" env AZATTEST_HIERARCHY=owner azattest doctor
grep -E '^key +no ' stdout | grep -qF "$password" || { cat stdout >&2; fail "doctor"; }
expect_undecided "" azattest status --hierarchy owner
printed "$password"
