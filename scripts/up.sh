#!/usr/bin/env bash
# Starts Tintype in the foreground, ready to use: installs what is missing, builds, makes a demo cloud at the first start.
# usage: ./dev up [--listen HOST:PORT] [--data DIR] [--config FILE] [--passwords new]
#   --passwords new    gives the demo users new passwords, and writes clouds.yaml anew if it is gone
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --listen|--data|--config|--passwords)
      [ $# -ge 2 ] || { say "$1 needs a value"; exit 2; }
      value=$2
      # Paths are the caller's, who may stand elsewhere.
      case $1 in --listen|--passwords) ;; *) value=$(realpath -m "$(cd "$here" && realpath -m "$2")") ;; esac
      arguments+=("$1" "$value"); shift 2 ;;
    *) say "unknown option '$1'; usage: ./dev up [--listen HOST:PORT] [--data DIR] [--config FILE] [--passwords new]"; exit 2 ;;
  esac
done

require_dotnet
install_packages client || say "going on without the OpenStack client"
if ! install_packages guests guest-image && [ -n "$(missing_packages guests)" ]; then
  say "going on with images alone: guests are off until these packages are there"
elif demo_guest; then
  arguments+=("--Demo:GuestImage=$PWD/artifacts/guest/demo.qcow2")
else
  say "the demo guest could not be built; going on without it"
fi

server=src/Tintype.Server/bin/Release/net10.0/Tintype.Server
stamp=artifacts/server.stamp
# The build tool takes seconds to find out that there is nothing to do; a look at the times does not.
if [ ! -x "$server" ] || [ ! -e "$stamp" ] || [ -n "$(find src Directory.*.props global.json -newer "$stamp" \
    -not -path '*/obj*' -not -path '*/bin*' -print -quit)" ]; then
  say "building"
  mkdir -p artifacts
  dotnet build src/Tintype.Server --configuration Release --nologo --verbosity quiet >&2
  touch "$stamp"
fi
exec "$server" "${arguments[@]}"
