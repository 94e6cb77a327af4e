# Sourced by tests that need a Debian of their own: made from the mirror that this machine's apt has, or the test is
# skipped.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/setup.sh
. "$root/tests/setup.sh"

skip() {
        echo "skipped: $*"
        exit 77
}

# new_debian SUITE PACKAGE...: a bare Debian in $bare, after the packages that the test needs here.
new_debian() {
        local suite=$1 mirror
        shift
        [ "$(id -u)" = 0 ] || skip "needs root for a chroot"
        (need_packages debootstrap "$@") 2>stderr || skip "no debootstrap"
        mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 2>/dev/null | sed -n 's/ bookworm$//p' | head -1)
        [ -n "$mirror" ] || skip "apt has no Debian 12"
        bare=$PWD/bare
        # dpkg waits for the disk after every file, for a system that is to outlive a power cut.
        DPKG_FORCE=unsafe-io debootstrap --variant=minbase "$suite" "$bare" "$mirror" >stdout 2>stderr ||
                skip "no Debian $suite to be had: $(tail -1 stderr stdout)"
        cp /etc/resolv.conf "$bare/etc/" 2>/dev/null || :
        cp -r /etc/apt/apt.conf.d "$bare/etc/apt/"
        echo force-unsafe-io >"$bare/etc/dpkg/dpkg.cfg.d/unsafe-io"
}

# inside COMMAND...: in there, with mounts and processes that end with it. Its root is a mount, as a system's is: else
# nothing in there can have mounts of its own.
inside() {
        unshare --mount --pid --fork --kill-child bash -c '
                bare=$1; shift
                mount --bind "$bare" "$bare"
                mount -t proc proc "$bare/proc"
                for name in sys dev; do mount --rbind --make-rslave "/$name" "$bare/$name"; done
                exec chroot "$bare" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                        DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root "$@"' inside "$bare" "$@"
}
inside_apt() { inside apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-confdef "$@"; }

# source_inside: the tree as /root/source.
source_inside() {
        mkdir "$bare/root/source"
        tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$bare/root/source" -xf -
}
