# SPDX-License-Identifier: Apache-2.0
"""The matrix filled in, and rows that join it."""

import numpy as np
import pytest

import rankfill
from rankfill.errors import InvalidData


def test_impute_fills_holes_and_leaves_the_rest(dense):
    full, holed = dense
    model = rankfill.MatrixCompletion(rank=4, regularization=0.01, precision="float64", tolerance=1e-7)

    filled = model.fit_transform(holed)

    seen = ~np.isnan(holed)
    np.testing.assert_array_equal(filled[seen], holed[seen])
    # lambda shrinks what fits exactly: far below the spread of the data, which is 1.7.
    assert rankfill.metrics.rmse(full[~seen], filled[~seen]) < 0.02
    np.testing.assert_allclose(model.impute(keep_observed=False), model.predict(np.arange(40)[:, None], np.arange(30)))


def test_wide_frames_come_back_as_frames(dense):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(dense[1], index=[f"gene {i}" for i in range(40)], columns=[f"s{j}" for j in range(30)])
    model = rankfill.MatrixCompletion(rank=3, regularization=0.1)

    filled = model.fit_transform(frame)

    assert filled.index.equals(frame.index)
    assert filled.columns.equals(frame.columns)
    np.testing.assert_array_equal(
        filled.to_numpy(), rankfill.MatrixCompletion(rank=3, regularization=0.1).fit_transform(dense[1])
    )
    assert model.transform(frame.iloc[:5]).index.equals(frame.index[:5])


def test_transform_fills_other_rows(dense):
    full, holed = dense
    model = rankfill.MatrixCompletion(rank=4, regularization=0.01, precision="float64", tolerance=1e-7).fit(holed[:30])

    filled = model.transform(holed[30:])

    holes = np.isnan(holed[30:])
    assert rankfill.metrics.rmse(full[30:][holes], filled[holes]) < 0.05
    # Each row is solved alone; only the sums of the product may be taken in another order.
    np.testing.assert_allclose(
        model.transform(holed[35:36])[0], filled[5], rtol=0, atol=16 * np.finfo(float).eps * np.abs(filled).max()
    )


def test_fold_in_of_a_training_row_of_a_converged_fit_changes_nothing(dense):
    model = rankfill.MatrixCompletion(
        rank=3, regularization=0.5, precision="float64", tolerance=1e-10, max_iterations=1000
    )
    model.fit(dense[1])
    assert model.summary_["termination"] == "gradient_tolerance"
    before = model.row_factors_.copy()
    rows, cols = np.nonzero(~np.isnan(dense[1][:3]))

    model.fold_in((rows, cols, dense[1][rows, cols]))

    # |gradient| <= 1e-10 |Lambda (U, V)|, over lambda, the least eigenvalue.
    bound = 1e-10 * np.sqrt((before**2).sum() + (model.col_factors_**2).sum())
    np.testing.assert_allclose(model.row_factors_, before, rtol=0, atol=bound)


@pytest.mark.parametrize("name", [lambda i: f"user {i}", lambda i: 10 * i, lambda i: ("u", i)])
def test_fold_in_adds_rows_by_id(ratings, name):
    ids = np.empty(300, dtype=object)
    ids[:] = [name(i) for i in range(300)]
    rows = ids[ratings.rows] if isinstance(name(0), (str, tuple)) else ids[ratings.rows].astype(int)
    model = rankfill.MatrixCompletion(rank=4, center="bias").fit((rows, ratings.cols, ratings.values))
    before = model.predict(ids[7], 3)
    new = name(1000) if isinstance(name(0), int) else name(-1)

    model.partial_fit(([new] * 3, [1, 2, 3], [5.0, 4.0, 5.0]))

    assert new in list(model.row_ids_)
    assert model.predict(ids[7], 3) == before
    assert model.predict(new, 1) > model.predict("nobody" if not isinstance(new, int) else -5, 1)
    assert not set(model.recommend(new, 197)[0]) & {1, 2, 3}
    assert np.isfinite(model.residuals()).all()


def test_fold_in_appends_the_rows_of_a_matrix(dense):
    model = rankfill.MatrixCompletion(rank=3, regularization=0.01).fit(dense[1][:30])

    model.fold_in(dense[1][30:])

    assert model.impute().shape == (40, 30)
    with pytest.raises(InvalidData, match="columns"):
        model.fold_in(dense[1][:, :5])


def test_unknown_columns_are_left_out_with_a_warning(fitted):
    with pytest.warns(rankfill.errors.ConvergenceWarning, match="1 entries are of columns"):
        model = rankfill.MatrixCompletion(rank=1).fit((["a", "b", "a"], ["x", "y", "y"], [1.0, 2.0, 3.0]))
        model.fold_in((["c", "c"], ["x", "new"], [1.0, 9.0]))
    assert len(model.row_ids_) == 3
