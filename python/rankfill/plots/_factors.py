# SPDX-License-Identifier: Apache-2.0
"""What the factors of a model look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill._arrays import Array
from rankfill._completion import MatrixCompletion
from rankfill.errors import InvalidData
from rankfill.plots._canvas import FAINT, color, one_panel, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADE = 10.0  # within it a logarithmic axis has no ticks worth reading


def spectrum(model: MatrixCompletion, *, ax: Axes | None = None) -> Axes:
    """Draw the singular values of the product of the factors, largest first.

    A rank that is too large shows as a cliff; a rank that is too small, as a spectrum that ends high.

    Parameters
    ----------
    model : MatrixCompletion
        Fitted or loaded.
    ax : matplotlib.axes.Axes, optional
    """
    model._fitted()
    values = _product_svd(model)[0]
    share = np.cumsum(values**2) / max(float((values**2).sum()), np.finfo(float).tiny)
    ninety = int(np.searchsorted(share, 0.9)) + 1
    ax = one_panel(ax)
    place = np.arange(1, len(values) + 1)
    ax.plot(place, np.where(values > 0, values, np.nan), ".-", color=color(0), markersize=7)
    ax.axvline(ninety + 0.5, color=FAINT, linestyle="--", linewidth=1)
    right = ninety > len(values) / 2
    ax.annotate(
        f"90 % of the squares\nin the first {ninety} of {len(values)}",
        (ninety + 0.5, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if right else 6, -4),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        color="#555555",
    )
    if values[0] > _DECADE * values[-1]:
        ax.set_yscale("log")
    else:
        ax.set_ylim(0, 1.15 * values[0])
    ax.set_xlim(0.5, max(len(values), 2) + 0.5)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("index")
    ax.set_ylabel("singular value of $UV^\\mathsf{T}$")
    plain(ax)
    return ax


def column_map(
    model: MatrixCompletion,
    *,
    labels: Mapping[Any, str] | None = None,
    values: Any = None,
    value_name: str = "",
    num_labels: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw the columns as points in the plane: near each other where their predictions go up and down together.

    The coordinates are the two leading principal components of the columns of the predicted matrix, biases left out;
    their units are those of the values, times the root of the number of rows.

    Parameters
    ----------
    model : MatrixCompletion
        Of rank 2 at least.
    labels : dict, optional
        Texts by column id, for example titles; by default the ids.
    values : array, shape (n,), optional
        A number per column that colours its point.
    value_name : str, optional
        What they are.
    num_labels : int, default 20
        At most so many are written: the columns with the most entries first, as far as there is room.
    ax : matplotlib.axes.Axes, optional
    """
    model._fitted()
    if model.rank_ < 2:
        raise InvalidData("the map needs a model of rank 2 at least")
    points = _coordinates(model)
    counts = np.ones(len(points))
    if model._train is not None:
        counts = np.bincount(model._train.cols, minlength=len(points)).astype(np.float64)
    ax = one_panel(ax, (7.2, 6.0))
    size = 6 + 90 * counts / max(counts.max(), 1)
    drawn = np.argsort(size, kind="stable")  # the well-known ones on top
    tint: dict[str, Any] = (
        {"color": color(0)} if values is None else {"c": np.asarray(values)[drawn], "cmap": "viridis"}
    )
    dots = ax.scatter(
        points[drawn, 0], points[drawn, 1], s=size[drawn], alpha=0.5, edgecolors="white", linewidths=0.3, **tint
    )
    if values is not None and ax.figure is not None:
        ax.figure.colorbar(dots, ax=ax, label=value_name)
    plain(ax)
    ax.set_xlabel("first principal component")
    ax.set_ylabel("second principal component")
    names = model.col_ids_
    order = np.argsort(-counts, kind="stable")
    _write_labels(ax, points, [(j, (labels or {}).get(names[j], str(names[j]))) for j in order], num_labels)
    return ax


def _product_svd(model: MatrixCompletion) -> tuple[Array, Array]:
    """Singular values of U V', and its right singular vectors: from the triangles of the two factors."""
    row_triangle = np.linalg.qr(np.asarray(model.row_factors_, np.float64), mode="r")
    basis, col_triangle = np.linalg.qr(np.asarray(model.col_factors_, np.float64))
    _, values, right = np.linalg.svd(row_triangle @ col_triangle.T)
    count = min(len(values), model.rank_)
    return values[:count], basis @ right[:count].T


def _coordinates(model: MatrixCompletion) -> Array:
    values, right = _product_svd(model)
    columns = right * values  # as far apart as the columns of U V'
    columns = columns - columns.mean(axis=0)
    _, _, axes = np.linalg.svd(columns, full_matrices=False)
    found: Array = columns @ axes[:2].T
    found *= np.where(
        np.abs(found).max(axis=0) == found.max(axis=0), 1.0, -1.0
    )  # a sign that does not depend on LAPACK
    return found


def _write_labels(ax: Axes, points: Array, texts: list[tuple[int, str]], most: int) -> None:
    """Write each text beside its point unless it would lie on one that is there."""
    figure = ax.get_figure(root=True)
    if figure is None or most == 0:
        return
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    figure.draw_without_rendering()  # places the axes, without which there are no pixels to measure in
    taken: list[Any] = []
    frame = ax.get_window_extent()
    for j, text in texts[: 5 * most]:
        note = ax.annotate(
            text, points[j], xytext=(4, 2), textcoords="offset points", fontsize="small", path_effects=halo
        )
        box = note.get_window_extent().padded(1)
        if any(box.overlaps(other) for other in taken) or box.x1 > frame.x1 or box.y1 > frame.y1:
            note.remove()
            continue
        taken.append(box)
        if len(taken) == most:
            return
