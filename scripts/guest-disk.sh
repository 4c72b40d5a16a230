# Sourced. Puts a root file system on a disk that boots by BIOS: GRUB in front, one partition with ext4. Nothing is mounted, no loop
# device is used, and no root is needed.

FIRST_SECTOR=2048   # of the only partition; GRUB lies between the partition table and it

# make_disk RAW MIB LABEL FILL : FILL is shell that fills the directory ./root, whose owners and modes are taken over; it runs as root, or as what fakeroot makes of a user
make_disk() {
  local raw=$1 mib=$2 label=$3
  truncate -s "${mib}M" "$raw"
  echo "start=$FIRST_SECTOR, type=83, bootable" | sfdisk -q --label dos "$raw"
  cat > make-file-system <<SCRIPT
set -e
$4
mke2fs -q -F -t ext4 -b 4096 -m 1 -L $label -O ^metadata_csum_seed,^orphan_file \
  -E offset=$((FIRST_SECTOR * 512)),lazy_itable_init=0,lazy_journal_init=0,resize=16777216 -d root $raw $((mib - FIRST_SECTOR / 2048))M
SCRIPT
  if [ "$(id -u)" = 0 ]; then sh make-file-system; else fakeroot sh make-file-system; fi
  cat > grub-early.cfg <<FILE
search --no-floppy --label --set=root $label
set prefix=(\$root)/boot/grub
FILE
  grub-mkimage -O i386-pc -o core.img -c grub-early.cfg -p /boot/grub biosdisk part_msdos ext2 search search_label normal configfile linux16 boot
  [ "$(stat -c %s core.img)" -le $(( (FIRST_SECTOR - 1) * 512 )) ] || { echo "GRUB's core does not fit in front of the partition" >&2; return 1; }
  # The two images' default addresses are exactly this place: boot.img loads sector 1, whose code loads what follows.
  dd if=/usr/lib/grub/i386-pc/boot.img of="$raw" bs=440 count=1 conv=notrunc status=none
  dd if=core.img of="$raw" bs=512 seek=1 conv=notrunc status=none
}
