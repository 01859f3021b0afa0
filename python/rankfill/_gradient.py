# SPDX-License-Identifier: Apache-2.0
"""The gradient held against finite differences."""

from __future__ import annotations

from typing import Any

from rankfill import _core
from rankfill._completion import MatrixCompletion
from rankfill._entries import to_entries
from rankfill._options import options_of


def check_gradient(
    X: Any, y: Any = None, *, estimator: MatrixCompletion | None = None, mask: Any = None
) -> dict[str, Any]:
    """Verify the gradient of every formulation on your own data, in float64 at a random point.

    Parameters
    ----------
    X, y, mask : data
        As for `MatrixCompletion.fit`.
    estimator : MatrixCompletion, optional
        Its rank, regularization, weighting, center, device, threads and random_state count.

    Returns
    -------
    dict
        ``passed``, and ``formulations``: a list of dicts with ``formulation``, ``passed``, ``best_relative_error`` (to
        central differences, over the steps tried), ``remainder_slope`` (of log ``|F(x + h d) - F(x) - h <grad, d>|``
        against log h: 2 for a true gradient, 1 for a wrong one) and ``note``, why one was not run.

    Raises
    ------
    rankfill.errors.InvalidOption, rankfill.errors.InvalidData, rankfill.errors.BackendUnavailable

    Examples
    --------
    >>> import rankfill
    >>> rankfill.check_gradient(rankfill.datasets.low_rank(30, 20, rank=2))["passed"]
    True
    """
    estimator = MatrixCompletion() if estimator is None else estimator
    entries = to_entries(X, y, mask=mask, duplicates=estimator.duplicates, missing=estimator.missing)
    return _core.check_gradient(entries._core, options_of(estimator.get_params()))
