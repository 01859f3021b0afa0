#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do includes run in one direction only, and does every kernel have its siblings?
#
#   src/: data -> backend -> problem -> solvers -> model -> cli; nothing includes what stands to its right.  Files in src/
#   itself (solve.cpp, ...) tie the folders together: nothing in data .. model includes them.
#   include/rankfill/: no src/, kernels/, third-party or CUDA header; its C header only those of C.
#   src/c_api/: from src/ only data/, beside the public headers.
#   kernels/*.hpp, *.cpp: from src/ only backend/, no CUDA header.  *.cu and *.cuh may.
#   CUDA headers otherwise: only src/backend/cuda*.
#   kernels/<stem>.hpp has <stem>.cpp, <stem>.cu and tests/kernels/<stem>_test.cpp; kernels/prepare/, which is for the device
#   alone, the same without .cpp.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
shopt -s nullglob globstar

layers=(data backend problem solvers model c_api cli)
cuda='^(cuda|cublas|cusparse|curand|cusolver|cufft|cooperative_groups|device_|driver_types|vector_types|library_types|mma\.h|nvtx|nvToolsExt|cub/|thrust/|nv/)'
problems=0
complain() {
  echo "$1"
  problems=$((problems + 1))
}

# The names a file includes, one a line.
includes() { sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*/\1/p' "$1"; }

# Position of a layer in the flow; 99 for anything else.
rank_of() {
  local k
  for k in "${!layers[@]}"; do
    if [ "${layers[$k]}" = "$1" ]; then
      echo "$k"
      return
    fi
  done
  echo 99
}

for file in include/rankfill/**/*.hpp; do
  while read -r name; do
    case "$name" in
      rankfill/*) [ -f "include/$name" ] || complain "$file: public headers include no $name" ;;
      */* | *.h | *.hpp | *.cuh) complain "$file: public headers include only rankfill/ and the standard library: $name" ;;
    esac
  done < <(includes "$file")
done

for file in include/rankfill/**/*.h; do
  while read -r name; do
    case "$name" in
      stddef.h | stdint.h) ;;
      *) complain "$file: the C header includes only stddef.h and stdint.h: $name" ;;
    esac
  done < <(includes "$file")
done

for file in src/c_api/*; do
  while read -r name; do
    case "$name" in
      backend/* | problem/* | solvers/* | model/* | kernels/*) complain "$file: only data/ and public headers: $name" ;;
    esac
  done < <(includes "$file")
done

for file in src/**/*.hpp src/**/*.cpp; do
  inner=${file#src/}
  own=99
  [ "$inner" = "${inner%%/*}" ] || own=$(rank_of "${inner%%/*}")
  while read -r name; do
    if [[ $name =~ $cuda ]] && [[ $inner != backend/cuda* ]] && [ ! -f "src/$name" ]; then
      complain "$file: CUDA headers belong to src/backend/cuda*: $name"
    fi
    other=$(rank_of "${name%%/*}")
    if [ "$other" != 99 ] && [ "$other" -gt "$own" ]; then
      complain "$file: ${layers[$own]} may not include ${layers[$other]}: $name"
    elif [ "$own" = 99 ] && [ "$other" = "$(rank_of cli)" ]; then
      complain "$file: only cli includes cli: $name"
    elif [ "$own" -lt "$(rank_of cli)" ] && [[ $name != */* ]] && [ -f "src/$name" ] && [ ! -f "$(dirname "$file")/$name" ]; then
      complain "$file: ${layers[$own]} may not include src/$name"
    elif [ "$own" -lt "$(rank_of problem)" ] && [[ $name == kernels/* ]]; then
      complain "$file: ${layers[$own]} may not include kernels: $name"
    fi
  done < <(includes "$file")
done

for file in kernels/**/*.hpp kernels/**/*.cpp; do
  while read -r name; do
    if [[ $name =~ $cuda ]]; then complain "$file: no CUDA header here: $name"; fi
    if [[ $name == *.cuh ]]; then complain "$file: .cuh needs nvcc: $name"; fi
    case "$name" in
      backend/cuda*) complain "$file: the CUDA backend is for .cu files: $name" ;;
      backend/* | kernels/* | rankfill/*) ;;
      *) if [ -e "src/$name" ]; then complain "$file: kernels include only backend/ from src: $name"; fi ;;
    esac
  done < <(includes "$file")
done

kernels=0
for header in kernels/*.hpp; do
  stem=$(basename "$header" .hpp)
  kernels=$((kernels + 1))
  for sibling in "kernels/$stem.cpp" "kernels/$stem.cu" "tests/kernels/${stem}_test.cpp"; do
    [ -f "$sibling" ] || complain "$header: $sibling is missing"
  done
done
for header in kernels/prepare/*.hpp; do
  stem=$(basename "$header" .hpp)
  kernels=$((kernels + 1))
  for sibling in "kernels/prepare/$stem.cu" "tests/kernels/prepare/${stem}_test.cpp"; do
    [ -f "$sibling" ] || complain "$header: $sibling is missing"
  done
done

if [ "$problems" -gt 0 ]; then
  echo "includes: $problems problems" >&2
  exit 1
fi
echo "includes: one direction; $kernels kernels with all their siblings"
