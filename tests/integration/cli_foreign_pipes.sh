# What is decrypted goes into no named pipe and through no link of another user; into pipes and devices of
# one's own as ever.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ok azattest attest --out t.jwt
printf secret >in
ok azattest encrypt --token t.jwt --any-vm --in in --out ct
decrypt() { timeout 20 azattest decrypt --in ct --out "$1"; }

# Our own FIFO, /dev/stdout, /dev/fd/N of the shell, /dev/null, a link of ours.
mkfifo own
cat own >got &
ok decrypt own
wait $!
cmp in got || fail "own FIFO"
decrypt /dev/stdout | cat >got
cmp in got || fail "/dev/stdout"
decrypt >(cat >substituted)
for _ in {1..50}; do [ -s substituted ] && break; sleep 0.1; done
cmp in substituted || fail "process substitution"
ok decrypt /dev/null
ln -s own link
cat own >got &
ok decrypt link
wait $!
cmp in got || fail "link to our own FIFO"

[ "$(id -u)" = 0 ] || { echo "skipped: only root can make another user's pipe"; exit 77; }
chmod 755 .
mkdir -m 1777 shared
mkfifo -m 666 shared/fifo
chown 65534 shared/fifo
ln -s ../own shared/link
chown -h 65534 shared/link
ln -s shared/fifo to-fifo
# Their reader is there, so nothing would make us wait.
timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups cat shared/fifo >stolen 2>/dev/null &
reader=$!
for place in shared/fifo to-fifo shared/link; do
        expect_fail "of another user" decrypt $place
        expect_fail "of another user" azattest attest --out $place
done
kill $reader 2>/dev/null || true
[ ! -s stolen ] || fail "another user read it"
# Where the pipe has no name it is the caller's: root in a pipeline of somebody else's.
setpriv --reuid=65534 --regid=65534 --clear-groups true
ok bash -c 'azattest decrypt --in ct --out /dev/stdout | cat >got'
cmp in got || fail "pipeline"
