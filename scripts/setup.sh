#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what a build needs and this Debian or Ubuntu lacks.  Silent, and no apt-get at all, when nothing is missing.
#
# usage: scripts/setup.sh [further packages]
# RANKFILL_NO_SETUP=1 skips it: for machines whose compiler and libraries come from elsewhere.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config python3
  libeigen3-dev libcli11-dev nlohmann-json3-dev zlib1g-dev libzstd-dev libpng-dev
  "$@"
)

[ -z "${RANKFILL_NO_SETUP:-}" ] || exit 0
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get here; these Debian packages, or their like, are needed: ${packages[*]}" >&2
  exit 0
fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${packages[@]}"; do
  # pkgconf replaces pkg-config under another package name on newer releases.
  if [ "$package" = pkg-config ] && command -v pkg-config >/dev/null; then continue; fi
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "setup: packages are missing and this user may not install them.  Run:" >&2
  echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"; }
# A list that cannot be fetched matters only if a package is then not found.
if ! { apt update; apt install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "setup: apt-get could not install: ${missing[*]}" >&2
  exit 1
fi
