# A key vault gives a server's TLS key to one attested VM, run by tests/demo --release inside the simulated VM.
# shellcheck shell=bash
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
show() {
        printf '$ %s\n' "$*"
        "$@"
}
# refused COMMAND...: what has to fail, and why it did.
refused() {
        printf '$ %s\n' "$*"
        ! "$@" >said 2>&1 || { echo "this was not refused" >&2; exit 1; }
        grep '^azattest: ' said | grep -v ' weakened: ' | uniq
}
# vault METHOD PATH JSON: the key's owner, by the vault's own interface.
vault() {
        local token
        token=$(curl -sf -H Metadata:true "$SIM_IMDS_URL/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.localhost" |
                sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')
        curl -sf --cacert "$SIM_CA_FILE" -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
                -d "$3" "$SIM_VAULT_URL$2?api-version=7.4"
}
create() { # NAME CLAIM VALUE: an exportable key for VMs that MAA says this of
        local policy
        policy=$(printf '{"version":"1.0.0","anyOf":[{"authority":"%s","allOf":[{"claim":"%s","equals":"%s"}]}]}' "$SIM_MAA_URL" "$2" "$3")
        echo "$policy"
        vault POST "/keys/$1/create" "{\"kty\":\"EC\",\"crv\":\"P-256\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$(printf %s "$policy" | base64 -w0 | tr '+/' '-_' | tr -d =)\"}}" >/dev/null
}

say "The owner makes a key in a key vault, for VMs that the attestation service vouches for"
create tls x-ms-isolation-tee.x-ms-compliance-status azure-compliant-cvm

say "The VM is attested and the vault releases the key: into a file that only this VM's vTPM opens"
show azattest release "$SIM_VAULT_URL/keys/tls" --out tls.pem
show head -2 tls.pem
show azattest status tls.pem

say "nginx loads the file as it loads any key"
show openssl req -x509 -key tls.pem -subj /CN=localhost -days 1 -out tls.crt
cat >nginx.conf <<END
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {
        listen unix:$PWD/web ssl;
        ssl_certificate $PWD/tls.crt;
        ssl_certificate_key $PWD/tls.pem;
        location / { return 200 "served\\n"; }
    }
}
END
PATH=$PATH:/usr/sbin
nginx -p "$PWD" -e error.log -c nginx.conf &
trap 'kill $! 2>/dev/null || true' EXIT
for _ in $(seq 100); do [ ! -S web ] || break; sleep 0.1; done
before=$(azattest-sim ctl "$AZATTEST_SIM_DIR" counts)
show curl -sS --cacert tls.crt --unix-socket web https://localhost/
[ "$before" = "$(azattest-sim ctl "$AZATTEST_SIM_DIR" counts)" ]
echo "(the handshake took no TPM command: once it is loaded the key is an ordinary one)"

say "Refused: a key whose owner wants something else, and why"
create other x-ms-attestation-type trustedlaunch
refused azattest release "$SIM_VAULT_URL/keys/other" --out other.pem

say "Refused: an answer that somebody signed anew on the way"
azattest-sim ctl "$AZATTEST_SIM_DIR" 'fault vault-foreign-root'
refused azattest release "$SIM_VAULT_URL/keys/tls" --out other.pem
azattest-sim ctl "$AZATTEST_SIM_DIR" clear

say "Refused: the file on another VM"
azattest-sim start other --join "$AZATTEST_SIM_DIR"
refused env -u AZATTEST_SIM_DIR bash -c '. other/env.sh && openssl pkey -in tls.pem -noout'
azattest-sim stop other
