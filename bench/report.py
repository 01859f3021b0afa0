#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the JSON of bench/run.sh into tables and plots.

    report.py collect FOLDER                    one FOLDER/results.json from what a run left there
    report.py tables [RESULTS] [--into FILE]    Markdown; --into replaces the part of FILE between the two marker comments
    report.py plots RESULTS --out FOLDER        SVG files
    report.py convergence RESULTS... [--into FILE] [--out FOLDER]
                                                what bench/convergence left: tables; with --out also SVG files and thinned JSON
    report.py recovery RESULTS [--into FILE]    what bench/recovery left: tables
    report.py races RESULTS... [--into FILE]    what bench/peers/libmf.py left
    report.py cpu RESULTS... [--into FILE]      what bench/cpu_kernels_bench left: medians over the files, beside the ceilings

Without RESULTS the tables say "not yet measured".  Numbers that are made up, wrong, or from the emulator are shown on request but
never put into a document.
"""
import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from reporting.cpu import cpu_part, races_part  # noqa: E402
from reporting.convergence import Race, convergence_part, convergence_plots, load, thinned  # noqa: E402
from reporting.plots import all_plots  # noqa: E402
from reporting.recovery import recovery_part  # noqa: E402
from reporting.results import Results, collect  # noqa: E402
from reporting.tables import gpu_part, run_table, solve_table  # noqa: E402

def put_into(path, text, part="gpu"):
    """Replaces what stands between the markers of a document."""
    first, last = f"<!-- {part} results: written by bench/report.py -->", f"<!-- {part} results: end -->"
    document = Path(path).read_text()
    before, begin, rest = document.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise SystemExit(f"report.py: {path} lacks the markers {first} and {last}")
    Path(path).write_text(before + first + "\n\n" + text + "\n" + last + after)


def convergence(given):
    races = [load(path) for path in given.results]
    if given.out:
        Path(given.out).mkdir(parents=True, exist_ok=True)
        for race in races:
            thin = thinned(race)
            for name, text in convergence_plots(Race(thin)).items():
                (Path(given.out) / name).write_text(text)
            (Path(given.out) / f"convergence-{race.name}.json").write_text(json.dumps(thin, separators=(",", ":")) + "\n")
    doubts = [doubt for race in races if (doubt := Results({"programs": {"convergence": race.data}}).why_not_publishable())]
    text = convergence_part(races)
    if not given.into:
        print((f"NOT TO BE PUBLISHED: {doubts[0]}\n\n" if doubts else "") + text)
    elif doubts:
        print(f"report.py: not written into {given.into}: {doubts[0]}", file=sys.stderr)
        return 1
    else:
        put_into(given.into, text, "convergence")
    return 0


def recovery(given):
    data = json.loads(Path(given.results).read_text())
    doubt = Results({"programs": {"recovery": data}}).why_not_publishable()
    text = recovery_part(data)
    if not given.into:
        print((f"NOT TO BE PUBLISHED: {doubt}\n\n" if doubt else "") + text)
    elif doubt:
        print(f"report.py: not written into {given.into}: {doubt}", file=sys.stderr)
        return 1
    else:
        put_into(given.into, text, "recovery")
    return 0


def cpu(given):
    part = {"cpu": cpu_part, "races": races_part}[given.command]
    text = part([json.loads(Path(path).read_text()) for path in given.results])
    if given.into:
        put_into(given.into, text, given.command)
    else:
        print(text)
    return 0


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("collect").add_argument("folder")
    tables = commands.add_parser("tables")
    tables.add_argument("results", nargs="?")
    tables.add_argument("--into")
    plots = commands.add_parser("plots")
    plots.add_argument("results")
    plots.add_argument("--out", required=True)
    convergences = commands.add_parser("convergence")
    convergences.add_argument("results", nargs="+")
    convergences.add_argument("--into")
    convergences.add_argument("--out")
    recoveries = commands.add_parser("recovery")
    recoveries.add_argument("results")
    recoveries.add_argument("--into")
    for name in ("cpu", "races"):
        of_cpu = commands.add_parser(name)
        of_cpu.add_argument("results", nargs="+")
        of_cpu.add_argument("--into")
    given = parser.parse_args(arguments)

    if given.command == "collect":
        data = collect(given.folder)
        (Path(given.folder) / "results.json").write_text(json.dumps(data, indent=1) + "\n")
        return 0
    if given.command == "convergence":
        return convergence(given)
    if given.command in ("cpu", "races"):
        return cpu(given)
    if given.command == "recovery":
        return recovery(given)
    results = Results.load(given.results) if given.results else Results({})
    doubt = results.why_not_publishable()
    if given.command == "plots":
        Path(given.out).mkdir(parents=True, exist_ok=True)
        for name, text in all_plots(results).items():
            (Path(given.out) / name).write_text(text)
        return 0
    if given.into and doubt:
        print(f"report.py: not written into {given.into}: {doubt}", file=sys.stderr)
        return 1
    if results.on_gpu() or not results.programs:
        text = gpu_part(results)
    else:
        text = run_table(results) + "\n" + solve_table(results)
    if given.into:
        put_into(given.into, text)
    else:
        print((f"NOT TO BE PUBLISHED: {doubt}\n\n" if doubt else "") + text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
