# SPDX-License-Identifier: Apache-2.0
"""Is the gradient right?  Checked by hand with NumPy, and by the library.

    python examples/gradient.py

At a point x and along a direction d, F(x + h d) - F(x) - h <g, d> falls with h squared if g is the gradient of F, and
only with h if it is not.  Needs matplotlib.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import rankfill

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--out", default=".", type=Path, help="folder for the picture")
arguments = parser.parse_args()

data = rankfill.datasets.ratings(300, 200, 6000, random_state=0)
i, j, m = data.rows, data.cols, data.values - data.values.mean()
rank, lam = 5, 2.0
rng = np.random.default_rng(0)
# A point and a direction, each a pair (U, V).
x, d = ([rng.standard_normal((size, rank)) / np.sqrt(rank) for size in data.shape] for _ in range(2))


def objective(u, v):
    """README's formula, with the plain weighting."""
    residual = m - np.einsum("pk,pk->p", u[i], v[j])
    return 0.5 * residual @ residual + 0.5 * lam * ((u**2).sum() + (v**2).sum())


def gradient(u, v):
    """Its derivative: -R V + lambda U and -R' U + lambda V."""
    residual = m - np.einsum("pk,pk->p", u[i], v[j])
    of_u, of_v = lam * u, lam * v
    np.subtract.at(of_u, i, residual[:, None] * v[j])
    np.subtract.at(of_v, j, residual[:, None] * u[i])
    return of_u, of_v


def remainders(g):
    """How far F is from its tangent."""
    along = sum((part * step).sum() for part, step in zip(g, d, strict=True))
    start = objective(*x)
    return np.array(
        [abs(objective(*(a + h * b for a, b in zip(x, d, strict=True))) - start - h * along) for h in steps]
    )


steps = 10.0 ** np.arange(-6, 0.1, 0.25)
right = gradient(*x)
wrong = (right[0], right[1] - lam * x[1])  # as if the second factor were not penalised
figure, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
for name, g, color in (("right", right, "#0072B2"), ("one term forgotten", wrong, "#D55E00")):
    left = remainders(g)
    slope = np.polyfit(np.log(steps[:9]), np.log(left[:9]), 1)[0]
    ax.loglog(steps, left, ".-", color=color, label=f"{name}: slope {slope:.2f}")
    print(f"The gradient in NumPy, {name}: slope {slope:.2f}")
ax.set(xlabel="step h", ylabel="|F(x + h d) − F(x) − h ⟨g, d⟩|")  # noqa: RUF001
ax.legend(frameon=False)
ax.grid(color="#e6e6e6")
picture = arguments.out / "gradient.png"
figure.savefig(picture, dpi=120)

# The library's own gradients, in every formulation and weighting.
for weighting in ("plain", "count"):
    model = rankfill.MatrixCompletion(rank=rank, regularization=lam, weighting=weighting)
    for row in rankfill.check_gradient(data, estimator=model)["formulations"]:
        told = row["note"] or f"slope {row['remainder_slope']:.3f}, best error {row['best_relative_error']:.0e}"
        print(f"rankfill, {weighting:5s}  {row['formulation']:10s}  {told}")
        assert row["passed"]
print(f"All right.  See {picture}.")
