# SPDX-License-Identifier: Apache-2.0
"""The plots of a run."""
from .ceiling import Ceiling
from .svg import bars, lines
from .tables import size, solves


def ceiling_plot(results, ids):
    rows = Ceiling(results, ids).rows
    curves = [(f"{row_bytes} B rows", [(table, 1e-12 * rate) for table, rate in tables]) for row_bytes, tables in rows.items()]
    sizes = sorted({table for tables in rows.values() for table, _ in tables})
    return lines(f"Gather ceiling, {ids} ids: {results.device()}", "table size", "TB/s", curves, log_x=True, x_ticks=sizes,
                 tick_text=size)


def fraction_plot(results):
    ceiling, values = Ceiling(results), []
    for record in results.kernels():
        at, fraction = record["parameters"], ceiling.fraction(record)
        if fraction is not None and not record["baseline"]:
            how = f" ({at['how']})" if at["how"] else ""
            values.append((f"{at['set']}, k={at['rank']} {at['precision']}: {at['task']}{how}", 100 * fraction))
    return bars(f"Kernels, % of the gather ceiling: {results.device()}", "% of the ceiling of the same row and table size", values, mark=100)


def time_plot(name, rank, records):
    """Distance of the held-out RMSE from the best of all methods against solver seconds."""
    points = [(r["parameters"]["method"], [(p["seconds"], p["holdout_rmse"]) for p in r["curve"] if p["holdout_rmse"] is not None])
              for r in records]
    best = min((rmse for _, curve in points for _, rmse in curve), default=1)
    curves = [(method, [(s, 100 * (rmse / best - 1)) for s, rmse in curve]) for method, curve in points]
    return lines(f"{name}, rank {rank}: {records[0].get('device', '')}", "solver seconds", "held-out RMSE above the best, %", curves,
                 log_x=True, log_y=True)


def all_plots(results):
    """file name -> SVG text"""
    plots = {}
    if results.on_gpu():
        plots["ceiling-uniform.svg"] = ceiling_plot(results, "uniform")
        plots["ceiling-zipf.svg"] = ceiling_plot(results, "zipf")
        plots["kernels.svg"] = fraction_plot(results)
    for i, ((name, rank), records) in enumerate(solves(results).items()):
        plots[f"time-to-target-{i}.svg"] = time_plot(name, rank, records)
    return plots
