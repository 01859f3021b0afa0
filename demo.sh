#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds in build/, and shows rankfill at work.
#
# usage: ./demo.sh                    restores a relief map of the Earth of which 70 % was hidden
#        ./demo.sh ratings.csv [...]  fits your own file (row, column, value) and recommends for its first row; what
#                                     follows the name goes to `rankfill fit`, for example --rank 64
set -euo pipefail
started_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD

scripts/setup.sh
scripts/build.sh build
mkdir -p demo-output
echo

if [ $# -eq 0 ]; then
  build/examples/relief data/relief.npy demo-output/relief.png
  echo
  echo "picture: $root/demo-output/relief.png"
  exit
fi

ratings=$1
shift
case "$ratings" in /*) ;; *) ratings=$started_in/$ratings ;; esac
model=demo-output/model.npz
build/rankfill fit "$ratings" --holdout 0.1 --model "$model" --plot demo-output/fit.svg "$@" </dev/null

# The name of the first row: the model holds the names, unless they are 0, 1, 2, ...
first=$(python3 - "$model" <<'PYTHON'
import sys
import numpy

model = numpy.load(sys.argv[1])
name = model["row_ids"][0] if "row_ids" in model else 0
print(name.decode() if isinstance(name, bytes) else name)
PYTHON
)
echo
echo "Best 10 columns for row $first, without those it has:"
build/rankfill recommend "$model" --rows "$first" --count 10 --exclude "$ratings" </dev/null
echo
echo "model: $root/$model"
echo "plot:  $root/demo-output/fit.svg"
