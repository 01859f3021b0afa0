# SPDX-License-Identifier: Apache-2.0
"""Low-rank matrix completion on NVIDIA GPUs and CPUs.

>>> import rankfill
>>> ratings = rankfill.datasets.ratings(300, 200, 6000, random_state=0)
>>> model = rankfill.MatrixCompletion(rank=8, weighting="count", regularization=0.1).fit(ratings, holdout=0.1)
>>> ids, values = model.recommend(42, n=5)
"""

from rankfill import _core, datasets, errors, metrics, plots
from rankfill._completion import MatrixCompletion
from rankfill._convert import convert_regularization
from rankfill._entries import Entries, read
from rankfill._gradient import check_gradient
from rankfill._split import train_test_split
from rankfill._tune import TuneResult, tune

__version__: str = _core.version()
load = MatrixCompletion.load


def build_info() -> str:
    """Return one line on how the library was built: version, compiler, CUDA or none."""
    return _core.build_info()


def devices() -> list[dict[str, object]]:
    """Return the CUDA devices that this process can use; empty without any."""
    return _core.cuda_devices()


__all__ = [
    "Entries",
    "MatrixCompletion",
    "TuneResult",
    "build_info",
    "check_gradient",
    "convert_regularization",
    "datasets",
    "devices",
    "errors",
    "load",
    "metrics",
    "plots",
    "read",
    "train_test_split",
    "tune",
]
