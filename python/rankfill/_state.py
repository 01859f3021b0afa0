# SPDX-License-Identifier: Apache-2.0
"""What a fitted model holds, which all that is done with it needs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array
from rankfill._base import Estimator
from rankfill._device import DeviceEntries
from rankfill._entries import Entries
from rankfill._ids import Labels
from rankfill.errors import InvalidData, not_fitted


class FittedState(Estimator):
    """Factors, names, and the entries that were fitted.  The parameters are those of `MatrixCompletion`."""

    weighting: str | float
    bias_damping: float
    threads: int
    duplicates: str
    missing: float

    _model: _core.Model
    _rows: Labels
    _cols: Labels
    _kept: Entries | DeviceEntries | None
    summary_: dict[str, Any]
    _frame: Any  # (index, columns) of the wide data frame that was fitted

    @property
    def _train(self) -> Entries | None:
        """The entries that were fitted; those on a device are copied to the host when they are first asked for."""
        if isinstance(self._kept, DeviceEntries):
            self._kept = self._kept.to_host()
        return self._kept

    @_train.setter
    def _train(self, entries: Entries | DeviceEntries | None) -> None:
        self._kept = entries

    def _set_model(self, model: _core.Model) -> None:
        self._model = model
        self.rank_ = model.rank
        self.row_factors_, self.col_factors_ = model.row_factors, model.col_factors
        self.mean_, self.row_bias_, self.col_bias_ = model.mean, model.row_bias, model.col_bias
        self.regularization_ = json.loads(model.options).get("regularization", 0.0)

    def _fitted(self) -> _core.Model:
        if not hasattr(self, "_model"):
            raise not_fitted(self)
        return self._model

    def _known(self, labels: Labels, names: Array, side: str) -> Array:
        index = labels.index(names, side)
        bad = np.flatnonzero(index < 0)
        if len(bad):
            raise InvalidData(f'there is no {side} "{names[bad[0]]}" in the model')
        return index

    def _data(self, otherwise: str) -> Entries:
        if self._train is None:
            raise InvalidData(otherwise)
        return self._train

    @property
    def row_ids_(self) -> Array:
        """Name of each row."""
        self._fitted()
        return self._rows.names

    @property
    def col_ids_(self) -> Array:
        """Name of each column."""
        self._fitted()
        return self._cols.names
