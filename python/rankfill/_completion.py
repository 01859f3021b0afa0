# SPDX-License-Identifier: Apache-2.0
"""The estimator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rankfill._fitting import Callback, Fitting
from rankfill._inspection import Inspection
from rankfill._persistence import Persistence
from rankfill._prediction import Prediction


class MatrixCompletion(Fitting, Prediction, Inspection, Persistence):
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
    init : {"random", "sketch"}, default "random"
        Where the factors start: random numbers, or products of the data with such, which stand for the first sweeps.
    solver : str, default "auto"
        "auto" chooses, and ``summary_["solver_reason"]`` says why; any name that the command line knows.
    solver_options : dict, optional
        Settings of the solver itself, for example ``{"momentum": 0.9}`` for "gd".
    warm_up : int, default 0
        Sweeps of ALS with a larger lambda before the solver begins: with held-out data often a better model in less
        time.
    warm_up_factor : float, default 4
        How much larger, >= 1.
    warm_up_cg_steps : int, optional
        Conjugate-gradient steps per row in these sweeps; 0 is exact, None chooses.
    formulation : str, default "auto"
        How the gradient is evaluated: "entries", "scatter", "projection", "block" or "dense".
    device : str, default "auto"
        "cpu", "cuda", "cuda:1"; "auto" takes the first CUDA device if there is one.
    precision : {"auto", "float32", "float64", "mixed"}, default "auto"
        "auto" is float64 where `tolerance` is below 2e-6, else float32.
    threads : int, default 0
        CPU threads; 0 takes all.  Does not change the result.
    random_state : int, numpy.random.Generator, RandomState or None, default 0
        Seeds the starting factors, the schedule of "sgd" and random hold-outs.  None: another one each time.
    max_iterations : int, optional
        At most this many; 100 unless given, and 1000 with `recover`.
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
    recover : bool or dict, default False
        The values are exact, or nearly so, and come from a matrix of low rank: find that matrix, in float64 with lambda
        driven to 0, and say in ``recovery_`` whether entries that were kept apart came out right.  `rank` is then the
        largest one tried ("auto": 64) and `center` is "none".  A dict changes what else there is:
        ``estimate_rank`` (True; False takes `rank` for the rank), ``tolerance`` (1e-12, of the data, where fitted),
        ``check_fraction`` (0.01 of the entries kept apart, unless ``fit`` is given held-out data), ``center``.
    duplicates : {"error", "last", "mean"}, default "error"
        What becomes of a pair that is given twice.
    missing : float, default nan
        In dense matrices this value means "not observed", beside NaN.
    warm_start : bool, default False
        Start from the factors of the last fit, if shape and rank are the same.
    keep_data : bool, default True
        Keep the entries (16 bytes each) for `recommend`, `impute`, `residuals` and `certificate`.  Arrays on a device
        are kept there, and copied to the host when one of these first needs them.
    callbacks : callable or list of them, optional
        Each is called after each iteration with a dict: iteration, objective, relative_gradient, train_rmse,
        holdout_rmse, passes, seconds.  Returning True stops the fit.
    verbose : int, default 0
        1 shows a progress bar on the terminal or in the notebook, 2 prints a line per iteration instead.

    Attributes
    ----------
    row_factors_, col_factors_ : ndarray, shapes (m, k) and (n, k)
        U and V, read only.
    rank_ : int
        k, found or given.
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
    recovery_ : dict or None
        With `recover`: ``verdict`` ("recovered", "noisy", "not_recovered", "unchecked"), ``message`` in words,
        ``rank``, ``rank_estimated``, ``oversampling`` (entries per degree of freedom), ``train_residual`` and
        ``check_residual`` (relative), ``num_checked``, ``undetermined_rows``, ``undetermined_cols``,
        ``singular_values`` of the matrix.
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

    def __init__(
        self,
        rank: int | str = 32,
        regularization: float | str = "auto",
        weighting: str | float = "plain",
        center: str = "mean",
        bias_damping: float = 5.0,
        init: str = "random",
        solver: str = "auto",
        solver_options: dict[str, float] | None = None,
        warm_up: int = 0,
        warm_up_factor: float = 4.0,
        warm_up_cg_steps: int | None = None,
        formulation: str = "auto",
        device: str = "auto",
        precision: str = "auto",
        threads: int = 0,
        random_state: Any = 0,
        max_iterations: int | None = None,
        tolerance: float = 1e-4,
        holdout_tolerance: float = 1e-4,
        patience: int = 5,
        keep_best: bool = True,
        certify: bool = False,
        recover: bool | dict[str, Any] = False,
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
        self.init = init
        self.solver = solver
        self.solver_options = solver_options
        self.warm_up = warm_up
        self.warm_up_factor = warm_up_factor
        self.warm_up_cg_steps = warm_up_cg_steps
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
        self.recover = recover
        self.duplicates = duplicates
        self.missing = missing
        self.warm_start = warm_start
        self.keep_data = keep_data
        self.callbacks = callbacks
        self.verbose = verbose
