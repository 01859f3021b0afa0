# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys

# Several tests, or test runs, share the processors: threads that wait should not spin.  Before the library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import pytest

import rankfill


@pytest.fixture
def ratings():
    """300 x 200, about 5,500 half stars."""
    return rankfill.datasets.ratings(300, 200, 6000, random_state=1)


@pytest.fixture
def dense():
    """A 40 x 30 matrix of rank 3, the same with a third of it NaN."""
    rng = np.random.default_rng(5)
    full = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 30)) + 2
    holed = full.copy()
    holed[rng.random(full.shape) < 1 / 3] = np.nan
    return full, holed


@pytest.fixture
def fitted(ratings):
    return rankfill.MatrixCompletion(rank=4, weighting="count", regularization=0.1, max_iterations=20).fit(ratings)


@pytest.fixture
def press_ctrl_c():
    """A function that interrupts this process as a terminal would, also where it was started to ignore that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run_python():
    """A Python of its own, which finds the same packages: arguments -> what it prints."""

    def run(*arguments, cwd=None):
        path = os.pathsep.join(os.path.abspath(p) for p in sys.path if p)
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
