# SPDX-License-Identifier: Apache-2.0
"""Data to try things on: made here, bundled, or loaded from files that you have.  Nothing is downloaded."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np

from rankfill._arrays import Array
from rankfill._entries import Entries, read, to_entries
from rankfill._generators import expression, low_rank, ratings, traffic
from rankfill.errors import FileError, InvalidData

__all__ = ["expression", "jester", "low_rank", "movielens", "netflix", "ratings", "relief", "traffic"]

_PathLike = str | os.PathLike[str]
_JESTER_MISSING = 99.0


def relief() -> Array:
    """Return the relief of the Earth in metres: int16, (540, 1080), 1/3 degree, north to south, from 180 W eastwards.

    From ETOPO5 (NOAA), in the public domain.
    """
    with open(Path(__file__).with_name("relief.npy"), "rb") as file:
        return np.asarray(np.load(file))


def movielens(path: _PathLike) -> Entries:
    """Load MovieLens ratings by user and movie id, with times.

    Parameters
    ----------
    path : path
        ``ratings.csv``, ``ratings.dat`` or ``u.data``, or the folder that holds one of them.
    """
    return read(_inside(path, ("ratings.csv", "ratings.dat", "u.data", "ratings.csv.gz")))


def netflix(path: _PathLike) -> Entries:
    """Load Netflix Prize ratings, rows customers, columns movies, times in days since 1970.

    Parameters
    ----------
    path : path
        A file of blocks ``movie:`` then ``customer,rating,date`` (``combined_data_1.txt``, ``mv_0000001.txt``, also
        gzip), or a folder of them.
    """
    folder = Path(path)
    files = [folder]
    if folder.is_dir():
        files = sorted([*folder.glob("combined_data_*.txt*"), *folder.glob("mv_*.txt*")])
        if not files:
            raise FileError(f"{folder}: no combined_data_*.txt or mv_*.txt in this folder")
    columns: list[list[Array]] = [[], [], [], []]
    for file in files:
        for column, part in zip(columns, _netflix_file(file), strict=True):
            column.append(part)
    return to_entries(tuple(np.concatenate(column) for column in columns))


def _netflix_file(file: Path) -> tuple[Array, Array, Array, Array]:
    customers, movies, values, dates = [], [], [], []
    movie = None
    with _open_text(file) as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text:
                continue
            try:
                if text.endswith(":"):
                    movie = int(text[:-1])
                    continue
                customer, value, date = text.split(",")
                if movie is None:
                    raise ValueError
                customers.append(int(customer))
                movies.append(movie)
                values.append(float(value))
                dates.append(date)
            except ValueError:
                found = "a line `movie:`, or after it `customer,rating,date`, is expected"
                raise InvalidData(f"{file}:{number}: {found}; found {text[:60]!r}") from None
    days = np.array(dates, dtype="datetime64[D]").astype(np.float64)
    return np.array(customers, np.int64), np.array(movies, np.int64), np.array(values), days


def _open_text(file: Path) -> Any:
    try:
        return gzip.open(file, "rt") if file.suffix == ".gz" else open(file, encoding="utf-8")
    except OSError as error:
        raise FileError(f"{file}: cannot open: {error.strerror}") from None


def jester(path: _PathLike) -> Entries:
    """Load Jester's dense layout: a line per user, how many jokes are rated, then a rating per joke, 99 for none.

    Parameters
    ----------
    path : path
        ``jester-data-1.csv`` or the like, separated by commas, semicolons or spaces.
    """
    with _open_text(Path(path)) as lines:
        text = lines.read()
    rows = [line.replace(";", ",").replace("\t", ",") for line in text.splitlines() if line.strip()]
    try:
        separated = [line.split(",") if "," in line else line.split() for line in rows]
        table = np.array(separated, dtype=np.float64)
    except ValueError:
        raise InvalidData(f"{path}: lines of one number of ratings each are expected") from None
    if table.ndim != 2 or table.shape[1] < 2:
        raise InvalidData(f"{path}: a count and at least one rating per line are expected")
    matrix = table[:, 1:]
    counted = np.count_nonzero(matrix != _JESTER_MISSING, axis=1)
    wrong = np.flatnonzero(counted != table[:, 0])
    if len(wrong):
        line = int(wrong[0])
        raise InvalidData(f"{path}: user {line + 1} says {table[line, 0]:g} ratings and has {counted[line]}")
    return to_entries(matrix, missing=_JESTER_MISSING)


def _inside(path: _PathLike, names: tuple[str, ...]) -> Path:
    folder = Path(path)
    if not folder.is_dir():
        return folder
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileError(f"{folder}: holds none of {', '.join(names)}")
