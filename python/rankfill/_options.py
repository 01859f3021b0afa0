# SPDX-License-Identifier: Apache-2.0
"""Parameters of the estimator -> options of the library."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from rankfill import _core
from rankfill.errors import option_error

# As on the command line.
_FIRST_RANK = 8  # where rank="auto" begins
_LARGEST_RECOVERED_RANK = 64  # where it ends in a recovery
_MOST_ITERATIONS, _MOST_RECOVERY_ITERATIONS = 100, 1000
_RECOVERY = {"estimate_rank": True, "tolerance": 1e-12, "check_fraction": 0.01, "center": "none"}


def whole(field: str, value: Any) -> int:
    """Return an int, or raise InvalidOption."""
    try:
        return operator.index(value)
    except TypeError:
        raise option_error(field, value, "must be a whole number") from None


def count(n: Any) -> int:
    """Return how many are asked for."""
    number = whole("n", n)
    if number < 0:
        raise option_error("n", n, "must be >= 0")
    return min(number, 2**31 - 1)


def real(field: str, value: Any) -> float:
    """Return a float, or raise InvalidOption."""
    try:
        if isinstance(value, str):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise option_error(field, value, "must be a number") from None


def regularization(value: Any) -> float:
    """Return lambda; -1 for "auto"."""
    if isinstance(value, str) and value == "auto":
        return -1.0
    rule = "must be a number >= 0, or 'auto'"
    try:
        number = real("regularization", value)
    except ValueError:
        raise option_error("regularization", value, rule) from None
    if not (number >= 0 and math.isfinite(number)):
        raise option_error("regularization", value, rule)
    return number


def weighting(value: Any) -> float:
    """Return nu of "plain", "count" or a number in [0, 1]."""
    return _core.parse_weighting(value) if isinstance(value, str) else real("weighting", value)


def seed(random_state: Any) -> int:
    """Return the seed that an int, a NumPy generator or None (take any) stands for."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**63))
    number = whole("random_state", random_state)
    if not 0 <= number < 2**64:
        raise option_error("random_state", random_state, "must be a whole number from 0 to 2^64 - 1")
    return number


def options_of(p: dict[str, Any]) -> _core.Options:
    """Translate the parameters of `MatrixCompletion`; the library judges the values."""
    options = _core.Options()
    recover = _recovery(p["recover"])
    auto_rank = isinstance(p["rank"], str) and p["rank"] == "auto"
    if isinstance(p["rank"], str) and not auto_rank:
        raise option_error("rank", p["rank"], "must be 1..1024, or 'auto'")
    options.grow_rank = auto_rank and recover is None
    first_rank = _FIRST_RANK if recover is None else _LARGEST_RECOVERED_RANK
    most_iterations = _MOST_ITERATIONS if recover is None else _MOST_RECOVERY_ITERATIONS
    given_iterations = p["max_iterations"]
    numbers = {
        "rank": first_rank if auto_rank else whole("rank", p["rank"]),
        "threads": whole("threads", p["threads"]),
        "max_iterations": most_iterations if given_iterations is None else whole("max_iterations", given_iterations),
        "patience": whole("patience", p["patience"]),
        "warm_up": whole("warm_up", p["warm_up"]),
    }
    for field, number in numbers.items():
        if not -(2**31) <= number < 2**31:
            raise option_error(field, number, "must fit into 32 bits")
        setattr(options, field, number)
    options.seed = seed(p["random_state"])
    options.regularization = regularization(p["regularization"])
    options.weighting = weighting(p["weighting"])
    options.bias_damping = real("bias_damping", p["bias_damping"])
    options.gradient_tolerance = real("tolerance", p["tolerance"])
    options.holdout_tolerance = real("holdout_tolerance", p["holdout_tolerance"])
    for name in ("center", "init", "solver", "formulation", "device", "precision"):
        if not isinstance(p[name], str):
            raise option_error(name, p[name], "must be a name")
        setattr(options, name, p[name])
    for name, value in (p["solver_options"] or {}).items():
        options.set_solver_option(name, real(name, value))
    if p["duplicates"] not in ("error", "last", "mean"):
        raise option_error("duplicates", p["duplicates"], "must be error, last or mean")
    options.warm_up_factor = real("warm_up_factor", p["warm_up_factor"])
    if p["warm_up_cg_steps"] is not None:
        options.warm_up_cg_steps = whole("warm_up_cg_steps", p["warm_up_cg_steps"])
    options.keep_best = bool(p["keep_best"])
    options.certificate = bool(p["certify"])
    if recover is not None:
        options.set_recovery(
            bool(recover["estimate_rank"]) or auto_rank,
            real("recover tolerance", recover["tolerance"]),
            real("check_fraction", recover["check_fraction"]),
            recover["center"],
        )
    return options


def _recovery(given: Any) -> dict[str, Any] | None:
    """Return all settings of a recovery, or None."""
    if given is None or (isinstance(given, (bool, np.bool_)) and not given):
        return None
    if isinstance(given, (bool, np.bool_)):
        return _RECOVERY
    if not isinstance(given, dict) or not set(given) <= set(_RECOVERY):
        raise option_error("recover", given, f"must be True, False or a dict of {', '.join(_RECOVERY)}")
    settings = {**_RECOVERY, **given}
    if not isinstance(settings["center"], str):
        raise option_error("center", settings["center"], "must be a name")
    return settings
