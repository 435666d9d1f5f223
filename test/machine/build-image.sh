#!/usr/bin/env bash
# Builds the disk of a whole Debian machine for qemu from a root that build-roots.sh made: its own kernel, systemd, sshd,
# auditd and Docker. Once; later runs find it in the cache. Needs root, qemu-utils and e2fsprogs.
# usage: build-image.sh [SUITE]      default: trixie
# Leaves below $HARDEN_TEST_MACHINES/SUITE: base.qcow2 (never booted itself), vmlinuz, initrd.img, key (of the machine's root).
set -euo pipefail
suite=${1:-trixie}
root=${HARDEN_TEST_ROOTS:-/var/cache/harden-test/roots}/$suite
image=${HARDEN_TEST_MACHINES:-/var/cache/harden-test/machines}/$suite
[ -e "$image/base.qcow2" ] && exit 0
[ -e "$root.ok" ] || { echo "build-image: no root of $suite; run test/real/build-roots.sh $suite" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/var/tmp}/harden-image-XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
cp -a --reflink=auto "$root" "$tree"
mkdir -p "$image"

inside() {
  chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}

cp /etc/resolv.conf "$tree/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" # no service starts in the tree
chmod 755 "$tree/usr/sbin/policy-rc.d"
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64 openssh-server apparmor >"$work/apt.log" 2>&1 ||
  { tail -n 20 "$work/apt.log" >&2; exit 1; }
inside apt-get clean
rm -rf "$tree/usr/sbin/policy-rc.d" "$tree"/var/lib/apt/lists/* "$tree/etc/resolv.conf"

echo sample >"$tree/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 sample\n' >"$tree/etc/hosts"
echo '/dev/vda / ext4 defaults 0 1' >"$tree/etc/fstab"
: >"$tree/etc/machine-id" # made by the machine's first boot
printf '[Match]\nName=eth0\n[Network]\nDHCP=yes\nLinkLocalAddressing=no\n' >"$tree/etc/systemd/network/80-dhcp.network"
inside systemctl enable -q systemd-networkd ssh docker auditd
inside systemctl mask -q systemd-networkd-wait-online

rm -f "$image/key" "$image/key.pub"
ssh-keygen -q -t ed25519 -N '' -C harden-test -f "$image/key"
install -d -m 700 "$tree/root/.ssh"
install -m 600 "$image/key.pub" "$tree/root/.ssh/authorized_keys"

cp -L "$tree/vmlinuz" "$image/vmlinuz"
cp -L "$tree/initrd.img" "$image/initrd.img"
truncate -s 6G "$work/disk"
mke2fs -q -t ext4 -L root -d "$tree" "$work/disk"
qemu-img convert -O qcow2 "$work/disk" "$work/base.qcow2"
mv "$work/base.qcow2" "$image/base.qcow2"
