# SPDX-License-Identifier: Apache-2.0
"""Anything array-like as a NumPy array in host memory, without a copy where there need be none."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rankfill.errors import InvalidData

Array = npt.NDArray[Any]


def to_numpy(values: Any) -> Array:
    """Return a NumPy array: a column of a frame, a list, a tensor (from a device it is copied to the host)."""
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "detach"):  # a torch tensor that takes part in automatic differentiation
        values = values.detach()
    if hasattr(values, "__cuda_array_interface__") or _is_on_device(values):
        values = _to_host(values)
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy())
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return np.from_dlpack(values)
    return np.asarray(values)


def _is_on_device(values: Any) -> bool:
    describe = getattr(values, "__dlpack_device__", None)
    return callable(describe) and int(describe()[0]) not in (1, 3)  # DLPack: CPU, and pinned host memory


def _to_host(values: Any) -> Any:
    for method in ("get", "cpu", "copy_to_host"):  # CuPy, PyTorch, Numba
        if callable(getattr(values, method, None)):
            return getattr(values, method)()
    raise InvalidData("an array on a device of a kind that rankfill cannot copy to the host; do so before")


def real_vector(values: Any, what: str) -> Array:
    """Return a one-dimensional array of numbers that the bindings can read in place."""
    array = to_numpy(values)
    if array.ndim != 1:
        raise InvalidData(f"{what} has shape {array.shape}: one dimension is needed")
    return real_array(array, what)


def real_array(array: Array, what: str) -> Array:
    """Return the array, converted only where the bindings cannot read it as it is."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "c":
        raise InvalidData(f"{what} holds complex numbers. Complex data not supported")
    if kind in "biu" or (kind == "f" and size in (4, 8)):
        native = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
        return native if _strides_fit(native) else np.ascontiguousarray(native)
    if kind == "f":
        return array.astype(np.float32 if size == 2 else np.float64)
    if kind in "OUST":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise _conversion_error(what, error) from None
    raise InvalidData(f"{what} holds {array.dtype}: numbers are needed")


def _strides_fit(array: Array) -> bool:
    return all(stride % array.dtype.itemsize == 0 for stride in array.strides)


def _conversion_error(what: str, error: Exception) -> Exception:
    message = f"{what}: {error}"
    return TypeError(message) if isinstance(error, TypeError) else InvalidData(message)
