#!/bin/bash
# Two clones of the present commit, at different paths, each built from nothing: the packages must be
# the same bit for bit. The second has a cache of its own, another time zone, language and umask.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
root=$PWD
where=$(mktemp -d /tmp/cairn-reproducible-XXXXXX)
trap 'rm -rf "$where"' EXIT

make_packages() {
  git clone -q "$root" "$1"
  "$1/packaging/package.sh" deb rpm
}

# .buildinfo tells of the machine, and .changes has its checksum.
checksums() {
  (cd "$1/build/packages" && find deb rpm -type f ! -name '*.buildinfo' ! -name '*.changes' |
    sort | xargs sha256sum)
}

first=$where/first
second=$where/at/another/place
make_packages "$first"
(
  umask 027
  export TZ=Asia/Kathmandu LC_ALL=C.UTF-8 CCACHE_DIR=$where/cache
  make_packages "$second"
)
if diff <(checksums "$first") <(checksums "$second"); then
  echo "reproducible: $(checksums "$first" | wc -l) files are the same in two builds"
  exit 0
fi
if command -v diffoscope >/dev/null; then
  checksums "$first" | while read -r _ file; do
    diffoscope --max-report-size 20000 "$first/build/packages/$file" \
      "$second/build/packages/$file" || true
  done
fi
echo "reproducible: FAILED"
exit 1
