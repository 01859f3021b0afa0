#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the documentation as web pages, from docs/*.md, docs/site/ and the comments in the sources.  A warning (a link that leads
# nowhere, a page in no table of contents, a name that documents nothing) is an error.  Needs no build of the library.
#
# usage: docs/build.sh [FOLDER]      default: build/docs; its index.html is the first page
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-build/docs}

scripts/setup.sh doxygen python3-venv
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$out/.work
venv=$work/venv
mkdir -p "$work"
packages=("sphinx>=8,<10" "furo>=2025" "myst-parser>=4,<6" "breathe>=4.36,<6" "sphinx-mathjax-offline==0.0.2" "numpy")
wanted="$(python3 --version) ${packages[*]}"
if [ "$(cat "$venv/packages.txt" 2>/dev/null)" != "$wanted" ]; then
  echo "docs: making a virtual environment in $venv"
  python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
  echo "$wanted" >"$venv/packages.txt"
fi

# One folder for Sphinx: the pages of docs/site and, beside them, those of docs.
rm -rf "$work/pages" "$work/html" "$work/xml"
mkdir "$work/pages" "$work/xml"
cp docs/site/*.md docs/site/conf.py docs/*.md docs/*.png "$work/pages/"

# The C header is C to Doxygen, the others are C++.
for language in c cpp; do
  case "$language" in c) files="*.h" ;; cpp) files="*.hpp" ;; esac
  (cat docs/site/Doxyfile && echo "FILE_PATTERNS = $files" && echo "OUTPUT_DIRECTORY = $work/xml" && echo "XML_OUTPUT = $language" &&
    echo "OPTIMIZE_OUTPUT_FOR_C = $([ "$language" = c ] && echo YES || echo NO)") | doxygen -
done

python3 -B docs/site/cpp_page.py . "$work/xml/cpp" >"$work/pages/cpp_api.md"
python3 -B docs/site/examples_page.py . >"$work/pages/examples.md"

RANKFILL_ROOT=$PWD "$venv/bin/sphinx-build" -q -W --keep-going -b html -d "$work/doctrees" "$work/pages" "$work/html"
cp -r "$work/html/." "$out/"
echo "docs: $(find "$work/html" -maxdepth 1 -name '*.html' | wc -l) pages in $out"
