# The zip, unpacked in a Windows of its own to a folder with spaces and letters of others, is all that it needs. Run by
# in-vm, see run.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
export WINEPATH
folder="$WINEPREFIX/drive_c/Program Files/Prüfstand é 1"
mkdir -p "$folder"
(cd "$folder" && cmake -E tar xf "$AZATTEST_WINDOWS_ZIP")
folder+=/azattest
for file in README.txt openssl.cnf azattest.exe libazattest.dll ossl-modules/azattest.dll libazguestattestation.dll \
        openssl.exe libcrypto-3-x64.dll libssl-3-x64.dll include/azattest.h include/azguestattestation1/AttestationClient.h \
        lib/libazattest.dll.a lib/libazattest.def lib/azattest.lib \
        licences/{azattest/LICENSE,openssl/LICENSE.txt,curl/COPYING,json-c/COPYING,tpm2-tss/LICENSE,gcc/copyright,mingw-w64/copyright}; do
        [ -s "$folder/$file" ] || fail "the zip has no $file"
done

# Every DLL that its programs want is there or of Windows.
find "$folder" -name '*.exe' -o -name '*.dll' | while read -r file; do
        x86_64-w64-mingw32-objdump -p "$file" | sed -n 's/.*DLL Name: //p'
done | tr '[:upper:]' '[:lower:]' | sort -u >wanted
(cd "$folder" && find . -maxdepth 1 -name '*.dll' -printf '%f\n'; printf '%s\n' advapi32.dll bcrypt.dll crypt32.dll gdi32.dll \
        kernel32.dll msvcrt.dll shell32.dll user32.dll ws2_32.dll) | sort >there
same '' "$(comm -23 wanted there)" "DLLs that are nowhere"

# OpenSSL reads nothing from where everybody can write.
run() { /usr/lib/wine/wine64 "$folder/$1.exe" "${@:2}"; }
roots="amd-root = $(setting amd-root)\r\nvtpm-root = $(setting vtpm-root)" # the simulator's own
unset OPENSSL_CONF OPENSSL_MODULES
ok run openssl version -d -m
same 'OPENSSLDIR: "C:/Program Files/Common Files/SSL" MODULESDIR: "C:/Program Files/OpenSSL/lib/ossl-modules"' "$(tr -d '\r' <stdout | paste -sd' ')"

# As README.txt has it, but that the module is found by OPENSSL_MODULES.
module=$(sed -n 's/^module *= //p' "$folder/openssl.cnf" | tr -d '\r')
same "C:/Program Files/azattest/ossl-modules/azattest.dll" "$module" "module in openssl.cnf"
ok run azattest --version
printed "azattest "
sed -i "s|^module.*|module = azattest\r|; s|^#maa-url = .*|maa-url = $SIM_MAA_URL\r\n$roots\r|" "$folder/openssl.cnf"
export OPENSSL_CONF='C:\Program Files\Prüfstand é 1\azattest\openssl.cnf' AZATTEST_IMDS_URL=$SIM_IMDS_URL
export OPENSSL_MODULES='C:\Program Files\Prüfstand é 1\azattest\ossl-modules' AZATTEST_TCTI=tbs AZATTEST_EVENT_LOG=tbs
export AZATTEST_CA_FILE=$SIM_CA_FILE
ok run openssl list -providers
printed azattest
ok run azattest attest --nonce 'ü 1' --out 'Jeton é.jwt'
ok run azattest verify 'Jeton é.jwt' --nonce 'ü 1' --any-vm
# Without ca-file the roots are those of Windows, here this machine's when the first program asks for them.
by_store() (unset AZATTEST_CA_FILE; AZATTEST_ATTEST=always run azattest attest --out store.jwt)
expect_undecided "its certificate is not trusted here" by_store
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        cat /etc/ssl/certs/ca-certificates.crt "$SIM_CA_FILE" >roots
        export -f by_store run
        export folder
        ok unshare -m bash -c 'mount --bind roots /etc/ssl/certs/ca-certificates.crt && by_store'
        [ -s store.jwt ] || fail "no token"
fi
# The README's first steps. Its lines for PowerShell and lib have nothing here that runs them.
tr -d '\r' <"$folder/README.txt" | sed -n 's/^ *\(azattest [a-z]\|openssl [a-z]\)/\1/p' >steps
same 4 "$(wc -l <steps)" "first steps"
while read -r -a step <&3; do ok run "${step[@]}"; done 3<steps
ok run azattest verify token.jwt --any-vm
echo 'a secret' >secret
ok run azattest encrypt --token 'Jeton é.jwt' --any-vm --in secret --out secret.enc
ok run azattest decrypt --in secret.enc --out secret.dec
cmp secret secret.dec
ok run openssl dgst -sha256 -sign azattest://sign -out signature secret
ok run openssl pkey -in azattest://sign -pubout -out sign.pub
ok run openssl dgst -sha256 -verify sign.pub -signature signature secret

# What is there for programmers builds a program, by either library for the linker.
cat >program.c <<'END'
#include <azattest.h>
#include <stdio.h>
int main(void)
{
        return printf("%s\n", azattest_version()) < 0;
}
END
for library in libazattest.dll.a azattest.lib; do
        x86_64-w64-mingw32-gcc-posix -I"$folder/include" -o "$folder/program.exe" program.c "$folder/lib/$library"
        ok run program
        printed .
done
