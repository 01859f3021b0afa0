# SPDX-License-Identifier: Apache-2.0
"""How good predictions are, and lists of recommendations."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankfill._arrays import Array, real_vector
from rankfill._completion import MatrixCompletion
from rankfill._entries import Entries, to_entries
from rankfill._options import count
from rankfill.errors import InvalidData


def _two(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    a, b = real_vector(y_true, "y_true").astype(np.float64), real_vector(y_pred, "y_pred").astype(np.float64)
    if len(a) != len(b) or len(a) == 0:
        raise InvalidData(f"{len(a)} values and {len(b)} predictions; one length, not 0, is needed")
    return a, b


def rmse(y_true: Any, y_pred: Any) -> float:
    """Return the root of the mean squared difference of two arrays, in their units."""
    a, b = _two(y_true, y_pred)
    return float(np.sqrt(np.mean((a - b) ** 2)))


def mae(y_true: Any, y_pred: Any) -> float:
    """Return the mean absolute difference of two arrays, in their units."""
    a, b = _two(y_true, y_pred)
    return float(np.mean(np.abs(a - b)))


def _ranked(
    model: MatrixCompletion, test: Any, k: int, exclude_seen: bool
) -> tuple[Entries, Array, list[Array], list[Array]]:
    """Return the test entries, the rows they have, per row which of them, and per row the columns recommended."""
    k = count(k)
    if k == 0:
        raise InvalidData("k = 0: nothing is recommended")
    model._fitted()
    entries = to_entries(test, known=(model._rows, model._cols))
    known = np.flatnonzero((entries.rows >= 0) & (entries.cols >= 0))
    order = known[np.argsort(entries.rows[known], kind="stable")]
    rows, first = np.unique(entries.rows[order], return_index=True)
    if len(rows) == 0:
        raise InvalidData("no test entry is of a row and a column that the model has")
    held = np.split(order, first[1:])
    seen = model._data("exclude_seen needs the entries of the fit")._core if exclude_seen else None
    found, _ = model._model.recommend(np.ascontiguousarray(rows), k, seen)
    return entries, rows, held, list(found)


def ndcg_at_k(model: MatrixCompletion, test: Any, k: int = 10, *, exclude_seen: bool = True) -> float:
    """Return the mean over rows of the normalised discounted cumulative gain of the k best recommendations.

    The gain of a column is its test value, or 0 where it has none or a negative one, over ``log2(1 + place)``; 1 is
    the best order there is.  Rows without a positive test value are left out.

    Parameters
    ----------
    model : MatrixCompletion
        Fitted.
    test : data
        As for ``fit``: held-out entries.
    k : int, default 10
    exclude_seen : bool, default True
        Leave out what the row has in training.

    Returns
    -------
    float
        In [0, 1]; NaN where no row has a positive test value.
    """
    entries, _, held, found = _ranked(model, test, k, exclude_seen)
    discount = 1 / np.log2(2 + np.arange(count(k)))
    scores = []
    for mine, cols in zip(held, found, strict=True):
        gains = np.maximum(entries.values[mine], 0)
        best = np.sort(gains)[::-1][:k]
        ideal = float(best @ discount[: len(best)])
        if ideal > 0:
            of_col = dict(zip(entries.cols[mine].tolist(), gains.tolist(), strict=True))
            reached = np.array([of_col.get(col, 0.0) for col in cols.tolist()])
            scores.append(float(reached @ discount[: len(reached)]) / ideal)
    return float(np.mean(scores)) if scores else float("nan")


def recall_at_k(
    model: MatrixCompletion, test: Any, k: int = 10, *, threshold: float | None = None, exclude_seen: bool = True
) -> float:
    """Return the mean over rows of the share of relevant test columns among the k best recommendations.

    Parameters
    ----------
    model, test, k, exclude_seen
        As in `ndcg_at_k`.
    threshold : float, optional
        Test entries of at least this value are relevant; by default all.

    Returns
    -------
    float
        In [0, 1], of min(k, relevant columns); NaN where no row has a relevant one.
    """
    entries, _, held, found = _ranked(model, test, k, exclude_seen)
    scores = []
    for mine, cols in zip(held, found, strict=True):
        relevant = entries.cols[mine]
        if threshold is not None:
            relevant = relevant[entries.values[mine] >= threshold]
        if len(relevant):
            scores.append(len(np.intersect1d(relevant, cols)) / min(count(k), len(relevant)))
    return float(np.mean(scores)) if scores else float("nan")


def coverage(model: MatrixCompletion, rows: Any = None, k: int = 10, *, exclude_seen: bool = True) -> float:
    """Return the share of all columns that is recommended to anyone: k to each of ``rows`` (default: all)."""
    model._fitted()
    ids = model.row_ids_ if rows is None else rows
    index = model._known(model._rows, np.atleast_1d(np.asarray(ids)), "row")
    seen = model._data("exclude_seen needs the entries of the fit")._core if exclude_seen else None
    found, _ = model._model.recommend(index, count(k), seen)
    return len(np.unique(found[found >= 0])) / model._model.num_cols
