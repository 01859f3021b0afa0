# SPDX-License-Identifier: Apache-2.0
"""Markdown tables of a run, for docs/performance.md."""
from .ceiling import Ceiling, interpolate

NOT_YET = "not yet measured"


def table(header, rows):
    rows = rows or [[NOT_YET] + [""] * (len(header) - 1)]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def size(count):
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:.4g} {unit}"
    return f"{count:.0f} B"


def milliseconds(seconds):
    return f"{1e3 * seconds['median']:.3g} ({1e3 * seconds['p10']:.3g} – {1e3 * seconds['p90']:.3g})"


def run_table(results):
    environment = results.environment
    rows = [[key, environment[key]] for key in ("date", "commit", "gpu", "driver", "nvcc", "cpu", "threads") if key in environment]
    if rows and results.data.get("clocks"):
        clocks = [c["sm_mhz"] for c in results.data["clocks"] if c.get("sm_mhz")]
        if clocks:
            rows.append(["SM clock in MHz, before, after each step", ", ".join(clocks)])
    return table(["run", ""], rows)


def ceiling_table(results, ids):
    ceiling = Ceiling(results, ids)
    if not ceiling:
        return table(["table \\ row, TB/s", "32 B", "64 B", "128 B", "256 B", "512 B"], [])
    header = ["table \\ row, TB/s"] + [f"{row} B" for row in ceiling.rows]
    sizes = sorted({table_bytes for tables in ceiling.rows.values() for table_bytes, _ in tables})
    rows = []
    for table_bytes in sizes:
        rates = [dict(tables).get(table_bytes) for tables in ceiling.rows.values()]
        rows.append([size(table_bytes)] + [f"{1e-12 * rate:.2f}" if rate else "" for rate in rates])
    return table(header, rows)


def ways_table(results):
    """How the ways to gather compare: each over the best, averaged over sizes."""
    best, shares = {}, {}
    records = [r for r in results.records("ceilings", "gather") if r["parameters"]["by"] != "shared memory"]
    for record in records:
        at = record["parameters"]
        key = (at["row_bytes"], at["table_bytes"], at["ids"])
        best[key] = max(best.get(key, 0), record["bytes_per_second"])
    for record in records:
        at = record["parameters"]
        key = (at["row_bytes"], at["table_bytes"], at["ids"])
        shares.setdefault((at["by"], at["ids"]), []).append(record["bytes_per_second"] / best[key])
    rows = [[by, ids, f"{100 * sum(s) / len(s):.0f} %", f"{100 * min(s):.0f} %"] for (by, ids), s in sorted(shares.items())]
    return table(["way to gather", "ids", "of the best way, mean", "worst"], rows)


def other_ceilings_table(results):
    rows = []
    for record in results.records("ceilings", "copy"):
        rows.append([f"device copy by {record['parameters']['by']}, read + write", f"{1e-12 * record['bytes_per_second']:.2f} TB/s"])
    for record in results.records("ceilings", "gather"):
        if record["parameters"]["by"] == "shared memory":
            rows.append([f"shared memory, {record['parameters']['row_bytes']} B rows", f"{1e-12 * record['bytes_per_second']:.2f} TB/s"])
    for record in results.records("ceilings", "atomic_add"):
        at = record["parameters"]
        rows.append([f"float atomics, {at['row_bytes']} B rows, {at['ids']} ids, {size(at['table_bytes'])}",
                     f"{1e-12 * record['bytes_per_second']:.2f} TB/s"])
    for record in results.records("ceilings", "mma"):
        rows.append([f"mma.sync {record['parameters']['type']}", f"{1e-12 * record['flops_per_second']:.0f} TFLOP/s"])
    return table(["ceiling", "measured"], rows)


def kernel_name(parameters):
    return f"`{parameters['kernel']}`" + (f", {parameters['how']}" if parameters["how"] else "")


def kernel_table(results):
    ceiling, rows = Ceiling(results), []
    for record in results.kernels():
        at, fraction = record["parameters"], ceiling.fraction(record)
        rows.append([at["set"], at["rank"], at["precision"], at["task"], kernel_name(at), milliseconds(record["seconds"]),
                     f"{1e-12 * record['bytes_per_second']:.2f}", f"{100 * fraction:.0f} %" if fraction else "",
                     record["seconds"]["repeats"]])
    return table(["set", "rank", "precision", "task", "kernel", "ms, median (10 – 90 %)", "TB/s", "of gather ceiling", "repeats"], rows)


def gradient_groups(results):
    """(set, rank, precision) -> records of the task `gradient`, fastest of ours first."""
    groups = {}
    for record in results.kernels():
        at = record["parameters"]
        if at["task"] == "gradient":
            groups.setdefault((at["set"], at["rank"], at["precision"]), []).append(record)
    for records in groups.values():
        records.sort(key=lambda r: (r["baseline"], r["seconds"]["median"]))
    return groups


def baseline_table(results):
    """Each baseline over the fastest of ours that fetches in the same precision, and over the fastest with a float16 gather."""
    rows = []
    for (name, rank, precision), records in gradient_groups(results).items():
        ours = [r for r in records if not r["baseline"]]
        full = [r for r in ours if "fp16" not in r["parameters"]["how"]]
        half = [r for r in ours if "fp16" in r["parameters"]["how"]]
        for record in records:
            if record["baseline"] and ours:
                ratio = [f"{record['seconds']['median'] / group[0]['seconds']['median']:.2f}" if group else "" for group in (full, half)]
                rows.append([name, rank, precision, kernel_name(record["parameters"]), f"{1e3 * record['seconds']['median']:.3g}"] + ratio)
    return table(["set", "rank", "precision", "gradient by", "ms", "times ours, same precision", "times ours, fp16 gather"], rows)


def crossover_table(results):
    """The density from which the dense, masked product beats gathers of the same precision, per rank."""
    points = {}
    for (name, rank, precision), records in gradient_groups(results).items():
        if not name.startswith("uniform "):
            continue
        rows = [r for r in records if r["parameters"]["kernel"] == "gradient_rows" and not r["parameters"]["how"]]
        dense = [r for r in records if r["parameters"]["kernel"] == "gradient_block"]
        if rows and dense:
            density = float(name.rsplit(", ", 1)[1])
            points.setdefault((rank, precision), []).append((density, rows[0]["seconds"]["median"] / dense[0]["seconds"]["median"]))
    table_rows = []
    for (rank, precision), ratios in sorted(points.items()):
        ratios.sort()
        text = "dense products never win" if ratios[-1][1] < 1 else f"below {ratios[0][0]:g}"
        for (d0, r0), (d1, r1) in zip(ratios, ratios[1:]):
            if r0 < 1 <= r1:
                text = f"{interpolate([(r0, d0), (r1, d1)], 1):.3f}"
        table_rows.append([rank, precision, text])
    return table(["rank", "precision", "density from which dense products win"], table_rows)


def solves(results):
    """(set, rank) -> records of solves."""
    groups = {}
    for record in results.records("end_to_end", "solve"):
        groups.setdefault((record["parameters"]["set"], record["parameters"]["rank"]), []).append(record)
    return groups


def target_rmse(records):
    """0.1 % above the best held-out RMSE that any method reached in the same run."""
    return 1.001 * min(point["holdout_rmse"] for r in records for point in r["curve"] if point["holdout_rmse"] is not None)


def seconds_to(record, rmse):
    for point in record["curve"]:
        if point["holdout_rmse"] is not None and point["holdout_rmse"] <= rmse:
            return point["seconds"]
    return None


def solve_table(results):
    rows = []
    for (name, rank), records in solves(results).items():
        target = target_rmse(records)
        for record in records:
            stages, reached = record["stages"], seconds_to(record, target)
            rows.append([record.get("device", ""), name, rank, record["parameters"]["method"], f"{stages['read_or_generate']:.3g}", f"{stages['prepare']:.3g}",
                         f"{stages['solve']:.3g}", f"{stages['finish']:.3g}", f"{record['holdout_rmse']:.4f}", f"{target:.4f}",
                         f"{reached:.3g}" if reached is not None else "not reached",
                         f"{stages['prepare'] + reached:.3g}" if reached is not None else ""])
    return table(["device", "set", "rank", "method", "read or make, s", "prepare, s", "solve, s", "finish, s", "held-out RMSE", "target: best + 0.1 %",
                  "solver seconds to it", "with preparing"], rows)


def find(records, **wanted):
    return [r for r in records if all(str(r["parameters"].get(key, "")).startswith(str(value)) for key, value in wanted.items())]


def target_table(results):
    """What was aimed at on an H200, beside what this run measured."""
    ceiling, kernels = Ceiling(results), list(results.kernels())
    netflix = [r for r in kernels if r["parameters"]["set"] == "netflix"]
    rows = []

    def row(target, values, render):
        rows.append([target, render(values) if values else NOT_YET])

    gradient = find(netflix, kernel="gradient_rows", how="fp16", rank=64, precision="float32")
    row("`gradient_rows`, Netflix shape, k = 64, fp16: ≥ 80 % of the gather ceiling", gradient,
        lambda r: f"{100 * ceiling.fraction(r[0]):.0f} %" if ceiling else NOT_YET)
    row("the same, both sides: ≤ 6.6 ms", gradient, lambda r: f"{1e3 * r[0]['seconds']['median']:.3g} ms")
    for kernel, name in (("gradient_projection", "cuSPARSE"), ("gradient_scatter", "COO atomics")):
        base = find(netflix, kernel=kernel, rank=64, precision="float32")
        row(f"the same: ≥ 2 × {name}", gradient and base,
            lambda r: f"{r[0]['seconds']['median'] / gradient[0]['seconds']['median']:.2f} ×")
    for rank, share, limit in ((64, 70, 9), (128, 60, 19)):
        halves = {task: find(netflix, kernel="als_half", task=task, how="fp16", rank=rank) for task in ("als_half rows", "als_half columns")}
        sweep = [min(r, key=lambda x: x["seconds"]["median"]) for r in halves.values() if r]
        complete = sweep if len(sweep) == 2 else []
        row(f"`als_half` sweep, Netflix shape, k = {rank}: ≥ {share} % of the ceiling with the solve", complete if ceiling else [],
            lambda r: f"{100 * sum(ceiling.seconds(x['gathers']) for x in r) / sum(x['seconds']['median'] for x in r):.0f} %")
        row(f"the same: ≤ {limit} ms", complete, lambda r: f"{1e3 * sum(x['seconds']['median'] for x in r):.3g} ms")
    hugewiki = [r for r in kernels if r["parameters"]["set"] == "hugewiki"]
    sweep = [min(r, key=lambda x: x["seconds"]["median"]) for r in
             (find(hugewiki, kernel="als_half", task=task, rank=64) for task in ("als_half rows", "als_half columns")) if r]
    row("Hugewiki shape (3.07 G entries) on one card, k = 64: `als_half` sweep ≤ 320 ms", sweep if len(sweep) == 2 else [],
        lambda r: f"{1e3 * sum(x['seconds']['median'] for x in r):.3g} ms")
    ours = [r for r in kernels if not r["baseline"]]
    row("the same bits in two runs, every kernel", ours, lambda r: "yes" if all(x["same_bits_twice"] for x in r) else "no")
    fits = {key: records for key, records in solves(results).items() if key == ("netflix", 64)}
    times = []
    for records in fits.values():
        reached = [(seconds_to(r, target_rmse(records)), r["stages"]["prepare"]) for r in records]
        times = [(s, p) for s, p in reached if s is not None]
    row("Netflix shape, k = 64: 0.1 % of the best test RMSE in ≤ 0.1 s of solving", times, lambda t: f"{min(s for s, _ in t):.3g} s")
    row("the same from COO in host memory in ≤ 0.5 s", times, lambda t: f"{min(s + p for s, p in t):.3g} s")
    return table(["aim on an H200", "measured"], rows)


def gpu_part(results):
    parts = []
    if results.on_gpu():
        parts.append(run_table(results))
    else:
        parts.append("No GPU run is committed yet; `bench/run.sh` makes one.\n")
        results = type(results)({})
    parts += ["### Aims\n", target_table(results),
              "### Gather ceiling\n",
              "Rows of a table fetched by random ids, the best way of those tried. Uniform ids:\n", ceiling_table(results, "uniform"),
              "Zipf ids (popular rows first, as after relabelling):\n", ceiling_table(results, "zipf"),
              ways_table(results), other_ceilings_table(results),
              "### Kernels\n", kernel_table(results),
              "### Against the baselines\n", baseline_table(results), crossover_table(results),
              "### From entries in host memory to a model\n", solve_table(results)]
    return "\n".join(parts)
