# SPDX-License-Identifier: Apache-2.0
"""Where the errors are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill._arrays import Array
from rankfill._completion import MatrixCompletion
from rankfill._entries import to_entries
from rankfill.errors import InvalidData
from rankfill.plots._canvas import COLORS, color, one_panel, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def residuals(
    model: MatrixCompletion, X: Any = None, *, groups: int = 4, bins: int = 60, ax: Axes | None = None
) -> Axes:
    """Draw histograms of value minus prediction, one for each group of rows with about as many entries.

    Parameters
    ----------
    model : MatrixCompletion
        With the entries of its fit: they say how many a row has.
    X : data, optional
        As for `MatrixCompletion.fit`: held-out entries.  By default those of the fit.
    groups : int, default 4
        At most so many, 1 to 7; each has about the same number of rows.
    bins : int, default 60
        Between the 0.5 % and the 99.5 % quantile of all; what is beyond counts in the outermost.
    ax : matplotlib.axes.Axes, optional
    """
    if not 1 <= groups <= len(COLORS):
        raise InvalidData(f"groups = {groups}: must be 1..{len(COLORS)}")
    train = model._data("residuals needs the entries of the fit") if model._fitted() else None
    assert train is not None
    entries = train if X is None else to_entries(X, known=(model._rows, model._cols), missing=model.missing)
    errors = model.residuals(entries)
    degrees = np.bincount(train.rows, minlength=train.shape[0])
    degree = np.where(entries.rows >= 0, degrees[np.maximum(entries.rows, 0)], 0)
    low, high = np.quantile(errors, [0.005, 0.995])
    edges = np.linspace(low, high, bins + 1) if high > low else np.array([low - 0.5, low + 0.5])
    ax = one_panel(ax)
    for k, (first, last) in enumerate(_ranges(degrees[degrees > 0], groups)):
        mine = errors[(degree >= first) & (degree <= last)]
        if len(mine) == 0:
            continue
        counted, _ = np.histogram(np.clip(mine, edges[0], edges[-1]), edges)
        density = counted / len(mine) / np.diff(edges)
        text = f"{first}" if first == last else f"{first}–{last}"  # noqa: RUF001
        rmse = np.sqrt(np.mean(mine**2))
        ax.stairs(density, edges, color=color(k), linewidth=1.6, label=f"{text}: RMSE {rmse:.3g} (n = {len(mine):,})")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_xlabel("value − prediction")  # noqa: RUF001
    ax.set_ylabel("density")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, title="entries in the row", fontsize="small", alignment="left")
    plain(ax)
    return ax


def _ranges(degrees: Array, groups: int) -> list[tuple[int, int]]:
    """Return the first and last number of entries of each group."""
    inner = np.quantile(degrees, np.arange(1, groups) / groups, method="lower")
    lasts = np.unique([*inner.tolist(), int(degrees.max())])
    lasts = lasts[lasts >= degrees.min()]
    firsts = [int(degrees.min()), *(int(last) + 1 for last in lasts[:-1])]
    return [(first, int(last)) for first, last in zip(firsts, lasts, strict=True)]
