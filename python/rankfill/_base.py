# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's estimator conventions, without scikit-learn."""

from __future__ import annotations

import inspect
import sys
from typing import Any, TypeVar

from rankfill.errors import InvalidOption

Self = TypeVar("Self", bound="Estimator")


class Estimator:
    """Parameters are the arguments of ``__init__``, kept unchanged under their own names."""

    @classmethod
    def _parameters(cls) -> dict[str, Any]:
        signature = inspect.signature(cls.__init__)
        return {name: p.default for name, p in signature.parameters.items() if name != "self"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name (``deep`` is there for scikit-learn)."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self: Self, **params: Any) -> Self:
        """Set parameters by name; raises InvalidOption for a name that is none."""
        names = self._parameters()
        for name, value in params.items():
            if name not in names:
                raise InvalidOption(f"{name} is no parameter of {type(self).__name__}: {', '.join(names)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._parameters().items()
            if repr(getattr(self, name)) != repr(default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(allow_nan=True, sparse=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")


def is_loaded(module: str) -> bool:
    """Has the caller imported that module?"""
    return module in sys.modules
