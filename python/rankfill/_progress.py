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
_WIDTH = 24


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
        self._text = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text:
            self._write(self._text)
            if self._terminal:
                sys.stderr.write("\n")
                sys.stderr.flush()

    def show(self, done: int, told: str, total: int | None = None) -> None:
        """Say where it is; what comes too soon after the last is kept for the end."""
        if not (self._terminal or self._notebook):
            return
        total = max(total or self._total, 1)
        filled = min(_WIDTH, _WIDTH * done // total)
        self._text = f"{'█' * filled}{'░' * (_WIDTH - filled)} {self._unit} {done}/{total}  {told}"
        now = time.monotonic()
        if now - self._shown >= _BETWEEN:
            self._shown = now
            self._write(self._text)

    def _write(self, text: str) -> None:
        if self._terminal:
            sys.stderr.write("\r" + text[: shutil.get_terminal_size().columns - 1] + "\x1b[K")
            sys.stderr.flush()
            return
        from IPython.display import display

        if self._handle is None:
            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)


def iteration_text(row: dict[str, Any]) -> str:
    """Tell of one row of the iteration table."""
    heldout = row["holdout_rmse"]
    told = f"objective {row['objective']:.6g}  train RMSE {row['train_rmse']:.4g}"
    if not math.isnan(heldout):
        told += f"  held-out RMSE {heldout:.4g}"
    return f"{told}  gradient {row['relative_gradient']:.1e}  {row['seconds']:.1f} s"
