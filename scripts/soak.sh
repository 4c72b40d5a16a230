#!/usr/bin/env bash
# The fault tests (every test with the trait "soak"), many more times than ./dev test runs them, and those that it does not run, since they take many minutes.
# usage: ./dev soak [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

install_packages guests guest-image debian-guest || { say "the soak needs all of these"; exit 1; }
debian_guest
export TINTYPE_SOAK_ROUNDS=${1:-100}
exec scripts/test.sh -trait "run=soak" -explicit on
