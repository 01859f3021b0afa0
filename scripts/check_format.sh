#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is every C++ and CUDA file as .clang-format wants it?  With --fix, makes it so.
#
# clang-format 14 decides (CLANG_FORMAT names another); versions differ in what they write.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tool=${CLANG_FORMAT:-}
[ -n "$tool" ] || tool=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$tool" ]; then
  echo "format: no clang-format; apt-get install clang-format-14" >&2
  exit 1
fi
case "$("$tool" --version)" in
  *"version 14."*) ;;
  *) echo "format: $tool is not version 14 and may disagree with it" >&2 ;;
esac

mapfile -t files < <(find include src kernels python examples tests bench cmake -type f \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.cu' -o -name '*.cuh' \) | LC_ALL=C sort)
if [ "${1:-}" = --fix ]; then
  "$tool" -i "${files[@]}"
  exit
fi

wrong=0
for file in "${files[@]}"; do
  if ! difference=$("$tool" "$file" | diff -u --label "$file" --label "$file, formatted" "$file" -); then
    wrong=$((wrong + 1))
    [ "$wrong" -gt 5 ] || head -n 40 <<<"$difference"
    [ "$wrong" -le 5 ] || echo "$file"
  fi
done
if [ "$wrong" -gt 0 ]; then
  echo "format: $wrong of ${#files[@]} files differ; scripts/check_format.sh --fix" >&2
  exit 1
fi
echo "format: ${#files[@]} files"
