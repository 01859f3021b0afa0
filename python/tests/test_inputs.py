# SPDX-License-Identifier: Apache-2.0
"""Every form of input gives the same bits."""

import datetime
import uuid

import numpy as np
import pytest

import rankfill
from rankfill.errors import InvalidData

sparse = pytest.importorskip("scipy.sparse")


def fit(X, **given):
    return rankfill.MatrixCompletion(rank=3, regularization=1.0, max_iterations=5).fit(X, **given)


def same(a, b):
    np.testing.assert_array_equal(a.row_factors_, b.row_factors_)
    np.testing.assert_array_equal(a.col_factors_, b.col_factors_)


@pytest.fixture
def dense_fit(dense):
    return fit(dense[1])


@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "lil", "dok"])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_layouts_agree_with_dense(dense, dense_fit, layout, kind):
    rows, cols = np.nonzero(~np.isnan(dense[1]))
    matrix = kind((dense[1][rows, cols], (rows, cols)), shape=dense[1].shape).asformat(layout)

    found = fit(matrix)

    assert found.mean_ == pytest.approx(dense_fit.mean_, rel=1e-14)  # csc is summed in another order
    np.testing.assert_allclose(
        found.row_factors_ @ found.col_factors_.T, dense_fit.row_factors_ @ dense_fit.col_factors_.T, atol=1e-4
    )


@pytest.mark.parametrize("indices", [np.int32, np.int64])
@pytest.mark.parametrize("values", [np.float32, np.float64, np.int16])
def test_types_of_sparse_arrays_do_not_matter(indices, values):
    rng = np.random.default_rng(0)
    rows, cols = np.nonzero(rng.random((30, 20)) < 0.4)
    data = rng.integers(1, 6, len(rows)).astype(values)
    matrix = sparse.csr_array((data, (rows, cols)), shape=(30, 20))
    matrix.indices, matrix.indptr = matrix.indices.astype(indices), matrix.indptr.astype(indices)

    same(fit(matrix), fit((rows, cols, data.astype(np.float64))))


def test_explicit_zeros_are_observations():
    matrix = sparse.coo_array(([0.0, 2.0, 4.0], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))

    assert fit(matrix).summary_["num_entries"] == 3
    assert fit(matrix).mean_ == 2.0


def test_mask_and_masked_array_and_missing_value_say_the_same_as_nan(dense, dense_fit):
    full, holed = dense
    observed = ~np.isnan(holed)
    marked = np.where(observed, full, -999.0)

    same(fit(full, mask=observed), dense_fit)
    same(fit(np.ma.MaskedArray(full, ~observed)), dense_fit)
    same(rankfill.MatrixCompletion(rank=3, regularization=1.0, max_iterations=5, missing=-999.0).fit(marked), dense_fit)


@pytest.mark.parametrize(
    "change",
    [np.asfortranarray, lambda a: a[::-1][::-1], lambda a: np.repeat(a, 2, axis=1)[:, ::2], lambda a: a.astype(">f8")],
)
def test_strides_and_byte_order_do_not_matter(dense, dense_fit, change):
    same(fit(change(dense[1])), dense_fit)


def test_narrow_floats_are_taken():
    matrix = np.arange(12, dtype=np.float16).reshape(3, 4)

    same(fit(matrix), fit(matrix.astype(np.float64)))


def triplets(ratings):
    return ratings.rows + 5, ratings.cols * 3, ratings.values


def test_lists_of_entries_agree(ratings):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    rows, cols, values = triplets(ratings)
    structured = np.empty(len(rows), dtype=[("u", "i8"), ("i", "u4"), ("r", "f4")])
    structured["u"], structured["i"], structured["r"] = rows, cols, values
    expected = fit((rows, cols, values))

    same(fit(pandas.DataFrame({"u": rows, "i": cols, "r": values})), expected)
    same(fit(polars.DataFrame({"u": rows, "i": cols, "r": values})), expected)
    same(fit(structured), expected)
    same(fit(pandas.DataFrame({"u": rows, "i": cols}), y=values), expected)
    same(fit((rows, cols), y=values), expected)
    assert expected.row_ids_[0] == 5


@pytest.mark.parametrize(
    "name",
    [
        lambda i: f"user {i:03d} ä",
        lambda i: ("pair", i),
        lambda i: uuid.UUID(int=i),
        lambda i: datetime.date(2000, 1, 1) + datetime.timedelta(days=i),
        lambda i: i if i % 2 else f"text {i}",
        lambda i: 2**64 + i,
    ],
)
def test_ids_may_be_anything(ratings, name):
    ids = np.empty(300, dtype=object)
    ids[:] = [name(i) for i in range(300)]

    model = fit((ids[ratings.rows], ratings.cols, ratings.values))

    assert set(model.row_ids_) == {ids[row] for row in np.unique(ratings.rows)}
    k = list(model.row_ids_).index(ids[ratings.rows[0]])
    expected = model.mean_ + model.row_factors_[k].astype(float) @ model.col_factors_[0].astype(float)
    assert model.predict(ids[ratings.rows[0]], 0) == pytest.approx(expected, rel=1e-12)
    found, _ = model.recommend(ids[ratings.rows[0]], 3)
    assert len(found) == 3


def test_categories_and_string_columns_are_ids(ratings):
    pandas = pytest.importorskip("pandas")
    names = pandas.Series([f"u{i}" for i in ratings.rows])
    frame = pandas.DataFrame({"u": names, "i": ratings.cols, "r": ratings.values})

    same(fit(frame.assign(u=names.astype("category"))), fit(frame))


def test_texts_that_look_like_numbers_stay_texts(ratings):
    model = fit((np.array([f"{i:04d}" for i in ratings.rows]), ratings.cols, ratings.values))

    assert model.row_ids_[0] == f"{ratings.rows.min():04d}"


def test_duplicate_rules():
    pairs = ([0, 0, 1], [0, 0, 1], [1.0, 3.0, 5.0])
    kinds = {rule: rankfill.MatrixCompletion(rank=1, duplicates=rule) for rule in ("last", "mean")}

    with pytest.raises(InvalidData, match=r"pair \(0, 0\) is given more than once"):
        fit(pairs)
    assert kinds["last"].fit(tuple(map(np.array, pairs))).mean_ == 4.0
    assert kinds["mean"].fit(tuple(map(np.array, pairs))).mean_ == 3.5


def test_split_has_the_shape_and_names_of_the_whole(ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2, random_state=3)

    assert train.shape == test.shape == ratings.shape
    assert len(train) + len(test) == len(ratings)
    # A binomial share: five standard deviations.
    assert abs(len(test) - 0.2 * len(ratings)) < 5 * np.sqrt(0.16 * len(ratings))
    again = rankfill.train_test_split(ratings, fraction=0.2, random_state=3)[1]
    np.testing.assert_array_equal(again.rows, test.rows)


def test_split_by_time_holds_out_the_latest():
    times = np.array([5.0, 1, 4, 2, 3])
    rows = np.arange(5)

    _, test = rankfill.train_test_split((rows, rows, times, times), fraction=0.4, by="time")

    assert sorted(test.times) == [4, 5]


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.zeros(3), "two dimensions"),
        (np.zeros((2, 2, 2)), "two dimensions"),
        (np.full((2, 2), np.nan), "no entries"),
        (np.array([[1.0, np.inf]]), "finite"),
        (np.array([[1, 2j]]), "complex"),
        ((np.array([0, 1]), np.array([0, 1])), "2 columns"),
        ((np.array([0, 1]), np.array([0]), np.array([1.0, 2])), "one length is needed"),
        ((np.array([0.5, 1]), np.array([0, 1]), np.array([1.0, 2])), "whole numbers or labels"),
        ((np.array([np.nan, 1]), np.array([0, 1]), np.array([1.0, 2])), "entry 0 is missing"),
        ((np.array(["a", None], dtype=object), np.array([0, 1]), np.array([1.0, 2])), "entry 1 is missing"),
        ((np.array([1, "1"], dtype=object), np.array([0, 1]), np.array([1.0, 2])), "read the same"),
        ((np.array([0, 1]), np.array([0, 1]), np.array([1.0, np.nan])), "must be finite"),
        ((np.array([0, 1]), np.array([0, 1]), np.array(["x", "y"])), "could not convert"),
        (sparse.csr_array((3, 3)), "no entries"),
    ],
)
def test_rubbish_is_refused_in_words(X, says):
    with pytest.raises(ValueError, match=says):
        fit(X)


def test_a_damaged_sparse_matrix_is_refused():
    matrix = sparse.csr_array(np.ones((3, 3)))
    matrix.indices = matrix.indices + 1
    with pytest.raises(InvalidData, match=r"column index 3 is not in 0\.\.2"):
        fit(matrix)
    matrix = sparse.csr_array(np.ones((3, 3)))
    matrix.indptr = np.array([0, 5, 3, 9])
    with pytest.raises(InvalidData, match="indptr"):
        fit(matrix)


def test_a_mask_of_another_shape_or_type_is_refused(dense):
    with pytest.raises(InvalidData, match="mask has shape"):
        fit(dense[0], mask=np.ones((2, 2), dtype=bool))
    with pytest.raises(InvalidData, match="bool is needed"):
        fit(dense[0], mask=np.ones(dense[0].shape))


class OnDevice:
    """An array that only its own `get` brings to the host, as CuPy's."""

    def __init__(self, array):
        self._array = array
        self.__cuda_array_interface__ = {"shape": array.shape, "typestr": array.dtype.str, "version": 3}

    def get(self):
        return self._array


def test_arrays_on_a_device_are_fetched(ratings):
    rows, cols, values = triplets(ratings)

    same(fit((OnDevice(rows), OnDevice(cols), OnDevice(values))), fit((rows, cols, values)))


class Lent:
    """An array that speaks DLPack and nothing else."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **how):
        return self._array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


def test_dlpack_is_read(ratings):
    values = np.array(ratings.values)

    same(fit((ratings.rows, ratings.cols, Lent(values))), fit((ratings.rows, ratings.cols, values)))
