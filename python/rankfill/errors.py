# SPDX-License-Identifier: Apache-2.0
"""What can go wrong.  Messages are the library's own words.

Every error below is an :class:`Error`, and at the same time the built-in error that fits it, so that ``except
ValueError`` catches bad options and bad data.
"""

from __future__ import annotations

import sys


class Error(RuntimeError):
    """Base of everything that rankfill raises on purpose."""


class InvalidOption(Error, ValueError):
    """An option has a value that its rule forbids.

    Attributes
    ----------
    field, value, rule : str
        The option, what was given, and what is allowed.
    """

    field: str = ""
    value: str = ""
    rule: str = ""


class InvalidData(Error, ValueError):
    """The data cannot be used.

    Attributes
    ----------
    file : str
        The file, or empty for data in memory.
    line : int
        One-based line of a text file; 0 when none is meant.
    """

    file: str = ""
    line: int = 0


class FileError(Error, OSError):
    """A file cannot be opened, read or written."""

    file: str = ""


class BackendUnavailable(Error):
    """The device asked for is not there, or this build has no CUDA half."""


class OutOfDeviceMemory(Error, MemoryError):
    """The device has too little memory.

    Attributes
    ----------
    asked_bytes, free_bytes : int
    """

    asked_bytes: int = 0
    free_bytes: int = 0


class DeviceError(Error):
    """A CUDA, cuBLAS or cuSPARSE call failed."""


class NotFittedError(Error, ValueError, AttributeError):
    """The estimator is asked for what only ``fit`` gives it."""


class InterruptedWarning(UserWarning):
    """Ctrl-C ended a fit early; the model is the best so far."""


class ConvergenceWarning(UserWarning):
    """The library has something to say about a result."""


def option_error(field: str, value: object, rule: str) -> InvalidOption:
    """Return the error that the library itself would raise."""
    error = InvalidOption(f"{field} = {value}: {rule}")
    error.field, error.value, error.rule = field, str(value), rule
    return error


def not_fitted(estimator: object) -> NotFittedError:
    """Return a NotFittedError, which is also scikit-learn's own when that is loaded."""
    message = f"this {type(estimator).__name__} is not fitted yet: call fit first"
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    if theirs is None:
        return NotFittedError(message)
    return type("NotFittedError", (NotFittedError, theirs), {"__module__": __name__})(message)  # type: ignore[no-any-return]
