# Debian unstable: OpenSSL 3.6, and the newest of all else, cmocka 2 among it.
# everyday: no
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib_newer.sh"
newer sid 3.6
