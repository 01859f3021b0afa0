# SPDX-License-Identifier: Apache-2.0
"""The estimator."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array, to_numpy
from rankfill._base import Estimator
from rankfill._entries import Entries, entry_columns, is_frame, to_entries
from rankfill._ids import Labels, as_ids
from rankfill._merge import append, merge
from rankfill._options import count as whole_count
from rankfill._options import options_of, real, weighting
from rankfill._progress import Progress, iteration_text
from rankfill._split import split
from rankfill.errors import ConvergenceWarning, Error, InterruptedWarning, InvalidData, not_fitted

Callback = Callable[[dict[str, Any]], Any]


class MatrixCompletion(Estimator):
    r"""Fill in a matrix of which some entries are known, by a product of two thin matrices.

    Finds ``U`` (m x k) and ``V`` (n x k) that minimise

    .. math:: \frac12 \sum_{(i,j)\in\Omega} (M_{ij} - \langle u_i, v_j\rangle)^2
              + \frac\lambda2 \Bigl(\sum_i n_i^\nu |u_i|^2 + \sum_j n_j^\nu |v_j|^2\Bigr)

    over the observed entries, of which row i has :math:`n_i`, and predicts the rest by the product, plus what
    `center` took off before.  Same data, parameters, device and build give the same bits, from Python, C++ and the
    command line, whatever the number of threads.

    Parameters
    ----------
    rank : int or "auto", default 32
        k, the columns of U and V; 1..1024.  "auto": grown from 8 until the certificate closes, which needs lambda > 0.
    regularization : float or "auto", default "auto"
        lambda >= 0, in the units of the values.  "auto" is a rule of thumb for noisy data; `tune` finds a better one.
        The same number means different problems under each `weighting`; see `convert_regularization`.
    weighting : {"plain", "count"} or float, default "plain"
        nu: 0 ("plain") as softImpute and cmfrec, 1 ("count") as LIBMF, Spark, LensKit and Surprise, or between.
    center : {"mean", "bias", "none"}, default "mean"
        What is taken off the values and added back by `predict`: their mean, or that and damped row and column biases.
    bias_damping : float, default 5.0
        A row with n entries keeps n / (n + bias_damping) of its mean offset.
    solver : str, default "auto"
        "auto" chooses, and ``summary_["solver_reason"]`` says why; any name that the command line knows.
    solver_options : dict, optional
        Settings of the solver itself, for example ``{"momentum": 0.9}`` for "gd".
    formulation : str, default "auto"
        How the gradient is evaluated: "entries", "scatter", "projection", "block" or "dense".
    device : str, default "auto"
        "cpu", "cuda", "cuda:1"; "auto" takes the first CUDA device if there is one.
    precision : {"auto", "float32", "float64", "mixed"}, default "auto"
        "auto" is float64 where `tolerance` is below 2e-6, else float32.
    threads : int, default 0
        CPU threads; 0 takes all.  Does not change the result.
    random_state : int, numpy.random.Generator, RandomState or None, default 0
        Seeds the starting factors and random hold-outs.  None: another one each time.
    max_iterations : int, default 100
        At most this many.
    tolerance : float, default 1e-4
        Stop when the relative gradient is at most this; 0 turns the test off.
    holdout_tolerance : float, default 1e-4
        With held-out data: stop when its RMSE has not improved by this fraction for `patience` iterations.
    patience : int, default 5
        See `holdout_tolerance`.
    keep_best : bool, default True
        With held-out data: return the point with the lowest held-out RMSE.  False: it is only reported.
    certify : bool, default False
        Measure at the end how far the result is from the global optimum over all ranks: `certificate`.
    duplicates : {"error", "last", "mean"}, default "error"
        What becomes of a pair that is given twice.
    missing : float, default nan
        In dense matrices this value means "not observed", beside NaN.
    warm_start : bool, default False
        Start from the factors of the last fit, if shape and rank are the same.
    keep_data : bool, default True
        Keep the entries (16 bytes each) for `recommend`, `impute`, `residuals` and `certificate`.
    callbacks : callable or list of them, optional
        Each is called after each iteration with a dict: iteration, objective, relative_gradient, train_rmse,
        holdout_rmse, passes, seconds.  Returning True stops the fit.
    verbose : int, default 0
        1 shows a progress bar on the terminal or in the notebook, 2 prints a line per iteration instead.

    Attributes
    ----------
    row_factors_, col_factors_ : ndarray, shapes (m, k) and (n, k)
        U and V, read only.
    mean_ : float
    row_bias_, col_bias_ : ndarray
        m and n numbers, or none.
    row_ids_, col_ids_ : ndarray
        The name of each row and column.
    regularization_ : float
        The lambda used.
    objective_, n_iter_ : float, int
    history_ : dict of ndarray
        A column per quantity, a row per iteration; ``pandas.DataFrame(history_)`` makes it a frame.
    summary_ : dict
        All that the library says about the fit: termination, message, solver and why, seconds, device, warnings.

    Examples
    --------
    >>> import rankfill
    >>> ratings = rankfill.datasets.low_rank(200, 100, rank=3, density=0.3, noise=0.1, random_state=0)
    >>> train, test = rankfill.train_test_split(ratings, fraction=0.1)
    >>> model = rankfill.MatrixCompletion(rank=3, regularization=1.0).fit(train)
    >>> bool(model.score(test) > -0.2)
    True
    """

    _model: _core.Model
    _rows: Labels
    _cols: Labels
    _train: Entries | None

    def __init__(
        self,
        rank: int | str = 32,
        regularization: float | str = "auto",
        weighting: str | float = "plain",
        center: str = "mean",
        bias_damping: float = 5.0,
        solver: str = "auto",
        solver_options: dict[str, float] | None = None,
        formulation: str = "auto",
        device: str = "auto",
        precision: str = "auto",
        threads: int = 0,
        random_state: Any = 0,
        max_iterations: int = 100,
        tolerance: float = 1e-4,
        holdout_tolerance: float = 1e-4,
        patience: int = 5,
        keep_best: bool = True,
        certify: bool = False,
        duplicates: str = "error",
        missing: float = float("nan"),
        warm_start: bool = False,
        keep_data: bool = True,
        callbacks: Callback | Iterable[Callback] | None = None,
        verbose: int = 0,
    ) -> None:
        self.rank = rank
        self.regularization = regularization
        self.weighting = weighting
        self.center = center
        self.bias_damping = bias_damping
        self.solver = solver
        self.solver_options = solver_options
        self.formulation = formulation
        self.device = device
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.holdout_tolerance = holdout_tolerance
        self.patience = patience
        self.keep_best = keep_best
        self.certify = certify
        self.duplicates = duplicates
        self.missing = missing
        self.warm_start = warm_start
        self.keep_data = keep_data
        self.callbacks = callbacks
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    def fit(self, X: Any, y: Any = None, *, mask: Any = None, holdout: Any = None) -> MatrixCompletion:
        """Fit the model.

        Parameters
        ----------
        X : matrix, or list of entries
            A *matrix*, whose rows and columns are known by their index: SciPy sparse, of which everything stored is
            observed, explicit zeros too; or dense (m, n), where NaN is missing; a data frame of more than four
            columns is one. A *list of entries* (row id, column id, value[, time]), with ids of any type: a data frame
            of up to four columns, a structured array, a tuple of arrays, or `Entries`.
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
        train = to_entries(X, y, mask=mask, duplicates=self.duplicates, missing=self.missing)
        heldout = None
        if isinstance(holdout, (float, int)):
            train, heldout = split(train, float(holdout), options.seed)
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

    def _solve(
        self, train: Entries, options: _core.Options, heldout: Entries | None, start: _core.Model | None
    ) -> tuple[_core.Model, dict[str, Any]]:
        callbacks = self.callbacks or []
        called = [callbacks] if callable(callbacks) else list(callbacks)
        with Progress(self.verbose == 1, options.max_iterations, "iteration") as bar:

            def listen(row: dict[str, Any]) -> bool:
                bar.show(row["iteration"], iteration_text(row))
                if self.verbose > 1:
                    print(f"{row['iteration']:6d}  {iteration_text(row)}")
                return any([bool(callback(row)) for callback in called])

            core = None if heldout is None else heldout._core
            model, summary = _core.solve(train._core, options, core, start, listen if called or self.verbose else None)
            if self.verbose == 1 and summary["iterations"]:
                last = {name: column[-1] for name, column in summary["history"].items()}
                bar.show(summary["iterations"], iteration_text(last), summary["iterations"])
        if self.verbose:
            print(summary["message"])
        for warning in summary["warnings"]:
            warnings.warn(warning, ConvergenceWarning, stacklevel=3)
        if summary["termination"] == "interrupted":
            warnings.warn(f"{summary['message']} The model is the best so far.", InterruptedWarning, stacklevel=3)
        elif summary["termination"] == "breakdown":
            warnings.warn(summary["message"], ConvergenceWarning, stacklevel=3)
        return model, summary

    def _take(self, model: _core.Model, summary: dict[str, Any], train: Entries) -> None:
        self._rows, self._cols = train._row_labels, train._col_labels
        self._frame = train._frame
        self._train = train if self.keep_data else None
        self._set_model(model)
        self.summary_ = {name: value for name, value in summary.items() if name != "history"}
        self.history_ = summary["history"]
        self.objective_ = summary["objective"]
        self.n_iter_ = summary["iterations"]

    def _set_model(self, model: _core.Model) -> None:
        self._model = model
        self.row_factors_, self.col_factors_ = model.row_factors, model.col_factors
        self.mean_, self.row_bias_, self.col_bias_ = model.mean, model.row_bias, model.col_bias
        self.regularization_ = json.loads(model.options).get("regularization", 0.0)

    def _note_features(self, X: Any) -> None:
        self.n_features_in_ = self._model.num_cols
        if is_frame(X) and all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(list(X.columns), dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fitted(self) -> _core.Model:
        if not hasattr(self, "_model"):
            raise not_fitted(self)
        return self._model

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

    # ------------------------------------------------------------------ predicting

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

    @staticmethod
    def _pair(X: Any, columns: list[Any] | None) -> tuple[Any, Any]:
        if columns is None:
            array = to_numpy(X)
            columns = [array[:, 0], array[:, 1]] if array.ndim == 2 and array.shape[1] == 2 else []
        if len(columns) < 2:
            raise InvalidData("predict takes (rows, cols), or pairs of ids in two columns")
        return columns[0], columns[1]

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
        cols, values = model.recommend(index, whole_count(n), excluded)
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
        n = min(whole_count(n), len(labels) - 1)
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

    # ------------------------------------------------------------------ the matrix as a whole

    def impute(self, *, keep_observed: bool = True, dtype: Any = np.float64) -> Any:
        """Return the whole matrix: what was observed as it was, or with ``keep_observed=False`` predicted too.

        Returns
        -------
        ndarray of shape (m, n), or a data frame like the one that was fitted
        """
        self._fitted()
        train = self._data("impute needs the entries, or keep_observed=False") if keep_observed else None
        return self._framed(self._fill(self.row_factors_, self.row_bias_, train, dtype), None)

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

    def _fold(self, X: Any, mask: Any) -> tuple[Array, Entries]:
        """Predict all columns of the rows of a matrix."""
        model = self._fitted()
        rows = to_entries(X, mask=mask, known=(None, self._cols), missing=self.missing)
        self._check_features(X)
        factors, bias, _ = model.fold_in(rows._core, *self._folding())
        return self._fill(factors, bias, None, np.float64), rows

    def _check_features(self, X: Any) -> None:
        names = getattr(self, "feature_names_in_", None)
        if names is not None and is_frame(X) and list(X.columns) != list(names):
            raise InvalidData("the columns have other names, or another order, than those of the fit")

    def fit_transform(self, X: Any, y: Any = None, *, mask: Any = None) -> Any:
        """Fit a matrix and return it filled in: ``fit(X).impute()``."""
        self.fit(X, mask=mask)
        if self._train is None:
            return self.transform(X, mask=mask)
        return self.impute()

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
        options = options_of({**self.get_params(), "rank": model.rank, "regularization": self.regularization_})
        options.max_iterations = 0
        options.certificate = True
        train = self._data("certificate needs the entries of the fit")
        found = _core.solve(train._core, options, None, model, None)[1]["certificate"]
        if found is None:
            raise Error("the model holds numbers that are not finite")
        return dict(found)

    # ------------------------------------------------------------------ new rows

    def _folding(self) -> tuple[float, float, float, int]:
        used = json.loads(self._model.options)
        damping = used.get("bias_damping", self.bias_damping)
        nu = used.get("weighting", weighting(self.weighting))
        return self.regularization_, real("weighting", nu), real("bias_damping", damping), self.threads

    def fold_in(self, X: Any, *, mask: Any = None) -> MatrixCompletion:
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

    def partial_fit(self, X: Any, y: Any = None) -> MatrixCompletion:
        """Fit, the first time; after that `fold_in`: the columns stay as they are."""
        return self.fold_in(X) if hasattr(self, "_model") else self.fit(X, y)

    # ------------------------------------------------------------------ files

    def save(self, file: str | os.PathLike[str]) -> None:
        """Save the model, without the entries: an ``.npz`` that the command-line tool and ``numpy.load`` open.

        Raises
        ------
        rankfill.errors.FileError
        """
        self._fitted().save(os.fspath(file))

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> MatrixCompletion:
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
