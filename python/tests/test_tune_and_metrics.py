# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import rankfill
from rankfill import metrics
from rankfill.errors import InvalidData, InvalidOption

FEW = rankfill.MatrixCompletion(rank=4, max_iterations=30)


def test_tune_finds_a_better_lambda_and_fits_everything(ratings):
    seen = []

    result = rankfill.tune(ratings, estimator=FEW, ranks=[2, 4], weightings=["count"], refine=1, callback=seen.append)

    assert len(seen) == len(result.points_)
    assert result.best_rmse_ == min(point["rmse"] for point in result.points_)
    assert seen[-1]["best"]["rmse"] == result.best_rmse_
    assert result.best_estimator_.summary_["num_entries"] == len(ratings)
    assert result.best_estimator_.get_params()["regularization"] == result.best_params_["regularization"]
    assert np.isfinite(result.best_estimator_.predict(0, 0))


def test_tune_of_one_point_is_a_hold_out(ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2)
    result = rankfill.tune(train, estimator=FEW, weightings=[1], regularizations=[0.1], refine=0, validation=test)

    assert len([p for p in result.points_ if p["regularization"] == 0.1]) == 1
    assert result.best_estimator_.weighting == 1


def test_tune_by_folds_and_by_time(ratings):
    folds = rankfill.tune(ratings, estimator=FEW, weightings=["count"], regularizations=[0.1, 0.2], folds=3, refine=0)
    times = np.arange(len(ratings), dtype=float)
    late = rankfill.tune(
        (ratings.rows, ratings.cols, ratings.values, times),
        estimator=FEW,
        weightings=["count"],
        regularizations=[0.1, 0.2],
        by="time",
        fraction=0.3,
        refine=0,
    )

    assert folds.summary_["num_heldout"] == len(ratings)
    assert np.isfinite(folds.points_[0]["standard_error"])
    assert late.summary_["num_heldout"] == round(0.3 * len(ratings))


def test_tune_may_be_stopped_and_interrupted(ratings, press_ctrl_c):
    stopped = rankfill.tune(ratings, estimator=FEW, callback=lambda point: point["done"] == 2)
    with pytest.warns(rankfill.errors.InterruptedWarning):
        broken = rankfill.tune(ratings, estimator=FEW, callback=lambda p: p["done"] == 2 and press_ctrl_c())

    assert len(stopped.points_) == 2
    assert len(broken.points_) >= 2
    assert np.isfinite(broken.best_estimator_.predict(0, 0))


def test_tune_refuses_rubbish(ratings):
    for given, says in [
        ({"folds": 1}, "must be >= 2"),
        ({"by": "age"}, "must be random or time"),
        ({"ranks": ["many"]}, "whole number"),
        ({"regularizations": [-2]}, "must be a number >= 0"),
        ({"weightings": [7]}, r"\[0, 1\]"),
        ({"fraction": 2}, "between 0 and 1"),
        ({"by": "time"}, "no time column"),
    ]:
        with pytest.raises((InvalidOption, InvalidData), match=says):
            rankfill.tune(ratings, estimator=FEW, **given)


def test_rmse_and_mae_by_hand():
    assert metrics.rmse([1.0, 2, 3], [1, 2, 5]) == pytest.approx(np.sqrt(4 / 3))
    assert metrics.mae([1.0, 2, 3], [1, 2, 5]) == pytest.approx(2 / 3)
    with pytest.raises(InvalidData, match="one length"):
        metrics.rmse([1.0], [1, 2])


@pytest.fixture
def ranked():
    """Predictions 3, 2, 1, 0 for the columns of both rows; row 1 has seen column 0."""
    model = rankfill.MatrixCompletion(rank=1, center="none").fit(
        np.array([[3.0, np.nan, np.nan, 0], [3, 2, 1, np.nan]])
    )
    core = rankfill._core.Model.make(
        np.ones((2, 1)),
        np.array([[3.0], [2], [1], [0]]),
        0.0,
        np.zeros(0),
        np.zeros(0),
        model._model.row_ids,
        model._model.col_ids,
        "{}",
    )
    model._set_model(core)
    return model


def test_ranking_metrics_by_hand(ranked):
    test = (np.array([0, 0, 1]), np.array([1, 3, 0]), np.array([1.0, 4.0, 2.0]))

    # Row 0: recommended 0, 1, 2; gains 0, 1, 0 against 4, 1.  Row 1: 0, 1, 2; gains 2, 0, 0, which is the best.
    first = (1 / np.log2(3)) / (4 + 1 / np.log2(3))
    assert metrics.ndcg_at_k(ranked, test, 3, exclude_seen=False) == pytest.approx((first + 1) / 2)
    assert metrics.recall_at_k(ranked, test, 3, exclude_seen=False) == pytest.approx((0.5 + 1) / 2)
    assert metrics.recall_at_k(ranked, test, 3, threshold=2.0, exclude_seen=False) == pytest.approx((0 + 1) / 2)
    assert metrics.coverage(ranked, k=2, exclude_seen=False) == 0.5
    assert metrics.coverage(ranked, k=2) == 0.75  # row 0 is left columns 1 and 2, row 1 column 3
    with pytest.raises(InvalidData, match="no test entry"):
        metrics.ndcg_at_k(ranked, (np.array([9]), np.array([0]), np.array([1.0])), 3)


def test_lambda_between_conventions(ratings):
    convert = rankfill.convert_regularization

    assert convert(0.05, source="LIBMF", target="Spark ALS") == 0.05
    assert convert(12.0, source="softImpute", target="cmfrec") == 12.0
    full = np.ones((8, 18))  # every row has 18 entries and every column 8
    assert convert(0.5, source="surprise", X=full) == pytest.approx(0.5 * np.sqrt(8 * 18))
    back = convert(convert(0.5, source="count", X=ratings), source="plain", target="count", X=ratings)
    assert back == pytest.approx(0.5, rel=1e-14)
    with pytest.raises(InvalidData, match="give the data"):
        convert(1.0, source="libmf", target="plain")
    with pytest.raises(InvalidOption, match="must be one of"):
        convert(1.0, source="excel", target="plain")


def test_converted_lambda_is_the_same_problem_when_counts_are_equal(dense):
    full, _ = dense
    plain = rankfill.convert_regularization(0.02, source="count", target="plain", X=full)
    how = {"rank": 3, "precision": "float64", "tolerance": 1e-9, "max_iterations": 1000}

    weighted = rankfill.MatrixCompletion(weighting="count", regularization=0.02, **how).fit(full)
    unweighted = rankfill.MatrixCompletion(weighting="plain", regularization=plain, **how).fit(full)

    # Both are within 1e-9 of a stationary point, relatively; a margin for the conditioning of the problem.
    np.testing.assert_allclose(weighted.impute(keep_observed=False), unweighted.impute(keep_observed=False), atol=1e-6)
