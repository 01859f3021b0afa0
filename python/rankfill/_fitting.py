# SPDX-License-Identifier: Apache-2.0
"""From data to a fitted model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from rankfill import _core
from rankfill._device import DeviceEntries, device_entries
from rankfill._entries import Entries, entry_columns, is_frame, to_entries
from rankfill._imputation import Imputation
from rankfill._options import options_of
from rankfill._progress import Progress, iteration_parts
from rankfill._split import split
from rankfill.errors import ConvergenceWarning, InterruptedWarning

if TYPE_CHECKING:
    from typing import Self

Callback = Callable[[dict[str, Any]], Any]


class Fitting(Imputation):
    """Hands data and options to the library, and takes the result."""

    keep_data: bool
    recover: bool | dict[str, Any]
    warm_start: bool
    callbacks: Callback | Iterable[Callback] | None
    verbose: int

    def fit(self, X: Any, y: Any = None, *, mask: Any = None, holdout: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : matrix, or list of entries
            A *matrix*, whose rows and columns are known by their index: SciPy sparse, of which everything stored is
            observed, explicit zeros too; or dense (m, n), where NaN is missing; a data frame of more than four
            columns is one. A *list of entries* (row id, column id, value[, time]), with ids of any type: a data frame
            of up to four columns, a structured array, a tuple of arrays, or `Entries`.

            Arrays on a CUDA device (CuPy, PyTorch, what CuPy adopts; dense, sparse, or tuples with whole numbers for
            ids) stay on it: no entry passes through the host, and the fit is on their device.  They are copied to the
            host first where the fit is on the CPU, and with `recover` or a `duplicates` rule; data as `holdout` always
            are.
        y : array, shape (len(X),), optional
            The values, where X is a frame or tuple of (row id, column id) only.  Otherwise ignored.
        mask : array of bool, shape (m, n), optional
            For dense X: True where observed.
        holdout : float or data, optional
            Entries that are never fitted, but decide when to stop and which point is the best: a fraction to hold out
            at random, or data as X.

        Returns
        -------
        self

        Raises
        ------
        rankfill.errors.InvalidOption, rankfill.errors.InvalidData
            Both are ValueErrors.
        rankfill.errors.BackendUnavailable, rankfill.errors.OutOfDeviceMemory, rankfill.errors.DeviceError
        """
        options = options_of(self.get_params())
        train: Entries | DeviceEntries | None = None
        if self._fits_on_device(options):
            train = device_entries(X, y, mask=mask, missing=self.missing)
        if train is None:
            train = to_entries(X, y, mask=mask, duplicates=self.duplicates, missing=self.missing)
        heldout: Entries | DeviceEntries | None = None
        if isinstance(holdout, (float, int)):
            fraction = float(holdout)
            if isinstance(train, DeviceEntries):
                train, heldout = train.split(fraction, options.seed)
            else:
                train, heldout = split(train, fraction, options.seed)
        elif holdout is not None:
            known = (train._row_labels, train._col_labels)
            heldout = to_entries(holdout, known=known, duplicates=self.duplicates, missing=self.missing)
        start = getattr(self, "_model", None) if self.warm_start else None
        if start is not None and (start.num_rows, start.num_cols, start.rank) != (*train.shape, options.rank):
            start = None
        model, summary = self._solve(train, options, heldout, start)
        self._take(model, summary, train)
        if entry_columns(X) is None and not isinstance(X, Entries):
            self._note_features(X)
        return self

    def _fits_on_device(self, options: _core.Options) -> bool:
        """May entries that are on a device stay there?"""
        needs_host = options.device == "cpu" or self.recover or self.duplicates != "error"
        return not needs_host and bool(_core.cuda_devices())

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Fit, the first time; after that `fold_in`: the columns stay as they are."""
        return self.fold_in(X) if hasattr(self, "_model") else self.fit(X, y)

    def fit_transform(self, X: Any, y: Any = None, *, mask: Any = None) -> Any:
        """Fit a matrix and return it filled in: ``fit(X).impute()``."""
        self.fit(X, mask=mask)
        if self._train is None:
            return self.transform(X, mask=mask)
        return self.impute()

    def _solve(
        self,
        train: Entries | DeviceEntries,
        options: _core.Options,
        heldout: Entries | DeviceEntries | None,
        start: _core.Model | None,
    ) -> tuple[_core.Model, dict[str, Any]]:
        callbacks = self.callbacks or []
        called = [callbacks] if callable(callbacks) else list(callbacks)
        with Progress(self.verbose == 1, options.max_iterations, "iteration") as bar:

            def listen(row: dict[str, Any]) -> bool:
                bar.show(row["iteration"], iteration_parts(row))
                if self.verbose > 1:
                    print(f"{row['iteration']:6d}  {'  '.join(iteration_parts(row))}")
                return any([bool(callback(row)) for callback in called])

            core = None if heldout is None else heldout._core
            model, summary = _core.solve(train._core, options, core, start, listen if called or self.verbose else None)
            if self.verbose == 1 and summary["iterations"]:
                last = {name: column[-1] for name, column in summary["history"].items()}
                bar.show(summary["iterations"], iteration_parts(last), summary["iterations"])
        if self.verbose:
            print(summary["message"])
        for warning in summary["warnings"]:
            warnings.warn(warning, ConvergenceWarning, stacklevel=3)
        if (summary["recovery"] or {}).get("verdict") == "not_recovered":
            warnings.warn(summary["recovery"]["message"], ConvergenceWarning, stacklevel=3)
        if summary["termination"] == "interrupted":
            warnings.warn(f"{summary['message']} The model is the best so far.", InterruptedWarning, stacklevel=3)
        elif summary["termination"] == "breakdown":
            warnings.warn(summary["message"], ConvergenceWarning, stacklevel=3)
        return model, summary

    def _take(self, model: _core.Model, summary: dict[str, Any], train: Entries | DeviceEntries) -> None:
        self._rows, self._cols = train._row_labels, train._col_labels
        self._frame = train._frame
        self._kept = train if self.keep_data else None
        self._set_model(model)
        self.summary_ = {name: value for name, value in summary.items() if name != "history"}
        self.history_ = summary["history"]
        self.objective_ = summary["objective"]
        self.n_iter_ = summary["iterations"]
        self.recovery_ = summary["recovery"]

    def _note_features(self, X: Any) -> None:
        self.n_features_in_ = self._model.num_cols
        if is_frame(X) and all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(list(X.columns), dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
