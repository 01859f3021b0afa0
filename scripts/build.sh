#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds with CMake and Ninja.  Says little unless something fails.
#
# usage: scripts/build.sh BUILD_DIR [CMake arguments]
# JOBS=N compiles N files at a time (default: one per processor); TARGETS="A B" builds only those; VERBOSE=1 shows all;
# FIND_CUDA=no does not look for nvcc beyond PATH and CUDACXX.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:?usage: scripts/build.sh BUILD_DIR [CMake arguments]}
shift
arguments=(-S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release)
[ ! -f "$build/CMakeCache.txt" ] || arguments=(-S . -B "$build") # an existing tree keeps its generator and build type

# The toolkit's own place, when it is not on PATH.
if [ "${FIND_CUDA:-yes}" = yes ] && [ -z "${CUDACXX:-}" ] && ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then
  export CUDACXX=/usr/local/cuda/bin/nvcc
fi
if command -v ccache >/dev/null; then
  arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  if [ -n "${VERBOSE:-}" ]; then
    "$@"
  elif ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}

start=$SECONDS
[ -f "$build/.ninja_log" ] || echo "build: compiling in $build; the first time takes minutes"
quietly cmake "${arguments[@]}" --no-warn-unused-cli "$@" || { echo "build: CMake failed in $build" >&2; exit 1; }
read -ra targets <<<"${TARGETS:-all}"
quietly cmake --build "$build" -j "${JOBS:-$(nproc)}" --target "${targets[@]}" || { echo "build: compiling failed in $build" >&2; exit 1; }
cuda=$(sed -n 's/^CMAKE_CUDA_COMPILER:[^=]*=//p' "$build/CMakeCache.txt")
case "$cuda" in "" | *NOTFOUND) half="CPU only" ;; *) half="CPU and CUDA" ;; esac
echo "build: $build ($half), $((SECONDS - start)) s"
