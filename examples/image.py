# SPDX-License-Identifier: Apache-2.0
"""A picture of which 70 % of the pixels are missing.

    python examples/image.py                  # the relief of the Earth that comes with rankfill
    python examples/image.py height.npy       # a two-dimensional array of your own

Needs matplotlib.
"""

import argparse
from pathlib import Path

import numpy as np

import rankfill

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("image", nargs="?", type=Path)
parser.add_argument("--out", default=".", type=Path, help="folder for the picture")
arguments = parser.parse_args()

truth = (np.load(arguments.image) if arguments.image else rankfill.datasets.relief()).astype(np.float64)
hidden = np.random.default_rng(0).random(truth.shape) < 0.7
seen = np.where(hidden, np.nan, truth)

# The pixels are exact, so lambda is small: a fifteenth of the rule of thumb for noisy data.  tune() would find it too.
rule = rankfill.MatrixCompletion(rank=60, max_iterations=0).fit(seen).regularization_
model = rankfill.MatrixCompletion(rank=60, regularization=rule / 15, max_iterations=60, verbose=1).fit(seen)

# What a mean per row and column says of a hidden pixel.
means = np.nanmean(seen, axis=1, keepdims=True) + np.nanmean(seen, axis=0) - np.nanmean(seen)
by_means = rankfill.metrics.rmse(truth[hidden], means[hidden])
filled = model.impute()
by_model = rankfill.metrics.rmse(truth[hidden], filled[hidden])

picture = arguments.out / "image.png"
units = "" if arguments.image else "m"
rankfill.plots.before_after(model, truth, units=units, cmap="gist_earth").savefig(picture, dpi=120)
print(f"RMSE of the hidden pixels: {by_means:.4g} {units} by row and column means, {by_model:.4g} {units} by rankfill.")
print(f"See {picture}.")
