# SPDX-License-Identifier: Apache-2.0
"""Exact recovery of matrices of low rank."""

import warnings

import numpy as np
import pytest

import rankfill
from rankfill.errors import ConvergenceWarning, InvalidOption


@pytest.fixture
def planted():
    """A 60 x 50 matrix of rank 3, and the same with 6 of 10 entries NaN: oversampling about 3.7."""
    rng = np.random.default_rng(11)
    full = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 50))
    holed = np.where(rng.random(full.shape) < 0.4, full, np.nan)
    return full, holed


def test_finds_rank_and_matrix(planted):
    full, holed = planted

    model = rankfill.MatrixCompletion(rank="auto", recover=True).fit(holed)

    found = model.recovery_
    assert (found["verdict"], found["rank"], found["rank_estimated"]) == ("recovered", 3, True)
    assert model.rank_ == 3
    assert found["message"].startswith("recovered: rank 3 (estimated), oversampling")
    assert found["train_residual"] <= 2e-12
    assert found["num_checked"] > 0
    # The check's residual bounds a sample of the entries by 10 times the tolerance; the rest, by another factor of 10.
    np.testing.assert_allclose(
        model.impute(keep_observed=False), full, rtol=0, atol=100 * 1e-12 * np.linalg.norm(full) / np.sqrt(full.size)
    )
    # Eq. 38 over the entries that were fitted; singular values are right to 1e-8 of the largest.
    fitted = (~np.isnan(holed)).sum() - found["num_checked"]
    assert found["oversampling"] == pytest.approx(fitted / (3 * (60 + 50 - 3)), rel=1e-12)
    singular = np.linalg.svd(full, compute_uv=False)[:3]
    np.testing.assert_allclose(found["singular_values"], singular, rtol=0, atol=1e-8 * singular[0])


def test_a_given_rank_is_taken(planted):
    _, holed = planted

    model = rankfill.MatrixCompletion(rank=3, recover={"estimate_rank": False}).fit(holed)

    assert (model.recovery_["verdict"], model.recovery_["rank_estimated"]) == ("recovered", False)
    assert model.regularization_ == 0
    assert model.mean_ == 0
    how = {"estimate_rank": False, "center": "mean", "check_fraction": 0}
    centred = rankfill.MatrixCompletion(rank=4, recover=how).fit(holed)
    count = np.isfinite(holed).sum()
    assert centred.mean_ == pytest.approx(np.nanmean(holed), abs=count * np.finfo(float).eps * np.nanmax(np.abs(holed)))


def test_a_rank_larger_than_the_data_need_is_lowered_with_a_warning(planted):
    with pytest.warns(ConvergenceWarning, match="rank 5 is more than the data need: 3 fits them"):
        model = rankfill.MatrixCompletion(rank=5, recover={"estimate_rank": False}).fit(planted[1])

    assert model.rank_ == 3


def test_noise_is_told_from_failure(planted):
    full, holed = planted
    noisy = holed + 1e-4 * np.random.default_rng(1).standard_normal(full.shape)

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = rankfill.MatrixCompletion(rank=3, recover={"estimate_rank": False, "check_fraction": 0.05}).fit(noisy)

    assert model.recovery_["verdict"] == "noisy"
    # Noise s leaves about s where fitted, and up to 10 times that where not.
    assert 0.5e-4 < model.recovery_["check_residual"] * np.sqrt((full**2).mean()) < 10e-4


def test_failure_warns():
    noise = np.random.default_rng(2).standard_normal((30, 20))

    with pytest.warns(ConvergenceWarning, match="not recovered: rank"):
        model = rankfill.MatrixCompletion(rank=4, recover={"check_fraction": 0.1}, max_iterations=60).fit(noise)

    assert model.recovery_["verdict"] == "not_recovered"


def test_held_out_data_judge(planted):
    full, holed = planted
    rows, cols = np.nonzero(np.isnan(holed))

    model = rankfill.MatrixCompletion(rank=5, recover=True).fit(holed, holdout=np.where(np.isnan(holed), full, np.nan))

    assert model.recovery_["num_checked"] == len(rows) == len(cols)
    assert model.recovery_["verdict"] == "recovered"


def test_nothing_held_out_is_said(planted):
    model = rankfill.MatrixCompletion(rank=3, recover={"check_fraction": 0}).fit(planted[1])

    assert model.recovery_["verdict"] == "unchecked"
    assert np.isnan(model.recovery_["check_residual"])


def test_without_recover_there_is_none(planted):
    assert rankfill.MatrixCompletion(rank=2).fit(planted[1]).recovery_ is None


def test_settings_that_do_not_go_with_it_are_refused(planted):
    for given, says in [
        ({"recover": "yes"}, "recover = yes: must be True, False or a dict of estimate_rank, tolerance"),
        ({"recover": {"tol": 1}}, "must be True, False or a dict"),
        ({"recover": {"tolerance": 0}}, "must be > 0"),
        ({"recover": {"check_fraction": 1}}, r"check_fraction = 1: must be in \[0, 1\)"),
        ({"recover": {"center": "median"}}, "center"),
        ({"recover": True, "regularization": 0.1}, "recovery drives lambda to 0"),
        ({"recover": True, "weighting": "count"}, "must be 0 for recovery"),
        ({"recover": True, "certify": True}, "does not go with recovery"),
        ({"recover": True, "precision": "float32"}, "must be float64 or automatic"),
        ({"recover": True, "solver": "gd"}, "must be auto, vp-lbfgs, nesterov-als or als"),
    ]:
        with pytest.raises(InvalidOption, match=says):
            rankfill.MatrixCompletion(**{"rank": 3, **given}).fit(planted[1])
    with pytest.raises(InvalidOption, match="has no lambda to search for"):
        rankfill.tune(planted[1], estimator=rankfill.MatrixCompletion(recover=True))


def test_recovered_models_take_new_rows_and_come_back(planted, tmp_path):
    full, holed = planted
    model = rankfill.MatrixCompletion(rank=3, recover=True).fit(holed[:50])

    filled = model.transform(holed[50:])

    # Least squares from about 20 entries for 3 numbers: the error of the columns, times a condition number below 100.
    np.testing.assert_allclose(filled, full[50:], rtol=0, atol=1e-8)
    model.save(tmp_path / "model.npz")
    assert rankfill.load(tmp_path / "model.npz").predict(3, 4) == model.predict(3, 4)
