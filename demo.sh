#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds in build/, and shows rankfill at work.
#
# usage: ./demo.sh                    restores a relief map of the Earth of which 70 % was hidden
#        ./demo.sh ratings.csv [...]  fits your own file (row, column, value) and recommends for its first row, with
#                                     weighted lambda and biases; what follows the name goes to `rankfill fit`, for
#                                     example --rank 64 or --columns 2,1,3
set -euo pipefail
started_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD

ratings=${1:-}
shift || true
case "$ratings" in
  -h | --help)
    sed -n '3,/^set /{/^#/s/^# \?//p}' "${BASH_SOURCE[0]##*/}"
    exit
    ;;
  "" | /*) ;;
  *) ratings=$started_in/$ratings ;;
esac
if [ -n "$ratings" ] && [ ! -r "$ratings" ]; then
  echo "demo: $ratings cannot be read" >&2
  exit 5
fi

scripts/setup.sh
fresh=()
[ -e build/CMakeCache.txt ] || fresh=(-DRANKFILL_TESTS=OFF) # which need more packages; ./test.sh turns them on
TARGETS="rankfill_cli relief" scripts/build.sh build "${fresh[@]}"
mkdir -p demo-output
echo

if [ -z "$ratings" ]; then
  build/examples/relief data/relief.npy demo-output/relief.png
  echo
  echo "picture: $root/demo-output/relief.png"
  exit
fi

# The settings are those that do well on ratings; what the user says comes later and counts.
# What says how the file is to be read is needed twice; what holds data out, once.
heldout=(--holdout 0.1)
reading=()
expect_value=
for argument in "$@"; do
  if [ -n "$expect_value" ]; then
    reading+=("$argument")
    expect_value=
    continue
  fi
  case "$argument" in
    --test | --test=* | --holdout | --holdout=* | --holdout-time | --holdout-time=*) heldout=() ;;
    --format | --delimiter | --columns | --missing | --duplicates)
      reading+=("$argument")
      expect_value=yes
      ;;
    --header | --no-header | --format=* | --delimiter=* | --columns=* | --missing=* | --duplicates=*)
      reading+=("$argument")
      ;;
  esac
done

model=demo-output/model.npz
(cd "$started_in" && "$root/build/rankfill" fit "$ratings" "${heldout[@]}" --model "$root/$model" \
  --plot "$root/demo-output/fit.svg" --weighting count --center bias "$@" </dev/null)
echo
echo "Best 10 columns for the first row, without those it has (row, place, column, prediction):"
build/rankfill recommend "$model" --first 1 --count 10 --exclude "$ratings" "${reading[@]}" </dev/null
echo
echo "model: $root/$model"
echo "plot:  $root/demo-output/fit.svg"
