#!/usr/bin/env bash
# Builds a small Linux guest (about 30 MiB, boots in seconds even without KVM) from Debian's own packages, on the spot and
# without root: nothing is mounted, no loop device is used, and nothing is left behind but the image.
#
#   scripts/build-guest.sh [--no-agent] [--heartbeat] [--all-drivers] [--format raw|qcow2] [--size MIB] OUT
#   scripts/build-guest.sh --packages        prints the Debian packages that this script needs on the host
#
# What the guest can do: boot by BIOS from virtio, virtio-scsi and IDE disks; grow its root file system to the disk it finds;
# take address and gateway by DHCP; read a config drive (host name, root's password, ssh keys, a user-data script run once an
# instance); answer the QEMU guest agent; obey the power button and leave a clean file system.
#   --no-agent      without the guest agent
#   --heartbeat     writes and syncs all the time
#   --all-drivers   Debian's general kernel, which takes seconds longer to start, but knows SATA, LSI SCSI and USB disks too,
#                   and network cards other than virtio and vmxnet3
set -euo pipefail

# Debian packages that must be installed on the host.
HOST_PACKAGES="cpio e2fsprogs fakeroot fdisk grub-common grub-pc-bin gzip kmod qemu-utils"

# Debian packages that the guest is made of; the kernel's name is looked up, since it carries a version.
GUEST_KERNEL=linux-image-cloud-amd64
GUEST_PACKAGES="busybox-static libc6 e2fsprogs libext2fs2 libss2 libcom-err2 libblkid1 libuuid1
  dropbear-bin libcrypt1 libtomcrypt1 libtommath1 libgmp10 zlib1g"
AGENT_PACKAGES="qemu-guest-agent libglib2.0-0 libnuma1 liburing2 libudev1 libpcre2-8-0"

# Modules, with what they depend on, that the guest may need before and after its root is mounted.
MODULES="ext4 crc32c_generic isofs evdev button pvpanic-mmio pvpanic-pci
  virtio_pci virtio_blk virtio_scsi virtio_console virtio_net sd_mod sr_mod ata_piix ata_generic vmxnet3"
MORE_MODULES="ahci sym53c8xx mptspi usb-storage uas xhci-pci ehci-pci uhci-hcd e1000 e1000e igb 8139cp 8139too ne2k-pci pcnet32"

# The guest's own files, beside what comes from packages: its start and its end, and what it takes from a config drive.
own=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/guest
. "$own/../guest-disk.sh"

LABEL=tintype-root  # by this its own files, too, find the root

die() { echo "build-guest: $*" >&2; exit 1; }
say() { echo "build-guest: $*"; }

agent=yes heartbeat=no format=qcow2 size_mib=160 out=
while [ $# -gt 0 ]; do
  case $1 in
    --packages) echo "$HOST_PACKAGES"; exit 0 ;;
    --no-agent) agent=no ;;
    --heartbeat) heartbeat=yes ;;
    --all-drivers) GUEST_KERNEL=linux-image-amd64 MODULES="$MODULES $MORE_MODULES" ;;
    --format) format=${2:?--format takes raw or qcow2}; shift ;;
    --size) size_mib=${2:?--size takes a number of MiB}; shift ;;
    -*) die "unknown option $1; there are --no-agent, --heartbeat, --all-drivers, --format, --size and --packages" ;;
    *) [ -z "$out" ] || die "one output file, not both '$out' and '$1'"; out=$1 ;;
  esac
  shift
done
[ -n "$out" ] || die "name the image file to write"
case $format in raw|qcow2) ;; *) die "--format is raw or qcow2, not '$format'" ;; esac
[ "$(dpkg --print-architecture)" = amd64 ] || die "the guest is made for amd64; this host is $(dpkg --print-architecture)"
PATH=$PATH:/usr/sbin:/sbin   # a plain user's PATH has no sfdisk, mke2fs, depmod
missing=
for tool in cpio mke2fs sfdisk grub-mkimage gzip depmod modprobe qemu-img; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -d /usr/lib/grub/i386-pc ] || missing="$missing grub-pc-bin"
[ "$(id -u)" = 0 ] || command -v fakeroot >/dev/null || missing="$missing fakeroot"
[ -z "$missing" ] || die "not installed:$missing; apt-get install $HOST_PACKAGES"

out=$(realpath -m "$out")
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
umask 022

# --- packages ---------------------------------------------------------------------------------------------------------
mkdir debs tree kernel root initrd apt apt/lists apt/cache
# apt's own unprivileged user cannot write into a private temporary directory.
apt_options=(-qq -o APT::Sandbox::User=root)
download() { (cd debs && apt-get "${apt_options[@]}" download "$@"); }
kernel_name() { apt-cache "${apt_options[@]}" depends "$GUEST_KERNEL" | awk '$1 == "Depends:" && $2 ~ /^linux-image/ { print $2; exit }'; }
wanted="$GUEST_PACKAGES"
[ "$agent" = no ] || wanted="$wanted $AGENT_PACKAGES"
fetch() { local kernel; kernel=$(kernel_name) && [ -n "$kernel" ] && download "$kernel" $wanted; }
say "downloading Debian packages"
if ! fetch 2>apt/first-try; then
  # The host's package lists are missing or too old; own ones need no root.
  say "the host's package lists do not do; fetching fresh ones for this build"
  apt_options+=(-o "Dir::State::lists=$tmp/apt/lists" -o "Dir::Cache=$tmp/apt/cache" -o "Dir::Cache::archives=$tmp/apt/cache")
  mkdir -p apt/lists/partial apt/cache/partial
  apt-get "${apt_options[@]}" update
  fetch || { cat apt/first-try >&2; die "Debian's packages cannot be downloaded"; }
fi
for deb in debs/*.deb; do
  case $deb in
    debs/linux-image-*) dpkg-deb -x "$deb" kernel ;;
    *) dpkg-deb -x "$deb" tree ;;
  esac
done
version=$(basename kernel/lib/modules/*)
say "kernel $version"

# --- the root file system -----------------------------------------------------------------------------------------------
mkdir -p root/{bin,sbin,boot/grub,dev,proc,sys,run,tmp,mnt,root,lib64,lib/x86_64-linux-gnu,usr/bin,usr/sbin,usr/share/udhcpc}
mkdir -p root/{etc/acpi/PWRF,etc/dropbear,etc/qemu,var/lib/dpkg,var/lib/cloud,var/log,var/run}
chmod 1777 root/tmp
chmod 700 root/root
cp tree/bin/busybox root/bin/
for applet in $(tree/bin/busybox --list); do
  [ "$applet" = busybox ] || ln -s /bin/busybox "root/bin/$applet"
done
ln -s /bin/busybox root/sbin/init
cp "kernel/boot/vmlinuz-$version" root/boot/vmlinuz

# A program and every library that the loader says it needs.
loader=tree/lib64/ld-linux-x86-64.so.2
install_program() {
  cp "$1" "root/$2"
  "$loader" --library-path tree/lib/x86_64-linux-gnu:tree/usr/lib/x86_64-linux-gnu --list "$1" > libraries
  ! grep 'not found' libraries || die "a library of $1 is in none of the packages"
  awk '$2 == "=>" { print $3 }' libraries | while read -r library; do
    cp -L "$library" "root/lib/x86_64-linux-gnu/$(basename "$library")"
  done
}
cp -L "$loader" root/lib64/
install_program tree/sbin/resize2fs sbin/resize2fs
install_program tree/usr/sbin/dropbear usr/sbin/dropbear
install_program tree/usr/bin/dropbearkey usr/bin/dropbearkey
[ "$agent" = no ] || install_program tree/usr/sbin/qemu-ga usr/sbin/qemu-ga

# The packages whose files are in the guest, in the form in which Debian itself keeps them.
for deb in debs/*.deb; do
  printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nVersion: %s\n\n' \
    "$(dpkg-deb -f "$deb" Package)" "$(dpkg-deb -f "$deb" Architecture)" "$(dpkg-deb -f "$deb" Version)"
done > root/var/lib/dpkg/status
: > root/etc/machine-id
# No password opens it until a config drive brings one.
printf 'root:*:19700:0:99999:7:::\n' > root/etc/shadow
chmod 600 root/etc/shadow
cp -R "$own/root/." root/
[ "$heartbeat" = yes ] || rm root/etc/heartbeat

# --- the initial RAM disk: modules by what the hardware says it is, then the root by its label ------------------------------
mkdir -p initrd/{bin,dev,proc,sys,newroot}
cp tree/bin/busybox initrd/bin/
kept=initrd/lib/modules/$version
mkdir -p "$kept"
cp "kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$kept"/
depmod -b kernel "$version"
for module in $MODULES; do
  modprobe -d kernel -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | sort -u | while read -r file; do cp "$file" "$kept"/; done
depmod -b initrd "$version"
rm -f "$kept"/*.bin
cp -R "$own/initrd/." initrd/
(cd initrd && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -6) > root/boot/initrd

# --- the disk ----------------------------------------------------------------------------------------------------------------------
make_disk disk.raw "$size_mib" "$LABEL" 'chown -R 0:0 root'

# Converted beside its place and renamed, so that a broken build never looks like a finished one.
qemu-img convert -f raw -O "$format" disk.raw "$out.new"
mv "$out.new" "$out"
say "$out: $format, $(du -k "$out" | awk '{ print int($1 / 1024) }') MiB, $size_mib MiB virtual, agent: $agent, heartbeat: $heartbeat"
