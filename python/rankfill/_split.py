# SPDX-License-Identifier: Apache-2.0
"""Training and held-out parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankfill import _core
from rankfill._entries import Entries, to_entries
from rankfill._options import seed
from rankfill.errors import option_error


def split(entries: Entries, fraction: float, number: int, by: str = "random") -> tuple[Entries, Entries]:
    """Cut entries in two; both parts keep shape and names."""
    if by == "random":
        train, held = _core.split_by_fraction(entries._core, fraction, number)
    elif by == "time":
        train, held = _core.split_by_time(entries._core, fraction)
    else:
        raise option_error("by", by, "must be random or time")
    return (
        Entries(train, entries._row_labels, entries._col_labels),
        Entries(held, entries._row_labels, entries._col_labels),
    )


def train_test_split(
    X: Any,
    y: Any = None,
    *,
    fraction: float = 0.1,
    by: str = "random",
    random_state: Any = 0,
    mask: Any = None,
    duplicates: str = "error",
) -> tuple[Entries, Entries]:
    """Hold out a part of the entries.

    Parameters
    ----------
    X, y, mask, duplicates
        Data, as for `MatrixCompletion.fit`.
    fraction : float, default 0.1
        Of the entries, strictly between 0 and 1.
    by : {"random", "time"}
        Each entry with that probability, by a hash of row, column, seed and the number of entries, whatever their
        order.  Or the latest, by the time column.  A part may be split again, also by ``fit(holdout=...)`` and `tune`,
        with the same seed.
    random_state : int, default 0

    Returns
    -------
    train, test : Entries

    Raises
    ------
    rankfill.errors.InvalidOption, rankfill.errors.InvalidData
        A fraction out of range; a part that would be empty; no time column.
    """
    entries = to_entries(X, y, mask=mask, duplicates=duplicates)
    # With the seed alone, a part split again would fall on one side: its entries have their hashes in common.
    mixed = np.random.SeedSequence([seed(random_state), len(entries)]).generate_state(1, np.uint64)
    return split(entries, fraction, int(mixed[0]), by)
