#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds in build/, runs the tests.  The last line is `N passed, N failed, N skipped`.
#
# usage: ./test.sh [ctest arguments]      for example -L cpu, or -R Loss
# BUILD=dir builds elsewhere; JOBS=N limits compiling, CTEST_PARALLEL_LEVEL=N testing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build=${BUILD:-build}
scripts/setup.sh libgtest-dev python3-numpy python3-scipy # models and files are held against NumPy's and SciPy's
scripts/build.sh "$build" -DRANKFILL_TESTS=ON

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
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
python3 scripts/count_tests.py "$results/junit.xml" || status=1
exit "$status"
