#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds in build/, runs the tests.  The last line is `N passed, N failed, N skipped`.
#
# usage: ./test.sh [ctest arguments]      for example -L cpu, or -R Loss; then without those of the Python package
# BUILD=dir builds elsewhere; JOBS=N limits compiling, CTEST_PARALLEL_LEVEL=N testing; PYTHON_TESTS=no leaves Python out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build=${BUILD:-build}
# Models and files are held against NumPy's and SciPy's.
scripts/setup.sh libgtest-dev python3-numpy python3-scipy python3-venv python3-dev

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Python cannot load a module built with a sanitizer just so.
with_python=${PYTHON_TESTS:-yes}
if [ $# -gt 0 ] || grep -qs '^RANKFILL_SANITIZE:[^=]*=.' "$build/CMakeCache.txt"; then with_python=no; fi
options=(-DRANKFILL_TESTS=ON)
if [ "$with_python" = yes ]; then
  if scripts/python_env.sh "$build/venv"; then
    options+=(-DRANKFILL_PYTHON=ON "-DPython_EXECUTABLE=$PWD/$build/venv/bin/python")
  else
    with_python=missing
  fi
fi
scripts/build.sh "$build" "${options[@]}"
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive} # several tests run at once: threads that wait should not spin
status=0
ctest --test-dir "$build" --no-tests=error --timeout 600 --output-on-failure --output-junit "$results/junit.xml" "$@" \
  >"$results/log" 2>&1 </dev/null || status=$?
# ctest's own list is long: shown when something failed, and then only what is not a pass.
if [ "$status" != 0 ]; then grep -vE '^ *[0-9]+/[0-9]+ Test .* Passed|^ +Start +[0-9]+: ' "$results/log" || true; fi
if [ ! -f "$results/junit.xml" ]; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
counted=("$results/junit.xml")
case "$with_python" in
  yes)
    RANKFILL_CLI=$PWD/$build/rankfill PYTHONPATH=$build/python "$build/venv/bin/python" -m pytest -q -p no:cacheprovider \
      --junitxml "$results/python.xml" >"$results/python.log" 2>&1 </dev/null || { cat "$results/python.log"; status=1; }
    # Arrays on a device, which the emulator is.
    PYTHONPATH=$build/tests/python "$build/venv/bin/python" -m pytest -q -p no:cacheprovider tests/python \
      --junitxml "$results/emulated.xml" >"$results/python.log" 2>&1 </dev/null || { cat "$results/python.log"; status=1; }
    counted+=("$results/python.xml" "$results/emulated.xml")
    ;;
  missing) counted+=("skip=the Python package: no virtual environment to test it in") ;;
esac
python3 scripts/count_tests.py "${counted[@]}" || status=1
exit "$status"
