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
