#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures this machine in under nine minutes: builds, tests, what the device can do at best, then kernels and whole fits beside
# it.  Without a GPU (or without nvcc) it measures what the CPU can do, and says so.
#
# usage: bench/run.sh [--quick] [--large] [--programs FROM] --out DIR [FILE ...]
#
#   --large  after all else, up to 300 s more: the whole Hugewiki shape, 3.07 G entries.  Wants 120 GB on the card and on the host
#   FROM   a folder with the programs, built elsewhere for this device (ceilings, kernels_bench, end_to_end, device_tests and, if
#          wanted, cpu_kernels_bench; a file `commit` may name what they were built from): nothing is built here
#   DIR    receives results.json, report.md, plots/ and a log of every step
#   FILE   ratings of your own (anything `rankfill fit` reads), measured as well
#   BUILD=dir builds there (default: build-bench); SECONDS_LIMIT=N is the time for everything but --large (default: 520)
#
# Exit status: 0 when every step that could run succeeded.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

quick=() large='' out='' programs='' files=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=(--quick) ;;
    --large) large=yes ;;
    --out) out=${2:?--out needs a folder}; shift ;;
    --programs) programs=$(realpath "${2:?--programs needs a folder}"); shift ;;
    -h | --help) sed -n '3,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) echo "run.sh: unknown argument $1" >&2; exit 2 ;;
    *) files+=("$(realpath "$1")") ;;
  esac
  shift
done
[ -n "$out" ] || { echo "usage: bench/run.sh [--quick] [--large] [--programs FROM] --out DIR [FILE ...]" >&2; exit 2; }
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
for name in ceilings kernels large end_to_end cpu_kernels results; do rm -f "$out/$name.json"; done # of an earlier run
rm -f "$out/steps.tsv"
cd "$here/.." || exit 2
build=${BUILD:-build-bench}
limit=${SECONDS_LIMIT:-520}
failed=0

# --- What there is
if ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then PATH=$PATH:/usr/local/cuda/bin; fi
smi() { nvidia-smi --id=0 --format=csv,noheader,nounits --query-gpu="$1" 2>/dev/null; }
gpu=$(smi name)
cuda=yes
if [ -z "$gpu" ]; then
  cuda='' why="there is no NVIDIA GPU here (nvidia-smi finds none)"
elif [ -z "$programs" ] && ! command -v nvcc >/dev/null; then
  cuda='' why="there is a $gpu, but no nvcc to build for it"
fi
{
  echo "date = $(date -u +%Y-%m-%dT%H:%MZ)"
  if [ -n "$programs" ] && [ -e "$programs/commit" ]; then
    echo "commit = $(cat "$programs/commit")"
  else
    echo "commit = $(git rev-parse HEAD 2>/dev/null || echo unknown)$([ -z "$(git status --porcelain 2>/dev/null)" ] || echo ', changed')"
  fi
  echo "gpu = ${gpu:-none}"
  [ -z "$gpu" ] || echo "driver = $(smi driver_version)"
  ! command -v nvcc >/dev/null || echo "nvcc = $(nvcc --version | sed -n 's/.*release [^,]*, //p')"
  echo "cpu = $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  echo "threads = $(nproc)"
  echo "quick = $([ ${#quick[@]} -gt 0 ] && echo yes || echo no)"
} >"$out/environment.txt"
echo "step,sm_mhz,memory_mhz,temperature_c,power_w" >"$out/clocks.csv"
clocks() {
  if [ -n "$gpu" ]; then echo "$1,$(smi clocks.sm,clocks.mem,temperature.gpu,power.draw | tr -d ' ')" >>"$out/clocks.csv"; fi
}

# step NAME SECONDS COMMAND...: runs it with a time limit of its own, within what is left of the whole.
step() {
  local name=$1 most=$2 left=$((limit - SECONDS)) start=$SECONDS status
  shift 2
  if [ "$most" -gt "$left" ]; then most=$left; fi
  if [ "$most" -lt 5 ]; then
    status="no time left"
  else
    timeout -k 5 "$most" "$@" >"$out/$name.log" 2>&1 </dev/null
    case $? in
      0) status=ok ;;
      124 | 137) status="stopped after $most s" ;;
      *) status=FAILED ;;
    esac
  fi
  clocks "$name"
  printf '%s\t%s\t%d\n' "$name" "$status" $((SECONDS - start)) >>"$out/steps.tsv"
  printf '%-22s %-20s %4d s\n' "$name" "$status" $((SECONDS - start))
  if [ "$status" != ok ]; then
    failed=1
    tail -n 12 "$out/$name.log" 2>/dev/null | sed 's/^/    /'
  fi
  [ "$status" = ok ]
}
skip() {
  printf '%s\t%s\t0\n' "$1" "skipped: $2" >>"$out/steps.tsv"
  printf '%-22s skipped: %s\n' "$1" "$2"
}

# --- Build: only what is run
clocks start
if [ -z "$programs" ]; then
  configure=(cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DRANKFILL_BENCH=ON -DRANKFILL_EXAMPLES=OFF)
  if command -v ninja >/dev/null && [ ! -d "$build" ]; then configure+=(-G Ninja); fi
  if command -v ccache >/dev/null; then
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
  fi
  targets=(end_to_end)
  if [ -n "$cuda" ]; then
    configure+=(-DRANKFILL_CUDA=ON -DRANKFILL_TESTS=ON "-DCMAKE_CUDA_ARCHITECTURES=$(smi compute_cap | tr -d '. ')")
    targets+=(ceilings kernels_bench device_tests)
  else
    echo "CPU only: $why."
    configure+=(-DRANKFILL_CUDA=OFF -DRANKFILL_TESTS=OFF)
  fi
  if ! step configure 60 "${configure[@]}"; then
    echo "run.sh: CMake failed; scripts/setup.sh installs what is missing" >&2
    exit 1
  fi
  if ! grep -q 'no cpu_kernels_bench' "$out/configure.log"; then targets+=(cpu_kernels_bench); fi
  step build 300 cmake --build "$build" -j "$(nproc)" --target "${targets[@]}" || exit 1
  built=$(cd "$build" && pwd) && programs=$built/programs
  mkdir -p "$programs"
  for name in "${targets[@]}"; do ln -sf "$(find "$built" -type f -name "$name" | head -n 1)" "$programs/$name"; done
elif [ -z "$cuda" ]; then
  echo "CPU only: $why."
fi

# --- Run
kernel_seconds=150 solve_seconds=120
if [ ${#quick[@]} -gt 0 ]; then kernel_seconds=50 solve_seconds=60; fi
# The tests on the device, a few processes side by side.
cuda_tests='pids=() bad=0
for shard in 0 1 2 3 4 5; do
  GTEST_TOTAL_SHARDS=6 GTEST_SHARD_INDEX=$shard "$0" --gtest_filter="*Cuda*" --gtest_brief=1 & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
exit $bad'
timed() { # NAME LIMIT PROGRAM [arguments]: a program that takes --out and --seconds, told to stop a little before it is stopped
  local name=$1 most=$2
  shift 2
  step "$name" "$most" "$@" "${quick[@]}" --out "$out/$name.json" --seconds $((most * 8 / 10))
}
if [ -n "$cuda" ]; then
  step tests 90 bash -c "$cuda_tests" "$programs/device_tests"
  if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
      for name in ceilings kernels_bench; do
        step "$tool-$name" 20 compute-sanitizer --tool "$tool" --error-exitcode 9 "$programs/$name" --toy
      done
    done
  else
    skip sanitizer "no compute-sanitizer on PATH"
  fi
  timed ceilings 50 "$programs/ceilings"
  timed kernels "$kernel_seconds" "$programs/kernels_bench" "${files[@]}"
fi
timed end_to_end "$solve_seconds" "$programs/end_to_end" "${files[@]}"
if [ -x "$programs/cpu_kernels_bench" ]; then
  step cpu_kernels 60 "$programs/cpu_kernels_bench" --benchmark_min_time=0.05 --benchmark_out="$out/cpu_kernels.json" \
    --benchmark_out_format=json
else
  skip cpu_kernels "no google-benchmark (Debian: libbenchmark-dev)"
fi
if [ -n "$cuda" ] && [ -n "$large" ]; then
  limit=$((SECONDS + 300))
  timed large 300 "$programs/kernels_bench" --large
fi

# --- Report
if command -v python3 >/dev/null; then
  python3 bench/report.py collect "$out" &&
    python3 bench/report.py tables "$out/results.json" >"$out/report.md" &&
    python3 bench/report.py plots "$out/results.json" --out "$out/plots" || failed=1
  echo
  cat "$out/report.md"
else
  echo "no python3: the JSON files in $out are complete, but there are no tables"
fi
echo
echo "$SECONDS s; results in $out"
if [ -n "$cuda" ]; then
  echo "To publish: copy $out/results.json to bench/results/ and run"
  echo "  bench/report.py tables bench/results/NAME.json --into docs/performance.md"
else
  echo "GPU: not measured, because $why."
fi
exit "$failed"
