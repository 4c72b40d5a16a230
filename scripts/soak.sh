#!/usr/bin/env bash
# The fault tests (every test with the trait "soak"), many more times than ./dev test runs them.
# usage: ./dev soak [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export TINTYPE_SOAK_ROUNDS=${1:-100}
exec scripts/test.sh -trait "run=soak"
