# SPDX-License-Identifier: Apache-2.0
"""Tables and plots of bench/convergence."""
import json
import math
from pathlib import Path

from .svg import lines
from .tables import table

GAPS = (1e-3, 1e-4, 1e-5)
GRADIENTS = (1e-3, 1e-4, 1e-5, 1e-6)
RMSE_MARGIN = 1.001
NEVER = math.inf


def power(value):
    return f"1e{round(math.log10(value))}"


class Race:
    """One run of bench/convergence: per method and seed, what it took to get somewhere."""

    def __init__(self, data):
        self.data, self.name = data, data["name"]
        self.runs = {}  # (method, seed) -> record
        self.references = {r["parameters"]["seed"]: r for r in data["records"] if r["name"] == "reference" and r["verified"]}
        for record in data["records"]:
            at = record["parameters"]
            if record["name"] == "run" and record["verified"] and at["seed"] in self.references:
                self.runs[at["method"], at["seed"]] = record
        self.methods = list(dict.fromkeys(method for method, _ in self.runs))
        self.seeds = sorted(self.references)

    def optimum(self, method, seed, own=False):
        return self.runs[method, seed]["optimum"] if own else self.references[seed]["objective"]

    def gaps(self, method, seed, own=False):
        optimum = self.optimum(method, seed, own)
        return [objective / optimum - 1 for objective in self.runs[method, seed]["curve"]["objective"]]

    def best_rmse(self, seed):
        """The lowest test RMSE at any point of any method; it may be passed on the way and lost again."""
        return min((x for (_, s), run in self.runs.items() if s == seed for x in run["curve"]["holdout_rmse"] if x is not None), default=-NEVER)

    def optimum_rmse(self, seed):
        """The test RMSE at the end of the run that came nearest to the reference optimum."""
        ends = [run["end"] for (_, s), run in self.runs.items() if s == seed and run["end"]["holdout_rmse"] is not None]
        return min(ends, key=lambda end: end["objective"])["holdout_rmse"] if ends else -NEVER

    def marks(self, method, seed, own=False):
        """(column title, index of the first point there or None)"""
        curve, gaps = self.runs[method, seed]["curve"], self.gaps(method, seed, own)

        def first(values, most):
            return next((i for i, value in enumerate(values) if value is not None and value <= most), None)

        found = [(f"gap {power(most)}", first(gaps, most)) for most in GAPS]
        found += [(f"gradient {power(most)}", first(curve["relative_gradient"], most)) for most in GRADIENTS]
        targets = {"best RMSE": self.best_rmse(seed), "RMSE of F*": self.optimum_rmse(seed)}
        return found + [(title, first(curve["holdout_rmse"], RMSE_MARGIN * rmse)) for title, rmse in targets.items()]

    def costs(self, method, unit, own=False):
        """column title -> what it cost with each seed; NEVER where it was not reached."""
        columns = {}
        for seed in self.seeds:
            if (method, seed) in self.runs:
                curve = self.runs[method, seed]["curve"][unit]
                for title, index in self.marks(method, seed, own):
                    columns.setdefault(title, []).append(NEVER if index is None else curve[index])
        return columns

    def basins(self, method):
        """How many seeds ended in: the reference's basin, another, an unknown one."""
        kinds = [self.references[seed]["basins"][method]["basin"] for seed in self.seeds if (method, seed) in self.runs]
        return [kinds.count(kind) for kind in ("reference", "another", "unknown")]

    def differs(self):
        return any(sum(self.basins(method)[1:]) for method in self.methods)


def middle(values):
    """The lower of the two middle ones when their number is even: a value that was measured."""
    return sorted(values)[(len(values) - 1) // 2]


def number(value, unit):
    return "-" if value == NEVER else f"{value:.0f}" if unit == "passes" else f"{value:.2g}" if value < 100 else f"{value:.0f}"


def cell(values, unit):
    text, low, high = (number(value, unit) for value in (middle(values), min(values), max(values)))
    return text if low == high else f"{text} ({low}..{high})"


def cost_table(race, unit, own=False):
    costs = {method: race.costs(method, unit, own) for method in race.methods}
    titles = list(next(iter(costs.values()), []))
    if own:  # the rest does not depend on the optimum
        titles = [title for title in titles if title.startswith("gap")]
    heading = unit + (", to the optimum of its own basin" if own else "")
    return table([heading] + titles, [[method] + [cell(costs[method][title], unit) for title in titles] for method in race.methods])


def ratio_cell(ratios):
    """[(ratio, is it only a lower bound?)] -> the middle one and the range."""
    ratios = sorted(ratios)
    half = (len(ratios) - 1) // 2
    text, low, high = (("> " if bound else "") + f"{ratio:.1f}" for ratio, bound in
                       ((ratios[half][0], any(b for _, b in ratios[:half + 1])), ratios[0], (ratios[-1][0], any(b for _, b in ratios))))
    return text if low == high else f"{text} ({low}..{high})"


def ratio_table(race, own=False, base="als"):
    """Passes of `base` over those of the method, seed by seed; where `base` had not arrived when it was stopped, a lower bound."""
    if base not in race.methods:
        return ""
    theirs, rows = race.costs(base, "passes", own), []
    spent = [race.runs[base, seed]["end"]["passes"] for seed in race.seeds if (base, seed) in race.runs]
    titles = [title for title in theirs if title.startswith("gap") or not own]
    for method in race.methods:
        costs = race.costs(method, "passes", own)
        cells = []
        for title in titles:
            pairs = [(min(slow, most) / fast, slow == NEVER) for slow, most, fast in zip(theirs[title], spent, costs[title]) if fast not in (NEVER, 0)]
            cells.append(ratio_cell(pairs) if len(pairs) == len(race.seeds) else "-")
        if method != base:
            rows.append([method] + cells)
    return table([f"passes of {base} / passes" + (", own basins" if own else "")] + titles, rows)


def end_table(race):
    rows = []
    for method in race.methods:
        ends = [race.runs[method, seed] for seed in race.seeds if (method, seed) in race.runs]
        same, other, unknown = race.basins(method)
        known = [run["end"]["holdout_rmse"] for run in ends if run["end"]["holdout_rmse"] is not None]
        rmse = f"{middle(known):.4f}" if known else ""
        rows.append([method, f"{middle([run['end']['passes'] for run in ends]):.0f}", f"{middle([run['end']['relative_gradient'] for run in ends]):.1e}", rmse,
                     f"{same} of {len(ends)}" + (f", another basin: {other}" if other else "") + (f", unknown: {unknown}" if unknown else "")])
    return table(["stopped", "passes", "relative gradient", "test RMSE", "at the reference optimum"], rows)


def weighting(nu):
    return {0: "plain", 1: "count"}.get(nu, f"count^{nu:g}")


def section(race):
    if not race.runs:
        return f"### {race.name}\n\nNo seed is complete.\n"
    data, options, machine = race.data["data"], race.data["options"], race.data["machine"]
    text = [f"### {race.name}\n",
            f"{data['rows']:,} × {data['columns']:,}, {data['entries']:,} entries, {data['held_out']:,} held out; k = {options['rank']}, λ {options['regularization']:g} "
            f"({weighting(options['weighting'])}), center {options['center']}, {options['precision']}; {len(race.seeds)} seed{'s' if len(race.seeds) > 1 else ''}; stopped at relative gradient "
            f"{options['gradient_tolerance']:g} or {options['passes']:g} passes (methods `{options['methods']}`). Commit {race.data['commit']}, "
            f"{machine['processor']}, {machine['threads']} thread{'s' if machine['threads'] > 1 else ''}.\n",
            cost_table(race, "passes"), ratio_table(race), end_table(race)]
    if race.differs():
        text += [cost_table(race, "passes", own=True), ratio_table(race, own=True)]
    text.append(cost_table(race, "seconds"))
    return "\n".join(part for part in text if part)


def convergence_part(races):
    return "\n".join(section(race) for race in races)


def plot(race, unit):
    label = {"passes": "passes over the entries", "seconds": "seconds"}[unit]
    curves = []
    for method in race.methods:
        for seed in race.seeds:
            if (method, seed) in race.runs:
                curve = race.runs[method, seed]["curve"]
                points = zip(curve["passes"], curve[unit], race.gaps(method, seed))
                curves.append((method, [(x, gap) for passes, x, gap in points if passes > 0 and gap >= 1e-9]))
    return lines(f"{race.name}, k = {race.data['options']['rank']}: objective above the reference optimum", label, "(F - F*) / F*", curves, log_x=True,
                 log_y=True, dots=False)


def convergence_plots(race):
    """file name -> SVG text"""
    return {f"convergence-{race.name}-{unit}.svg": plot(race, unit) for unit in ("passes", "seconds")}


def thinned(race):
    """The run with the points that any table needs, and one in every 5 % of passes besides."""
    data = dict(race.data, thinned=True, records=[])
    for record in race.data["records"]:
        at = record["parameters"]
        if record["name"] == "run" and (at["method"], at["seed"]) in race.runs:
            curve = record["curve"]
            rmse = [(value, i) for i, value in enumerate(curve["holdout_rmse"]) if value is not None]
            keep = {0, len(curve["passes"]) - 1} | ({min(rmse)[1]} if rmse else set())
            for own in (False, True):
                keep |= {index for _, index in race.marks(at["method"], at["seed"], own) if index is not None}
            last = 0
            for i, passes in enumerate(curve["passes"]):
                if passes >= 1.05 * last:
                    keep.add(i)
                    last = passes
            record = dict(record, curve={key: [values[i] for i in sorted(keep)] for key, values in curve.items()})
        data["records"].append(record)
    return data


def load(path):
    path = Path(path)
    return Race(json.loads((path / "convergence.json" if path.is_dir() else path).read_text()))
