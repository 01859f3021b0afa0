# SPDX-License-Identifier: Apache-2.0
"""Arrays on a device give the bits of arrays on the host, and stay where they are.

The device is the emulator; the library that owns the arrays is a stand-in for CuPy, and one for PyTorch, made of NumPy.
"""

import sys
import types

import numpy as np
import pytest

import rankfill
from rankfill import _emulated
from rankfill.errors import InvalidData, InvalidOption

sparse = pytest.importorskip("scipy.sparse")

NAMES = ("unique", "where", "isnan", "asarray", "int64", "float32", "float64")


def library(name, with_functions=True):
    """A module with arrays on the device; its functions work on the host, which nobody counts."""
    module = types.ModuleType(name)

    class Array:
        def __init__(self, array):
            self._strided = array
            whole = np.ascontiguousarray(array)
            self._memory = _emulated.Memory(whole.tobytes() or b" ")
            self.shape, self.dtype = array.shape, array.dtype

        @property
        def array(self):
            found = np.frombuffer(self._memory.contents(), dtype=self.dtype, count=self.size)
            return found.reshape(self.shape)

        @property
        def size(self):
            return int(np.prod(self.shape))

        @property
        def __cuda_array_interface__(self):
            strides = None if self._strided.flags.c_contiguous else self._strided.strides
            return {
                "shape": self.shape,
                "typestr": self.dtype.str,
                "data": (self._memory.address, True),
                "strides": strides,
                "stream": 1,
                "version": 3,
            }

        def copy(self):
            return Array(self.array.copy())

        def get(self):
            return self.array

        def __invert__(self):
            return Array(~self.array)

        def __getitem__(self, observed):
            return Array(self.array[observed.array])

    def of_host(name):
        return lambda a, b: Array(getattr(a.array, name)(b.array if isinstance(b, Array) else b))

    for operation in ("add", "mul", "and", "or", "xor", "lshift", "rshift", "lt", "ne"):
        setattr(Array, f"__{operation}__", of_host(f"__{operation}__"))
    Array.__module__ = name
    module.Array = Array
    if with_functions:
        module.int64, module.float32, module.float64 = np.int64, np.float32, np.float64
        module.unique = lambda a, return_inverse: tuple(map(Array, np.unique(a.array, return_inverse=return_inverse)))
        module.where = lambda a: tuple(map(Array, np.where(a.array)))
        module.isnan = lambda a: Array(np.isnan(a.array))
        module.asarray = lambda a, dtype=None: Array(np.asarray(a.array if isinstance(a, Array) else a, dtype=dtype))
    return module


@pytest.fixture
def xp(monkeypatch):
    module = library("standin")
    monkeypatch.setitem(sys.modules, "standin", module)
    return module


@pytest.fixture
def ratings():
    return rankfill.datasets.ratings(60, 40, 900, random_state=1)


def fit(X, device="cuda", **given):
    return rankfill.MatrixCompletion(rank=3, regularization=1.0, max_iterations=3, device=device).fit(X, **given)


def stays(model):
    return not isinstance(model._kept, rankfill.Entries)


def same(a, b):
    np.testing.assert_array_equal(a.row_factors_, b.row_factors_)
    np.testing.assert_array_equal(a.col_factors_, b.col_factors_)
    np.testing.assert_array_equal(a.row_ids_, b.row_ids_)
    np.testing.assert_array_equal(a.col_ids_, b.col_ids_)
    assert a.mean_ == b.mean_


@pytest.mark.parametrize("ids", [np.int32, np.int64, np.uint16])
@pytest.mark.parametrize("values", [np.float32, np.float64, np.int8, np.float16])
def test_columns_of_entries_stay_on_the_device(xp, ratings, ids, values):
    columns = ((ratings.rows * 3 + 7).astype(ids), ratings.cols.astype(ids), (2 * ratings.values).astype(values))

    model = fit(tuple(map(xp.Array, columns)))

    assert stays(model)
    same(model, fit(columns))
    assert model.row_ids_[0] == 7
    same(fit(tuple(map(xp.Array, columns[:2])), y=xp.Array(columns[2])), model)


def test_no_entry_comes_to_the_host(xp):
    count = 1500 * 100
    rows, cols = np.divmod(np.arange(count, dtype=np.int32), 100)
    values = (rows * cols % 9).astype(np.float32)
    arrays = tuple(map(xp.Array, (rows, cols, values)))
    options = {"rank": 2, "max_iterations": 1, "device": "cuda", "formulation": "entries", "solver": "als"}

    before = _emulated.bytes_to_host()
    model = rankfill.MatrixCompletion(**options).fit(arrays)
    moved = _emulated.bytes_to_host() - before

    assert stays(model)
    # factors, row offsets and orders of 1600 rows and columns, and samples of about 1024 and twice 4096 entries
    assert moved < 1600 * 128 + 24 * (1024 + 2 * 4096) < 12 * count / 3


def test_the_entries_are_fetched_when_they_are_needed(xp, ratings):
    columns = (ratings.rows, ratings.cols, ratings.values)
    model, expected = fit(tuple(map(xp.Array, columns))), fit(columns)

    assert stays(model)
    np.testing.assert_array_equal(model.residuals(), expected.residuals())
    assert not stays(model)
    np.testing.assert_array_equal(
        model.recommend(int(ratings.rows[0]), 5)[0], expected.recommend(ratings.rows[0], 5)[0]
    )


def test_held_out_data_may_be_anywhere(xp, ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2)
    columns, held = (train.rows, train.cols, train.values), (test.rows, test.cols, test.values)
    expected = fit(columns, holdout=held)

    for holdout in (held, tuple(map(xp.Array, held))):
        model = fit(tuple(map(xp.Array, columns)), holdout=holdout)
        assert stays(model)
        same(model, expected)
        assert model.summary_["holdout_rmse"] == expected.summary_["holdout_rmse"]


def test_sparse_matrices_stay_on_the_device(xp, ratings):
    matrix = ratings.to_scipy()

    class Sparse:
        shape, row, col, data = matrix.shape, xp.Array(matrix.row), xp.Array(matrix.col), xp.Array(matrix.data)

        def tocoo(self):
            return self

    assert stays(fit(Sparse()))
    same(fit(Sparse()), fit(matrix))


def test_sparse_tensors_stay_on_the_device(xp, ratings, monkeypatch):
    class Tensor(xp.Array):
        device = "cuda:0"
        detach = contiguous = lambda self: self

    Tensor.__module__ = "standin"
    stream = types.SimpleNamespace(cuda_stream=0)
    torch = types.SimpleNamespace(cuda=types.SimpleNamespace(current_stream=lambda device: stream))
    monkeypatch.setitem(sys.modules, "torch", torch)

    class Sparse:
        layout, shape = "torch.sparse_csr", ratings.shape
        __dlpack_device__ = lambda self: (2, 0)  # noqa: E731
        detach = to_sparse_coo = coalesce = lambda self: self
        indices = lambda self: (Tensor(ratings.rows.astype(np.int64)), Tensor(ratings.cols.astype(np.int64)))  # noqa: E731
        values = lambda self: Tensor(ratings.values)  # noqa: E731

    assert stays(fit(Sparse()))
    same(fit(Sparse()), fit(ratings.to_scipy()))


@pytest.mark.parametrize("values", [np.float32, np.float64])
def test_dense_matrices_stay_on_the_device(xp, values):
    rng = np.random.default_rng(5)
    full = (rng.standard_normal((30, 3)) @ rng.standard_normal((3, 20))).astype(values)
    observed = rng.random(full.shape) < 0.7
    holed, marked = np.where(observed, full, np.nan).astype(values), np.where(observed, full, -9).astype(values)
    expected = fit(holed)

    assert stays(fit(xp.Array(holed)))
    same(fit(xp.Array(holed)), expected)
    same(fit(xp.Array(full), mask=xp.Array(observed)), expected)
    same(fit(xp.Array(full), mask=observed), expected)
    missing = rankfill.MatrixCompletion(rank=3, regularization=1.0, max_iterations=3, device="cuda", missing=-9.0)
    same(missing.fit(xp.Array(marked)), expected)
    assert stays(missing)
    counts = rng.integers(0, 5, (30, 20))
    same(fit(xp.Array(counts)), fit(counts))


def test_columns_with_gaps_are_closed_on_the_device(xp, ratings):
    columns = (ratings.rows, ratings.cols, ratings.values)
    gaps = xp.Array(np.repeat(ratings.values, 2)[::2])
    assert gaps.__cuda_array_interface__["strides"] == (16,)

    model = fit((xp.Array(columns[0]), xp.Array(columns[1]), gaps))

    assert stays(model)
    same(model, fit(columns))


@pytest.mark.parametrize(
    "parameters",
    [{"device": "cpu"}, {"duplicates": "last"}, {"recover": True, "regularization": "auto", "max_iterations": 5}],
)
def test_what_works_on_the_host_copies_to_it(xp, ratings, parameters):
    columns = (ratings.rows, ratings.cols, ratings.values)
    parameters = {"rank": 2, "regularization": 1.0, "max_iterations": 3, **parameters}

    model = rankfill.MatrixCompletion(**parameters).fit(tuple(map(xp.Array, columns)))

    assert not stays(model)
    same(model, rankfill.MatrixCompletion(**parameters).fit(columns))


@pytest.mark.parametrize("seed", [0, 7, 2**63 + 5])
def test_a_fraction_is_held_out_on_the_device(xp, ratings, seed):
    columns = (ratings.rows, ratings.cols, ratings.values)

    def fitted(X, fraction):
        model = rankfill.MatrixCompletion(
            rank=3, regularization=1.0, max_iterations=3, device="cuda", random_state=seed
        )
        return model.fit(X, holdout=fraction)

    model, expected = fitted(tuple(map(xp.Array, columns)), 0.2), fitted(columns, 0.2)

    assert stays(model)
    same(model, expected)
    assert model.summary_["num_entries"] == expected.summary_["num_entries"] < len(ratings)
    assert model.summary_["holdout_rmse"] == expected.summary_["holdout_rmse"]
    for fraction in (1.5, 1e-9):
        said = []
        for X in (tuple(map(xp.Array, columns)), columns):
            with pytest.raises(ValueError) as error:
                fitted(X, fraction)
            said.append((type(error.value), str(error.value)))
        assert said[0] == said[1]


def test_arrays_of_a_library_without_functions_are_adopted_or_copied(monkeypatch, ratings):
    bare, cupy = library("bare", with_functions=False), library("cupy")
    cupy.asarray = lambda a, dtype=None: cupy.Array(np.asarray(a.array, dtype=dtype))
    monkeypatch.setitem(sys.modules, "bare", bare)
    columns = (ratings.rows, ratings.cols, ratings.values)
    arrays = tuple(map(bare.Array, columns))

    assert not stays(fit(arrays))
    same(fit(arrays), fit(columns))
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert stays(fit(arrays))
    same(fit(arrays), fit(columns))


def test_what_is_wrong_is_said_in_the_words_of_the_host(xp, ratings):
    columns = [ratings.rows, ratings.cols, ratings.values.copy()]
    columns[2][17] = np.nan

    def complaint(X, **parameters):
        with pytest.raises(ValueError) as error:
            rankfill.MatrixCompletion(rank=2, **{"device": "cuda", **parameters}).fit(X)
        return type(error.value), str(error.value)

    assert complaint(tuple(map(xp.Array, columns))) == complaint(tuple(columns))
    twice = ([0, 0, 1], [0, 0, 1], [1.0, 3.0, 5.0])
    assert complaint(tuple(xp.Array(np.array(c)) for c in twice))[0] is InvalidData
    short = (xp.Array(columns[0]), xp.Array(columns[1]), xp.Array(columns[2][:5]))
    assert complaint(short) == (
        InvalidData,
        f"{len(ratings)} rows, {len(ratings)} columns and 5 values; one length is needed",
    )
    assert complaint(tuple(map(xp.Array, columns)), device="cuda:3")[0] is InvalidOption
    assert complaint(xp.Array(np.zeros(3)))[1] == complaint(np.zeros(3))[1]
