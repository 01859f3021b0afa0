# SPDX-License-Identifier: Apache-2.0
"""Parameters and what they do to a fit."""

import warnings

import numpy as np
import pytest

import rankfill
from rankfill.errors import InvalidOption, NotFittedError


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


def test_parts_may_be_split_again_with_the_same_seed(ratings):
    train, test = rankfill.train_test_split(ratings, fraction=0.2)
    again, second = rankfill.train_test_split(train, fraction=0.2)
    model = rankfill.MatrixCompletion(rank=2, max_iterations=3).fit(train, holdout=0.2)

    assert len(train) + len(test) == len(ratings)
    # Each count is binomial: within 5 standard deviations.
    for held, whole in [
        (len(test), len(ratings)),
        (len(second), len(train)),
        (len(train) - model.summary_["num_entries"], len(train)),
    ]:
        assert abs(held - 0.2 * whole) < 5 * np.sqrt(0.2 * 0.8 * whole)
    places = [set(zip(part.rows.tolist(), part.cols.tolist(), strict=True)) for part in (again, second, test)]
    assert len(set.union(*places)) == len(ratings)
    same, _ = rankfill.train_test_split(ratings, fraction=0.2)
    np.testing.assert_array_equal(same.cols, train.cols)


def test_what_is_held_out_does_not_depend_on_the_order(ratings):
    order = np.random.default_rng(0).permutation(len(ratings))
    shuffled = rankfill.train_test_split((ratings.rows[order], ratings.cols[order], ratings.values[order]))[1]
    plain = rankfill.train_test_split((ratings.rows, ratings.cols, ratings.values))[1]

    assert set(zip(shuffled.rows.tolist(), shuffled.cols.tolist(), strict=True)) == set(
        zip(plain.rows.tolist(), plain.cols.tolist(), strict=True)
    )


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
        ({"init": "zeros"}, "init = zeros: must be random or sketch"),
        ({"warm_up": 1, "warm_up_factor": 0.5}, "warm_up_factor = 0.5: must be >= 1"),
        ({"warm_up": 1, "regularization": 0}, "warm_up = 1: needs regularization > 0"),
        ({"warm_up": 1, "warm_up_cg_steps": 2000}, "warm_up_cg_steps = 2000: must be"),
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


def test_a_warm_up_is_heard_of_and_ends_at_the_same_objective(ratings):
    cold, warm = (
        rankfill.MatrixCompletion(rank=2, solver="als", regularization=3.0, max_iterations=2, warm_up=sweeps).fit(
            ratings
        )
        for sweeps in (0, 2)
    )
    assert warm.summary_["train_rmse"] > cold.summary_["train_rmse"]
    assert warm.regularization_ == cold.regularization_ == 3.0


def test_a_sketch_is_another_start(ratings):
    random, sketch = (
        rankfill.MatrixCompletion(rank=2, solver="als", regularization=3.0, max_iterations=1, init=init).fit(ratings)
        for init in ("random", "sketch")
    )
    assert list(random.history_["passes"]) == [0, 2]
    assert list(sketch.history_["passes"]) == [2, 4]
    assert sketch.objective_ != random.objective_


def test_every_solver_by_name(ratings):
    names = rankfill._core.solver_names().replace(" or ", ", ").split(", ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            model = rankfill.MatrixCompletion(rank=3, regularization=3.0, solver=name, max_iterations=5).fit(ratings)
            assert model.objective_ < model.history_["objective"][0], name


def test_rank_auto_grows(ratings):
    model = rankfill.MatrixCompletion(rank="auto", regularization=8.0, max_iterations=400).fit(ratings)

    assert model.row_factors_.shape[1] >= 8
    assert model.summary_["certificate"] is not None
