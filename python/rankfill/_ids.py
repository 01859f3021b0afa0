# SPDX-License-Identifier: Apache-2.0
"""The names of rows and columns: what the caller's data call them <-> 0, 1, 2, ..."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array, to_numpy
from rankfill.errors import InvalidData

_PIECE = 1 << 20  # texts turned into Python strings at a time


class Labels:
    """Names of the rows, or of the columns, of a matrix, in index order.

    Whole numbers ascend, texts ascend in byte order; anything else (tuples, dates, UUIDs) is kept as it came and
    ordered by its ``str``.
    """

    def __init__(self, ids: _core.Ids, objects: Array | None = None) -> None:
        self.ids = ids
        self._objects = objects
        self._names: Array | None = None

    @classmethod
    def range(cls, count: int) -> Labels:
        """Name rows 0, 1, ..., count-1."""
        return cls(_core.Ids.range(count))

    def __len__(self) -> int:
        return self.ids.size

    @property
    def is_range(self) -> bool:
        """Is the index the name?"""
        return self.ids.kind == "range"

    @property
    def names(self) -> Array:
        """All names, in index order."""
        if self._names is None:
            if self._objects is not None:
                self._names = self._objects
            elif self.is_range:
                self._names = np.arange(len(self))
            else:
                found = self.ids.names()
                self._names = _object_array(found) if isinstance(found, list) else found
        return self._names

    def of(self, indices: Array) -> Array:
        """Return the names of indices; -1 gives -1 for numbers and None for anything else."""
        names = self.names
        if len(names) == 0:
            return np.full(indices.shape, -1)
        result = names[np.maximum(indices, 0)]
        result[indices < 0] = None if result.dtype == object else -1
        return result

    def index(self, values: Any, side: str) -> Array:
        """Return the index of each name as int32; -1 where there is no such name."""
        if self.is_range:
            return _positions(to_numpy(values), len(self), side)
        return index_labels(values, side, self)[0].take()

    def __getstate__(self) -> tuple[_core.Ids, Array | None]:
        return self.ids, self._objects

    def __setstate__(self, state: tuple[_core.Ids, Array | None]) -> None:
        self.ids, self._objects = state
        self._names = None


def _object_array(values: Any) -> Array:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def as_ids(values: Any) -> Array:
    """Return ids as an array; one id, of whatever type, has no dimension."""
    is_array = any(hasattr(values, name) for name in ("__len__", "__array__", "__dlpack__", "__cuda_array_interface__"))
    if isinstance(values, (str, bytes, tuple)) or not is_array:
        whole = isinstance(values, (int, np.integer)) and not isinstance(values, bool)
        array = np.empty((), dtype=np.int64 if whole and abs(int(values)) < 2**63 else object)
        array[()] = values
        return array
    if isinstance(values, list) and any(not isinstance(value, (int, float, np.number)) for value in values):
        return _object_array(values)
    return to_numpy(values)


def _positions(array: Array, count: int, side: str) -> Array:
    """Check indices of a matrix whose rows have no names; -1 means unseen."""
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise InvalidData(f"{side} indices are {array.dtype}: whole numbers are needed, for the data had no {side} ids")
    lowest, highest = int(array.min()), int(array.max())
    for index in (lowest, highest):
        if not -1 <= index < count:
            raise InvalidData(f"{side} index {index} is not in the model, which has {count} {side}s")
    return np.ascontiguousarray(array, dtype=np.int32)


def index_labels(values: Any, side: str, known: Labels | None = None) -> tuple[_core.Indexed, Labels]:
    """Give each id its index: among the distinct ones, or among those of ``known`` (-1: not there)."""
    array = as_ids(values)
    if array.ndim != 1:
        raise InvalidData(f"{side} ids have shape {array.shape}: one dimension is needed")
    ids = None if known is None else known.ids
    if array.dtype.kind == "f":
        array = _whole(array, side)
    if array.dtype.kind == "O":
        types = set(map(type, array))
        if types and all(issubclass(t, (int, np.integer)) and t is not bool for t in types):
            try:
                array = array.astype(np.int64)
            except OverflowError:
                return _index_objects(array, side, known)
        elif not all(issubclass(t, str) for t in types):
            return _index_objects(array, side, known)
    if array.dtype.kind in "iu":
        if array.dtype == np.uint64 and array.size > 0 and array.max() > np.iinfo(np.int64).max:
            return _index_objects(array, side, known)
        native = np.asarray(array, dtype=array.dtype.newbyteorder("="))
        indexed = _core.index_numbers(native, ids, side)
    elif array.dtype.kind in "OUT":
        collector = _core.TextCollector()
        for first in range(0, len(array), _PIECE):
            collector.add(array[first : first + _PIECE].astype(object).tolist())
        indexed = collector.finish(ids, side)
    else:
        return _index_objects(array, side, known)
    return indexed, Labels(indexed.ids) if known is None else known


def _whole(array: Array, side: str) -> Array:
    """Numbers that a frame made float because some were missing."""
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise InvalidData(f"the {side} id of entry {bad[0]} is missing ({array[bad[0]]})")
    whole = array.astype(np.int64)
    bad = np.flatnonzero(whole != array)
    if len(bad):
        raise InvalidData(f"the {side} id of entry {bad[0]} is {array[bad[0]]}: whole numbers or labels can be ids")
    return whole


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # pandas.NA has no truth value
        return str(value) == "<NA>"


def _index_objects(array: Array, side: str, known: Labels | None) -> tuple[_core.Indexed, Labels]:
    texts: list[str] = []
    of_text: dict[str, Any] = {}
    for k, value in enumerate(array):
        if _is_missing(value):
            raise InvalidData(f"the {side} id of entry {k} is missing ({value})")
        text = str(value)
        if of_text.setdefault(text, value) != value:
            raise InvalidData(f"two {side} ids, {of_text[text]!r} and {value!r}, read the same: {text}")
        texts.append(text)
    collector = _core.TextCollector()
    collector.add(texts)
    indexed = collector.finish(None if known is None else known.ids, side)
    if known is not None:
        return indexed, known
    return indexed, Labels(indexed.ids, _object_array([of_text[name] for name in indexed.ids.names()]))
