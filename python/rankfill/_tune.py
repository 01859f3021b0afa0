# SPDX-License-Identifier: Apache-2.0
"""lambda, weighting and rank by held-out RMSE."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rankfill import _core
from rankfill._completion import MatrixCompletion
from rankfill._entries import to_entries
from rankfill._options import options_of, real, regularization, weighting, whole
from rankfill._progress import Progress
from rankfill.errors import ConvergenceWarning, InterruptedWarning, option_error


@dataclass
class TuneResult:
    """What `tune` found.

    Attributes
    ----------
    best_estimator_ : MatrixCompletion
        Fitted to all entries with the best parameters.
    best_params_ : dict
        rank, weighting and regularization of the best point.
    best_rmse_ : float
        Its held-out RMSE.
    points_ : list of dict
        Every point that was tried, in order: rank, weighting, regularization, rmse, standard_error, train_rmse,
        iterations, passes, seconds, settled, collapsed, refined.  ``pandas.DataFrame(points_)`` makes it a table.
    summary_ : dict
        How the search went: termination, at_border, seconds, warnings.
    """

    best_estimator_: MatrixCompletion
    best_params_: dict[str, Any]
    best_rmse_: float
    points_: list[dict[str, Any]] = field(repr=False)
    summary_: dict[str, Any] = field(repr=False)


def tune(
    X: Any,
    y: Any = None,
    *,
    estimator: MatrixCompletion | None = None,
    ranks: Sequence[int] = (),
    weightings: Sequence[str | float] = ("plain", "count"),
    regularizations: Sequence[float] = (),
    folds: int = 0,
    fraction: float = 0.1,
    by: str = "random",
    validation: Any = None,
    refine: int = 4,
    mask: Any = None,
    callback: Callable[[dict[str, Any]], Any] | None = None,
    verbose: int = 0,
) -> TuneResult:
    """Search for the rank, weighting and lambda with the lowest held-out RMSE, and fit them to all entries.

    The data are prepared once, and along a path from large lambda to small each fit starts from the one before.

    Parameters
    ----------
    X, y, mask : data
        As for `MatrixCompletion.fit`.
    estimator : MatrixCompletion, optional
        Everything that is not searched for.
    ranks : sequence of int
        Empty: the estimator's.
    weightings : sequence
        "plain", "count" or nu in [0, 1].
    regularizations : sequence of float
        Empty: around the automatic lambda.
    folds : int, default 0
        At least 2: cross-validation.  0: one hold-out.
    fraction, by
        The hold-out, as in `train_test_split`.
    validation : data, optional
        Held out in every fit, in place of a part of X.
    refine : int, default 4
        Points to try between those of the grid, around the best.
    callback : callable, optional
        Called after each point with a dict, its place in the search included: best, done, planned.  Returning True
        ends the search.
    verbose : int, default 0
        1 shows a progress bar, 2 prints a line per point.

    Returns
    -------
    TuneResult

    Raises
    ------
    rankfill.errors.InvalidOption, rankfill.errors.InvalidData
    """
    estimator = MatrixCompletion() if estimator is None else estimator
    options = options_of(estimator.get_params())
    entries = to_entries(X, y, mask=mask, duplicates=estimator.duplicates, missing=estimator.missing)
    held = None
    if validation is not None:
        known = (entries._row_labels, entries._col_labels)
        held = to_entries(validation, known=known, duplicates=estimator.duplicates, missing=estimator.missing)._core
    folds = whole("folds", folds)
    if folds != 0 and folds < 2:
        raise option_error("folds", folds, "must be >= 2, or 0: one hold-out")
    if by not in ("random", "time"):
        raise option_error("by", by, "must be random or time")

    with Progress(verbose == 1, 1, "point") as bar:

        def listen(point: dict[str, Any]) -> bool:
            first, *rest = _point_parts(point["best"])
            bar.show(point["done"], [f"best: {first}", *rest], point["planned"])
            if verbose > 1:
                print(f"{point['done']:4d}/{point['planned']}  {'  '.join(_point_parts(point))}")
            return bool(callback(point)) if callback else False

        model, summary, found = _core.tune(
            entries._core,
            options,
            [whole("ranks", rank) for rank in ranks],
            [weighting(nu) for nu in weightings],
            [regularization(value) for value in regularizations],
            folds,
            real("fraction", fraction),
            by == "time",
            whole("refine", refine),
            held,
            listen,
        )
        tried = len(found["points"])
        first, *rest = _point_parts(found["points"][found["best"]])
        bar.show(tried, [f"best: {first}", *rest], tried)
    for warning in found["warnings"]:
        warnings.warn(warning, ConvergenceWarning, stacklevel=2)
    if found["termination"] == "interrupted":
        warnings.warn("Interrupted. The model is that of the best point so far.", InterruptedWarning, stacklevel=2)
    points = found.pop("points")
    best = points[found.pop("best")]
    params = {name: best[name] for name in ("rank", "weighting", "regularization")}
    fitted = MatrixCompletion(**{**estimator.get_params(), **params})
    fitted._take(model, summary, entries)
    return TuneResult(fitted, params, best["rmse"], points, found)


def _point_parts(point: dict[str, Any]) -> list[str]:
    return [
        f"held-out RMSE {point['rmse']:.4g}",
        f"lambda {point['regularization']:.4g}",
        f"weighting {point['weighting']:g}",
        f"rank {point['rank']}",
    ]
