# SPDX-License-Identifier: Apache-2.0
"""How good a fit is."""

from __future__ import annotations

from typing import Any

from rankfill import _core
from rankfill._arrays import Array
from rankfill._entries import to_entries
from rankfill._options import options_of
from rankfill._state import FittedState
from rankfill.errors import Error


class Inspection(FittedState):
    """Measures a fitted model."""

    def residuals(self, X: Any = None) -> Array:
        """Return value minus prediction for each entry of the fit, or of other data, in their order."""
        model = self._fitted()
        if X is None:
            entries = self._data("residuals needs the entries of the fit: give them")
        else:
            entries = to_entries(X, known=(self._rows, self._cols), missing=self.missing)
        return entries.values - model.predict(entries.rows, entries.cols)

    def certificate(self) -> dict[str, Any]:
        """Measure how far the model is from the global optimum over *all* ranks.  Needs lambda > 0.

        Returns
        -------
        dict
            ``relative_gap``: the objective is above the least one by at most this fraction of it; ``rank_too_small``;
            ``effective_rank``; ``message`` in words; and more.
        """
        model = self._fitted()
        known = getattr(self, "summary_", {}).get("certificate")
        if known is not None:
            return dict(known)
        params = {"rank": model.rank, "regularization": self.regularization_, "recover": False}
        options = options_of({**self.get_params(), **params})
        options.max_iterations = 0
        options.certificate = True
        train = self._data("certificate needs the entries of the fit")
        found = _core.solve(train._core, options, None, model, None)[1]["certificate"]
        if found is None:
            raise Error("the model holds numbers that are not finite")
        return dict(found)
