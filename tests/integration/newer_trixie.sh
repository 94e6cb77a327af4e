# Debian 13: OpenSSL 3.5, gcc 14, json-c 0.18, libcurl 8.14.
# everyday: no
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib_newer.sh"
newer trixie 3.5
