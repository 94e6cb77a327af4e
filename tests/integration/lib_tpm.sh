# Sourced by tests that give the simulated vTPM a command of their own.
# shellcheck shell=bash
cat >tpm.py <<'END'
# usage: tpm.py SOCKET HEX: one command to the vTPM; prints its return code
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(bytes.fromhex(sys.argv[2]))
print(s.recv(4096)[6:10].hex())
END
socket=${SIM_TCTI#swtpm:path=}

# tpm CODE HANDLES PASSWORD-HEX PARAMETERS: a command with that password for its first handle
tpm() {
        local n=$((${#3} / 2)) auth
        auth=$(printf '%08x400000090000%s%04x%s' $((9 + n)) 01 $n "$3")
        python3 tpm.py "$socket" "$(printf '8002%08x%s%s%s%s' \
                $((10 + (${#2} + ${#auth} + ${#4}) / 2)) "$1" "$2" "$auth" "$4")"
}
