#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test; the last line counts them over all projects.
# usage: ./dev test [options of the test runner, for example -class NAME]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

require_dotnet
install_packages guests guest-image client tests peer || { say "the tests need all of these"; exit 1; }
# Also where Node came from elsewhere, which Debian's npm would conflict with.
command -v npm >/dev/null || install_packages node || { say "the tests need Node.js and npm"; exit 1; }
demo_guest
say "building"
dotnet build Tintype.slnx --configuration Release --nologo --verbosity quiet

results=artifacts/test-results
rm -rf "$results"; mkdir -p "$results"
failed=0
for project in Tintype.Tests Tintype.StoreContract Tintype.ApiTests Tintype.GuestTests; do
  echo "== $project"
  "tests/$project/bin/Release/net10.0/$project" -xml "$results/$project.xml" "$@" || failed=1
  [ -s "$results/$project.xml" ] || { say "$project ended without results"; failed=1; }
done
# The counts stand in the attributes of each <assembly> element.
count() { cat "$results"/*.xml | grep -o "<assembly [^>]*" | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }
bad=$(( $(count failed) + $(count errors) ))
[ "$bad" = 0 ] || failed=1
[ "$(count passed)" -gt 0 ] || failed=1
# Not counted: what runs only where it is asked for (-explicit), as ./dev soak does.
echo "$(count passed) passed, $bad failed, $(count skipped) skipped"
exit $failed
