# What tests/demo shows, each demonstration to its end.
# setups: default
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$AZATTEST_BUILD/tests/examples:$PATH
# demo NAME LINE...: what it prints holds these.
demo() {
        mkdir "$1"
        (cd "$1" && ok bash "$top/tests/demos/$1.sh" && mv stdout stderr ..)
        for line in "${@:2}"; do printed "$line"; done
}
demo main_job "a secret for this VM only" "private half never leaves"
demo handshake "the database password"
demo release "BEGIN AZATTEST SEALED PRIVATE KEY" "served" "took no TPM command" "condition      no" "check K1 (signer)" \
        "key not loaded: sealed key"
