# SPDX-License-Identifier: Apache-2.0
"""The CPU kernels beside the machine's ceilings: what google-benchmark wrote, as a table."""
import statistics

CEILING = "ceiling: "


def medians(runs):
    """{name without the suffix of the clock: {"ms", "bytes", "flops"}} over all repetitions of all runs; 0 where not said"""
    found = {}
    for run in runs:
        for one in run["benchmarks"]:
            if one.get("run_type", "iteration") != "iteration" or one.get("error_occurred"):
                continue
            scale = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1e3}[one["time_unit"]]
            values = found.setdefault(one["name"].split("/real_time")[0].split("/repeats:")[0], [])
            values.append((one["real_time"] * scale, one.get("bytes_per_second", 0), one.get("flops", 0)))
    return {name: dict(zip(("ms", "bytes", "flops"), map(statistics.median, zip(*values))), runs=len(values))
            for name, values in found.items()}


def percent(part, whole):
    return f"{100 * part / whole:.0f} %" if part and whole else "-"


def cpu_part(runs):
    found = medians(runs)
    ceilings = {name.removeprefix(CEILING): value for name, value in found.items() if name.startswith(CEILING)}
    product = ceilings.get("product", {}).get("flops", 0)
    context = runs[0]["context"]
    lines = [f"{context['num_cpus']} threads; medians of {max(value['runs'] for value in found.values())} runs.", "",
             "| ceiling | |", "|---|---|"]
    for name, value in ceilings.items():
        measured = f"{value['flops'] / 1e9:.0f} GFlop/s" if value["flops"] else f"{value['bytes'] / 1e9:.1f} GB/s"
        lines.append(f"| {name.replace('/', ', k = ')} | {measured} |")
    lines += ["", "| kernel | k | ms | gathered, GB/s | of the gather ceiling | GFlop/s | of the product ceiling |",
              "|---|---|---|---|---|---|---|"]
    for name, value in found.items():
        if name.startswith(CEILING):
            continue
        kernel, _, rank = name.partition("/")
        gather = ceilings.get(f"gather/{rank}", {}).get("bytes", 0)
        lines.append(f"| {kernel} | {rank} | {value['ms']:.1f} | {value['bytes'] / 1e9:.1f} | "
                     f"{percent(value['bytes'], gather)} | {value['flops'] / 1e9:.1f} | {percent(value['flops'], product)} |")
    return "\n".join(lines) + "\n"


def races_part(races):
    """What bench/peers/libmf.py left, race by race."""
    lines = ["| data, k | | settings | training, s | whole process, s | test RMSE | time to LIBMF's RMSE |", "|---|---|---|---|---|---|---|"]
    for race in races:
        middle, best = race["median"], race["best"]
        reached = middle["rankfill"]["to_target"]
        share = f"{reached / middle['libmf']['train_seconds']:.2f} of LIBMF's" if reached else "not reached"
        settings = {"libmf": f"λ {best['libmf']['lambda']}, step {best['libmf']['step']}, {best['libmf']['epochs']} epochs",
                    "rankfill": f"`{best['rankfill']['flags']}`, {best['rankfill']['iterations']} iterations"}
        for name, shown, last in (("libmf", "LIBMF", "1"), ("rankfill", "rankfill", share)):
            times = [[run[key] for run in race["runs"][name]] for key in ("train_seconds", "process_seconds")]
            spans = [f"{middle[name][key]:.2f} ({min(of):.2f}..{max(of):.2f})"
                     for key, of in zip(("train_seconds", "process_seconds"), times)]
            lines.append(f"| {race['train']}, {race['rank']} | {shown} | {settings[name]} | {spans[0]} | {spans[1]} | "
                         f"{middle[name]['rmse']:.4f} | {last} |")
    return "\n".join(lines) + "\n"
