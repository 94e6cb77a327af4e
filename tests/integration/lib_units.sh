# Sourced after lib.sh by the tests of the systemd units: systemd itself does not run there, its lines do, in its order.
# shellcheck shell=bash
# shellcheck disable=SC2034
units=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../core/systemd" && pwd)

# unit_line KEY: its value in the service, for the instance `web` with its files in etc/.
unit_line() { sed -n "s/^$1=//p" "$units/azattest-cert@.service" | sed -e 's/%i/web/g' -e "s|/etc/azattest/|$PWD/etc/|g"; }
