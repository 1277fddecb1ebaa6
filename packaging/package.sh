#!/bin/bash
# Makes the packages of the present commit in build/packages: package.sh deb|rpm …
# Both are built in one directory with the same flags, so that ccache serves the second.
# CAIRN_PACKAGE_SUFFIX is added to the version, CAIRN_PACKAGES is another directory for the results.
set -euo pipefail
umask 022  # what is packaged has the modes that it has here
cd "$(dirname "$(readlink -f "$0")")/.."
out=$(realpath -m "${CAIRN_PACKAGES:-build/packages}")
work=$PWD/build/packages/work
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
if command -v ccache >/dev/null; then
  # debhelper builds with another HOME, where ccache would find neither its cache nor its settings.
  CCACHE_DIR=$(ccache -k cache_dir)
  CCACHE_MAXSIZE=$(ccache -k max_size)
  # The two have different locales, too; what compilers make is the same in each.
  CCACHE_SLOPPINESS=$(ccache -k sloppiness),locale
  export CCACHE_DIR CCACHE_MAXSIZE CCACHE_SLOPPINESS
fi

# The log is only heard when it failed.
quietly() {
  if ! "$@" >"$work/$1.log" 2>&1; then
    tail -n 40 "$work/$1.log" >&2
    echo "failed: $*; all of its output: $work/$1.log" >&2
    return 1
  fi
}

# What a linter says is a failure; SILENT is what it says when all is well.
lint() {
  local silent=$1 said
  shift
  said=$("$@" 2>&1) || true
  case $said in $silent) return ;; esac
  echo "$said" >&2
  return 1
}

deb() {
  local tree
  tree=$(packaging/source.sh "$work")
  rm -f "$work"/*.{deb,dsc,changes,buildinfo} "$work"/cairn_*.tar.xz
  (cd "$tree" && DEB_BUILD_OPTIONS="parallel=$(nproc)" quietly dpkg-buildpackage -us -uc -F)
  rm -rf "$out/deb"
  mkdir -p "$out/deb"
  mv "$work"/*.{deb,dsc,changes,buildinfo} "$work"/cairn_*.tar.xz "$out/deb"
  lint '' lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$out"/deb/*.changes
}

# An rpm's header has the path of its build, in its compiler's options and in the expanded spec: so
# that is the same everywhere, and one build at a time.
readonly place=/tmp/cairn-rpmbuild

rpm() {
  local tree
  tree=$(packaging/source.sh "$work")
  if ! mkdir -m 700 "$place"; then
    echo "another build of rpms runs, or was killed: remove $place" >&2
    return 1
  fi
  trap 'rm -rf "$place"' EXIT
  mkdir "$place/build"
  tar -c -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX --format=gnu "${tree##*/}" | xz -T1 > "$place/${tree##*/}.tar.xz"
  cp "$tree/packaging/rpm/cairn.spec" "$place"
  # --nodeps: what Debian has installed is not in rpm's own list.
  quietly rpmbuild -ba --nodeps --define "_topdir $place" --define "_builddir $place/build" \
    --define "_sourcedir $place" --define "_smp_mflags -j$(nproc)" \
    ${CAIRN_PACKAGE_SUFFIX:+--define "cairn_suffix $CAIRN_PACKAGE_SUFFIX"} "$place/cairn.spec"
  rm -rf "$out/rpm"
  mkdir -p "$out/rpm"
  mv "$place"/{RPMS/*,SRPMS}/*.rpm "$out/rpm"
  rm -rf "$place"
  lint '* 0 errors, 0 warnings,*' rpmlint --config packaging/rpm/rpmlint.toml "$out"/rpm/*.rpm
}

mkdir -p "$work"
[ $# != 0 ] || set -- deb rpm
for kind in "$@"; do
  "$kind"
done
