#!/bin/bash
# The tree of the present commit, ready to be packaged without a network: source.sh DIRECTORY
# It gets debian/, uPlot in vendor/ (by the lock file), and the commit's time on all of it. Prints
# where it is: DIRECTORY/cairn-VERSION. CAIRN_PACKAGE_SUFFIX is added to the packages' version.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
version=$(sed -n 's/^project(cairn VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
tree=$1/cairn-$version
fetched=$1/npm

[ -z "$(git status --porcelain)" ] || echo "changes that are not committed are not packaged" >&2
rm -rf "$tree"
mkdir -p "$tree" "$fetched"
git archive HEAD | tar -x -C "$tree"

cp webui/package.json webui/package-lock.json webui/.npmrc "$fetched"
(cd "$fetched" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
for file in LICENSE dist/uPlot.esm.js dist/uPlot.min.css; do
  install -D -m 644 "$fetched/node_modules/uplot/$file" "$tree/vendor/uplot/$file"
done

cp -r "$tree/packaging/debian" "$tree/debian"
sed -i "1s/($version)/($version${CAIRN_PACKAGE_SUFFIX:-})/" "$tree/debian/changelog"
find "$tree" -exec touch -h -d "@$(git log -1 --format=%ct)" {} +
echo "$tree"
