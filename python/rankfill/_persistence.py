# SPDX-License-Identifier: Apache-2.0
"""Model files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from rankfill import _core
from rankfill._ids import Labels
from rankfill._state import FittedState

if TYPE_CHECKING:
    from typing import Self


class Persistence(FittedState):
    """Saves and loads."""

    def save(self, file: str | os.PathLike[str]) -> None:
        """Save the model, without the entries: an ``.npz`` that the command-line tool and ``numpy.load`` open.

        Raises
        ------
        rankfill.errors.FileError
        """
        self._fitted().save(os.fspath(file))

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Self:
        """Load a model that `save` or the command-line tool wrote.

        Raises
        ------
        rankfill.errors.FileError, rankfill.errors.InvalidData
        """
        model = _core.Model.load(os.fspath(file))
        used = json.loads(model.options)
        names = {"random_state": "seed", "tolerance": "gradient_tolerance"}
        params = {name: used[names.get(name, name)] for name in cls._parameters() if names.get(name, name) in used}
        estimator = cls(**params)
        estimator._rows, estimator._cols = Labels(model.row_ids), Labels(model.col_ids)
        estimator._train = estimator._frame = None
        estimator._set_model(model)
        return estimator
