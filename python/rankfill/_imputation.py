# SPDX-License-Identifier: Apache-2.0
"""The matrix as a whole, and rows that join it."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array
from rankfill._entries import Entries, entry_columns, is_frame, to_entries
from rankfill._merge import append, merge
from rankfill._options import real, weighting
from rankfill._state import FittedState
from rankfill.errors import ConvergenceWarning, InvalidData

if TYPE_CHECKING:
    from typing import Self


class Imputation(FittedState):
    """Fills in the rows of the fit, and others with the columns held."""

    def impute(self, *, keep_observed: bool = True, dtype: Any = np.float64) -> Any:
        """Return the whole matrix: what was observed as it was, or with ``keep_observed=False`` predicted too.

        Returns
        -------
        ndarray of shape (m, n), or a data frame like the one that was fitted
        """
        self._fitted()
        train = self._data("impute needs the entries, or keep_observed=False") if keep_observed else None
        return self._framed(self._fill(self.row_factors_, self.row_bias_, train, dtype), None)

    def transform(self, X: Any, *, mask: Any = None) -> Any:
        """Fill in other rows, with the columns of the model held: see `fold_in`, which would also keep them.

        Parameters
        ----------
        X : matrix, shape (any, n)
            As for `fit`.

        Returns
        -------
        ndarray of float64, shape (any, n), or a data frame like X
        """
        filled, rows = self._fold(X, mask)
        filled[rows.rows, rows.cols] = rows.values
        return self._framed(filled, rows._frame or (None, None))

    def fold_in(self, X: Any, *, mask: Any = None) -> Self:
        """Add rows to the model without fitting it again: one small least-squares solve for each.

        Parameters
        ----------
        X : data
            As for `fit`.  The rows of a matrix are appended.  In a list of entries an id that the model has is solved
            anew, from the entries given here alone; another one is added.  Entries of columns that the model does not
            have are left out, with a warning.

        Returns
        -------
        self
        """
        model = self._fitted()
        new = to_entries(X, mask=mask, known=(None, self._cols), duplicates=self.duplicates, missing=self.missing)
        factors, bias, unknown = model.fold_in(new._core, *self._folding())
        if unknown:
            warnings.warn(
                f"{unknown} entries are of columns that the model does not have", ConvergenceWarning, stacklevel=2
            )
        is_matrix = entry_columns(X) is None and not isinstance(X, Entries)
        labels, old_place, new_place = merge(self._rows, new._row_labels, is_matrix)
        merged = np.zeros((len(labels), model.rank), dtype=factors.dtype)
        merged[old_place], merged[new_place] = self.row_factors_, factors
        biases = np.zeros(len(labels) if len(self.row_bias_) else 0)
        if len(biases):
            biases[old_place], biases[new_place] = self.row_bias_, bias
        if self._train is not None:
            self._train = append(self._train, new, labels, old_place, new_place)
        self._rows = labels
        self._frame = None
        col_ids = model.col_ids
        self._set_model(
            _core.Model.make(
                merged, self.col_factors_, self.mean_, biases, self.col_bias_, labels.ids, col_ids, model.options
            )
        )
        if hasattr(self, "summary_"):
            self.summary_ = {**self.summary_, "certificate": None}
        return self

    def _fold(self, X: Any, mask: Any) -> tuple[Array, Entries]:
        """Predict all columns of the rows of a matrix."""
        model = self._fitted()
        rows = to_entries(X, mask=mask, known=(None, self._cols), missing=self.missing)
        self._check_features(X)
        factors, bias, _ = model.fold_in(rows._core, *self._folding())
        return self._fill(factors, bias, None, np.float64), rows

    def _folding(self) -> tuple[float, float, float, int]:
        used = json.loads(self._model.options)
        damping = used.get("bias_damping", self.bias_damping)
        nu = used.get("weighting", weighting(self.weighting))
        return self.regularization_, real("weighting", nu), real("bias_damping", damping), self.threads

    def _fill(self, row_factors: Array, row_bias: Array, observed: Entries | None, dtype: Any) -> Array:
        filled: Array = np.asarray(row_factors, dtype) @ np.asarray(self.col_factors_, dtype).T
        filled += np.asarray(self.mean_, dtype)
        if len(row_bias):
            filled += row_bias[:, None].astype(dtype)
            filled += self.col_bias_[None, :].astype(dtype)
        if observed is not None:
            filled[observed.rows, observed.cols] = observed.values
        return filled

    def _framed(self, filled: Array, like: Any) -> Any:
        frame = getattr(self, "_frame", None) if like is None else like
        if frame is None or frame[0] is None:
            return filled
        import pandas as pd

        return pd.DataFrame(filled, index=frame[0], columns=frame[1])

    def _check_features(self, X: Any) -> None:
        names = getattr(self, "feature_names_in_", None)
        if names is not None and is_frame(X) and list(X.columns) != list(names):
            raise InvalidData("the columns have other names, or another order, than those of the fit")
