#!/usr/bin/env bash
# Builds a Debian 12 cloud image as users bring it (about 400 MiB): Debian's cloud kernel and systemd, with real cloud-init, qemu-guest-agent and
# OpenSSH, its root growing to the disk it finds. Without KVM it takes a minute to boot. Nothing is mounted and no root is needed.
#
#   scripts/build-debian-guest.sh [--size MIB] OUT.qcow2
#   scripts/build-debian-guest.sh --packages        prints the Debian packages that this script needs on the host
set -euo pipefail

HOST_PACKAGES="e2fsprogs fakeroot fdisk grub-common grub-pc-bin mmdebstrap qemu-utils uidmap"
GUEST_PACKAGES=linux-image-cloud-amd64,systemd-sysv,udev,dbus,cloud-init,cloud-guest-utils,fdisk,e2fsprogs,qemu-guest-agent,openssh-server,iproute2,netbase,sudo,lz4

LABEL=debian-root  # not the demo guest's: a guest may find both
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/guest-disk.sh"

die() { echo "build-debian-guest: $*" >&2; exit 1; }
say() { echo "build-debian-guest: $*"; }

size_mib=2048 out=
while [ $# -gt 0 ]; do
  case $1 in
    --packages) echo "$HOST_PACKAGES"; exit 0 ;;
    --size) size_mib=${2:?--size takes a number of MiB}; shift ;;
    -*) die "unknown option $1; there are --size and --packages" ;;
    *) [ -z "$out" ] || die "one output file, not both '$out' and '$1'"; out=$1 ;;
  esac
  shift
done
[ -n "$out" ] || die "name the image file to write"
[ "$(dpkg --print-architecture)" = amd64 ] || die "the guest is made for amd64; this host is $(dpkg --print-architecture)"
PATH=$PATH:/usr/sbin:/sbin   # a plain user's PATH has no sfdisk and mke2fs
missing=
for tool in mmdebstrap mke2fs sfdisk grub-mkimage qemu-img; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -d /usr/lib/grub/i386-pc ] || missing="$missing grub-pc-bin"
[ "$(id -u)" = 0 ] || command -v fakeroot >/dev/null || missing="$missing fakeroot"
[ -z "$missing" ] || die "not installed:$missing; apt-get install $HOST_PACKAGES"

out=$(realpath -m "$out")
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"   # mmdebstrap's mapped users pass through it
cd "$tmp"
umask 022

# What an image's maker decides, and nothing of what cloud-init decides on an instance.
cat > customize <<SCRIPT
#!/bin/sh
set -e
cd "\$1"
# Only what a guest of QEMU boots from: the initial RAM disk of everything takes seconds to unpack without KVM. Disks for the config drive are among them:
# cloud-init looks whether it has any work to do before all else is loaded, and goes to sleep if it finds none.
printf 'MODULES=list\nCOMPRESS=lz4\n' > etc/initramfs-tools/conf.d/tintype
printf '%s\n' virtio_pci virtio_blk virtio_scsi sd_mod sr_mod ata_piix ata_generic isofs > etc/initramfs-tools/modules
chroot . update-initramfs -u -k all
mkdir -p boot/grub
cat > boot/grub/grub.cfg <<'FILE'
# The 16-bit way into the kernel is the faster one without KVM.
linux16 /vmlinuz root=LABEL=$LABEL ro console=tty0 console=ttyS0,115200n8 quiet systemd.show_status=false
initrd16 /initrd.img
boot
FILE
echo 'LABEL=$LABEL / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1' > etc/fstab
echo 'datasource_list: [ ConfigDrive, NoCloud, OpenStack, None ]' > etc/cloud/cloud.cfg.d/90_dpkg.cfg
cat > etc/cloud/cloud.cfg.d/91_tintype.cfg <<'FILE'
system_info:
  network:
    renderers: [networkd]
locale: false
ssh_genkeytypes: [ed25519]
FILE
chroot . systemctl -q enable systemd-networkd.service serial-getty@ttyS0.service
chroot . systemctl -q mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service
echo localhost > etc/hostname
# What makes one instance another is made by each anew.
rm -f etc/ssh/ssh_host_*_key* var/lib/dbus/machine-id
: > etc/machine-id
rm -rf var/lib/cloud/* var/log/*.log var/cache/apt/* var/lib/apt/lists/*
SCRIPT
chmod 755 customize
say "putting Debian's packages together"
mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$GUEST_PACKAGES" --customize-hook="$tmp/customize \"\$1\"" bookworm root.tar
make_disk disk.raw "$size_mib" "$LABEL" \
  "mkdir root; tar -C root --xattrs --xattrs-include='*' --numeric-owner -xpf root.tar; rm root.tar" || die "the disk could not be made"

# Converted beside its place and renamed, so that a broken build never looks like a finished one.
qemu-img convert -f raw -O qcow2 disk.raw "$out.new"
mv "$out.new" "$out"
say "$out: $(du -k "$out" | awk '{ print int($1 / 1024) }') MiB, $size_mib MiB virtual"
