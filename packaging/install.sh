#!/bin/bash
# Builds and installs from source: install.sh [PREFIX=/usr/local]. With DESTDIR it only puts the
# files there; else it also makes the user and the directories and tells systemd.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
prefix=${1:-/usr/local}
build=build/install
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

as_root() { if [ "$(id -u)" = 0 ] || [ -n "${DESTDIR:-}" ]; then "$@"; else sudo "$@"; fi; }

cmake --preset release -B "$build" -DCAIRN_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$prefix" \
  "${launcher[@]}" >/dev/null
cmake --build "$build" --parallel "$(nproc)"
as_root cmake --install "$build"
[ -z "${DESTDIR:-}" ] || exit 0

as_root systemd-sysusers "$prefix/lib/sysusers.d/cairn.conf"
as_root systemd-tmpfiles --create "$prefix/lib/tmpfiles.d/cairn.conf"
if [ -d /run/systemd/system ]; then as_root systemctl daemon-reload; fi
cat <<'NEXT'

Installed. Nothing runs yet; next:
  cairn config init --help                  writes /etc/cairn/gateway.toml and coordinator.toml
  systemctl enable --now cairn-gateway cairn-coordinator
What was running before still runs the old version: restart it when it suits its hosts.
NEXT
