# SPDX-License-Identifier: Apache-2.0
"""Gaps in the counts of traffic sensors, filled from the other sensors and days.

    python examples/traffic.py

Rows are sensors, columns are quarters of an hour.  A matrix of low rank, for all sensors mix a few rhythms of the town.
Needs matplotlib.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import rankfill

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--out", default=".", type=Path, help="folder for the picture")
arguments = parser.parse_args()

truth, observed = rankfill.datasets.traffic(num_sensors=200, num_days=28, random_state=0)
counts = np.where(observed, truth, np.nan)
time = np.arange(counts.shape[1])


def by_line(row):
    """Connect what is on both sides of a gap."""
    seen = ~np.isnan(row)
    return np.interp(time, time[seen], row[seen])


def by_week(row):
    """Fill in the mean of the same quarter of an hour of the other weeks; of all, where none of them has it."""
    weeks = row.reshape(-1, 7 * 96)
    seen = (~np.isnan(weeks)).sum(axis=0)
    usual = np.where(seen, np.nansum(weeks, axis=0) / np.maximum(seen, 1), np.nanmean(row))
    return np.tile(usual, len(weeks))


start = rankfill.MatrixCompletion(max_iterations=40)
result = rankfill.tune(counts, estimator=start, ranks=[8, 12], weightings=["plain"], refine=2, verbose=1)
filled = result.best_estimator_.impute()

gaps = ~observed
guesses = {
    "a line across the gap": np.apply_along_axis(by_line, 1, counts),
    "the mean of other weeks": np.apply_along_axis(by_week, 1, counts),
    f"rankfill, rank {result.best_params_['rank']}": filled,
}
errors = {name: rankfill.metrics.rmse(truth[gaps], guess[gaps]) for name, guess in guesses.items()}

# The three days in which the sensor with the most gaps has lost most.
sensor = int(gaps.sum(axis=1).argmax())
day = int(np.convolve(gaps[sensor].reshape(-1, 96).sum(axis=1), np.ones(3), "valid").argmax())
shown = slice(96 * day, 96 * (day + 3))
hours = (time[shown] - time[shown][0]) / 4
figure, ax = plt.subplots(figsize=(9, 4), layout="constrained")
ax.plot(hours, truth[sensor, shown], color="#bbbbbb", linewidth=3, label="truth")
ax.plot(hours, counts[sensor, shown], color="black", linewidth=1.5, label="observed")
for (name, guess), color in zip(guesses.items(), ("#E69F00", "#009E73", "#D55E00"), strict=True):
    ax.plot(hours, np.where(gaps[sensor], guess[sensor], np.nan)[shown], color=color, linewidth=1.2, label=name)
ax.set(
    xlabel="hours", ylabel="vehicles in a quarter of an hour", title=f"sensor {sensor}, from day {day}", xlim=(0, 72)
)
ax.set_xticks(range(0, 73, 12))
ax.set_ylim(bottom=0)
ax.legend(frameon=False, fontsize="small", ncols=2)
ax.spines[["top", "right"]].set_visible(False)
picture = arguments.out / "traffic.png"
figure.savefig(picture, dpi=120)

print(f"{100 * gaps.mean():.0f} % of the counts are lost.  RMSE there, in vehicles:")
for name, error in errors.items():
    print(f"  {error:6.1f}  by {name}")
print(f"See {picture}.")
