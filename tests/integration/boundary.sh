# The command uses the library as any program does: it asks the linker for azattest_* functions of
# libazattest, loads neither libcurl nor the TPM's libraries by itself, and holds no code of a room but
# core/base and core/os. The archive of another room is there to show that the question can be answered
# otherwise.
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command=$AZATTEST_BUILD/bin/azattest

defined() { nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /^[TtDdBbRr]$/ { print $3 }' | grep '^aza' | sort -u; }
defined "$command" >command
defined "$AZATTEST_BUILD"/libaza_offline.a "$AZATTEST_BUILD"/libaza_online.a >rooms
[ "$(wc -l <rooms)" -gt 100 ] || fail "the rooms' functions were not found"
comm -12 command rooms >both
[ ! -s both ] || { head both >&2; fail "the command holds code of rooms that judge"; }
grep -q '^aza_file_read$' command || fail "the command's own tools were not found: the test sees nothing"
! grep -q '^azattest_' command || fail "a part of libazattest stands in the command"

objdump -p "$command" >needed
grep -q 'NEEDED.*libazattest.so.0' needed || fail "the command does not load libazattest"
! grep -qE 'NEEDED.*(libcurl|libtss2|libssl)' needed || { cat needed >&2; fail "the command loads more than it uses"; }
nm -D --undefined-only "$command" | awk '{ print $2 }' | grep '^aza' >asked
grep -qx 'azattest_token_verify@AZATTEST_0.2' asked || fail "the command judges tokens without the library"
! grep -v '^azattest_' asked || fail "the command asks for inner functions"
