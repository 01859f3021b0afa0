# SPDX-License-Identifier: Apache-2.0
"""What the pictures show."""

import numpy as np
import pytest

import rankfill
from rankfill import plots
from rankfill.errors import InvalidData, NotFittedError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def drawn(figure):
    """Draw it, so that what fails only then fails here."""
    figure.canvas.draw()
    return figure


def lines(ax):
    """Lines that hold data, by their style."""
    return [line for line in ax.get_lines() if len(line.get_xdata()) > 0]


def test_convergence_against_passes_and_seconds(ratings):
    model = rankfill.MatrixCompletion(rank=4, solver="als", regularization=3.0, max_iterations=12, tolerance=0)
    history = model.fit(ratings, holdout=0.2).history_

    figure = drawn(plots.convergence(model))

    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "passes over the entries", "seconds"]
    for k, quantity in enumerate(("passes", "seconds")):
        (line,) = lines(figure.axes[k])
        np.testing.assert_array_equal(line.get_xdata(), history[quantity])
        least = history["objective"].min()
        excess = history["objective"] / least - 1
        # The lowest itself cannot be drawn on a logarithmic axis.
        np.testing.assert_allclose(line.get_ydata()[:-1], excess[:-1], rtol=1e-9)
        assert np.isnan(line.get_ydata()[np.argmin(history["objective"])])
        assert figure.axes[k].get_yscale() == "log"
        train, heldout, best = lines(figure.axes[2 + k])
        np.testing.assert_array_equal(train.get_ydata(), history["train_rmse"])
        np.testing.assert_array_equal(heldout.get_ydata(), history["holdout_rmse"])
        assert best.get_ydata()[0] == history["holdout_rmse"].min()
    assert [text.get_text() for text in figure.axes[3].get_legend().get_texts()] == ["held out", "training"]


def test_convergence_of_several_is_above_the_lowest_of_all(ratings):
    fits = {
        name: rankfill.MatrixCompletion(rank=3, solver=name, regularization=3.0, max_iterations=8).fit(ratings)
        for name in ("als", "gd")
    }
    least = min(model.history_["objective"].min() for model in fits.values())

    figure = drawn(plots.convergence(fits))

    for line, (name, model) in zip(lines(figure.axes[0]), fits.items(), strict=True):
        assert line.get_label() == name
        assert line.get_ydata()[0] == pytest.approx(model.history_["objective"][0] / least - 1)
    known = plots.convergence(fits, reference=least / 2)
    assert lines(known.axes[0])[1].get_ydata()[0] == pytest.approx(2 * fits["gd"].history_["objective"][0] / least - 1)


def test_convergence_of_an_exact_fit_is_the_objective_itself(dense):
    model = rankfill.MatrixCompletion(rank=5, recover=True).fit(dense[1])

    figure = drawn(plots.convergence(model))

    assert figure.axes[0].get_ylabel() == "objective"
    np.testing.assert_array_equal(lines(figure.axes[0])[0].get_ydata(), model.history_["objective"])


def search(points):
    best = min(points, key=lambda point: point["rmse"])
    params = {name: best[name] for name in ("rank", "weighting", "regularization")}
    return rankfill.TuneResult(rankfill.MatrixCompletion(), params, best["rmse"], points, {})


def point(rank, weighting, regularization, rmse):
    return {
        "rank": rank,
        "weighting": weighting,
        "regularization": regularization,
        "rmse": rmse,
        "standard_error": 0.01,
    }


def test_heat_map_of_lambda_and_rank():
    errors = {(rank, lam): 1 + 0.1 * np.log10(lam) ** 2 + 0.01 * rank for rank in (2, 8) for lam in (0.1, 1.0, 10.0)}
    points = [point(rank, 0.0, lam, rmse) for (rank, lam), rmse in errors.items()]
    points += [point(2, 1.0, 0.01, 1.5), point(8, 1.0, 0.01, 1.4), point(8, 1.0, 0.03, 1.6)]

    figure = drawn(plots.tuning(search(points)))

    plain, count, colorbar = figure.axes
    assert plain.get_xlabel() == "λ, weighting plain"
    assert count.get_xlabel() == "λ, weighting count"
    assert colorbar.get_ylabel() == "held-out RMSE"
    assert [text.get_text() for text in plain.get_yticklabels()] == ["2", "8"]
    for k, rank in enumerate((2, 8)):
        mesh = plain.collections[k]
        np.testing.assert_array_equal(np.ravel(mesh.get_array()), [errors[rank, lam] for lam in (0.1, 1.0, 10.0)])
        # Cells meet half-way between the points, on the logarithmic axis.
        np.testing.assert_allclose(
            np.unique(mesh.get_coordinates()[..., 0]), 10 ** np.array([-1.5, -0.5, 0.5, 1.5]), rtol=1e-12
        )
    star = plain.get_lines()[-1]
    assert (star.get_marker(), star.get_xdata()[0], star.get_ydata()[0]) == ("*", 1.0, 0)
    assert "held-out RMSE 1.02 at rank 2, weighting plain, λ = 1" in figure.get_suptitle()
    # One colour scale for both panels.
    assert {tuple(mesh.get_clim()) for ax in (plain, count) for mesh in ax.collections} == {
        (1.02, float(np.quantile([p["rmse"] for p in points], 0.8)))
    }


def test_one_rank_gives_curves(ratings):
    result = rankfill.tune(ratings, estimator=rankfill.MatrixCompletion(rank=3, max_iterations=15), folds=2, refine=0)

    (ax,) = drawn(plots.tuning(result)).axes

    for container, nu in zip(ax.containers, (0.0, 1.0), strict=True):
        mine = sorted((p["regularization"], p["rmse"]) for p in result.points_ if p["weighting"] == nu)
        np.testing.assert_array_equal(np.column_stack(container.lines[0].get_data()), mine)
        assert container.has_yerr
    assert ax.get_xscale() == "log"


def test_spectrum_is_that_of_the_product(fitted):
    ax = plots.spectrum(fitted)
    drawn(ax.figure)

    product = fitted.row_factors_.astype(float) @ fitted.col_factors_.astype(float).T
    expected = np.linalg.svd(product, compute_uv=False)[:4]
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), expected, rtol=1e-12)
    ninety = np.searchsorted(np.cumsum(expected**2) / (expected**2).sum(), 0.9) + 1
    assert f"in the first {ninety} of 4" in ax.texts[0].get_text()


def test_histograms_by_row_degree(fitted, ratings):
    ax = plots.residuals(fitted, groups=3, bins=20)
    drawn(ax.figure)

    degree = np.bincount(ratings.rows, minlength=300)
    errors = fitted.residuals()
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(ax.patches) == len(texts) == 3
    total = 0
    for patch, text in zip(ax.patches, texts, strict=True):
        density, edges, _ = patch.get_data()
        assert (density * np.diff(edges)).sum() == pytest.approx(1)
        first, last = (int(number) for number in text.split(":")[0].split("–"))
        mine = errors[(degree[ratings.rows] >= first) & (degree[ratings.rows] <= last)]
        assert text.endswith(f"RMSE {np.sqrt(np.mean(mine**2)):.3g} (n = {len(mine):,})")
        # The middle bin lies inside the quantiles, so nothing was moved into it.
        assert density[10] * len(mine) * np.diff(edges)[10] == pytest.approx(
            ((mine >= edges[10]) & (mine < edges[11])).sum()
        )
        total += len(mine)
    assert total == len(ratings)
    held = plots.residuals(fitted, (ratings.rows[:50], ratings.cols[:50], ratings.values[:50]), groups=1)
    assert held.get_legend().get_texts()[0].get_text().endswith("(n = 50)")


def test_before_and_after(dense):
    full, holed = dense
    model = rankfill.MatrixCompletion(rank=3, regularization=0.1).fit(holed)

    figure = drawn(plots.before_after(model, full, units="m"))

    before, after, truth, colorbar = figure.axes
    np.testing.assert_array_equal(np.ma.filled(before.images[0].get_array(), np.nan), holed)
    np.testing.assert_array_equal(after.images[0].get_array(), model.impute())
    np.testing.assert_array_equal(truth.images[0].get_array(), full)
    hidden = np.isnan(holed)
    rmse = rankfill.metrics.rmse(full[hidden], model.impute()[hidden])
    assert after.get_title() == f"filled in, rank 3: RMSE {rmse:.3g} m where hidden"
    assert before.get_title() == f"observed: {100 * (~hidden).mean():.3g} %"
    assert colorbar.get_ylabel() == "m"
    assert len({ax.images[0].get_clim() for ax in (before, after, truth)}) == 1
    assert len(plots.before_after(model).axes) == 3
    with pytest.raises(InvalidData, match="the truth has shape"):
        plots.before_after(model, full[:, :5])


def test_the_map_keeps_the_distances_that_two_components_can(ratings):
    model = rankfill.MatrixCompletion(rank=2, regularization=3.0).fit(ratings)
    values = np.arange(200.0)

    ax = plots.column_map(model, values=values, value_name="number", num_labels=5)
    drawn(ax.figure)

    dots = ax.collections[0]
    points = np.zeros((200, 2))
    points[np.asarray(dots.get_array(), dtype=int)] = dots.get_offsets()
    product = model.row_factors_.astype(float) @ model.col_factors_.astype(float).T
    # At rank 2 the plane holds all: distances between points are those between columns of the product.
    expected = np.linalg.norm(product[:, 3] - product[:, 7])
    assert np.linalg.norm(points[3] - points[7]) == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12 * np.abs(points).max())
    assert 1 <= len(ax.texts) <= 5
    assert ax.texts[0].get_text() == str(np.bincount(ratings.cols).argmax())
    named = plots.column_map(model, labels={int(ax.texts[0].get_text()): "The best known"}, num_labels=1)
    assert [text.get_text() for text in named.texts] == ["The best known"]
    with pytest.raises(InvalidData, match="rank 2 at least"):
        plots.column_map(rankfill.MatrixCompletion(rank=1).fit(ratings))


def test_labels_do_not_overlap(ratings):
    model = rankfill.MatrixCompletion(rank=3, regularization=3.0).fit(ratings)

    ax = plots.column_map(model, labels={j: f"A title as long as that, {j}" for j in range(200)}, num_labels=30)
    drawn(ax.figure)

    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) > 3
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_pictures_go_into_given_axes(fitted):
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(1, 3)

    assert plots.spectrum(fitted, ax=axes[0]) is axes[0]
    assert plots.residuals(fitted, ax=axes[1]) is axes[1]
    assert plots.column_map(fitted, ax=axes[2]) is axes[2]


def test_unfitted_and_loaded_models_say_what_is_missing(fitted, tmp_path):
    for draw in (plots.convergence, plots.spectrum, plots.residuals, plots.before_after, plots.column_map):
        with pytest.raises(NotFittedError):
            draw(rankfill.MatrixCompletion())
    fitted.save(tmp_path / "model.npz")
    loaded = rankfill.load(tmp_path / "model.npz")
    with pytest.raises(InvalidData, match="no history"):
        plots.convergence(loaded)
    with pytest.raises(InvalidData, match="residuals needs the entries"):
        plots.residuals(loaded)
    np.testing.assert_array_equal(
        plots.spectrum(loaded).get_lines()[0].get_ydata(), plots.spectrum(fitted).get_lines()[0].get_ydata()
    )


def test_without_matplotlib_the_error_says_so(run_python):
    program = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "import rankfill, numpy\n"
        "model = rankfill.MatrixCompletion(rank=1).fit(numpy.arange(6.0).reshape(2, 3))\n"
        "try:\n"
        "    rankfill.plots.spectrum(model)\n"
        "except ImportError as error:\n"
        "    print(error.name, error)\n"
    )
    told = run_python("-c", program)

    assert told == "matplotlib rankfill.plots needs matplotlib: pip install matplotlib\n"
