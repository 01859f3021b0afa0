# SPDX-License-Identifier: Apache-2.0
"""What all pictures share: where they are drawn, and colours that the colour-blind tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's, dark enough for lines on white, in an order that starts with strong contrast.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
FAINT = "#8a8a8a"
HOLE = "#d9d9d9"  # what was not observed


def color(k: int) -> str:
    """Return the k-th colour."""
    return COLORS[k % len(COLORS)]


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("rankfill.plots needs matplotlib: pip install matplotlib", name="matplotlib") from error
    return plt


def panels(num_rows: int, num_cols: int, size: tuple[float, float], **how: Any) -> tuple[Figure, Any]:
    """Return a new figure and its axes, as an array of that shape."""
    how = {"layout": "constrained", **how}
    figure, axes = _pyplot().subplots(num_rows, num_cols, figsize=size, squeeze=False, **how)
    return figure, axes


def one_panel(ax: Axes | None, size: tuple[float, float] = (6.4, 4.2)) -> Axes:
    """Return the given axes, or those of a new figure."""
    if ax is not None:
        return ax
    axes: Axes = panels(1, 1, size)[1][0, 0]
    return axes


def plain(ax: Axes, *, grid: bool = True) -> None:
    """Leave out the frame where it says nothing, and put a grid behind."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid:
        ax.grid(True, which="major", color="#e6e6e6", linewidth=0.8)
    ax.set_axisbelow(True)
