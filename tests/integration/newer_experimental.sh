# OpenSSL 4.0 of Debian experimental. What else links OpenSSL there, libcurl for one, still has the older one: both are in one process.
# everyday: no
# sim: none
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib_newer.sh"
newer sid 4.0 experimental
