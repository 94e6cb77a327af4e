# Programs of the C++ interface of Microsoft's client, built for Windows by the compiler of the library. Run by in-vm.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
objdump=x86_64-w64-mingw32-objdump
exports() { $objdump -p "$1" | sed -n '/Ordinal\/Name Pointer/,/^$/s/^\t\[ *[0-9]*\] //p' | awk '{ print $NF }' | sort | paste -sd' '; }

ok attest_print "$SIM_MAA_URL" a-nonce
cp stdout token.jwt
same '["a-nonce","Windows"]' "$(claim token.jwt '[(."x-ms-runtime"."client-payload".nonce | @base64d), ."x-ms-azurevm-ostype"] | tojson')"
ok platform_check "$SIM_MAA_URL"
same true "$(tr -d '\r' <stdout)" "platform_check"
ok release wrap "$SIM_MAA_URL" "a wrapped key"
same "$(printf '256 a wrapped key\n%.0s' 1 2)" "$(tr -d '\r' <stdout)" "release wrap"

# What others see of the three DLLs, and that the provider brings none of our own with it.
same "Initialize Uninitialize" "$(exports "$AZATTEST_WINDOWS_BIN/libazguestattestation.dll")" "libazguestattestation.dll"
same OSSL_provider_init "$(exports "$AZATTEST_WINDOWS_BIN/ossl-modules/azattest.dll")" azattest.dll
tr '\n' ' ' <"$AZATTEST_SOURCE/core/include/azattest.h" | grep -oE 'AZATTEST_API [^;]*;' | grep -oE 'azattest_[a-z0-9_]+ ?\(' |
        tr -d '( ' | sort -u >declared
same "$(paste -sd' ' declared)" "$(exports "$AZATTEST_WINDOWS_BIN/libazattest.dll")" libazattest.dll
