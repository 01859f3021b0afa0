# SPDX-License-Identifier: Apache-2.0
"""Seconds and memory of a fit in Python, held against the command-line tool on the same file.

    python python/bench/against_cli.py TRAIN [--cli build/rankfill] [--repeats 5] [--rank 32] [--iterations 5]

Each fit runs in a process of its own, the three ways in turn:
  cli     rankfill fit TRAIN
  file    MatrixCompletion.fit(rankfill.read(TRAIN))
  arrays  MatrixCompletion.fit((rows, cols, values)) of NumPy arrays, 16 bytes an entry, that are there already
`solve` is the iterations and the measurement at the end; `fit` adds the preparation, and in Python all that the call
does; `wall` is that of the process.  All give the same objective, or it says so.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def parse():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--cli", default=Path("build/rankfill"), type=Path)
    parser.add_argument("--repeats", default=5, type=int)
    parser.add_argument("--rank", default=32, type=int)
    parser.add_argument("--iterations", default=5, type=int)
    parser.add_argument("--arrays", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", choices=["file", "arrays", "save"], help=argparse.SUPPRESS)
    return parser.parse_args()


def save_arrays(given):
    """Write the entries as arrays."""
    import numpy as np

    import rankfill

    entries = rankfill.read(given.train)
    ids = {"rows": entries.row_ids[entries.rows], "cols": entries.col_ids[entries.cols]}
    ids = {name: array.astype(np.int32) for name, array in ids.items()}
    np.savez(given.arrays, **ids, values=entries.values)
    print(json.dumps({"count": len(entries)}))


def fit_here(given):
    """Fit in this process, and print what it took."""
    import numpy as np

    import rankfill

    model = rankfill.MatrixCompletion(
        rank=given.rank, weighting="count", regularization=0.05, solver="als", device="cpu", tolerance=0
    ).set_params(max_iterations=given.iterations)
    if given.child == "file":
        X = rankfill.read(given.train)
    else:
        with np.load(given.arrays) as saved:
            X = tuple(saved[name] for name in ("rows", "cols", "values"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    model.fit(X)
    call = time.perf_counter() - begun
    summary = model.summary_
    told = {"fit": call, "solve": summary["solve_seconds"] + summary["finish_seconds"], "before": before}
    print(json.dumps({**told, "objective": model.objective_}))


def measure(command):
    """Run it; return what it prints, its wall time and its peak memory."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if status:
            raise SystemExit(f"failed: {' '.join(command)}")
        out.seek(0)
        told = json.load(out)
    return {**told, "wall": wall, "peak": usage.ru_maxrss}


def main():
    """Measure the three ways in turn, and print medians."""
    given = parse()
    if given.child:
        save_arrays(given) if given.child == "save" else fit_here(given)
        return
    # This process stays small: Linux counts what it held towards the peak of the processes that it starts.
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "entries.npz"
        same = ["--rank", str(given.rank), "--iterations", str(given.iterations), "--arrays", str(arrays)]
        me = [sys.executable, __file__, str(given.train), *same, "--child"]
        count = measure([*me, "save"])["count"]
        size = 16 * count / 1024
        cli = [str(given.cli), "fit", str(given.train), "--json", "--weighting", "count", "--regularization", "0.05"]
        cli += ["--solver", "als", "--device", "cpu", "--gradient-tolerance", "0"]
        cli += ["--rank", str(given.rank), "--max-iterations", str(given.iterations)]
        ways = {"cli": cli, "file": [*me, "file"], "arrays": [*me, "arrays"]}
        found = {name: [] for name in ways}
        for _ in range(given.repeats):
            for name, command in ways.items():
                found[name].append(measure(command))
    for run in found["cli"]:
        run["fit"] = run["seconds"]["prepare"] + run["seconds"]["solve"]
        run["solve"] = run["seconds"]["solve"]

    print(f"{count:,} entries, {size / 1024:.0f} MiB as arrays; medians of {given.repeats} (lowest, highest)")
    for name, runs in found.items():
        line = f"{name:7s}"
        for quantity in ("solve", "fit", "wall"):
            all_of_it = [run[quantity] for run in runs]
            line += f"  {quantity} {statistics.median(all_of_it):.2f} s ({min(all_of_it):.2f}, {max(all_of_it):.2f})"
        peak = statistics.median(run["peak"] for run in runs)
        line += f"  peak {peak / 1024:.0f} MiB"
        if "before" in runs[0]:
            before = statistics.median(run["before"] for run in runs)
            line += f", {before / 1024:.0f} before fit: {(peak - before) / size:.2f} inputs more"
        print(line)
    objectives = {run["objective"] for runs in found.values() for run in runs}
    print("the same objective" if len(objectives) == 1 else f"objectives differ: {objectives}")


main()
