# SPDX-License-Identifier: Apache-2.0
"""What a fit tells while it runs, and how it is stopped."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import types

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


def test_ctrl_c_returns_the_best_so_far(ratings, press_ctrl_c):
    model = rankfill.MatrixCompletion(
        rank=3,
        tolerance=0,
        max_iterations=1000,
        callbacks=lambda row: row["iteration"] == 4 and press_ctrl_c(),
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


FIT_IN_A_TERMINAL = (
    "import rankfill, sys\n"
    "ratings = rankfill.datasets.ratings(300, 200, 6000, random_state=1)\n"
    "model = rankfill.MatrixCompletion(rank=4, weighting='count', regularization=0.1, max_iterations=40, verbose=1)\n"
    "model.fit(ratings, holdout=0.1)\n"
    "sys.stdout.flush()\n"
    "rankfill.tune(ratings, estimator=model, weightings=['count'], regularizations=[0.1, 1.0], refine=0, verbose=1)\n"
)


def in_a_terminal(program, columns, **environment):
    """Everything that the program writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    path = os.pathsep.join(p for p in sys.path if p)
    env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**env, "PYTHONPATH": path, "PYTHONUTF8": "1", **environment},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait() == 0, written.decode(errors="replace")
    return written.decode()


def screen(written):
    """The lines as they stand at the end, and the longest line that ever stood there."""
    lines, longest = [], 0
    for line in written.replace("\r\n", "\n").split("\n"):
        shown = ""
        for piece in line.split("\r"):
            longest = max(longest, len(piece))
            shown = piece + shown[len(piece) :]
        lines.append(shown.rstrip())
    return lines, longest


@pytest.mark.parametrize("columns", [30, 60, 100, 200])
def test_the_bar_in_a_terminal(columns):
    written = in_a_terminal(FIT_IN_A_TERMINAL, columns)

    lines, _ = screen(written)
    bars = [line for line in lines if re.search(r"(iteration|point) \d+/\d+", line)]
    assert len(bars) == 2  # each was written over and over
    assert all(len(line) < columns for line in bars)
    assert re.search(r"iteration (\d+)/\1\b", bars[0])
    assert re.search(r"point (\d+)/\1\b", bars[1])
    assert "\x1b" not in written
    if columns >= 60:
        assert re.match(r"█+ iteration \d+/\d+  held-out RMSE \d\.\d+", bars[0])
        assert "best: held-out RMSE" in bars[1]
    if columns == 200:
        assert re.search(r"objective \S+  train RMSE \S+  \d+\.\d s  gradient \S+$", bars[0])
        assert bars[0].startswith("█" * 24 + " ")
    else:
        assert not bars[0].endswith("gradient")  # whole parts are left out


def test_the_bar_where_there_are_no_blocks_to_draw_it_with():
    written = in_a_terminal(FIT_IN_A_TERMINAL, 80, PYTHONUTF8="0", PYTHONIOENCODING="ascii")

    assert "# iteration" in written
    assert "\\u" not in written


def test_the_bar_in_a_notebook(monkeypatch, ratings):
    shown = []

    class ZMQInteractiveShell:
        pass

    class Handle:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    def display(data, raw, display_id):
        shown.append(data["text/plain"])
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = ZMQInteractiveShell
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)

    model = rankfill.MatrixCompletion(rank=2, max_iterations=5, tolerance=0, verbose=1).fit(ratings, holdout=0.1)

    assert shown[0].startswith("░" * 24 + " iteration 0/5  held-out RMSE")
    assert shown[-1].startswith("█" * 24 + f" iteration {model.n_iter_}/{model.n_iter_}")
