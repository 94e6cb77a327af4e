# TLS 1.2 with openssl s_server: ECDHE-RSA, signatures PKCS#1 v1.5 and PSS.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key
port=$(free_port)
recipe tls12.sh | sed -e "s|8443|127.0.0.1:$port|" -e 's/^openssl/exec &/' >server.sh
serve "$port" bash server.sh
for algorithm in RSA+SHA256 RSA+SHA512 RSA-PSS+SHA256 RSA-PSS+SHA384; do
        handshake "$port" -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs $algorithm
        printed "Cipher is ECDHE-RSA-AES128-GCM-SHA256"
        case $algorithm in
        RSA-PSS*) matched "Peer signature type: (RSA-PSS|rsa_pss_rsae_sha)" ;;
        *) matched "Peer signature type: (RSA[[:space:]]*$|rsa_pkcs1_sha)" ;;
        esac
        printed "Peer signing digest: ${algorithm#*+}"
done
handshake "$port" -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384
printed "Cipher is DHE-RSA-AES256-GCM-SHA384"

# A client that would rather exchange keys by RSA gets the next cipher of its list.
handshake "$port" -tls1_2 -cipher AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
printed "Cipher is ECDHE-RSA-AES128-GCM-SHA256"
stop_servers
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -www

# A signing key does not decrypt: no RSA key exchange with it, and the server lives on.
handshake_refused "$port" "wrong purpose" -tls1_2 -cipher AES128-GCM-SHA256
handshake "$port" -tls1_2
