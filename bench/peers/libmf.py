#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races `rankfill fit` on the CPU against LIBMF's `mf-train` (version 2), on one frozen split of integer ids.

Both are tuned on a tenth of the training data, then trained on all of it, in turns, `--runs` times each.  Of LIBMF's settings the one
with the lowest RMSE is taken; of ours, the one that needs the fewest passes over the data to that RMSE.  The target is the test
RMSE that LIBMF reaches after the number of epochs that was best in tuning.  Seconds of training are those after the program has
its data in place; each epoch or iteration includes the RMSE over the test data.  Seconds of the whole process are from its start
to the saved model and, for LIBMF, the RMSE that mf-predict finds.

usage: libmf.py --train FILE --test FILE --rank K --mf-train PROGRAM [--rankfill PROGRAM] [--out FILE.json] ...
"""
import argparse
import itertools
import json
import os
import platform
import pty
import random
import statistics
import subprocess
import tempfile
import time


def numbers(text):
    return [float(part) for part in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--mf-train", required=True, help="LIBMF's program; mf-predict lies beside it")
    parser.add_argument("--rankfill", default="build/rankfill")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=40, help="of LIBMF, at most")
    parser.add_argument("--libmf-lambdas", type=numbers, default=numbers("0.02,0.03,0.05"))
    parser.add_argument("--libmf-steps", type=numbers, default=numbers("0.05,0.1"))
    parser.add_argument("--ours", action="append", help="flags of `rankfill fit` to be tried; may be given again")
    parser.add_argument("--prefix", default="", help='put before the commands of the race, such as "chrt -f 1"')
    parser.add_argument("--out")
    return parser.parse_args()


def libmf(args, train, test, step, penalty, epochs, model, prefix=""):
    """([(seconds since the first line, RMSE on test)], seconds of the process)"""
    # mf-train keeps its lines back when it writes to a pipe
    reading, writing = pty.openpty()
    command = [*prefix.split(), args.mf_train, "-f", "0", "-l2", str(penalty), "-k", str(args.rank), "-t",
               str(epochs), "-r", str(step), "-s", str(args.threads), "-p", test, train, model]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=writing, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    os.close(writing)
    lines, rest = [], b""
    while True:
        try:
            part = os.read(reading, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        now = time.perf_counter()
        *whole, rest = (rest + part).split(b"\n")
        lines += [(now, line.decode().split()) for line in whole]
    process.wait()
    os.close(reading)
    whole_seconds = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    start = next(now for now, words in lines if words[:1] == ["iter"])
    return [(now - start, float(words[2])) for now, words in lines if words and words[0].isdigit()], whole_seconds


def rankfill(args, train, test, flags, model=None, prefix=""):
    """([(seconds of solving, RMSE on test)] by iteration, the report, seconds of the process)"""
    command = [*prefix.split(), args.rankfill, "fit", train, "--test", test, "--rank", str(args.rank), "--threads",
               str(args.threads), "--device", "cpu", "--json", "--quiet", *flags.split(),
               *(["--model", model] if model else [])]
    begun = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    report = json.loads(done.stdout)
    return [(row["seconds"], row["holdout_rmse"]) for row in report["history"]], report, seconds


def best_at(curve):
    return min(range(len(curve)), key=lambda i: curve[i][1])


def split(train, folder):
    """A tenth of the lines by a seeded draw."""
    draw = random.Random(1)
    paths = [os.path.join(folder, name) for name in ("fit.txt", "validation.txt")]
    with open(train, encoding="utf-8") as lines, open(paths[0], "w", encoding="utf-8") as fit, \
            open(paths[1], "w", encoding="utf-8") as validation:
        for line in lines:
            (validation if draw.random() < 0.1 else fit).write(line)
    return paths


def tune(args, folder):
    fit, validation = split(args.train, folder)
    model = os.path.join(folder, "tuned.model")
    tried = {"libmf": [], "rankfill": []}
    for step, penalty in itertools.product(args.libmf_steps, args.libmf_lambdas):
        curve, _ = libmf(args, fit, validation, step, penalty, args.epochs, model)
        at = best_at(curve)
        tried["libmf"].append({"step": step, "lambda": penalty, "epochs": at + 1, "rmse": curve[at][1]})
        print("libmf   ", tried["libmf"][-1], flush=True)
    best = min(tried["libmf"], key=lambda point: point["rmse"])
    for flags in args.ours:
        curve, report, _ = rankfill(args, fit, validation, flags)
        at = best_at(curve)
        passes = next((row["passes"] for row in report["history"] if row["holdout_rmse"] <= best["rmse"]), None)
        tried["rankfill"].append({"flags": flags, "iterations": at, "rmse": curve[at][1], "passes_to_target": passes})
        print("rankfill", tried["rankfill"][-1], flush=True)
    ours = min(tried["rankfill"], key=lambda point: (point["passes_to_target"] or float("inf"), point["rmse"]))
    return tried, {"libmf": best, "rankfill": ours}


def one_libmf(args, best, folder):
    model, predictions = os.path.join(folder, "libmf.model"), os.path.join(folder, "predictions")
    curve, seconds = libmf(args, args.train, args.test, best["step"], best["lambda"], best["epochs"], model,
                           args.prefix)
    begun = time.perf_counter()
    predict = os.path.join(os.path.dirname(args.mf_train), "mf-predict")
    subprocess.run([*args.prefix.split(), predict, args.test, model, predictions], check=True,
                   stdout=subprocess.DEVNULL)
    return {"curve": curve, "train_seconds": curve[-1][0], "rmse": curve[-1][1],
            "process_seconds": seconds + time.perf_counter() - begun}


def one_rankfill(args, best, folder, target):
    model = os.path.join(folder, "rankfill.npz")
    flags = f"{best['flags']} --max-iterations {best['iterations']}"
    curve, report, seconds = rankfill(args, args.train, args.test, flags, model, args.prefix)
    reached = next((at for at, rmse in curve if rmse <= target), None)
    return {"curve": curve, "train_seconds": curve[-1][0], "rmse": min(rmse for _, rmse in curve), "to_target": reached,
            "process_seconds": seconds, "stages": report["seconds"]}


def main():
    args = parse_arguments()
    args.ours = args.ours or ["--center bias --solver als --weighting 0.9 --regularization 0.06 --warm-up 4 "
                              "--warm-up-factor 3.3 --max-iterations 8"]
    with tempfile.TemporaryDirectory() as folder:
        tried, best = tune(args, folder)
        runs = {"libmf": [], "rankfill": []}
        for _ in range(args.runs):
            runs["libmf"].append(one_libmf(args, best["libmf"], folder))
            target = min(run["rmse"] for run in runs["libmf"])
            runs["rankfill"].append(one_rankfill(args, best["rankfill"], folder, target))
    target = min(run["rmse"] for run in runs["libmf"])
    middle = {name: {key: statistics.median(run[key] for run in of) for key in ("train_seconds", "process_seconds", "rmse")}
              for name, of in runs.items()}
    times = [next((at for at, rmse in run["curve"] if rmse <= target), None) for run in runs["rankfill"]]
    middle["rankfill"]["to_target"] = statistics.median(times) if None not in times else None
    result = {"train": os.path.basename(os.path.dirname(os.path.abspath(args.train))), "rank": args.rank,
              "threads": args.threads, "processor": processor(), "tried": tried, "best": best, "target": target,
              "runs": runs, "median": middle}
    for name, values in middle.items():
        print(name, {key: value and round(value, 4) for key, value in values.items()})
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
