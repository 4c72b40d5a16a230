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

LABEL=tintype-root
FIRST_SECTOR=2048   # of the only partition; GRUB lies between the partition table and it

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

cat > root/etc/os-release <<'FILE'
PRETTY_NAME="Tintype demo guest (Debian packages)"
NAME="Debian GNU/Linux"
ID=debian
VERSION_ID="12"
FILE
# The packages whose files are in the guest, in the form in which Debian itself keeps them.
for deb in debs/*.deb; do
  printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nVersion: %s\n\n' \
    "$(dpkg-deb -f "$deb" Package)" "$(dpkg-deb -f "$deb" Architecture)" "$(dpkg-deb -f "$deb" Version)"
done > root/var/lib/dpkg/status
echo "LABEL=$LABEL / ext4 rw 0 1" > root/etc/fstab
echo tintype-demo > root/etc/hostname
: > root/etc/machine-id
printf 'root:x:0:0:root:/root:/bin/sh\n' > root/etc/passwd
printf 'root:x:0:\ntty:x:5:\n' > root/etc/group
# No password opens it until a config drive brings one.
printf 'root:*:19700:0:99999:7:::\n' > root/etc/shadow
chmod 600 root/etc/shadow
echo /bin/sh > root/etc/shells
printf 'Tintype demo guest, \\n, \\l\n' > root/etc/issue
cat > root/etc/inittab <<'FILE'
::sysinit:/etc/rc.start
ttyS0::respawn:/bin/getty -L 115200 ttyS0 vt100
tty1::respawn:/bin/getty 38400 tty1 linux
::ctrlaltdel:/bin/reboot
::shutdown:/etc/rc.stop
FILE

cat > root/etc/rc.start <<'FILE'
#!/bin/sh
# Everything between the kernel and the login prompt.
PATH=/sbin:/usr/sbin:/bin:/usr/bin
mount -t tmpfs -o mode=755 run /run
mkdir -p /dev/pts /dev/shm /dev/virtio-ports
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
: > /run/utmp
resize2fs "$(findfs LABEL=tintype-root)" > /run/resize2fs.log 2>&1
hostname -F /etc/hostname
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
  ip link set eth0 up
  udhcpc -i eth0 -s /etc/udhcpc -t 5 -T 1 -b -S > /run/udhcpc.log 2>&1
fi
/etc/rc.instance
for port in /sys/class/virtio-ports/*; do
  [ -s "$port/name" ] && ln -sf "/dev/${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done
agent=/dev/virtio-ports/org.qemu.guest_agent.0
[ -x /usr/sbin/qemu-ga ] && [ -e $agent ] && qemu-ga -d -m virtio-serial -p $agent -t /run -f /run/qemu-ga.pid -l /run/qemu-ga.log
[ -e /sys/class/net/eth0 ] && dropbear -R -s
acpid
# How many times this very disk has booted: a copy taken after boot n says n+1.
boots=$(( $(cat /var/lib/boots 2>/dev/null || echo 0) + 1 ))
echo $boots > /var/lib/boots
echo "tintype-demo: boot $boots of $(hostname), root on $(findfs LABEL=tintype-root), up $(cut -d' ' -f1 /proc/uptime) s" > /dev/console
[ -x /etc/heartbeat ] && setsid /etc/heartbeat &
exit 0
FILE

cat > root/etc/udhcpc <<'FILE'
#!/bin/sh
# Called by udhcpc with the lease in its environment.
case $1 in
  deconfig) ip addr flush dev "$interface" ;;
  bound|renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; break; done
    for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf ;;
esac
FILE

# meta_data.json is flattened to lines "path<TAB>value", so that the shell can look values up.
cat > root/etc/json.awk <<'FILE'
{ text = text $0 "\n" }
END { at = 1; value("") }
function space() { while (substr(text, at, 1) ~ /[ \t\r\n]/) at++ }
function string(    out, c, code) {
  at++
  while ((c = substr(text, at, 1)) != "\"" && c != "") {
    if (c == "\\") {
      c = substr(text, ++at, 1)
      if (c == "n") c = "\n"
      else if (c == "t") c = "\t"
      else if (c == "u") { code = substr(text, at + 1, 4); at += 4; c = sprintf("%c", hex(code)) }
    }
    out = out c
    at++
  }
  at++
  return out
}
function hex(digits,    n, i) {
  for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
  return n
}
function value(path,    c, key, n, out) {
  space()
  c = substr(text, at, 1)
  if (c == "{" || c == "[") {
    at++
    for (n = 0; ; n++) {
      space()
      if (substr(text, at, 1) ~ /[]}]/ || at > length(text)) break
      key = n
      if (c == "{") { key = string(); space(); at++ }
      value(path "/" key)
      space()
      if (substr(text, at, 1) == ",") at++
    }
    at++
  } else if (c == "\"") {
    out = string()
    print path "\t" out
  } else {
    match(substr(text, at), /^[^], }\n]*/)
    print path "\t" substr(text, at, RLENGTH)
    at += RLENGTH > 0 ? RLENGTH : 1
  }
}
FILE

cat > root/etc/rc.instance <<'FILE'
#!/bin/sh
# Takes from a config drive (OpenStack's layout) what makes this disk the instance it is to be; once an instance.
drive=$(findfs LABEL=config-2 2>/dev/null) || exit 0
mount -o ro "$drive" /mnt || exit 0
awk -f /etc/json.awk /mnt/openstack/latest/meta_data.json > /run/meta_data
: > /run/user_data
[ -e /mnt/openstack/latest/user_data ] && cat /mnt/openstack/latest/user_data > /run/user_data
umount /mnt
meta() { sed -n "s|^$1	||p" /run/meta_data | head -n 1; }
id=$(meta /uuid)
[ "$id" = "$(cat /var/lib/cloud/instance-id 2>/dev/null)" ] && exit 0
name=$(meta /hostname)
name=${name%%.*}
[ -n "$name" ] && echo "$name" > /etc/hostname && hostname "$name"
tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
rm -f /etc/dropbear/*_host_key
mkdir -p -m 700 /root/.ssh
sed -n 's|^/public_keys/[^	]*	||p' /run/meta_data > /root/.ssh/authorized_keys
chmod 600 /root/.ssh/authorized_keys
password=$(meta /admin_pass)
hash='*'
[ -n "$password" ] && hash=$(printf '%s\n' "$password" | mkpasswd -m sha512 -P 0)
echo "root:$hash:19700:0:99999:7:::" > /etc/shadow
echo "$id" > /var/lib/cloud/instance-id
case $(head -c 2 /run/user_data) in
  '') ;;
  '#!')
    cp /run/user_data /var/lib/cloud/user_data && chmod 700 /var/lib/cloud/user_data
    ( setsid /var/lib/cloud/user_data > /dev/console 2>&1 < /dev/null
      echo "tintype-demo: user data ended with $?" > /dev/console ) & ;;
  *) echo "tintype-demo: user data is ignored: this guest runs scripts that begin with #! and nothing else" > /dev/console ;;
esac
exit 0
FILE

# A process that still writes while the root is made read-only would leave the journal in need of recovery, so all of them are
# ended first; what remains afterwards is init and this script.
cat > root/etc/rc.stop <<'FILE'
#!/bin/sh
left() { for exe in /proc/[0-9]*/exe; do
    pid=${exe#/proc/}; pid=${pid%/exe}
    [ "$pid" != 1 ] && [ "$pid" != $$ ] && readlink "$exe" > /dev/null && return 0
  done; return 1; }
kill -TERM -1
waited=0
while [ $waited -lt 20 ] && left; do usleep 100000; waited=$((waited + 1)); done
kill -KILL -1
sync
mount -o remount,ro / || echo "tintype-demo: the root file system could not be made read-only" > /dev/console
sync
FILE

# What the guest agent calls to power off (-P, -H) and to reboot (-r).
cat > root/sbin/shutdown <<'FILE'
#!/bin/sh
for argument in "$@"; do [ "$argument" = -r ] && exec /bin/reboot; done
exec /bin/poweroff
FILE
printf '#!/bin/sh\nexec /bin/poweroff\n' > root/etc/acpi/PWRF/00000080
if [ "$heartbeat" = yes ]; then
  cat > root/etc/heartbeat <<'FILE'
#!/bin/sh
# Writes and syncs all the time: a copy of the disk shows what was durable at its point in time.
n=0
while :; do n=$((n + 1)); echo $n > /var/log/heartbeat; echo "$n" >> /var/log/heartbeats; sync; usleep 50000; done
FILE
  chmod 755 root/etc/heartbeat
fi
chmod 755 root/etc/rc.start root/etc/rc.stop root/etc/rc.instance root/etc/udhcpc root/sbin/shutdown root/etc/acpi/PWRF/00000080

# The 16-bit way into the kernel: the other one moves all of the memory that the kernel will need byte by byte, three seconds
# without KVM.
cat > root/boot/grub/grub.cfg <<'FILE'
linux16 /boot/vmlinuz root=LABEL=tintype-root console=tty0 console=ttyS0,115200 quiet tsc=reliable random.trust_cpu=on
initrd16 /boot/initrd
boot
FILE

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
cat > initrd/init <<'FILE'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
modprobe -a ext4 crc32c_generic isofs evdev
# Loads what the devices say they are, each kind once. A driver may bring up a bus that shows further devices.
known=' '
load() {
  new=
  for alias in $(find /sys/devices -name modalias -exec grep -h -E '^(pci|virtio|scsi|acpi|usb):' {} + | sort -u); do
    case $known in *" $alias "*) ;; *) new="$new $alias"; known="$known$alias " ;; esac
  done
  [ -n "$new" ] && modprobe -q -b -a $new 2> /dev/null
}
tries=0
until root=$(findfs LABEL=tintype-root 2> /dev/null) || [ $tries = 200 ]; do
  load || usleep 50000
  tries=$((tries + 1))
done
# The buses that the last drivers brought up, which may lead to a config drive or the agent's channel.
while load; do :; done
[ -n "$root" ] || { echo "tintype-demo: no disk with a file system labelled tintype-root" > /dev/console; exec sh; }
# The partition is enlarged to the disk's end while nothing uses it; the file system follows once it is mounted.
part=/sys/class/block/${root##*/}
disk=$(readlink -f "$part/.."); disk=${disk##*/}
end=$(( $(cat "$part/start") + $(cat "$part/size") ))
if [ $(( $(cat "/sys/class/block/$disk/size") - end )) -gt 32768 ]; then
  # The length in the first entry of the partition table: 32 bits, little endian.
  sectors=$(( $(cat "/sys/class/block/$disk/size") - $(cat "$part/start") ))
  [ $sectors -le 4294967295 ] || sectors=4294967295
  printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((sectors & 255)) $((sectors >> 8 & 255)) $((sectors >> 16 & 255)) $((sectors >> 24)))" |
    dd of="/dev/$disk" bs=1 seek=458 conv=notrunc 2> /dev/null
  blockdev --rereadpt "/dev/$disk"
fi
mount -t ext4 "$root" /newroot
mount -o move /dev /newroot/dev
mount -o move /proc /newroot/proc
mount -o move /sys /newroot/sys
exec switch_root /newroot /sbin/init
FILE
chmod 755 initrd/init
(cd initrd && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -6) > root/boot/initrd

# --- the disk: GRUB in front, one partition with ext4 ---------------------------------------------------------------------
truncate -s "${size_mib}M" disk.raw
echo "start=$FIRST_SECTOR, type=83, bootable" | sfdisk -q --label dos disk.raw
cat > make-file-system <<SCRIPT
set -e
chown -R 0:0 root
mke2fs -q -F -t ext4 -b 4096 -m 1 -L $LABEL -O ^metadata_csum_seed,^orphan_file \
  -E offset=$((FIRST_SECTOR * 512)),lazy_itable_init=0,lazy_journal_init=0,resize=16777216 -d root disk.raw $((size_mib - FIRST_SECTOR / 2048))M
SCRIPT
if [ "$(id -u)" = 0 ]; then sh make-file-system; else fakeroot sh make-file-system; fi
cat > grub-early.cfg <<'FILE'
search --no-floppy --label --set=root tintype-root
set prefix=($root)/boot/grub
FILE
grub-mkimage -O i386-pc -o core.img -c grub-early.cfg -p /boot/grub biosdisk part_msdos ext2 search search_label normal configfile linux16 boot
[ "$(stat -c %s core.img)" -le $(( (FIRST_SECTOR - 1) * 512 )) ] || die "GRUB's core does not fit in front of the partition"
# The two images' default addresses are exactly this place: boot.img loads sector 1, whose code loads what follows.
dd if=/usr/lib/grub/i386-pc/boot.img of=disk.raw bs=440 count=1 conv=notrunc status=none
dd if=core.img of=disk.raw bs=512 seek=1 conv=notrunc status=none

# Converted beside its place and renamed, so that a broken build never looks like a finished one.
qemu-img convert -f raw -O "$format" disk.raw "$out.new"
mv "$out.new" "$out"
say "$out: $format, $(du -k "$out" | awk '{ print int($1 / 1024) }') MiB, $size_mib MiB virtual, agent: $agent, heartbeat: $heartbeat"
