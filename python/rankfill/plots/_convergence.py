# SPDX-License-Identifier: Apache-2.0
"""How fits went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill._completion import MatrixCompletion
from rankfill.errors import InvalidData
from rankfill.plots._canvas import FAINT, color, panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKED = 40  # iterations: points of longer fits would run together


def convergence(fits: MatrixCompletion | Mapping[str, MatrixCompletion], *, reference: float | None = None) -> Figure:
    """Draw objective and RMSE against passes over the entries, and against seconds.

    Parameters
    ----------
    fits : MatrixCompletion, or dict of them by name
        Fitted, not loaded: ``history_`` is drawn.
    reference : float, optional
        The least objective, if it is known.  By default the lowest of all fits given.

    Returns
    -------
    matplotlib.figure.Figure
        Above, how far the objective is above that, relatively; where the reference is nearly 0 (exact fits), the
        objective itself.  Below, RMSE: solid on held-out data, with a dot at the lowest, and dotted on training data.
    """
    named = fits if isinstance(fits, Mapping) else {"": fits}
    histories = {name: _history(model) for name, model in named.items()}
    lowest = min(float(history["objective"].min()) for history in histories.values())
    least = lowest if reference is None else float(reference)
    highest = max(float(history["objective"].max()) for history in histories.values())
    relative = least > 1e-6 * highest

    figure, axes = panels(2, 2, (9.0, 6.0), sharex="col", sharey="row")
    for column, quantity in enumerate(("passes", "seconds")):
        for k, (name, history) in enumerate(histories.items()):
            excess = history["objective"] - least if relative else history["objective"]
            shown = np.where(excess > 0, excess / (least if relative else 1.0), np.nan)
            style = {"color": color(k), "linewidth": 1.8, "marker": "." if len(shown) <= _MARKED else ""}
            axes[0, column].plot(history[quantity], shown, label=name or None, **style)
            _draw_rmse(axes[1, column], history, quantity, style)
        axes[0, column].set_yscale("log")
        axes[1, column].set_xlabel("passes over the entries" if quantity == "passes" else "seconds")
        for ax in axes[:, column]:
            ax.set_xlim(left=0)
            plain(ax)
    axes[0, 0].set_ylabel("relative excess of the objective" if relative else "objective")
    axes[1, 0].set_ylim(*_rmse_limits(list(histories.values())))
    axes[1, 0].set_ylabel("RMSE, in the units of the data")
    if len(named) > 1:
        axes[0, 1].legend(frameon=False)
    heldout = any(np.isfinite(history["holdout_rmse"]).any() for history in histories.values())
    kinds = [("-", "held out"), (":", "training")] if heldout else [(":", "training")]
    for line, text in kinds:
        axes[1, 1].plot([], [], line, color=FAINT, label=text)
    axes[1, 1].legend(frameon=False)
    return figure


def _history(model: MatrixCompletion) -> dict[str, Any]:
    model._fitted()
    history: dict[str, Any] | None = getattr(model, "history_", None)
    if history is None:
        raise InvalidData("a loaded model has no history: fit it")
    return history


def _rmse_limits(histories: list[dict[str, Any]]) -> tuple[float, float]:
    """Without the start, beside which nothing else can be told apart."""
    begun = [history[name][2:] for history in histories for name in ("train_rmse", "holdout_rmse")]
    shown = np.concatenate([values if len(values) else np.array([np.nan]) for values in begun])
    if not np.isfinite(shown).any():
        shown = np.concatenate([history["train_rmse"] for history in histories])
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
    return max(low - margin, 0.0), high + margin


def _draw_rmse(ax: Axes, history: dict[str, Any], quantity: str, style: dict[str, Any]) -> None:
    ax.plot(history[quantity], history["train_rmse"], **{**style, "linestyle": ":", "marker": ""})
    heldout = history["holdout_rmse"]
    if np.isfinite(heldout).any():
        ax.plot(history[quantity], heldout, **{**style, "marker": ""})
        best = int(np.nanargmin(heldout))
        ax.plot(history[quantity][best], heldout[best], "o", color=style["color"], markersize=6)
