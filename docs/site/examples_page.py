# SPDX-License-Identifier: Apache-2.0
"""Writes the page of the examples: each program in Python under its first line of documentation, then those in C++.

usage: examples_page.py FOLDER_OF_SOURCES > examples.md
"""

import ast
import pathlib
import sys


def show(file, language):
    """Print a program as it stands."""
    print(f"`examples/{file.relative_to(folder)}`\n\n````{language}\n{file.read_text()}````\n")


folder = pathlib.Path(sys.argv[1]) / "examples"
print("# Examples\n")
print("Each runs as it is, and is run by the tests. Pictures and numbers at the end say whether it went well.\n")
for program in sorted(folder.glob("*.py")):
    said = ast.get_docstring(ast.parse(program.read_text())).splitlines()[0]
    print(f"## {said.rstrip('.')}\n")
    show(program, "python")
print("## From C++: checking a gradient\n")
show(folder / "check_gradient.cpp", "cpp")
print("## From C++: a project of your own\n")
show(folder / "consumer" / "CMakeLists.txt", "cmake")
show(folder / "consumer" / "main.cpp", "cpp")
