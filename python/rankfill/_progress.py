# SPDX-License-Identifier: Apache-2.0
"""One line that follows a fit: a bar, objective, held-out RMSE, seconds.  In terminals and notebooks."""

from __future__ import annotations

import math
import shutil
import sys
import time
from types import TracebackType
from typing import Any

_BETWEEN = 0.1  # seconds: a person reads no faster
_WIDTH, _LEAST_WIDTH = 24, 8  # of the bar


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


class Progress:
    """A context manager; call `show` for each step, as often as there are any."""

    def __init__(self, enabled: bool, total: int, unit: str) -> None:
        self._total = max(total, 1)
        self._unit = unit
        self._notebook = enabled and _in_notebook()
        self._terminal = enabled and not self._notebook and sys.stderr.isatty()
        self._handle: Any = None
        self._shown = -math.inf
        self._last: tuple[int, int, list[str]] | None = None
        self._written = 0  # characters on the line of the terminal

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last:
            self._write(*self._last)
            if self._terminal:
                sys.stderr.write("\n")
                sys.stderr.flush()

    def show(self, done: int, told: list[str], total: int | None = None) -> None:
        """Say where it is, the most important first; what comes too soon after the last is kept for the end."""
        if not (self._terminal or self._notebook):
            return
        self._last = (done, max(total or self._total, 1), told)
        now = time.monotonic()
        if now - self._shown >= _BETWEEN:
            self._shown = now
            self._write(*self._last)

    def _line(self, done: int, total: int, told: list[str], columns: int) -> str:
        """As much of it as fits: the bar gets shorter, then what was told last goes, the bar, what was told first."""
        count = f"{self._unit} {done}/{total}"
        text = "  ".join([count, *told])
        while len(told) > 1 and len(text) + 1 + _LEAST_WIDTH > columns:
            told = told[:-1]
            text = "  ".join([count, *told])
        if len(text) > columns:
            text = count
        width = min(_WIDTH, columns - len(text) - 1)
        if width < _LEAST_WIDTH:
            return text[:columns]
        filled = min(width, width * done // total)
        full, empty = "█░" if _writes_blocks() else "#-"
        return f"{full * filled}{empty * (width - filled)} {text}"

    def _write(self, done: int, total: int, told: list[str]) -> None:
        if self._terminal:
            # A line that fills the last column would wrap in some terminals.
            columns = shutil.get_terminal_size().columns - 1
            text = self._line(done, total, told, columns)
            sys.stderr.write("\r" + text.ljust(min(self._written, columns)))
            sys.stderr.flush()
            self._written = len(text)
            return
        text = self._line(done, total, told, 1000)
        from IPython.display import display

        if self._handle is None:
            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)


def _writes_blocks() -> bool:
    try:
        "█░".encode(getattr(sys.stderr, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def iteration_parts(row: dict[str, Any]) -> list[str]:
    """Tell of one row of the iteration table, the most important first."""
    told = [f"objective {row['objective']:.6g}", f"train RMSE {row['train_rmse']:.4g}"]
    if not math.isnan(row["holdout_rmse"]):
        told.insert(0, f"held-out RMSE {row['holdout_rmse']:.4g}")
    return [*told, f"{row['seconds']:.1f} s", f"gradient {row['relative_gradient']:.1e}"]
