# SPDX-License-Identifier: Apache-2.0
"""The command-line tool and Python give the same bits.  RANKFILL_CLI names the program of the same build."""

import os
import subprocess

import numpy as np
import pytest

import rankfill

CLI = os.environ.get("RANKFILL_CLI")
needs_cli = pytest.mark.skipif(not CLI, reason="RANKFILL_CLI does not name the command-line tool")


@pytest.fixture
def file(tmp_path, ratings):
    path = tmp_path / "ratings.csv"
    lines = [f"{row},{col},{value}" for row, col, value in zip(ratings.rows, ratings.cols, ratings.values, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(*arguments):
    done = subprocess.run([CLI, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def assert_same_arrays(a, b):
    with np.load(a) as left, np.load(b) as right:
        assert sorted(left) == sorted(right)
        for name in left:
            assert left[name].dtype == right[name].dtype, name
            assert left[name].tobytes() == right[name].tobytes(), name


@needs_cli
@pytest.mark.parametrize(
    ("flags", "params"),
    [
        ([], {}),
        (
            ["--solver", "als", "--rank", 5, "--weighting", "count", "--regularization", 0.1, "--seed", 9],
            {"solver": "als", "rank": 5, "weighting": "count", "regularization": 0.1, "random_state": 9},
        ),
        (
            ["--center", "bias", "--precision", "float64", "-n", 20],
            {"center": "bias", "precision": "float64", "max_iterations": 20},
        ),
        (["--recover", "-n", 40], {"rank": "auto", "recover": True, "max_iterations": 40}),
    ],
)
@pytest.mark.parametrize("holdout", [None, 0.2])
def test_fit(tmp_path, file, ratings, flags, params, holdout):
    flags = [*flags, *(["--holdout", holdout] if holdout else [])]
    run("fit", file, *flags, "--device", "cpu", "--model", tmp_path / "cli.npz")

    model = rankfill.MatrixCompletion(device="cpu", **params)
    model.fit((ratings.rows, ratings.cols, ratings.values), holdout=holdout).save(tmp_path / "python.npz")

    assert_same_arrays(tmp_path / "cli.npz", tmp_path / "python.npz")


@needs_cli
def test_a_model_of_the_tool_predicts_the_same_here(tmp_path, file):
    run("fit", file, "--device", "cpu", "--model", tmp_path / "cli.npz")
    (tmp_path / "pairs.csv").write_text("row,col\n3,4\n7,100\n")
    done = subprocess.run(
        [CLI, "predict", tmp_path / "cli.npz", tmp_path / "pairs.csv"], capture_output=True, text=True
    )

    model = rankfill.load(tmp_path / "cli.npz")

    told = [float(line.replace("\t", ",").split(",")[-1]) for line in done.stdout.splitlines()[-2:]]
    # As many digits as the tool prints.
    np.testing.assert_allclose(model.predict([3, 7], [4, 100]), told, rtol=1e-5)
