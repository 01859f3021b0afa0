# SPDX-License-Identifier: Apache-2.0
"""The programs under examples/, and the one in the README, as a reader would run them."""

import re
from pathlib import Path

import pytest

import rankfill

SOURCE = Path(__file__).parents[2]
needs_examples = pytest.mark.skipif(not (SOURCE / "examples").is_dir(), reason="the source tree is not there")


@pytest.fixture
def example(run_python, tmp_path):
    """Runs one by its name; returns what it prints, once its picture is there."""

    def run(name, *arguments):
        pytest.importorskip("matplotlib")
        told = run_python(SOURCE / "examples" / f"{name}.py", *arguments, "--out", tmp_path, cwd=tmp_path)
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        return told

    return run


def errors(told):
    """Return the numbers of the table at the end, in order."""
    return [float(number) for number in re.findall(r"^ +(\d+\.\d+)  +\S", told, flags=re.MULTILINE)]


@needs_examples
def test_ratings(example):
    told = example("ratings")

    mean, means, model = errors(told)[-3:]
    assert model < means < mean
    assert model > 0.7  # the noise that was put in, before rounding to half stars


@needs_examples
def test_ratings_of_movielens(example, tmp_path):
    ratings = rankfill.datasets.ratings(200, 100, 6000, random_state=2)
    lines = [f"{u},{i},{r},0" for u, i, r in zip(ratings.rows, ratings.cols, ratings.values, strict=True)]
    (tmp_path / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines]) + "\n")
    titles = [f'{i},"Film, The {i}",Drama' for i in range(100)]
    (tmp_path / "movies.csv").write_text("\n".join(["movieId,title,genres", *titles]) + "\n")

    told = example("ratings", tmp_path)

    assert len(re.findall(r"^  \d\.\d\d  Film, The \d+$", told, flags=re.MULTILINE)) == 5


@needs_examples
def test_image(example):
    told = example("image")

    by_means, by_model = (float(number) for number in re.findall(r"(\d+) m by", told))
    assert by_model < by_means / 3


@needs_examples
def test_traffic(example):
    line, week, model = errors(example("traffic"))

    assert model < 0.8 * week < line


@needs_examples
def test_expression(example):
    told = example("expression", "--genes", 600)

    found = dict(zip(re.findall(r"\d  (\w[\w ]*?) +\d+\.\d+ s", told), errors(told), strict=True))
    assert found["rankfill"] < 0.6 * found["gene mean"] < found["sample mean"]
    if "10 nearest genes" in found:
        assert found["rankfill"] < found["10 nearest genes"]


@needs_examples
def test_gradient(example):
    told = example("gradient")

    assert re.search(r"right: slope 2\.00\n.*forgotten: slope 1\.00\n", told)
    assert told.count("slope 2.00") == 1 + 2 * 4  # by hand; two weightings, all formulations but "block"
    assert "All right." in told


@needs_examples
def test_readme(run_python, tmp_path):
    text = (SOURCE / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    ratings = rankfill.datasets.ratings(300, 400, 9000, random_state=3)
    lines = [f"{u},{i},{r}" for u, i, r in zip(ratings.rows, ratings.cols, ratings.values, strict=True)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user,item,rating", *lines]) + "\n")
    (tmp_path / "readme.py").write_text(program + "\nassert 9999 in model.row_ids_ and len(ids) == len(values) == 5\n")

    told = run_python("readme.py", cwd=tmp_path)

    assert -1.5 < float(told.splitlines()[-1]) < 0
    assert (tmp_path / "model.npz").exists()
