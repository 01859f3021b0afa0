# SPDX-License-Identifier: Apache-2.0
"""Data whose arrays are on a CUDA device: they go to the library as addresses, and no entry to the host."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import to_numpy
from rankfill._entries import Entries, entry_columns, is_sparse
from rankfill._ids import Labels
from rankfill.errors import InvalidData, option_error

_DLPACK_CUDA = (2, 13)  # device memory, and managed memory
_NEEDED = ("unique", "where", "isnan", "asarray", "int64", "float32", "float64")  # of the library that owns an array
_SMALL = ("u1", "u2", "u4")  # that 64-bit integers hold
_LEGACY = (None, 0, 1)  # the streams that __cuda_array_interface__ so calls


class DeviceEntries:
    """The observed entries of a matrix, in three arrays on one device, and the names of its rows and columns."""

    def __init__(
        self, xp: Any, arrays: tuple[Any, Any, Any], shape: tuple[int, int], labels: tuple[Labels, Labels]
    ) -> None:
        self._xp = xp  # the library that works on the arrays
        self._rows, self._cols, self._values = (_contiguous(array) for array in arrays)
        self.shape = shape
        self._row_labels, self._col_labels = labels
        self._frame = None

    def __len__(self) -> int:
        return int(self._values.shape[0])

    @property
    def _core(self) -> _core.DeviceEntries:
        """The addresses; they hold as long as this object."""
        rows, cols, values = (_interface(array) for array in (self._rows, self._cols, self._values))
        if not rows["shape"] == cols["shape"] == values["shape"]:
            counts = [array["shape"][0] for array in (rows, cols, values)]
            raise InvalidData(f"{counts[0]} rows, {counts[1]} columns and {counts[2]} values; one length is needed")
        r, c, v = ((int(array["data"][0]), int(array["typestr"][2:])) for array in (rows, cols, values))
        return _core.DeviceEntries(*self.shape, len(self), r, c, v, _stream(self._values))

    def split(self, fraction: float, seed: int) -> tuple[DeviceEntries, DeviceEntries]:
        """Hold out the entries that `split_by_fraction` of the library would."""
        if not 0 < fraction < 1:
            raise option_error("holdout fraction", f"{fraction:.6f}", "must lie strictly between 0 and 1")
        rows, cols = (self._xp.asarray(array, dtype=self._xp.int64) for array in (self._rows, self._cols))
        held = _shifted(_mix(((rows << 32) | cols) ^ _signed(_mix(seed))), 11) < int(fraction * 2**53)
        train, test = (
            DeviceEntries(
                self._xp,
                (self._rows[part], self._cols[part], self._values[part]),
                self.shape,
                (self._row_labels, self._col_labels),
            )
            for part in (~held, held)
        )
        if not (len(train) and len(test)):
            raise InvalidData(f"of {len(self)} entries {len(test)} would be held out: both parts need at least one")
        return train, test

    def to_host(self) -> Entries:
        """Copy them."""
        rows, cols, values = (to_numpy(array) for array in (self._rows, self._cols, self._values))
        return Entries(_core.from_coo(rows, cols, values, *self.shape), self._row_labels, self._col_labels)


def _signed(x: int) -> int:
    """Return the 64-bit pattern of x as a signed number, which is what all array libraries calculate with."""
    x &= 2**64 - 1
    return x - 2**64 if x >> 63 else x


def _shifted(x: Any, bits: int) -> Any:
    """Shift right as unsigned numbers are."""
    return (x >> bits) & (2 ** (64 - bits) - 1)


def _mix(x: Any) -> Any:
    """`mix` of src/data/split.cpp, of a Python number or an array of int64, which wraps."""
    wrap = _signed if isinstance(x, int) else lambda y: y
    x = wrap(x + _signed(0x9E3779B97F4A7C15))
    x = wrap((x ^ _shifted(x, 30)) * _signed(0xBF58476D1CE4E5B9))
    x = wrap((x ^ _shifted(x, 27)) * _signed(0x94D049BB133111EB))
    return x ^ _shifted(x, 31)


def device_entries(X: Any, y: Any = None, *, mask: Any = None, missing: float = float("nan")) -> DeviceEntries | None:
    """Return entries that stay where they are, or None: these data are not on a device, or have to leave it.

    They have to where ids are no whole numbers, and where the arrays are of a library that cannot find distinct
    numbers and missing values there.
    """
    columns = entry_columns(X)
    if columns is not None:
        if y is not None and len(columns) == 2:
            columns = [*columns, y]
        return _from_columns(columns) if mask is None else None
    if callable(getattr(X, "to_sparse_coo", None)) and "sparse" in str(X.layout):  # PyTorch's
        return _from_sparse_tensor(X) if mask is None and is_on_device(X) else None
    if is_sparse(X):
        return _from_sparse(X) if mask is None else None
    return _from_dense(X, mask, missing) if is_on_device(X) else None


def is_on_device(array: Any) -> bool:
    """Is it in the memory of a CUDA device?"""
    describe = getattr(array, "__dlpack_device__", None)
    if callable(describe):
        return int(describe()[0]) in _DLPACK_CUDA
    return hasattr(array, "__cuda_array_interface__")


def _adopt(array: Any) -> tuple[Any, Any]:
    """Return the array and the library that works on it, which is None where there is none."""
    if hasattr(array, "detach"):  # a tensor that takes part in automatic differentiation shows no address
        array = array.detach()
    owner = sys.modules.get(type(array).__module__.partition(".")[0])
    if all(hasattr(owner, name) for name in _NEEDED):
        return array, owner
    cupy = sys.modules.get("cupy")
    return (array, None) if cupy is None else (cupy.asarray(array), cupy)


def _kind(array: Any) -> str:
    return str(_interface(array)["typestr"][1])


def _from_columns(columns: list[Any]) -> DeviceEntries | None:
    if len(columns) not in (3, 4) or not all(is_on_device(column) for column in columns[:3]):
        return None
    (rows, xp), (cols, _), (values, _) = (_adopt(column) for column in columns[:3])
    if xp is None or not all(_kind(ids) == "i" or _interface(ids)["typestr"][1:] in _SMALL for ids in (rows, cols)):
        return None
    row_names, rows = xp.unique(rows, return_inverse=True)
    col_names, cols = xp.unique(cols, return_inverse=True)
    labels = tuple(
        Labels(_core.Ids.make(to_numpy(names).astype(np.int64, copy=False), 0)) for names in (row_names, col_names)
    )
    arrays = (_index(xp, rows), _index(xp, cols), _value(xp, values))
    return DeviceEntries(xp, arrays, (len(labels[0]), len(labels[1])), (labels[0], labels[1]))


def _from_sparse(X: Any) -> DeviceEntries | None:
    if not is_on_device(getattr(X, "data", None)) or len(X.shape) != 2:
        return None
    X = X.tocoo()
    return _plain(_adopt(X.data)[1], (X.row, X.col, X.data), X.shape)


def _from_sparse_tensor(X: Any) -> DeviceEntries | None:
    X = X.detach()
    if len(X.shape) != 2:
        raise InvalidData(f"a sparse array of shape {tuple(X.shape)}: two dimensions are needed")
    X = X.to_sparse_coo().coalesce()
    rows, cols = X.indices()
    return _plain(_adopt(rows)[1], (rows, cols, X.values()), X.shape)


def _from_dense(X: Any, mask: Any, missing: float) -> DeviceEntries | None:
    X, xp = _adopt(X)
    if xp is None or len(X.shape) != 2 or X.shape[1] == 0 or _kind(X) not in "fiu":
        return None  # what is wrong with it is said where host data are looked at
    values = _value(xp, X)
    observed = ~xp.isnan(values)
    if mask is not None:
        mask = _adopt(mask)[0] if is_on_device(mask) else xp.asarray(to_numpy(mask), **_beside(X))
        if _kind(mask) != "b" or tuple(mask.shape) != tuple(X.shape):
            return None
        observed = observed & mask
    if not np.isnan(missing):
        observed = observed & (missing != X)
    rows, cols = xp.where(observed)
    return _plain(xp, (rows, cols, values[observed]), X.shape)


def _plain(xp: Any, arrays: tuple[Any, Any, Any], shape: Any) -> DeviceEntries | None:
    if xp is None:
        return None
    rows, cols, values = arrays
    size = (int(shape[0]), int(shape[1]))
    labels = (Labels.range(size[0]), Labels.range(size[1]))
    return DeviceEntries(xp, (_index(xp, rows), _index(xp, cols), _value(xp, values)), size, labels)


def _beside(array: Any) -> dict[str, Any]:
    """Where to make an array that works with this one: PyTorch wants to be told."""
    return {"device": array.device} if hasattr(array, "detach") else {}


def _index(xp: Any, array: Any) -> Any:
    return array if _interface(array)["typestr"][1:] in ("i4", "i8") else xp.asarray(array, dtype=xp.int64)


def _value(xp: Any, array: Any) -> Any:
    name = _interface(array)["typestr"][1:]
    if name[0] == "c":
        raise InvalidData("the values hold complex numbers. Complex data not supported")
    return array if name in ("f4", "f8") else xp.asarray(array, dtype=xp.float32 if name == "f2" else xp.float64)


def _interface(array: Any) -> dict[str, Any]:
    return dict(array.__cuda_array_interface__)


def _contiguous(array: Any) -> Any:
    found = _interface(array)
    size = int(found["typestr"][2:])
    if len(found["shape"]) != 1:
        raise InvalidData(f"a column of entries has shape {tuple(found['shape'])}: one dimension is needed")
    if found.get("strides") in (None, (size,)):
        return array
    return array.contiguous() if hasattr(array, "contiguous") else array.copy()


def _stream(array: Any) -> int:
    """Return the stream that has written the array."""
    stream = _interface(array).get("stream")
    if stream is None and hasattr(array, "detach"):  # PyTorch does not say
        stream = sys.modules["torch"].cuda.current_stream(array.device).cuda_stream
    return 0 if stream in _LEGACY else int(stream or 0)
