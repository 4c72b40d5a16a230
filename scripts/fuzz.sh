#!/usr/bin/env bash
# The fuzz tests (every test with the trait "fuzz"), with many more cases than ./dev test gives them: N for each of them, or, if no number
# is given, 100000 for each parser and 20000 of requests to a whole server.
# usage: ./dev fuzz [--cases N] [--seed S] [options of the test runner, for example -method '*.Name']
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cases=100000
requests=20000
seed=$(( $(date +%s) % 1000000000 + 1 ))
while [ $# -gt 0 ]; do
  case $1 in
    --cases|--seed)
      [[ ${2:-} =~ ^[1-9][0-9]{0,9}$ ]] && [ "$2" -le 2147483647 ] || { echo "tintype: $1 takes a number from 1 to 2147483647, not '${2:-}'" >&2; exit 2; }
      if [ "$1" = --cases ]; then cases=$2; requests=$2; else seed=$2; fi
      shift 2 ;;
    *) break ;;
  esac
done
same="--seed $seed"
[ "$cases" != "$requests" ] || same="--cases $cases $same"
echo "tintype: $cases cases for each parser and $requests of requests, from $seed on; the same again: ./dev fuzz $same $*" >&2
TINTYPE_FUZZ_CASES=$cases TINTYPE_FUZZ_REQUESTS=$requests TINTYPE_FUZZ_SEED=$seed exec scripts/test.sh -trait "run=fuzz" "$@"
