#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build tree under a temporary prefix, then builds and runs the consumer through find_package and pkg-config, and
# the programs, in C++ and in C, that README.md prints; and examples/consumer, which a user would start from.
#
# usage: tests/install/check.sh BUILD_DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:?usage: tests/install/check.sh BUILD_DIR}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
libdir=$(dirname "$(find "$prefix" -name 'librankfill.*' -print -quit)")
export LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

echo "installed:    $("$prefix/bin/rankfill" --version)"

cmake -S "$here" -B "$work/cmake" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
  cmake --build "$work/cmake" >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
echo "find_package: $("$work/cmake/consumer")"

export PKG_CONFIG_PATH=$libdir/pkgconfig
found=$(pkg-config --variable=prefix rankfill)
if [ ! "$found" -ef "$prefix" ]; then
  echo "pkg-config: rankfill.pc says prefix $found, installed under $prefix" >&2
  exit 1
fi
read -ra flags < <(pkg-config --static --cflags --libs rankfill)
"${CXX:-g++}" -std=c++20 -O1 -o "$work/consumer" "$here/main.cpp" "${flags[@]}"
echo "pkg-config:   $("$work/consumer")"

# The README's program and the two CMake lines above it, as they are printed there.
block() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' "$here/../../README.md"; }
mkdir "$work/app"
block cpp >"$work/app/app.cpp"
{
  echo "cmake_minimum_required(VERSION 3.22)"
  echo "project(app LANGUAGES CXX)"
  echo "add_executable(app app.cpp)"
  block cmake
} >"$work/app/CMakeLists.txt"
cmake -S "$work/app" -B "$work/app/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
  cmake --build "$work/app/build" >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
awk 'BEGIN { print "user,item,rating"
             for (i = 0; i < 50; ++i) for (j = i % 3; j < 40; j += 3) print i "," j "," 3 + sin(i) * cos(j) }' >"$work/app/ratings.csv"
said=$(cd "$work/app" && build/app)
echo "README.md:    $said"
case "$said" in *"Held-out RMSE 0."*) ;; *) echo "the README's program printed something else" >&2; exit 1 ;; esac
[ -s "$work/app/model.npz" ] || { echo "the README's program saved no model" >&2; exit 1; }

# The README's C program, by a C compiler that knows of no C++.
rm "$work/app/model.npz"
block c >"$work/app/app.c"
"${CC:-cc}" -std=c99 -pedantic -Wall -Wextra -Werror -o "$work/app/app_c" "$work/app/app.c" "${flags[@]}"
said=$(cd "$work/app" && ./app_c)
echo "README.md, C: $said"
case "$said" in "training RMSE 0."*) ;; *) echo "the README's C program printed something else" >&2; exit 1 ;; esac
[ -s "$work/app/model.npz" ] || { echo "the README's C program saved no model" >&2; exit 1; }
if said=$(cd "$work" && app/app_c 2>&1); then
  echo "the README's C program succeeds without its file" >&2
  exit 1
fi
case "$said" in *"No such file"*) ;; *) echo "the README's C program says of a missing file: $said" >&2; exit 1 ;; esac

cmake -S "$here/../../examples/consumer" -B "$work/example" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
  cmake --build "$work/example" >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
said=$("$work/example/consumer" "$work/app/ratings.csv")
echo "examples/consumer: $said"
awk '{ exit !($1 == "RMSE" && $2 > 0 && $2 < $NF / 2) }' <<<"$said" ||
  { echo "examples/consumer predicts hardly better than the mean" >&2; exit 1; }
