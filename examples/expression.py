# SPDX-License-Identifier: Apache-2.0
"""Missing values of gene expression, against the mean and against the nearest neighbours.

    python examples/expression.py                     # on values that are made up here
    python examples/expression.py matrix.txt          # your own: `row column value` lines, or a dense .npy with NaN

Rows are genes, columns are samples.  A fifth of the values is hidden and then guessed.  Uses scikit-learn's KNNImputer
if it is there.  Needs matplotlib.
"""

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import rankfill

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("matrix", nargs="?", type=Path)
parser.add_argument("--genes", default=3000, type=int, help="at most so many: neighbours are slow to find")
parser.add_argument("--out", default=".", type=Path, help="folder for the picture")
arguments = parser.parse_args()

if arguments.matrix:
    entries = rankfill.read(arguments.matrix)
    truth = np.full(entries.shape, np.nan)
    truth[entries.rows, entries.cols] = entries.values
    truth = truth[: arguments.genes]
    hidden = (np.random.default_rng(0).random(truth.shape) < 0.2) & ~np.isnan(truth)
else:
    truth, observed = rankfill.datasets.expression(num_genes=min(arguments.genes, 2000), num_samples=100)
    hidden = ~observed
seen = np.where(hidden, np.nan, truth)


def gene_mean(values):
    """Fill in the mean of the gene's other samples."""
    return np.where(np.isnan(values), np.nanmean(values, axis=1, keepdims=True), values)


def sample_mean(values):
    """Fill in the mean of the sample's other genes."""
    return np.where(np.isnan(values), np.nanmean(values, axis=0), values)


def neighbours(values):
    """Fill in the mean of the ten genes that are nearest."""
    from sklearn.impute import KNNImputer

    return KNNImputer(n_neighbors=10).fit_transform(values)


def low_rank(values):
    """Tune rank and lambda on a tenth of the values; then fit them all."""
    start = rankfill.MatrixCompletion(center="bias", bias_damping=0, max_iterations=50)
    return rankfill.tune(values, estimator=start, ranks=[8, 16], weightings=["plain"]).best_estimator_.impute()


rows = []
methods = {"sample mean": sample_mean, "gene mean": gene_mean, "10 nearest genes": neighbours, "rankfill": low_rank}
for name, method in methods.items():
    begun = time.perf_counter()
    try:
        filled = method(seen)
    except ImportError:
        print(f"{name}: left out, scikit-learn is not there")
        continue
    rows.append((name, rankfill.metrics.rmse(truth[hidden], filled[hidden]), time.perf_counter() - begun, filled))

print(
    f"{truth.shape[0]} genes, {truth.shape[1]} samples, {100 * hidden.mean():.0f} % hidden.  RMSE there, in log2 units:"
)
for name, error, seconds, _ in rows:
    print(f"  {error:6.3f}  {name:18s} {seconds:6.2f} s")

shown = np.flatnonzero(hidden.ravel())[:: max(1, int(hidden.sum()) // 4000)]
figure, axes = plt.subplots(1, len(rows), figsize=(3 * len(rows), 3.4), sharex=True, sharey=True, layout="constrained")
for ax, (name, error, _, filled) in zip(axes, rows, strict=True):
    ax.plot(truth.ravel()[shown], filled.ravel()[shown], ".", markersize=2, alpha=0.4, color="#0072B2")
    ax.axline((truth.ravel()[shown].mean(),) * 2, slope=1, color="black", linewidth=0.8)
    ax.set(title=f"{name}: RMSE {error:.3f}", xlabel="hidden value, log2", aspect="equal")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("filled in, log2")
picture = arguments.out / "expression.png"
figure.savefig(picture, dpi=120)
print(f"See {picture}.")
