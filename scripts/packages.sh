# Sourced. What Tintype takes from Debian, what for, and how it is installed when it is missing.

# name|packages|what for
package_groups() {
  cat <<'L'
guests|qemu-system-x86 qemu-utils seabios ipxe-qemu genisoimage util-linux|to run guests (QEMU, its disk tools, config drives)
guest-image|fdisk e2fsprogs grub-common grub-pc-bin cpio kmod gzip fakeroot zstd xz-utils|to build the demo guest from Debian's own packages
debian-guest|mmdebstrap uidmap|to build a Debian cloud image, for the tests that take long
client|python3-openstackclient curl|to talk to Tintype: the OpenStack client, and curl for what that has no command for
tests|strace libfaketime jq zstd e2fsprogs openssl openssh-client tempest python3-glanceclient python3-openstacksdk python3-os-client-config python3-oslotest python3-stestr|for the tests (OpenStack's own: Tempest, and those of its clients)
node|nodejs npm|to upload with the tus protocol's own client
peer|glance-common|to compare with the real Glance, which runs only while the tests need it
bench|nginx-light mariadb-server python3-pymysql|to measure: nginx to send files beside, and a database for Glance
L
}

say() { echo "tintype: $*" >&2; }

# missing_packages GROUP... : the packages of these groups that are not installed, a line
missing_packages() {
  local group wanted=() have
  for group in "$@"; do
    # shellcheck disable=SC2207 # package names hold no white space
    wanted+=($(package_groups | awk -F'|' -v g="$group" '$1 == g { print $2 }'))
  done
  have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null | awk '$1 == "ii" { print $2 }')
  printf '%s\n' "${wanted[@]}" | sort -u | grep -vxF -e "$have" | tr '\n' ' ' || true
}

# install_packages GROUP... : installs what is missing; 1 when that cannot be done here (it has said what is missing and how to mend it)
install_packages() {
  local missing group elevate=()
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "missing: $missing"
  for group in "$@"; do
    [ -z "$(missing_packages "$group")" ] || say "  $(package_groups | awk -F'|' -v g="$group" '$1 == g { print $3 ": " $2 }')"
  done
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      elevate=(sudo)
    else
      say "installing needs root or sudo, and there is neither. As root:  apt-get install --no-install-recommends $missing"
      return 1
    fi
  fi
  say "installing them with apt-get"
  # shellcheck disable=SC2086 # a list of package names
  if ! apt_install $missing; then
    say "a first try failed; fetching the list of packages and trying again"
    "${elevate[@]}" apt-get -q -o DPkg::Lock::Timeout=600 update >&2
    # shellcheck disable=SC2086
    apt_install $missing || { say "apt-get could not install: $missing"; return 1; }
  fi
}

# Nothing that is installed here is to run as a service (glance-common brings open-iscsi along): Debian's packages ask policy-rc.d first.
apt_install() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap '"${elevate[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${elevate[@]}" tee "$policy" >/dev/null
    "${elevate[@]}" chmod 755 "$policy"
  fi
  "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
    install --no-install-recommends "$@" >&2
)

# require_dotnet : ends with a sentence when the SDK is not there
require_dotnet() {
  command -v dotnet >/dev/null || {
    say "the .NET SDK 10 is missing: install dotnet-sdk-10.0 (https://learn.microsoft.com/dotnet/core/install/linux-debian) and run this again"; exit 1; }
  case $(dotnet --version 2>/dev/null || true) in
    10.*|1[1-9].*) ;;
    *) say "the .NET SDK 10 is needed; 'dotnet --version' says '$(dotnet --version 2>&1 | head -1)'"; exit 1 ;;
  esac
}

# demo_guest : builds artifacts/guest/demo.qcow2 unless the present one was built by the same script of the same files
demo_guest() {
  local image=artifacts/guest/demo.qcow2 stamp=artifacts/guest/demo.stamp now
  now=$(find scripts/build-guest.sh scripts/guest-disk.sh scripts/guest -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64)
  [ -e "$image" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
  say "building the demo guest from Debian's packages"
  mkdir -p artifacts/guest
  scripts/build-guest.sh "$PWD/$image" >&2 && echo "$now" > "$stamp"
}

# debian_guest : builds artifacts/guest/debian.qcow2 unless the present one was built by the same script
debian_guest() {
  local image=artifacts/guest/debian.qcow2 stamp=artifacts/guest/debian.stamp now
  now=$(sha256sum scripts/build-debian-guest.sh scripts/guest-disk.sh | sha256sum | cut -c1-64)
  [ -e "$image" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
  say "building a Debian cloud image"
  mkdir -p artifacts/guest
  scripts/build-debian-guest.sh "$PWD/$image" >&2 && echo "$now" > "$stamp"
}
