# TLS 1.3 with openssl s_server: the attested key signs handshakes, from a file and from a URI.
# setups: all
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest cert --san DNS:web.example --out web.crt --key-out web.key

# OpenSSL as the peer accepts a CertificateVerify only with a salt as long as the digest.
for key in web.key azattest://sign; do
        port=$(free_port)
        serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key $key -www
        for algorithm in rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512; do
                handshake "$port" -tls1_3 -sigalgs $algorithm
                matched "Peer signature type: (RSA-PSS|$algorithm)"
                printed "Peer signing digest: SHA${algorithm#*_sha}"
        done
        # A session that is resumed needs no key.
        ok plain openssl s_client -connect "127.0.0.1:$port" -sess_out session -ign_eof <<<$'GET / HTTP/1.0\r\n\r\n'
        before=$(commands RSA_Decrypt)
        handshake "$port" -tls1_3 -sess_in session
        printed "Reused, TLSv1.3"
        same "$before" "$(commands RSA_Decrypt)" "private operations of a resumed session"
        stop_servers
        same "" "$(grep -i error server.log || true)" "errors of the server"
done

# One private operation a handshake, two commands each.
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert web.crt -key web.key -www
handshake "$port" -tls1_3
before=$(commands RSA_Decrypt) all=$(commands ALL)
for i in 1 2 3 4 5; do handshake "$port" -tls1_3; done
same 5 $(($(commands RSA_Decrypt) - before)) "private operations of 5 handshakes"
same 10 $(($(commands ALL) - all)) "TPM commands of 5 handshakes"

# The decryption key serves no TLS.
ok azattest cert --purpose decrypt --out dec.crt
port=$(free_port)
serve "$port" openssl s_server -accept "127.0.0.1:$port" -cert dec.crt -key azattest://key -www
handshake_refused "$port" "no suitable signature algorithm"
