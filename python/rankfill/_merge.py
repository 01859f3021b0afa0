# SPDX-License-Identifier: Apache-2.0
"""Rows that join those of a model."""

from __future__ import annotations

import numpy as np

from rankfill import _core
from rankfill._arrays import Array
from rankfill._entries import Entries
from rankfill._ids import Labels, index_labels


def merge(old: Labels, new: Labels, append_all: bool) -> tuple[Labels, Array, Array]:
    """Return the labels of both, and where the old and the new rows stand among them.

    With ``append_all`` the new rows have no names and follow the old ones.
    """
    if append_all and not old.is_range:
        raise ValueError("the model knows its rows by id: give entries (row id, column id, value)")
    old_place = np.arange(len(old))
    if old.is_range:
        new_place = len(old) + np.arange(len(new)) if append_all else old.index(new.names, "row")
        if not append_all:
            new_place = np.asarray(new.names, dtype=np.int64)
        return Labels.range(max(len(old), int(new_place.max(initial=-1)) + 1)), old_place, new_place
    names = np.concatenate([old.names.astype(object), new.names.astype(object)])
    indexed, labels = index_labels(names, "row")
    places = indexed.take()
    return labels, places[: len(old)], places[len(old) :]


def append(old: Entries, new: Entries, labels: Labels, old_place: Array, new_place: Array) -> Entries:
    """Return the entries of both; rows that are in ``new`` lose their old entries."""
    replaced = np.zeros(len(labels), dtype=bool)
    replaced[new_place] = True
    old_rows = np.asarray(old_place, dtype=np.int64)[old.rows]
    kept = ~replaced[old_rows]
    known = new.cols >= 0
    core = _core.from_coo(
        np.concatenate([old_rows[kept], np.asarray(new_place, dtype=np.int64)[new.rows[known]]]),
        np.concatenate([old.cols[kept], new.cols[known]]),
        np.concatenate([old.values[kept], new.values[known]]),
        len(labels),
        old.shape[1],
    )
    return Entries(core, labels, old._col_labels)
