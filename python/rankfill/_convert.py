# SPDX-License-Identifier: Apache-2.0
"""The lambda of other programs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rankfill import _core
from rankfill._entries import to_entries
from rankfill._options import real
from rankfill._options import weighting as nu_of
from rankfill.errors import InvalidData, option_error

# program -> its nu.  docs/math.md, "λ conventions", says how each was found.
_CONVENTIONS = {
    "rankfill": 0.0,
    "plain": 0.0,
    "softimpute": 0.0,
    "cmfrec": 0.0,
    "count": 1.0,
    "weighted": 1.0,
    "libmf": 1.0,
    "spark": 1.0,
    "lenskit": 1.0,
    "surprise": 1.0,
    "cmfrec-scale_lam": 1.0,
}


def _nu(convention: str | float) -> float:
    if not isinstance(convention, str):
        return nu_of(convention)
    name = convention.lower().replace(" ", "").removesuffix("als").rstrip("-_")
    if name not in _CONVENTIONS:
        raise option_error("convention", convention, f"must be one of {', '.join(_CONVENTIONS)}, or nu in [0, 1]")
    return _CONVENTIONS[name]


def convert_regularization(value: float, *, source: str | float, target: str | float = "plain", X: Any = None) -> float:
    r"""Convert a lambda from the convention of one program to that of another.

    Parameters
    ----------
    value : float
        lambda >= 0 in the source's convention.
    source, target : str or float
        "plain" or "rankfill", "softImpute", "cmfrec"; "count" or "LIBMF", "Spark", "LensKit", "Surprise",
        "cmfrec-scale_lam"; or nu in [0, 1].
    X : data, optional
        As for `MatrixCompletion.fit`; needed between plain and count.

    Returns
    -------
    float
        The same number where both weight alike.  Otherwise :math:`\lambda (\bar r \bar c)^{(\nu_1 - \nu_2) / 2}` with
        the mean counts of entries per row and per column: the same problem when all counts are equal, a first guess
        otherwise.  `tune` improves it.

    Notes
    -----
    LIBMF and Spark do not centre: ``center="none"`` is their model.  Surprise and cmfrec fit biases jointly with the
    factors; ``center="bias"`` takes them off first.

    Examples
    --------
    >>> convert_regularization(0.05, source="libmf", target="spark")
    0.05
    """
    number = real("value", value)
    if not (number >= 0 and math.isfinite(number)):
        raise option_error("value", value, "must be a number >= 0")
    difference = _nu(source) - _nu(target)
    if difference == 0:
        return number
    if X is None:
        raise InvalidData("between plain and count the counts per row and column matter: give the data as X")
    core: _core.Entries = to_entries(X)._core
    if core.size == 0:
        raise InvalidData("no entries")
    per_row = core.size / np.count_nonzero(np.bincount(core.rows))
    per_col = core.size / np.count_nonzero(np.bincount(core.cols))
    return float(number * (per_row * per_col) ** (difference / 2))
