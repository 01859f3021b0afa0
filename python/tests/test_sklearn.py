# SPDX-License-Identifier: Apache-2.0
"""The estimator as scikit-learn sees it."""

import warnings

import numpy as np
import pytest

import rankfill

sklearn = pytest.importorskip("sklearn")

NOT_FOR_US = dict.fromkeys(
    ("check_estimator_sparse_array", "check_estimator_sparse_matrix"),
    "predict(matrix) gives whole rows, not one target per row",
)


def test_estimator_checks():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = checks.check_estimator(
            rankfill.MatrixCompletion(rank=2, max_iterations=5), on_fail=None, expected_failed_checks=NOT_FOR_US
        )

    failed = {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"}
    assert failed == {}
    assert sum(r["status"] == "passed" for r in results) > 30


def test_clone_keeps_parameters_and_forgets_the_fit(fitted):
    from sklearn.base import clone

    copy = clone(fitted)

    assert str(copy) == str(fitted)
    assert not hasattr(copy, "row_factors_")


def test_unfitted_raises_their_error_too():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        rankfill.MatrixCompletion().predict(0, 0)


def test_grid_search_over_a_frame_of_ratings(ratings):
    pytest.importorskip("pandas")
    from sklearn.model_selection import GridSearchCV

    frame = ratings.to_frame()
    search = GridSearchCV(
        rankfill.MatrixCompletion(rank=3, weighting="count", max_iterations=15), {"regularization": [0.001, 0.15]}, cv=3
    )

    search.fit(frame[["row", "col"]], frame["value"])

    assert search.best_params_ == {"regularization": 0.15}
    assert search.predict(frame[["row", "col"]]).shape == (len(frame),)


def test_imputer_in_a_pipeline(dense):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    full, holed = dense
    target = full @ np.arange(30.0)
    pipeline = make_pipeline(rankfill.MatrixCompletion(rank=4, regularization=0.01), Ridge(alpha=1e-3))

    pipeline.fit(holed[:30], target[:30])

    assert pipeline.score(holed[30:], target[30:]) > 0.9
