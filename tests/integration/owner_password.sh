# Where the TPM's owner has a password, NV is read with the index's own authorisation (D56); the
# simulated vTPM asks for the password as a real one does.
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
