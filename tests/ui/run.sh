#!/bin/sh
# The page in a real browser, against page_server. Needs chromium and npm; 77: skipped.
set -eu
here=$(dirname "$(readlink -f "$0")")
build=${CAIRN_BUILD:-$here/../../build}
for program in chromium node npm; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done

# What the lock file names, installed once for each version of it.
parts=$build/tests/ui/npm
mkdir -p "$parts"
if ! cmp -s "$here/package-lock.json" "$parts/installed"; then
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$parts"
  (cd "$parts" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$here/package-lock.json" "$parts/installed"
fi
exec node "$here/page_test.mjs" "$build/bin/page_server" "$parts" "$@"
