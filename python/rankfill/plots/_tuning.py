# SPDX-License-Identifier: Apache-2.0
"""What a search for lambda, weighting and rank saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill._tune import TuneResult
from rankfill.plots._canvas import color, panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Point = dict[str, Any]


def tuning(result: TuneResult) -> Figure:
    """Draw held-out RMSE over lambda and rank: a heat map for each weighting, or curves where one rank was tried.

    Parameters
    ----------
    result : TuneResult
        Of `rankfill.tune`.

    Returns
    -------
    matplotlib.figure.Figure
        Each point that was tried is a dot, and the colour of the nearest fills each row of a heat map; a star marks the
        best.  Curves have bars of one standard error.  Points at lambda = 0 are left out.
    """
    points = [point for point in result.points_ if point["regularization"] > 0 and np.isfinite(point["rmse"])]
    weightings = sorted({point["weighting"] for point in points})
    ranks = sorted({point["rank"] for point in points})
    best = {**result.best_params_, "rmse": result.best_rmse_}
    if len(ranks) < 2:
        return _curves(points, weightings, best)

    # Far too small or large a lambda gives errors that would leave one colour for all that matters.
    rmse = np.array([point["rmse"] for point in points])
    top = float(np.quantile(rmse, 0.8))
    mesh: Any = None
    figure, axes = panels(1, len(weightings), (1.5 + 4.2 * len(weightings), 1.6 + 0.45 * len(ranks)), sharey=True)
    for ax, nu in zip(axes[0], weightings, strict=True):
        for k, rank in enumerate(ranks):
            row = [point for point in points if (point["weighting"], point["rank"]) == (nu, rank)]
            mesh = _heat_row(ax, row, k, (float(rmse.min()), top)) or mesh
        if best["weighting"] == nu:
            place = (best["regularization"], ranks.index(best["rank"]))
            ax.plot(*place, "*", color="white", markeredgecolor="black", markersize=15)
        ax.set_xscale("log")
        ax.set_xlabel(f"λ, weighting {weighting_name(nu)}")
        ax.set_yticks(range(len(ranks)), [str(rank) for rank in ranks])
        ax.set_ylim(-0.5, len(ranks) - 0.5)
        plain(ax, grid=False)
    axes[0, 0].set_ylabel("rank")
    extend = "max" if rmse.max() > top else "neither"
    figure.colorbar(mesh, ax=list(axes[0]), label="held-out RMSE", extend=extend)
    figure.suptitle(_best_text(best), fontsize="medium")
    return figure


def weighting_name(nu: float) -> str:
    """Return the name that the parameter has for it."""
    return {0.0: "plain", 1.0: "count"}.get(nu, f"{nu:g}")


def _best_text(best: _Point) -> str:
    return (
        f"best: held-out RMSE {best['rmse']:.4g} at rank {best['rank']}, "
        f"weighting {weighting_name(best['weighting'])}, λ = {best['regularization']:.3g}"
    )


def _heat_row(ax: Axes, row: list[_Point], height: int, limits: tuple[float, float]) -> Any:
    row = sorted(row, key=lambda point: float(point["regularization"]))
    if not row:
        return None
    x = np.log10([point["regularization"] for point in row])
    middles = (x[1:] + x[:-1]) / 2
    half = (x[1] - x[0]) / 2 if len(x) > 1 else 0.25, (x[-1] - x[-2]) / 2 if len(x) > 1 else 0.25
    edges = 10 ** np.concatenate([[x[0] - half[0]], middles, [x[-1] + half[1]]])
    values = np.array([[point["rmse"] for point in row]])
    mesh = ax.pcolormesh(
        edges, [height - 0.5, height + 0.5], values, cmap="viridis_r", vmin=limits[0], vmax=limits[1], rasterized=True
    )
    ax.plot(10**x, np.full(len(x), height), ".", color="black", markersize=3, alpha=0.6)
    return mesh


def _curves(points: list[_Point], weightings: list[float], best: _Point) -> Figure:
    figure, axes = panels(1, 1, (6.4, 4.2))
    ax = axes[0, 0]
    for k, nu in enumerate(weightings):
        row = sorted((p for p in points if p["weighting"] == nu), key=lambda point: float(point["regularization"]))
        error = [point["standard_error"] for point in row]
        ax.errorbar(
            [point["regularization"] for point in row],
            [point["rmse"] for point in row],
            yerr=error if np.isfinite(error).all() else None,
            color=color(k),
            marker=".",
            capsize=2,
            label=f"weighting {weighting_name(nu)}",
        )
    ax.plot(best["regularization"], best["rmse"], "*", color="white", markeredgecolor="black", markersize=15, zorder=5)
    ax.set_xscale("log")
    ax.set_xlabel("λ")
    ax.set_ylabel("held-out RMSE")
    ax.set_title(_best_text(best), fontsize="medium")
    ax.legend(frameon=False)
    plain(ax)
    return figure
