#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/report.py on made-up numbers: none of them was measured."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bench"))
from reporting import svg, tables  # noqa: E402
from reporting import convergence as race_of  # noqa: E402
from reporting import cpu as cpu_of  # noqa: E402
from reporting import recovery as recovery_of  # noqa: E402
from reporting.ceiling import Ceiling, interpolate  # noqa: E402
from reporting.plots import all_plots  # noqa: E402
from reporting.results import Results, collect  # noqa: E402

TB = 1e12


def seconds(median):
    return {"median": median, "p10": 0.9 * median, "p90": 1.2 * median, "repeats": 20}


def gather(row_bytes, table_bytes, rate, by="ldg x4", ids="uniform", verified=True):
    return {"name": "gather", "parameters": {"by": by, "row_bytes": row_bytes, "table_bytes": table_bytes, "ids": ids, "count": 1},
            "bytes": 1.0, "seconds": seconds(1e-3), "bytes_per_second": rate, "verified": verified}


def kernel(name, how, median, baseline=False, rank=64, task="gradient", set_="netflix", verified=True):
    rows = 10**8
    return {"name": "kernel",
            "parameters": {"task": task, "kernel": name, "how": how, "set": set_, "rank": rank, "precision": "float32"},
            "bytes": 2.0 * rows * 128, "seconds": seconds(median), "bytes_per_second": 2.0 * rows * 128 / median,
            "verified": verified, "baseline": baseline, "same_bits_twice": True,
            "gathers": [{"row_bytes": 128, "table_bytes": 2**20, "rows": rows}, {"row_bytes": 128, "table_bytes": 2**26, "rows": rows}]}


def solve(method, curve):
    return {"name": "solve", "parameters": {"method": method, "set": "netflix", "rank": 64}, "entries": 1.0,
            "seconds": seconds(1.0), "entries_per_second": 1.0, "verified": True, "device": "made-up device", "holdout_rmse": curve[-1][1],
            "stages": {"read_or_generate": 1.0, "prepare": 0.25, "solve": 1.0, "finish": 0.5, "total": 1.75},
            "curve": [{"iteration": i, "seconds": s, "passes": 2 * i, "objective": 1, "relative_gradient": 1, "holdout_rmse": r}
                      for i, (s, r) in enumerate(curve)]}


def made_up():
    device = {"name": "made-up device"}
    return {
        "schema": 1, "made_up": True, "environment": {"date": "never", "gpu": "made-up device"}, "steps": [], "clocks": [],
        "programs": {
            "ceilings": {"device": device, "records": [
                gather(128, 2**20, 4 * TB), gather(128, 2**20, 5 * TB, by="ldg x8"), gather(128, 2**26, 3 * TB),
                gather(128, 2**26, 9 * TB, verified=False), gather(32, 2**20, 2 * TB), gather(32, 2**26, 2 * TB),
                gather(128, 2**15, 99 * TB, by="shared memory"), gather(128, 2**20, 8 * TB, ids="zipf")]},
            "kernels": {"device": device, "records": [
                kernel("gradient_rows", "fp16 gather", 0.01), kernel("gradient_scatter", "COO, atomics", 0.04, baseline=True),
                kernel("gradient_projection", "cuSPARSE", 0.025, baseline=True), kernel("loss", "", 0.123, task="loss", verified=False)] +
                [kernel(name, how, median, baseline, set_=f"uniform 9 x 9, {density}") for density, rows, dense in
                 ((0.01, 1.0, 2.0), (0.1, 1.0, 0.5)) for name, how, median, baseline in
                 (("gradient_rows", "", rows, False), ("gradient_block", "cuBLAS, dense, masked", dense, True))]},
            "end_to_end": {"device": device, "records": [
                solve("als", [(0.1, 1.2), (0.2, 0.9005), (0.4, 0.9)]), solve("gd", [(0.1, 1.2), (0.3, 1.0), (0.6, 0.95)])]}}}


class CeilingTest(unittest.TestCase):
    def test_interpolates_in_the_logarithm_and_is_constant_beyond(self):
        points = [(1, 10.0), (100, 30.0)]
        self.assertEqual([interpolate(points, x) for x in (0.1, 1, 10, 100, 1000)], [10, 10, 20, 30, 30])

    def test_is_the_best_verified_way_without_shared_memory(self):
        ceiling = Ceiling(Results(made_up()))
        self.assertEqual(ceiling.rate(128, 2**20), 5 * TB)
        self.assertEqual(ceiling.rate(128, 2**23), 4 * TB)
        self.assertEqual(ceiling.rate(128, 2**26), 3 * TB)
        self.assertEqual(Ceiling(Results(made_up()), "zipf").rate(128, 2**20), 8 * TB)

    def test_a_row_shorter_than_a_sector_costs_a_sector(self):
        self.assertEqual(Ceiling(Results(made_up())).rate(8, 2**20), 2 * TB / 4)

    def test_fraction_adds_the_times_of_both_orientations(self):
        record = kernel("gradient_rows", "fp16 gather", 0.01)
        self.assertAlmostEqual(Ceiling(Results(made_up())).fraction(record), 1e8 * 128 * (1 / (5 * TB) + 1 / (3 * TB)) / 0.01)
        self.assertIsNone(Ceiling(Results({})).fraction(record))


class TablesTest(unittest.TestCase):
    def setUp(self):
        self.results = Results(made_up())

    def test_every_table_says_not_yet_measured_when_nothing_was(self):
        text = tables.gpu_part(Results({}))
        self.assertGreaterEqual(text.count(tables.NOT_YET), 15)
        self.assertNotRegex(text, r"\d TB/s")

    def test_a_wrong_result_reaches_no_table(self):
        self.assertNotIn("123", tables.kernel_table(self.results))
        self.assertNotIn("loss", tables.kernel_table(self.results))
        self.assertNotIn("9.00", tables.ceiling_table(self.results, "uniform"))

    def test_ratios_are_over_ours_of_the_same_precision_and_over_float16(self):
        text = tables.baseline_table(self.results)
        self.assertIn("COO, atomics | 40 |  | 4.00 |", text)
        self.assertIn("cuSPARSE | 25 |  | 2.50 |", text)
        self.assertIn("dense, masked | 500 | 0.50 |  |", text)

    def test_crossover_lies_between_the_densities(self):
        # ratio 0.5 at 0.01 and 2 at 0.1: it is 1 half way in the logarithm, where the density is 0.055
        self.assertIn("| 64 | float32 | 0.055 |", tables.crossover_table(self.results))

    def test_target_is_a_thousandth_above_the_best_of_all_methods(self):
        rows = {line.split(" | ")[3]: line for line in tables.solve_table(self.results).splitlines()[2:]}
        self.assertIn("| 0.9009 | 0.2 | 0.45 |", rows["als"])
        self.assertIn("| 0.9009 | not reached |", rows["gd"])

    def test_the_set_that_fills_a_card_comes_from_a_program_of_its_own(self):
        data = made_up()
        data["programs"]["large"] = {"device": {}, "records": [
            kernel("als_half", "fp16 gather, exact", seconds, task=task, set_="hugewiki") for task, seconds in
            (("als_half rows", 0.1), ("als_half columns", 0.15))]}
        results = Results(data)
        self.assertIn("≤ 320 ms | 250 ms |", tables.target_table(results))
        self.assertIn("| hugewiki | 64 | float32 | als_half rows |", tables.kernel_table(results))
        self.assertIn("≤ 320 ms | not yet measured |", tables.target_table(self.results))

    def test_aims_stand_beside_what_was_measured(self):
        text = tables.target_table(self.results)
        self.assertIn("≥ 2 × cuSPARSE | 2.50 × |", text)
        self.assertIn("≤ 6.6 ms | 10 ms |", text)
        self.assertIn("≤ 9 ms | not yet measured |", text)
        self.assertIn("every kernel | yes |", text)


class PlotsTest(unittest.TestCase):
    def test_are_well_formed_and_hold_a_line_per_curve(self):
        plots = all_plots(Results(made_up()))
        self.assertEqual(sorted(plots), ["ceiling-uniform.svg", "ceiling-zipf.svg", "kernels.svg", "time-to-target-0.svg"])
        for text in plots.values():
            ElementTree.fromstring(text)
        self.assertIn("128 B rows", plots["ceiling-uniform.svg"])
        self.assertEqual(plots["ceiling-uniform.svg"].count('fill="none" stroke="#'), 2 + 1)  # two curves and the frame

    def test_an_axis_puts_its_ends_at_its_ends(self):
        axis = svg.Axis([1, 100], 0, 200, log=True)
        self.assertEqual([axis(v) for v in (1, 10, 100)], [0, 100, 200])
        self.assertEqual(axis.ticks(), [1, 2, 5, 10, 20, 50, 100])
        self.assertEqual(svg.Axis([1, 1e4], 0, 1, log=True).ticks(), [1, 10, 100, 1000, 1e4])

    def test_nothing_measured_is_said(self):
        self.assertIn("nothing measured", svg.lines("t", "x", "y", []))
        self.assertIn("nothing measured", svg.bars("t", "x", []))


def race():
    """F* is 100; "fast" gets there, "slow" stops above it, and with seed 1 in another basin."""
    def run(method, seed, objectives, gradients, rmse, optimum):
        passes = [2.0 * i for i in range(len(objectives))]
        end = {"method": method, "objective": objectives[-1], "relative_gradient": gradients[-1], "passes": passes[-1], "holdout_rmse": rmse[-1]}
        return {"name": "run", "parameters": {"method": method, "seed": seed}, "verified": True, "optimum": optimum, "end": end,
                "curve": {"passes": passes, "seconds": [0.5 * p for p in passes], "objective": objectives, "relative_gradient": gradients, "holdout_rmse": rmse}}

    def reference(seed, basin):
        basins = {"als": {"basin": basin}, "fast": {"basin": "reference"}}
        return {"name": "reference", "parameters": {"seed": seed}, "verified": True, "objective": 100.0, "basins": basins}

    slow = [200.0, 150.0, 120.0, 100.09, 100.05]
    fast = ([200.0, 100.005, 100.0], [1.0, 1e-4, 1e-7], [2.0, 1.0, 1.01])
    records = []
    for seed, optimum, basin in ((0, 100.0, "reference"), (1, 100.05, "another")):
        records += [run("als", seed, slow, [1.0, 0.5, 0.1, 1e-3, 1e-4], [2.0, 1.5, 1.2, 1.1, 1.0105], optimum), run("fast", seed, *fast, 100.0),
                    reference(seed, basin)]
    return {"schema": 1, "program": "convergence", "name": "made-up", "commit": "none", "records": records, "machine": {"processor": "none", "threads": 1},
            "data": {"rows": 9, "columns": 9, "entries": 50, "held_out": 5},
            "options": {"rank": 2, "regularization": 0.1, "weighting": 1, "center": "mean", "precision": "float64", "gradient_tolerance": 1e-6, "seeds": 2,
                        "methods": "als,fast", "passes": 8}}


class ConvergenceTest(unittest.TestCase):
    def setUp(self):
        self.race = race_of.Race(race())

    def rows(self, text):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
        return {line[0]: dict(zip(lines[0], line)) for line in lines[2:]}

    def test_a_cost_is_that_of_the_first_point_that_is_there(self):
        rows = self.rows(race_of.cost_table(self.race, "passes"))
        self.assertEqual([rows["fast"][c] for c in ("gap 1e-4", "gap 1e-5", "gradient 1e-4", "gradient 1e-5")], ["2", "4", "2", "4"])
        self.assertEqual([rows["als"][c] for c in ("gap 1e-3", "gap 1e-4", "gradient 1e-3", "gradient 1e-5")], ["6", "-", "6", "-"])
        self.assertEqual(self.rows(race_of.cost_table(self.race, "seconds"))["als"]["gap 1e-3"], "3")

    def test_the_best_rmse_may_be_passed_on_the_way_and_that_of_the_optimum_is_another(self):
        rows = self.rows(race_of.cost_table(self.race, "passes"))
        self.assertEqual((rows["fast"]["best RMSE"], rows["als"]["best RMSE"]), ("2", "-"))
        self.assertEqual((rows["fast"]["RMSE of F*"], rows["als"]["RMSE of F*"]), ("2", "8"))

    def test_another_basin_has_its_own_gap(self):
        self.assertTrue(self.race.differs())
        self.assertIn("another basin: 1", race_of.end_table(self.race))
        self.assertEqual(self.rows(race_of.cost_table(self.race, "passes", own=True))["als"]["gap 1e-4"], "8 (8..-)")

    def test_a_ratio_is_a_bound_where_the_other_was_stopped(self):
        rows = self.rows(race_of.ratio_table(self.race))
        self.assertEqual((rows["fast"]["gap 1e-3"], rows["fast"]["gap 1e-4"]), ("3.0", "> 4.0"))
        # the middle one is certain when what is only bounded lies above it, whatever it is
        self.assertEqual(race_of.ratio_cell([(9, True), (2, False), (4, False)]), "4.0 (2.0..> 9.0)")
        self.assertEqual(race_of.ratio_cell([(9, False), (2, True), (4, False)]), "> 4.0 (> 2.0..> 9.0)")

    def test_thinning_changes_no_table(self):
        thin = race_of.Race(json.loads(json.dumps(race_of.thinned(self.race))))
        self.assertEqual(race_of.section(thin), race_of.section(self.race))

    def test_plots_are_well_formed(self):
        for text in race_of.convergence_plots(self.race).values():
            ElementTree.fromstring(text)
            self.assertEqual(text.count(">als</text>"), 1)


class CpuTest(unittest.TestCase):
    @staticmethod
    def run_of(milliseconds):
        def one(name, **said):
            return {"name": f"{name}/real_time", "run_type": "iteration", "real_time": milliseconds * 1e6, "time_unit": "ns", **said}

        return {"context": {"num_cpus": 2},
                "benchmarks": [one("ceiling: gather/64", bytes_per_second=100e9), one("ceiling: product", flops=200e9),
                               one("loss/64", bytes_per_second=50e9, flops=20e9)]}

    def test_medians_stand_beside_the_ceilings(self):
        text = cpu_of.cpu_part([self.run_of(ms) for ms in (3, 1, 2)])
        self.assertIn("medians of 3 runs", text)
        self.assertIn("| gather, k = 64 | 100.0 GB/s |", text)
        self.assertIn("| loss | 64 | 2.0 | 50.0 | 50 % | 20.0 | 10 % |", text)

    def test_a_race_says_who_reached_the_target_when(self):
        runs = [{"train_seconds": 4, "process_seconds": 9}]
        race = {"train": "made-up", "rank": 8, "runs": {"libmf": runs, "rankfill": runs},
                "best": {"libmf": {"lambda": 0.1, "step": 0.2, "epochs": 3}, "rankfill": {"flags": "-l 1", "iterations": 2}},
                "median": {"libmf": {"train_seconds": 4, "process_seconds": 9, "rmse": 0.5},
                           "rankfill": {"train_seconds": 4, "process_seconds": 9, "rmse": 0.4, "to_target": 1}}}
        self.assertIn("| 0.4000 | 0.25 of LIBMF's |", cpu_of.races_part([race]))
        race["median"]["rankfill"]["to_target"] = None
        self.assertIn("| not reached |", cpu_of.races_part([race]))


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def report(self, *arguments):
        return subprocess.run([sys.executable, "-B", ROOT / "bench/report.py", *map(str, arguments)], capture_output=True, text=True)

    def test_collects_what_a_run_left_and_notes_what_was_cut_off(self):
        (self.folder / "environment.txt").write_text("gpu = made-up device\ncommit = abc, changed\n")
        (self.folder / "steps.tsv").write_text("build\tok\t12\n")
        (self.folder / "clocks.csv").write_text("step,sm_mhz\nstart,1000\n")
        (self.folder / "ceilings.json").write_text(json.dumps(made_up()["programs"]["ceilings"]))
        (self.folder / "kernels.json").write_text('{"records": [')
        self.assertEqual(self.report("collect", self.folder).returncode, 0)
        data = json.loads((self.folder / "results.json").read_text())
        self.assertEqual(data["environment"], {"gpu": "made-up device", "commit": "abc, changed"})
        self.assertEqual(list(data["programs"]), ["ceilings"])
        self.assertEqual(data["clocks"], [{"step": "start", "sm_mhz": "1000"}])
        self.assertEqual([step["status"] for step in data["steps"]], ["ok", "not JSON"])
        self.assertEqual(collect(self.folder), data)

    def test_nothing_doubtful_is_written_into_a_document(self):
        document = self.folder / "page.md"
        text = "before\n<!-- gpu results: written by bench/report.py -->\nold\n<!-- gpu results: end -->\nafter\n"
        good = made_up()
        del good["made_up"]
        for program in good["programs"].values():
            program["records"] = [r for r in program["records"] if r["verified"]]
        toy, emulated, wrong, failed = (json.loads(json.dumps(good)) for _ in range(4))
        toy["programs"]["kernels"]["toy"] = True
        emulated["programs"]["ceilings"]["device"]["name"] = "SIMT emulator 0"
        wrong["programs"]["kernels"]["records"][0]["verified"] = False
        failed["programs"]["kernels"]["failed"] = "an illegal memory access was encountered"
        for doubtful in (made_up(), toy, emulated, wrong, failed):
            document.write_text(text)
            (self.folder / "results.json").write_text(json.dumps(doubtful))
            self.assertEqual(self.report("tables", self.folder / "results.json", "--into", document).returncode, 1)
            self.assertEqual(document.read_text(), text)
            self.assertIn("NOT TO BE PUBLISHED", self.report("tables", self.folder / "results.json").stdout)
        (self.folder / "results.json").write_text(json.dumps(good))
        self.assertEqual(self.report("tables", self.folder / "results.json", "--into", document).returncode, 0)
        self.assertRegex(document.read_text(), r"(?s)^before\n.*Gather ceiling.*\nafter\n$")
        self.assertNotIn("old", document.read_text())

    def test_the_committed_tables_are_those_of_the_committed_results(self):
        committed = sorted((ROOT / "bench/results").glob("*.json"))
        copy = self.folder / "performance.md"
        shutil.copy(ROOT / "docs/performance.md", copy)
        self.assertEqual(self.report("tables", *committed[-1:], "--into", copy).returncode, 0)
        self.assertEqual(copy.read_text(), (ROOT / "docs/performance.md").read_text())

    def test_the_committed_convergence_is_that_of_the_committed_results(self):
        text = (ROOT / "docs/performance.md").read_text()
        for path in (ROOT / "bench/results/convergence").glob("*.json"):
            self.assertIn(race_of.section(race_of.load(path)), text)

    def test_the_committed_cpu_tables_are_those_of_the_committed_results(self):
        text = (ROOT / "docs/performance.md").read_text()
        results = ROOT / "bench/results/cpu"
        self.assertIn(cpu_of.cpu_part([json.loads(path.read_text()) for path in sorted(results.glob("kernels-*.json"))]), text)
        races = sorted(results.glob("libmf-*.json"), key=lambda path: (path.stem.rpartition("-")[0], int(path.stem.rpartition("-")[2])))
        self.assertIn(cpu_of.races_part([json.loads(path.read_text()) for path in races]), text)

    def test_the_committed_recovery_is_that_of_the_committed_results(self):
        data = json.loads((ROOT / "bench/results/recovery/recovery.json").read_text())
        self.assertIn(recovery_of.recovery_part(data), (ROOT / "docs/performance.md").read_text())

    def test_plots_are_written(self):
        (self.folder / "results.json").write_text(json.dumps(made_up()))
        self.assertEqual(self.report("plots", self.folder / "results.json", "--out", self.folder / "plots").returncode, 0)
        self.assertEqual(len(list((self.folder / "plots").glob("*.svg"))), 4)


if __name__ == "__main__":
    unittest.main()
