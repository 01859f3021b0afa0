# SPDX-License-Identifier: Apache-2.0
"""How good a fit is."""

import pytest

import rankfill


def test_certificate_bounds_the_objective_from_below(ratings):
    model = rankfill.MatrixCompletion(rank=20, regularization=8.0, tolerance=1e-5).fit(ratings)

    found = model.certificate()

    assert 0 <= found["relative_gap"] < 1
    assert found["objective"] == pytest.approx(model.objective_, rel=1e-5)
    larger = rankfill.MatrixCompletion(rank=40, regularization=8.0, certify=True).fit(ratings)
    assert found["dual_objective"] <= larger.objective_
    assert larger.certificate()["message"] == larger.summary_["certificate"]["message"]


def test_the_gradient_of_every_formulation(ratings, dense):
    found = rankfill.check_gradient(ratings, estimator=rankfill.MatrixCompletion(rank=3, weighting="count"))
    block = rankfill.check_gradient(dense[0], estimator=rankfill.MatrixCompletion(rank=3))

    assert found["passed"]
    by_name = {row["formulation"]: row for row in found["formulations"]}
    assert by_name["entries"]["best_relative_error"] <= 1e-7
    assert by_name["entries"]["remainder_slope"] == pytest.approx(2, abs=0.1)
    assert by_name["block"]["remainder_slope"] is None
    assert "do not fill a block" in by_name["block"]["note"]
    assert {row["note"] for row in block["formulations"]} == {""}
