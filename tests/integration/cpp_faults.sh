# Which result code a program of the C++ interface gets for each fault of the simulator, from Attest, Encrypt and
# Decrypt, on SEV-SNP and, of what is Intel's, on TDX: the tables in azattest-migrating(7) are what is seen, line by
# line. A line that is not so is printed as it would have to stand there; a fault of `azattest-sim --help` without a
# line fails the test.
# sim: none
# setups: default
# shellcheck shell=bash
# shellcheck disable=SC1091,SC2034,SC2154
patience=5
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_cpp.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib_faults.sh"
for program in attest_print release behaviour; do cpp g++ 11 $program "$(cpp_source $program)" "${cpp_link[@]}"; done

# block NAME: the lines of that table of the page.
block() {
        sed -n "/^\.\\\\\" $1:/,/^\.\\\\\" end of faults/p" "$cpp_top/core/man/azattest-migrating.7" | grep -v '^\.' | tr -d '\134'
}
block faults >attest
block 'faults of Encrypt' >encrypt
block 'faults of Decrypt' >decrypt
block 'faults of TDX' >tdx
[ "$(wc -l <attest)" -gt 50 ] && [ "$(wc -l <tdx)" -gt 10 ] || fail "no tables in azattest-migrating(7)"
[ -s encrypt ] && [ -s decrypt ] || fail "no tables of Encrypt and Decrypt in azattest-migrating(7)"
azattest-sim --help | sed -nE '/^faults:/,$s/^  ([a-z-]*).*\(when the VM starts\)$/\1/p' >at_start
name_of() { sed -E 's/(=.*|x[0-9]+)$//' <<<"$1"; }
is_at_start() { grep -qxF -- "$(name_of "$1")" at_start; }

# saw TABLE FAULT WANTED OWN SAID: SAID is what the call printed: code, TPM code and text, or what it is for.
saw() {
        local code own=
        code=$(sed -nE '1s/^(0|-[0-9]+) 0x.*/\1/p; 1s/^(ey|a secret).*/0/p' <<<"$5")
        [[ ! $5 =~ ^-[0-9]+\ 0x[0-9a-f]+\ (AZATTEST_E_[A-Z_]+\ \(-[0-9]+\)): ]] || own=${BASH_REMATCH[1]}
        [ "$code|$own" != "$3|${4%"${4##*[! ]}"}" ] || return 0
        printf '%s: ' "$1"
        printf '%-29s %-4s %s\n' "$2" "${code:-none: ${5:0:200}}" "$own" | sed 's/ *$//; s/-/\\-/g'
        failed=1
}

# of TABLE FAULT: code and own code, 0 where the table has no line.
of() { awk -v fault="$2" '$1 == fault { code = $2; $1 = $2 = ""; sub(/^ */, ""); print code "|" $0; found = 1 } END { if (!found) print "0|" }' "$1"; }

# A token of the key that this TPM makes now, and a secret for it. Some faults change the key.
prepare() {
        [ -s wrapped.bin ] && [ "$(./release unwrap wrapped.bin 2>stderr)" = "a secret" ] && return
        ./release token "$SIM_MAA_URL" >token.jwt 2>stderr || { cat token.jwt stderr >&2; fail "no token"; }
        ok azattest verify token.jwt --require any --pubkey-out public.pem
        printf 'a secret' | plain openssl pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:oaep \
                -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -out wrapped.bin
}
calls() {
        local fault=$1 wanted own
        azattest-sim ctl "$vm" clear
        prepare
        azattest-sim ctl "$vm" "fault $fault"
        IFS='|' read -r wanted own < <(of decrypt "$fault")
        saw Decrypt "$fault" "$wanted" "$own" "$(timeout 20 ./release unwrap wrapped.bin 2>stderr || :)"
        azattest-sim ctl "$vm" clear
        prepare
        azattest-sim ctl "$vm" "fault $fault"
        # With no key set stored, which it then asks for.
        IFS='|' read -r wanted own < <(of encrypt "$fault")
        saw Encrypt "$fault" "$wanted" "$own" "$(AZATTEST_RUNTIME_DIR=/dev/null/none timeout 20 ./behaviour encrypt token.jwt 2>stderr || :)"
}

# row FAULT CODE OWN: the nearest code of the interface, and libazattest's own where it has another.
row() {
        saw Attest "$1" "$2" "$3" "$(timeout 20 ./attest_print "$SIM_MAA_URL" n 2>stderr || :)"
        [ "$1" = none ] || is_at_start "$1" || calls "$1"
}
healthy() { row none 0 ''; }

new_vm() {
        start_vm "$@"
        unset AZATTEST_REQUIRE
        rm -f wrapped.bin
}
# play KIND TABLE: the faults of a running VM in one, the others in one each.
play() {
        local fault code own
        sed -nE 's/^([^ ]+) +([^ ]+) *(.*)/\1|\2|\3/p' "$2" >rows
        new_vm "$1"
        while IFS='|' read -r fault code own; do is_at_start "$fault" || echo "$fault|$code|$own"; done <rows >running
        run_table <running
        while IFS='|' read -r fault code own; do
                is_at_start "$fault" || continue
                new_vm "$1" --fault "$fault"
                row "$fault" "$code" "$own"
                seen+=" $(name_of "$fault")"
        done <rows
}
# What is a vault's is none of these calls'.
azattest-sim --help | sed -nE '/^faults:/,$s/^  (vault-[a-z-]*)(=CODE)?(=SECONDS)?.*/\1\2\3/p' |
        sed 's/=CODE/=500/; s/=SECONDS/=1/; s/$/ 0/' >vault
sed '/^vault-\* /{
r vault
d
}' attest >all
[ "$(wc -l <all)" -gt $(($(wc -l <attest) + 10)) ] || fail "no line for vault-*"
play sevsnp all
play tdx tdx
finish '^(?!windows-)'
