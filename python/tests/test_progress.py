# SPDX-License-Identifier: Apache-2.0
"""What a fit tells while it runs, and how it is stopped."""

import os
import signal
import threading

import numpy as np
import pytest

import rankfill
from rankfill.errors import InterruptedWarning


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


def test_the_progress_line_is_for_terminals(capsys, ratings):
    rankfill.MatrixCompletion(rank=2, max_iterations=3, verbose=1).fit(ratings, holdout=0.1)
    silent = capsys.readouterr()
    rankfill.MatrixCompletion(rank=2, max_iterations=3, verbose=2).fit(ratings, holdout=0.1)
    lines = capsys.readouterr().out.splitlines()

    assert silent.err == ""
    assert "held-out RMSE" in lines[0]
    assert "objective" in lines[0]
