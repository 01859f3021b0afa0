# SPDX-License-Identifier: Apache-2.0
"""Values, recommendations and likenesses by id."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array, to_numpy
from rankfill._entries import Entries, entry_columns, to_entries
from rankfill._ids import as_ids
from rankfill._imputation import Imputation
from rankfill._options import count
from rankfill.errors import InvalidData


class Prediction(Imputation):
    """Answers about rows and columns that the caller names."""

    def predict(self, rows: Any, cols: Any = None) -> Any:
        """Predict values for pairs, or whole rows.

        Parameters
        ----------
        rows, cols : ids, or arrays of them
            Broadcast against each other.  For a fit to a matrix, ids are indices, and -1 is what was never seen.
            `rows` alone is a list of pairs: a data frame, structured array or tuple whose first two columns count,
            `Entries`, or after a fit to a list of entries an array of shape (n, 2).
            After a fit to a matrix, a matrix in the place of `rows` asks for all columns of its rows: see `transform`,
            which leaves what is observed as it is.

        Returns
        -------
        float, or ndarray of float64
            A row or column that the fit never saw counts as the mean and the bias that is known.

        Raises
        ------
        rankfill.errors.InvalidData
            An index beyond the matrix.
        """
        model = self._fitted()
        if cols is None:
            if isinstance(rows, Entries):
                rows = to_entries(rows, known=(self._rows, self._cols))
                return model.predict(rows.rows, rows.cols)
            columns = entry_columns(rows)
            if columns is None and hasattr(self, "n_features_in_"):
                return self._fold(rows, None)[0]
            rows, cols = self._pair(rows, columns)
        row_names, col_names = (as_ids(ids) for ids in (rows, cols))
        row_index = self._rows.index(row_names.ravel(), "row").reshape(row_names.shape)
        col_index = self._cols.index(col_names.ravel(), "column").reshape(col_names.shape)
        pairs = [np.ascontiguousarray(index) for index in np.broadcast_arrays(row_index, col_index)]
        values = model.predict(pairs[0].ravel(), pairs[1].ravel())
        scalar = row_names.ndim == 0 and col_names.ndim == 0
        return float(values[0]) if scalar else values.reshape(pairs[0].shape)

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the RMSE on entries (as for `fit`): higher is better, in the units of the values."""
        model = self._fitted()
        entries = to_entries(X, y, known=(self._rows, self._cols), missing=self.missing)
        return -float(_core.evaluate(model, entries._core)[0])

    def recommend(self, rows: Any, n: int = 10, *, exclude_seen: bool = True, seen: Any = None) -> tuple[Array, Array]:
        """Find the columns with the highest predictions.

        Parameters
        ----------
        rows : id, or array of ids
        n : int, default 10
            How many for each row; fewer where the matrix has fewer columns left.
        exclude_seen : bool, default True
            Leave out the columns where the row has an entry.
        seen : data, optional
            Entries that count as seen, in place of those of the fit: for a loaded model.

        Returns
        -------
        ids, values : ndarray
            For one id n of each, for an array of ids shape (len(rows), n); best first, ties by column order.  What is
            missing at the end of a row is -1 or None, and NaN.

        Raises
        ------
        rankfill.errors.InvalidData
            A row that the model does not have.
        """
        model = self._fitted()
        excluded = None
        if exclude_seen:
            if seen is not None:
                excluded = to_entries(seen, known=(self._rows, self._cols), missing=self.missing)._core
            else:
                excluded = self._data(
                    "exclude_seen needs the entries: give them as `seen`, or say exclude_seen=False"
                )._core
        names = as_ids(rows)
        index = self._known(self._rows, names.ravel(), "row")
        cols, values = model.recommend(index, count(n), excluded)
        ids = self._cols.of(cols)
        if names.ndim == 0:
            found = int((cols[0] >= 0).sum())
            return ids[0, :found], values[0, :found]
        return ids, values

    def similar(self, items: Any, n: int = 10, *, axis: int = 1) -> tuple[Array, Array]:
        """Find the columns (``axis=1``) or rows (``axis=0``) whose factors point the same way.

        Returns
        -------
        ids, similarity : ndarray
            As in `recommend`; the similarity is the cosine of the angle, in [-1, 1].  An item is not similar to itself.
        """
        self._fitted()
        labels, factors = (self._cols, self.col_factors_) if axis else (self._rows, self.row_factors_)
        names = as_ids(items)
        index = self._known(labels, names.ravel(), "column" if axis else "row")
        lengths = np.linalg.norm(factors, axis=1)
        scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        n = min(count(n), len(labels) - 1)
        ids, cosines = [], []
        for k in index:
            cosine = (factors @ (factors[k] * scale[k])) * scale
            cosine[k] = -np.inf
            order = np.lexsort((np.arange(len(cosine)), -cosine))[:n]
            ids.append(order)
            cosines.append(cosine[order])
        found = np.array(ids, dtype=np.int64).reshape(len(index), n)
        values = np.array(cosines, dtype=np.float64).reshape(len(index), n)
        return (labels.of(found[0]), values[0]) if names.ndim == 0 else (labels.of(found), values)

    @staticmethod
    def _pair(X: Any, columns: list[Any] | None) -> tuple[Any, Any]:
        if columns is None:
            array = to_numpy(X)
            columns = [array[:, 0], array[:, 1]] if array.ndim == 2 and array.shape[1] == 2 else []
        if len(columns) < 2:
            raise InvalidData("predict takes (rows, cols), or pairs of ids in two columns")
        return columns[0], columns[1]
