# SPDX-License-Identifier: Apache-2.0
"""Dense matrices as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill._arrays import to_numpy
from rankfill._completion import MatrixCompletion
from rankfill.errors import InvalidData
from rankfill.plots._canvas import HOLE, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 12.0  # inches, of all images together


def before_after(
    model: MatrixCompletion, truth: Any = None, *, units: str = "", cmap: str = "viridis", keep_observed: bool = True
) -> Figure:
    """Draw what was observed, the matrix filled in, and the truth beside them if it is known.

    Parameters
    ----------
    model : MatrixCompletion
        Fitted to a dense matrix, with the entries of its fit.
    truth : array, shape (m, n), optional
        The whole matrix.
    units : str, optional
        Of the values, for the colour bar.
    cmap : str, default "viridis"
    keep_observed : bool, default True
        Show what was observed as it was.

    Returns
    -------
    matplotlib.figure.Figure
        One colour scale for all: from the 0.5 % to the 99.5 % quantile of what was observed.  Grey is not observed.
    """
    model._fitted()
    train = model._data("before_after needs the entries of the fit")
    before = np.full(train.shape, np.nan)
    before[train.rows, train.cols] = train.values
    after = np.asarray(model.impute(keep_observed=keep_observed), np.float64)
    images = [
        (before, f"observed: {100 * len(train) / before.size:.3g} %"),
        (after, f"filled in, rank {model.rank_}"),
    ]
    if truth is not None:
        whole = np.asarray(to_numpy(truth), np.float64)
        if whole.shape != before.shape:
            raise InvalidData(f"the truth has shape {whole.shape}, the matrix {before.shape}")
        hidden = np.isnan(before) & ~np.isnan(whole)
        images.append((whole, "truth"))
        if hidden.any():
            rmse = float(np.sqrt(np.mean((after[hidden] - whole[hidden]) ** 2)))
            images[1] = (after, f"{images[1][1]}: RMSE {rmse:.3g}{' ' + units if units else ''} where hidden")
    low, high = np.quantile(train.values, [0.005, 0.995])
    tall = before.shape[0] / before.shape[1]
    side_by_side = tall > 0.4
    width = _WIDTH / len(images) if side_by_side else _WIDTH * 0.6
    height = min(max(width * tall, 0.6), 8.0) + 0.5
    shape = (1, len(images)) if side_by_side else (len(images), 1)
    figure, axes = panels(*shape, (width * shape[1] + 0.8, height * shape[0]), layout="compressed")
    for ax, (image, title) in zip(axes.ravel(), images, strict=True):
        ax.set_facecolor(HOLE)
        shown = ax.imshow(image, cmap=cmap, vmin=low, vmax=high, interpolation="none", aspect="equal")
        ax.set_title(title, fontsize="medium")
        ax.set_xticks([])
        ax.set_yticks([])
    figure.colorbar(shown, ax=list(axes.ravel()), label=units, extend="both", pad=0.02)
    return figure
