#!/usr/bin/env bash
# Measures Tintype beside Debian's Glance and nginx, and snapshots beside what Nova does, and prints what has come of each promise about speed (docs/performance.md).
# usage: ./dev bench [--quick] [--rounds N] [--write FILE] [--full] [NAMES]
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

require_dotnet
install_packages guests guest-image peer bench || { say "measuring needs all of these"; exit 1; }
demo_guest
say "building"
dotnet build bench/Tintype.Bench --configuration Release --nologo --verbosity quiet >&2
bench=$PWD/bench/Tintype.Bench/bin/Release/net10.0/Tintype.Bench
# The file to write is the caller's, who may stand elsewhere.
cd "$here"
exec "$bench" "$@"
