# SPDX-License-Identifier: Apache-2.0
"""The package as it is put together."""

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest

import rankfill
from rankfill import _core

MODULES = ["rankfill", "rankfill._completion", "rankfill._convert", "rankfill._gradient"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    found = doctest.testmod(importlib.import_module(name))

    assert found.failed == 0
    assert found.attempted > 0


def test_the_stub_names_what_the_extension_has():
    stub = ast.parse(Path(_core.__file__).with_name("_core.pyi").read_text())
    told = {}
    for node in stub.body:
        if isinstance(node, ast.FunctionDef):
            told[node.name] = None
        elif isinstance(node, ast.ClassDef):
            told[node.name] = {n.name if isinstance(n, ast.FunctionDef) else n.target.id for n in node.body}

    assert set(told) == {name for name in dir(_core) if not name.startswith("_")}
    for name, members in told.items():
        if members is not None:
            public = {member for member in dir(getattr(_core, name)) if not member.startswith("_")}
            assert members - {"__init__"} == public, name


def test_version_and_build():
    assert re.fullmatch(r"\d+\.\d+\.\d+", rankfill.__version__)
    assert rankfill.__version__ in rankfill.build_info()
    assert isinstance(rankfill.devices(), list)


def test_everything_public_is_documented():
    for name in rankfill.__all__:
        assert getattr(rankfill, name).__doc__, name
    for name in dir(rankfill.MatrixCompletion):
        if not name.startswith("_"):
            assert getattr(rankfill.MatrixCompletion, name).__doc__, name


def test_errors_are_the_built_in_ones_that_fit():
    errors = rankfill.errors
    for kind, builtin in [
        (errors.InvalidOption, ValueError),
        (errors.InvalidData, ValueError),
        (errors.FileError, OSError),
        (errors.OutOfDeviceMemory, MemoryError),
        (errors.BackendUnavailable, RuntimeError),
        (errors.DeviceError, RuntimeError),
    ]:
        assert issubclass(kind, builtin)
        assert issubclass(kind, errors.Error)


def test_import_needs_numpy_only(run_python):
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'scipy', 'pandas', 'polars', 'sklearn', 'IPython', 'matplotlib', 'torch'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import rankfill, numpy\n"
        "model = rankfill.MatrixCompletion(rank=1).fit(numpy.arange(6.0).reshape(2, 3))\n"
        "print(model.predict(0, 0))\n"
    )
    told = run_python("-c", program)

    assert told
