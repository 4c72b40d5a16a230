#!/usr/bin/env bash
# The fuzz tests (every test with the trait "fuzz"), with many more cases than ./dev test gives them: this many for each of them.
# usage: ./dev fuzz [--cases N] [--seed S] [options of the test runner, for example -method '*.Name']
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cases=100000
seed=$(( $(date +%s) % 1000000000 + 1 ))
while [ $# -gt 0 ]; do
  case $1 in
    --cases|--seed)
      [[ ${2:-} =~ ^[1-9][0-9]{0,9}$ ]] && [ "$2" -le 2147483647 ] || { echo "tintype: $1 takes a number from 1 to 2147483647, not '${2:-}'" >&2; exit 2; }
      [ "$1" = --cases ] && cases=$2 || seed=$2
      shift 2 ;;
    *) break ;;
  esac
done
echo "tintype: $cases cases for each fuzz test from $seed on; the same again: ./dev fuzz --cases $cases --seed $seed $*" >&2
TINTYPE_FUZZ_CASES=$cases TINTYPE_FUZZ_SEED=$seed exec scripts/test.sh -trait "run=fuzz" "$@"
