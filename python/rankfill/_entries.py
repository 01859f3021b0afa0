# SPDX-License-Identifier: Apache-2.0
"""Observed entries, out of whatever holds them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array, real_array, real_vector, to_numpy
from rankfill._ids import Labels, index_labels
from rankfill.errors import InvalidData

_MOST_ENTRY_COLUMNS = 4  # row, column, value, time


class Entries:
    """The observed entries of a matrix, and the names of its rows and columns.

    Whatever ``fit`` accepts becomes one of these; `train_test_split` and `read` return them, and all functions that
    take data take them as they are.  16 bytes an entry.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the whole matrix.
    rows, cols : ndarray of int32, shape (len(entries),)
        Zero-based indices.  -1: an id that the data it was matched with does not have.
    values : ndarray of float64, shape (len(entries),)
    times : ndarray of float64
        One per entry, or none at all.
    row_ids, col_ids : ndarray
        The name of each index.
    """

    def __init__(self, core: _core.Entries, row_labels: Labels, col_labels: Labels, frame: Any = None) -> None:
        self._core = core
        self._row_labels = row_labels
        self._col_labels = col_labels
        self._frame = frame  # (index, columns) of the wide data frame that it came from

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole matrix."""
        return self._core.num_rows, self._core.num_cols

    def __len__(self) -> int:
        return self._core.size

    def __repr__(self) -> str:
        return f"<Entries: {len(self):,} of a {self.shape[0]:,} x {self.shape[1]:,} matrix>"

    @property
    def rows(self) -> Array:
        """Row index of each entry."""
        return self._core.rows

    @property
    def cols(self) -> Array:
        """Column index of each entry."""
        return self._core.cols

    @property
    def values(self) -> Array:
        """Value of each entry."""
        return self._core.values

    @property
    def times(self) -> Array:
        """Time of each entry, or none at all."""
        return self._core.times

    @property
    def row_ids(self) -> Array:
        """Name of each row."""
        return self._row_labels.names

    @property
    def col_ids(self) -> Array:
        """Name of each column."""
        return self._col_labels.names

    def to_scipy(self) -> Any:
        """Return a ``scipy.sparse.coo_array``; entries that are zero stay stored."""
        from scipy import sparse

        return sparse.coo_array((self.values, (self.rows, self.cols)), shape=self.shape)

    def to_frame(self) -> Any:
        """Return a pandas data frame with the columns row, col and value (and time), by id."""
        import pandas as pd

        columns = {"row": self._row_labels.of(self.rows), "col": self._col_labels.of(self.cols), "value": self.values}
        if len(self.times):
            columns["time"] = self.times
        return pd.DataFrame(columns)


def read(file: str | os.PathLike[str], *, duplicates: str = "error", missing: float | None = None) -> Entries:
    """Read observed entries from a file, with the readers of the command-line tool.

    Parameters
    ----------
    file : path
        Delimited text (``row column value [time]``; MovieLens, LIBMF and Surprise layouts are recognised), also gzip
        or zstd; MatrixMarket; ``.npz`` of ``scipy.sparse.save_npz``; dense ``.npy``, where NaN is missing; ``.rfe`` of
        ``rankfill convert``.  The first bytes decide, not the name.
    duplicates : {"error", "last", "mean"}
        What becomes of a pair that is given twice.
    missing : float, optional
        In dense files this value means "not observed" too.

    Raises
    ------
    rankfill.errors.FileError
        The file cannot be opened.
    rankfill.errors.InvalidData
        What was found, and at which line.
    """
    core = _core.read_entries(os.fspath(file), duplicates, missing, None, None)
    return Entries(core, Labels(core.row_ids), Labels(core.col_ids))


def is_frame(X: Any) -> bool:
    """Is it a data frame (pandas, polars, ...) rather than an array?"""
    return hasattr(X, "columns") and hasattr(X, "__getitem__") and not hasattr(X, "tocoo")


def is_sparse(X: Any) -> bool:
    """Is it a sparse matrix or array of SciPy, or one of CuPy?"""
    return hasattr(X, "tocoo") and hasattr(X, "shape")


def entry_columns(X: Any) -> list[Any] | None:
    """Return the columns of a list of entries or pairs, or None when X is a matrix."""
    if isinstance(X, tuple):
        return list(X)
    names = getattr(getattr(X, "dtype", None), "names", None)
    if names is not None:
        return [X[name] for name in names]
    if is_frame(X) and len(X.columns) <= _MOST_ENTRY_COLUMNS:
        return [X[name] for name in X.columns]
    return None


def to_entries(
    X: Any,
    y: Any = None,
    *,
    mask: Any = None,
    known: tuple[Labels | None, Labels | None] = (None, None),
    duplicates: str = "error",
    missing: float = float("nan"),
) -> Entries:
    """Convert; ``known`` gives the names of the rows and columns, otherwise those found are the names."""
    if isinstance(X, Entries):
        _refuse_mask(mask, "entries")
        return _matched(X, known)
    columns = entry_columns(X)
    if columns is not None:
        _refuse_mask(mask, "a list of entries")
        entries = _from_columns(columns, y, known)
    elif is_sparse(X):
        _refuse_mask(mask, "a sparse matrix")
        entries = _from_sparse(X)
    else:
        entries = _from_dense(X, mask, missing)
    if duplicates != "error":
        _core.resolve_duplicates(entries._core, duplicates)
    return _with_shape_of(entries, known) if columns is None else entries


def _refuse_mask(mask: Any, what: str) -> None:
    if mask is not None:
        raise InvalidData(f"a mask goes with a dense matrix, not with {what}")


def _from_columns(columns: Sequence[Any], y: Any, known: tuple[Labels | None, Labels | None]) -> Entries:
    if y is not None and len(columns) == 2:
        columns = [*columns, y]
    if not 3 <= len(columns) <= _MOST_ENTRY_COLUMNS:
        raise InvalidData(f"{len(columns)} columns: entries are row, column, value and perhaps a time, in this order")
    values = real_vector(columns[2], "the value column")
    times = real_vector(columns[3], "the time column") if len(columns) == 4 else None
    rows, row_labels = index_labels(columns[0], "row", known[0])
    cols, col_labels = index_labels(columns[1], "column", known[1])
    return Entries(_core.from_indexed(rows, cols, values, times), row_labels, col_labels)


def _plain(core: _core.Entries, frame: Any = None) -> Entries:
    return Entries(core, Labels.range(core.num_rows), Labels.range(core.num_cols), frame)


def _from_sparse(X: Any) -> Entries:
    if hasattr(X, "get") and not hasattr(X, "nnz_per_row"):  # CuPy's live on a device
        module = type(X).__module__
        if module.startswith("cupyx"):
            X = X.get()
    if len(X.shape) != 2:
        raise InvalidData(f"a sparse array of shape {X.shape}: two dimensions are needed")
    num_rows, num_cols = X.shape
    layout = getattr(X, "format", "")
    if layout in ("csr", "csc"):
        values = real_array(X.data, "the sparse matrix")
        return _plain(_core.from_compressed(X.indptr, X.indices, values, num_rows, num_cols, layout == "csc"))
    X = X.tocoo()
    return _plain(_core.from_coo(X.row, X.col, real_array(X.data, "the sparse matrix"), num_rows, num_cols))


def _from_dense(X: Any, mask: Any, missing: float) -> Entries:
    frame = (X.index if hasattr(X, "index") else None, list(X.columns)) if is_frame(X) else None
    if isinstance(X, np.ma.MaskedArray):
        if mask is None:
            mask = ~np.ma.getmaskarray(X)
        X = X.data
    array = to_numpy(X)
    if array.ndim != 2:
        hint = " Reshape your data: array.reshape(-1, 1) is one column." if array.ndim == 1 else ""
        raise InvalidData(f"a dense matrix needs two dimensions. Expected 2D array, got {array.ndim}D array.{hint}")
    if array.shape[1] == 0:
        raise InvalidData(
            f"a matrix without columns: 0 feature(s) (shape={array.shape}) while a minimum of 1 is required."
        )
    array = real_array(array, "the matrix")
    if mask is not None:
        mask = to_numpy(mask)
        if mask.dtype != np.bool_:
            raise InvalidData(f"the mask holds {mask.dtype}: bool is needed, True where observed")
    if not np.isnan(missing):
        observed = array != missing
        mask = observed if mask is None else mask & observed
    return _plain(_core.from_dense(array, mask), frame)


def _with_shape_of(entries: Entries, known: tuple[Labels | None, Labels | None]) -> Entries:
    """Check a matrix against the matrix it belongs to."""
    for labels, count, side in zip(known, entries.shape, ("row", "column"), strict=True):
        if labels is not None and len(labels) != count:
            text = f"the matrix has {count} {side}s, that of the fit {len(labels)}"
            if side == "column":  # in scikit-learn's words too
                text += f": X has {count} features, but MatrixCompletion is expecting {len(labels)} features as input"
            raise InvalidData(text)
    return entries


def _matched(entries: Entries, known: tuple[Labels | None, Labels | None]) -> Entries:
    """Entries under the names of another set of them."""
    own = (entries._row_labels, entries._col_labels)
    if all(
        k is None or k is o or (k.is_range and o.is_range and len(k) == len(o)) for k, o in zip(known, own, strict=True)
    ):
        return entries
    columns = [entries._row_labels.of(entries.rows), entries._col_labels.of(entries.cols), entries.values]
    return _from_columns(columns, None, known)
