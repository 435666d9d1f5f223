#!/usr/bin/env bash
# Builds the disk of a whole Debian machine for qemu from a root that build-roots.sh made: its own kernel, systemd, sshd,
# auditd and Docker. Once; later runs find it in the cache. Needs root, qemu-utils and e2fsprogs.
# usage: build-image.sh [SUITE]      default: trixie
# Leaves below $HARDEN_TEST_MACHINES/SUITE: base.qcow2 (never booted itself), vmlinuz, initrd.img, initrd-lean.img (mounts /dev/vda and
# nothing else), key (of the machine's root), made-by (digest of what built it: an image of other sources is built anew).
set -euo pipefail
suite=${1:-trixie}
cd "$(dirname "$0")"
root=${HARDEN_TEST_ROOTS:-/var/cache/harden-test/roots}/$suite
image=${HARDEN_TEST_MACHINES:-/var/cache/harden-test/machines}/$suite
made_by=$(cat build-image.sh agent.pl lean-init | sha256sum | cut -d' ' -f1)
[ "$(cat "$image/made-by" 2>/dev/null)" = "$made_by" ] && exit 0
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
inside apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64 openssh-server apparmor dmsetup e2fsprogs >"$work/apt.log" 2>&1 ||
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

install -m 755 agent.pl "$tree/usr/local/sbin/harden-test-agent"
printf '%s\n' '[Unit]' 'Description=Commands for the test' 'DefaultDependencies=no' 'After=local-fs.target' '' '[Service]' 'Type=exec' \
  'ExecStart=/usr/local/sbin/harden-test-agent' 'KillMode=process' '' '[Install]' 'WantedBy=sysinit.target' >"$tree/etc/systemd/system/harden-test-agent.service"
inside systemctl enable -q harden-test-agent

rm -f "$image/made-by" "$image/key" "$image/key.pub"
ssh-keygen -q -t ed25519 -N '' -C harden-test -f "$image/key"
install -d -m 700 "$tree/root/.ssh"
install -m 600 "$image/key.pub" "$tree/root/.ssh/authorized_keys"

cp -L "$tree/vmlinuz" "$image/vmlinuz"
cp -L "$tree/initrd.img" "$image/initrd.img"
lean=$work/lean
mkdir -p "$lean"/{bin,dev,root}
cp "$tree/bin/busybox.static" "$lean/bin/busybox"
install -m 755 lean-init "$lean/init"
xz -dc "$tree"/lib/modules/*/kernel/drivers/block/virtio_blk.ko.xz >"$lean/virtio_blk.ko"
(cd "$lean" && find . | ./bin/busybox cpio -o -H newc 2>/dev/null | gzip -9) >"$image/initrd-lean.img"
truncate -s 6G "$work/disk"
mke2fs -q -t ext4 -L root -d "$tree" "$work/disk"
qemu-img convert -O qcow2 "$work/disk" "$work/base.qcow2"
mv "$work/base.qcow2" "$image/base.qcow2"
echo "$made_by" >"$image/made-by"
