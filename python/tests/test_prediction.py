# SPDX-License-Identifier: Apache-2.0
"""Values, recommendations and likenesses."""

import numpy as np
import pytest

import rankfill
from rankfill.errors import InvalidData


def test_prediction_is_mean_biases_and_product(ratings):
    model = rankfill.MatrixCompletion(rank=3, center="bias").fit(ratings)
    u, v = model.row_factors_.astype(float), model.col_factors_.astype(float)

    expected = model.mean_ + model.row_bias_[7] + model.col_bias_[9] + u[7] @ v[9]

    # rank + 3 terms, summed in another order.
    assert model.predict(7, 9) == pytest.approx(expected, rel=6 * np.finfo(float).eps * 10)
    grid = model.predict(np.arange(4)[:, None], np.arange(5))
    assert grid.shape == (4, 5)
    assert grid[2, 3] == model.predict(2, 3)
    np.testing.assert_array_equal(model.predict(np.array([[2, 3], [7, 9]])), model.predict([2, 7], [3, 9]))
    np.testing.assert_array_equal(model.predict(ratings), model.predict(ratings.rows, ratings.cols))


def test_unseen_ids_get_the_mean_and_indices_beyond_the_matrix_an_error(ratings):
    named = rankfill.MatrixCompletion(rank=2).fit((ratings.rows.astype(str), ratings.cols, ratings.values))
    matrix = rankfill.MatrixCompletion(rank=2).fit(ratings)

    assert named.predict("nobody", 3) == named.mean_
    assert matrix.predict(-1, 3) == matrix.mean_
    with pytest.raises(InvalidData, match="row index 300 is not in the model, which has 300 rows"):
        matrix.predict(300, 3)
    with pytest.raises(InvalidData, match="whole numbers are needed"):
        matrix.predict("nobody", 3)


def test_score_is_minus_rmse(fitted, ratings):
    assert fitted.score(ratings) == pytest.approx(-np.sqrt(np.mean(fitted.residuals() ** 2)), rel=1e-12)
    assert fitted.score((ratings.rows, ratings.cols), ratings.values) == fitted.score(ratings)
    np.testing.assert_array_equal(fitted.residuals(ratings), fitted.residuals())


def test_recommendations_are_the_best_unseen(fitted, ratings):
    ids, values = fitted.recommend(12, 7)
    everything = fitted.predict(12, np.arange(200))
    everything[ratings.cols[ratings.rows == 12]] = -np.inf

    np.testing.assert_array_equal(ids, np.argsort(-everything, kind="stable")[:7])
    np.testing.assert_array_equal(values, everything[ids])
    many, _ = fitted.recommend([3, 12], 7)
    np.testing.assert_array_equal(many[1], ids)
    top, _ = fitted.recommend(12, 1, exclude_seen=False)
    assert top[0] == np.argmax(fitted.predict(12, np.arange(200)))
    with pytest.raises(InvalidData, match='there is no row "nobody"'):
        rankfill.MatrixCompletion(rank=1).fit((["a", "b"], ["x", "y"], [1.0, 2.0])).recommend("nobody")


def test_rows_that_have_seen_almost_everything_are_padded():
    matrix = np.array([[1.0, 2, 3], [1, np.nan, np.nan]])
    model = rankfill.MatrixCompletion(rank=1).fit(matrix)

    ids, values = model.recommend([0, 1], 5)

    assert ids.shape == (2, 3)
    assert (ids[0] == -1).all()
    assert np.isnan(values[0]).all()
    assert sorted(ids[1]) == [-1, 1, 2]
    assert len(model.recommend(0, 5)[0]) == 0


def test_similar_columns_point_the_same_way(fitted):
    ids, cosines = fitted.similar(3, 5)
    v = fitted.col_factors_.astype(float)
    v /= np.linalg.norm(v, axis=1, keepdims=True)

    assert 3 not in ids
    np.testing.assert_allclose(cosines, np.sort(np.delete(v @ v[3], 3))[::-1][:5], atol=1e-6)
    assert fitted.similar([1, 2], 4, axis=0)[0].shape == (2, 4)
