#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes, or brings up to date, a virtual environment with what building and testing the Python package takes.  Silent when it
# is up to date.  Fails, and says why, where Python has no venv or the packages cannot be had.
#
# usage: scripts/python_env.sh FOLDER [further packages]
set -euo pipefail
folder=${1:?usage: scripts/python_env.sh FOLDER [further packages]}
shift
packages=(nanobind numpy scipy pandas polars scikit-learn matplotlib pytest "$@")

wanted="$(python3 --version) ${packages[*]}"
[ "$(cat "$folder/packages.txt" 2>/dev/null)" != "$wanted" ] || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "python: making a virtual environment in $folder"
if ! { python3 -m venv --clear "$folder" &&
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"; } >"$log" 2>&1 </dev/null; then
  tail -n 5 "$log" >&2
  echo "python: no virtual environment with ${packages[*]}" >&2
  exit 1
fi
echo "$wanted" >"$folder/packages.txt"
