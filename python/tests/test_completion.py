# SPDX-License-Identifier: Apache-2.0
import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import rankfill
from rankfill.errors import FileError, InterruptedWarning, InvalidData, InvalidOption, NotFittedError


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


def test_history_describes_every_iteration(ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2)
    model = rankfill.MatrixCompletion(rank=4, solver="als", regularization=3.0).fit(train, holdout=test)

    assert len(model.history_["objective"]) == model.n_iter_ + 1
    assert set(model.history_) == {
        "iteration",
        "objective",
        "relative_gradient",
        "train_rmse",
        "holdout_rmse",
        "passes",
        "seconds",
    }
    assert -model.score(test) == pytest.approx(model.history_["holdout_rmse"].min(), rel=1e-6)
    objective = model.history_["objective"]
    # ALS never raises the objective, but for its rounding in float32.
    assert (np.diff(objective) <= np.finfo(np.float32).eps * len(train) ** 0.5 * objective[:-1]).all()


def test_held_out_fraction_is_that_of_train_test_split(ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2, random_state=4)
    a = rankfill.MatrixCompletion(rank=4, random_state=4).fit(ratings, holdout=0.2)
    b = rankfill.MatrixCompletion(rank=4, random_state=4).fit(train, holdout=test)

    np.testing.assert_array_equal(a.row_factors_, b.row_factors_)


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


def test_certificate_bounds_the_objective_from_below(ratings):
    model = rankfill.MatrixCompletion(rank=20, regularization=8.0, tolerance=1e-5).fit(ratings)

    found = model.certificate()

    assert 0 <= found["relative_gap"] < 1
    assert found["objective"] == pytest.approx(model.objective_, rel=1e-5)
    larger = rankfill.MatrixCompletion(rank=40, regularization=8.0, certify=True).fit(ratings)
    assert found["dual_objective"] <= larger.objective_
    assert larger.certificate()["message"] == larger.summary_["certificate"]["message"]


def test_rank_auto_grows(ratings):
    model = rankfill.MatrixCompletion(rank="auto", regularization=8.0, max_iterations=400).fit(ratings)

    assert model.row_factors_.shape[1] >= 8
    assert model.summary_["certificate"] is not None


def test_saved_models_come_back(tmp_path, fitted):
    fitted.save(tmp_path / "model.npz")

    model = rankfill.load(tmp_path / "model.npz")

    np.testing.assert_array_equal(model.row_factors_, fitted.row_factors_)
    assert (model.rank, model.weighting, model.regularization) == (4, 1.0, 0.1)
    assert model.predict(3, 4) == fitted.predict(3, 4)
    np.testing.assert_array_equal(model.recommend(3, 4, seen=fitted._train)[0], fitted.recommend(3, 4)[0])
    with pytest.raises(InvalidData, match="seen"):
        model.recommend(3)
    with np.load(tmp_path / "model.npz") as arrays:
        np.testing.assert_array_equal(arrays["col_factors"], fitted.col_factors_)


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no zip")
    with pytest.raises(FileError, match="No such file") as error:
        rankfill.load(tmp_path / "none.npz")
    assert isinstance(error.value, OSError)
    with pytest.raises(InvalidData):
        rankfill.load(tmp_path / "text.npz")


@pytest.mark.parametrize("make", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy, copy.copy])
def test_copies_do_the_same(fitted, make):
    model = make(fitted)

    np.testing.assert_array_equal(model.recommend([1, 2], 5)[0], fitted.recommend([1, 2], 5)[0])
    assert model.get_params() == pytest.approx(fitted.get_params(), nan_ok=True) or str(model) == str(fitted)
    np.testing.assert_array_equal(model.impute(), fitted.impute())


def test_same_seed_same_bits_whatever_the_threads(ratings):
    fits = [rankfill.MatrixCompletion(rank=5, threads=threads, random_state=7).fit(ratings) for threads in (1, 2, 3)]

    for other in fits[1:]:
        np.testing.assert_array_equal(fits[0].row_factors_, other.row_factors_)
    assert not np.array_equal(
        fits[0].row_factors_, rankfill.MatrixCompletion(rank=5, random_state=8).fit(ratings).row_factors_
    )


def test_random_state_may_be_a_generator(ratings):
    a, b = (
        rankfill.MatrixCompletion(rank=2, max_iterations=2, random_state=np.random.default_rng(1)).fit(ratings)
        for _ in "ab"
    )

    np.testing.assert_array_equal(a.row_factors_, b.row_factors_)


def test_warm_start_goes_on_where_it_was(ratings):
    model = rankfill.MatrixCompletion(
        rank=4, solver="als", max_iterations=5, warm_start=True, regularization=3.0, tolerance=0
    )
    first = model.fit(ratings).objective_

    second = model.fit(ratings)

    assert second.history_["objective"][0] == pytest.approx(first, rel=1e-5)
    assert second.objective_ < first


def test_callbacks_see_rows_and_may_stop(ratings):
    rows = []
    model = rankfill.MatrixCompletion(rank=3, callbacks=[rows.append, lambda row: row["iteration"] >= 2], tolerance=0)

    model.fit(ratings)

    assert [row["iteration"] for row in rows][:3] == [0, 1, 2]
    assert model.n_iter_ == 3
    assert model.summary_["termination"] == "stopped_by_callback"


def test_errors_in_callbacks_come_out(ratings):
    def bad(row):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rankfill.MatrixCompletion(callbacks=bad).fit(ratings)


def test_ctrl_c_returns_the_best_so_far(ratings):
    model = rankfill.MatrixCompletion(
        rank=3,
        tolerance=0,
        max_iterations=100000,
        callbacks=lambda row: row["iteration"] == 4 and os.kill(os.getpid(), signal.SIGINT),
    )

    with pytest.warns(InterruptedWarning, match="best so far"):
        model.fit(ratings)

    assert 5 <= model.n_iter_ < 100
    assert model.summary_["termination"] == "interrupted"
    assert np.isfinite(model.predict(1, 1))


def test_other_threads_run_during_a_fit(ratings):
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1

    # Without a callback, which would hand over the GIL itself.
    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    rankfill.MatrixCompletion(rank=32, tolerance=0, max_iterations=30).fit(ratings)
    during = counted[0] - before
    done.set()
    thread.join()

    assert during > 0


def test_options_are_judged_in_the_librarys_words(ratings):
    for given, says in [
        ({"rank": 0}, "rank = 0: must be 1..1024"),
        ({"rank": 2.5}, "rank = 2.5: must be a whole number"),
        ({"rank": 10**12}, "must fit into 32 bits"),
        ({"regularization": -1}, "must be a number >= 0, or 'auto'"),
        ({"regularization": float("nan")}, "must be a number >= 0"),
        ({"weighting": 2}, r"weighting = 2: must be in \[0, 1\]"),
        ({"weighting": "heavy"}, "must be plain, count, or a number"),
        ({"solver": "adam"}, "solver = adam: must be auto, als"),
        ({"solver": 3}, "must be a name"),
        ({"solver": "als", "solver_options": {"momentum": 0.5}}, "solver als has no option of that name"),
        ({"solver": "gd", "solver_options": {"momentum": 1}}, r"momentum = 1: must be in \[0, 1\)"),
        ({"max_iterations": -1}, "max_iterations = -1: must be >= 0"),
        ({"tolerance": "small"}, "must be a number"),
        ({"device": "tpu"}, "must be auto, cpu, cuda"),
        ({"random_state": -1}, "from 0 to 2"),
        ({"threads": 9999}, "threads = 9999"),
        ({"duplicates": "first"}, "must be error, last or mean"),
    ]:
        with pytest.raises(InvalidOption, match=says):
            rankfill.MatrixCompletion(**given).fit(ratings)
    with pytest.raises(InvalidOption) as error:
        rankfill.MatrixCompletion(rank=0).fit(ratings)
    assert (error.value.field, error.value.value, error.value.rule) == ("rank", "0", "must be 1..1024")


def test_unfitted_estimators_say_so():
    for use in (
        lambda m: m.predict(1, 2),
        lambda m: m.recommend(1),
        lambda m: m.impute(),
        lambda m: m.save("x"),
        lambda m: m.row_ids_,
        lambda m: m.certificate(),
    ):
        with pytest.raises(NotFittedError, match="call fit first"):
            use(rankfill.MatrixCompletion())


def test_solver_options_reach_the_solver(ratings):
    plain, heavy = (
        rankfill.MatrixCompletion(rank=2, solver="gd", solver_options=given, max_iterations=10).fit(ratings)
        for given in (None, {"momentum": 0.5})
    )

    assert plain.objective_ != heavy.objective_


def test_every_solver_by_name(ratings):
    names = rankfill._core.solver_names().replace(" or ", ", ").split(", ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            model = rankfill.MatrixCompletion(rank=3, regularization=3.0, solver=name, max_iterations=5).fit(ratings)
            assert model.objective_ < model.history_["objective"][0], name


def test_import_needs_numpy_only():
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'scipy', 'pandas', 'polars', 'sklearn', 'IPython', 'matplotlib', 'torch'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import rankfill, numpy\n"
        "model = rankfill.MatrixCompletion(rank=1).fit(numpy.arange(6.0).reshape(2, 3))\n"
        "print(model.predict(0, 0))\n"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )

    assert done.returncode == 0, done.stderr


def test_the_progress_line_is_for_terminals(capsys, ratings):
    rankfill.MatrixCompletion(rank=2, max_iterations=3, verbose=1).fit(ratings, holdout=0.1)
    silent = capsys.readouterr()
    rankfill.MatrixCompletion(rank=2, max_iterations=3, verbose=2).fit(ratings, holdout=0.1)
    lines = capsys.readouterr().out.splitlines()

    assert silent.err == ""
    assert "held-out RMSE" in lines[0]
    assert "objective" in lines[0]
