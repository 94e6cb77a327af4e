# Sourced after lib.sh by the tests of what is sent to the attestation service, member by member (requests/*.json).
# shellcheck shell=bash
# shellcheck disable=SC2034
requests=$(cd "$(dirname "${BASH_SOURCE[0]}")/requests" && pwd)

# recorder FILE: a service at $recorder, with certificate recorder.crt, that keeps a request in FILE and refuses it.
recorder() {
        [ -f recorder.crt ] || ok env -u OPENSSL_CONF /usr/bin/openssl req -x509 -newkey rsa:2048 -nodes -keyout recorder.key \
                -out recorder.crt -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1
        rm -f recorder.port
        plain python3 "$requests/compare.py" record recorder.port recorder.crt recorder.key "$1" \
                >recorder.log 2>&1 </dev/null &
        servers+=($!)
        for _ in {1..200}; do [ ! -e recorder.port ] || break; sleep 0.1; done
        recorder=https://127.0.0.1:$(cat recorder.port)
}

# in_form KIND FILE NONCE: the request in FILE is what the reference client sends there.
in_form() { ok plain python3 "$requests/compare.py" same "$requests/$1.json" "$2" "$3"; }
# plants_found KIND FILE NONCE: and with one thing changed each it is not.
plants_found() { ok plain python3 "$requests/compare.py" plants "$requests/$1.json" "$2" "$3"; }
