# SPDX-License-Identifier: Apache-2.0
"""Data made at random, after the looks of real ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankfill import _core
from rankfill._arrays import Array
from rankfill._entries import Entries, _plain
from rankfill._options import seed, whole
from rankfill.errors import option_error


def _sizes(**sizes: Any) -> list[int]:
    numbers = [whole(name, value) for name, value in sizes.items()]
    if min(numbers) < 1:
        raise option_error(", ".join(sizes), tuple(numbers), "must be >= 1")
    return numbers


def low_rank(
    num_rows: int,
    num_cols: int,
    rank: int,
    *,
    density: float = 0.1,
    noise: float = 0.0,
    random_state: Any = 0,
) -> Entries:
    """Make entries of a random matrix of low rank, whose values have variance 1 before the noise.

    Parameters
    ----------
    num_rows, num_cols, rank : int
    density : float, default 0.1
        Share of the entries that are observed, in (0, 1]; spread evenly at random.
    noise : float, default 0
        Standard deviation of normal noise that is added to each value.
    random_state : int, Generator or None, default 0
    """
    m, n, k = _sizes(num_rows=num_rows, num_cols=num_cols, rank=rank)
    if not 0 < density <= 1:
        raise option_error("density", density, "must be in (0, 1]")
    rng = np.random.default_rng(seed(random_state))
    u, v = rng.standard_normal((m, k)), rng.standard_normal((n, k)) / np.sqrt(k)
    count = max(1, round(density * m * n))
    if count > m * n / 4:
        places = np.sort(rng.permutation(m * n)[:count])
    else:
        places = np.unique(rng.integers(0, m * n, size=int(1.5 * count) + 16))
        places = np.sort(rng.permutation(places)[:count])
    rows, cols = places // n, places % n
    values = np.einsum("pk,pk->p", u[rows], v[cols])
    if noise:
        values += noise * rng.standard_normal(len(values))
    return _plain(_core.from_coo(rows, cols, values, m, n))


def ratings(
    num_users: int, num_items: int, num_ratings: int, *, rank: int = 8, noise: float = 0.7, random_state: Any = 0
) -> Entries:
    """Make star ratings: half stars from 0.5 to 5, popular and rare items, biases, `rank` tastes, and noise.

    The number of ratings is met nearly: pairs drawn twice count once.
    """
    m, n, count = _sizes(num_users=num_users, num_items=num_items, num_ratings=num_ratings)
    rng = np.random.default_rng(seed(random_state))
    activity = rng.lognormal(0, 1, m)
    popularity = 1 / (60 + rng.permutation(n)) ** 1.2
    rows = rng.choice(m, size=count, p=activity / activity.sum())
    cols = rng.choice(n, size=count, p=popularity / popularity.sum())
    places = np.unique(rows * np.int64(n) + cols)
    rows, cols = places // n, places % n
    u, v = rng.standard_normal((m, rank)), rng.standard_normal((n, rank)) / np.sqrt(rank)
    values = 3.5 + 0.4 * rng.standard_normal(m)[rows] + 0.4 * rng.standard_normal(n)[cols]
    values += 0.5 * np.einsum("pk,pk->p", u[rows], v[cols]) + noise * rng.standard_normal(len(places))
    return _plain(_core.from_coo(rows, cols, np.clip(np.round(2 * values) / 2, 0.5, 5), m, n))


_STEPS = 96  # of a quarter of an hour in a day


def traffic(
    num_sensors: int = 200, num_days: int = 28, *, missing: float = 0.3, random_state: Any = 0
) -> tuple[Array, Array]:
    """Make counts of vehicles at sensors every quarter of an hour, and the gaps in them.

    Sensors mix a morning rush, an evening rush, errands, nights and weekends, shifted by their place in town.  Days
    differ together (weather, holidays), some have an event near some of the sensors, and counts scatter as counts do.
    Gaps come in bursts: single losses, hours of one sensor, and hours of half of a district's.

    Parameters
    ----------
    num_sensors : int, default 200
    num_days : int, default 28
        The first is a Monday.
    missing : float, default 0.3
        Share of the counts that is lost, nearly; in [0, 0.9].
    random_state : int, Generator or None, default 0

    Returns
    -------
    counts : ndarray, shape (num_sensors, 96 num_days)
        Without the gaps.
    observed : ndarray of bool, same shape
        False in the gaps.
    """
    m, days = _sizes(num_sensors=num_sensors, num_days=num_days)
    if not 0 <= missing <= 0.9:
        raise option_error("missing", missing, "must be in [0, 0.9]")
    rng = np.random.default_rng(seed(random_state))
    hour = np.arange(_STEPS * days) / 4
    of_day, day = hour % 24, (hour // 24).astype(int)
    weekend = day % 7 >= 5

    def bump(at: Any, width: float) -> Array:
        apart = (of_day - at + 12) % 24 - 12  # around midnight
        shape: Array = np.exp(-0.5 * (apart / width) ** 2)
        return shape

    district = rng.integers(0, 6, m)
    lead = rng.normal(0, 0.35, m)[:, None]  # hours by which the rush comes earlier here
    mix = rng.gamma(2.0, 0.5, (m, 5))
    weather = np.clip(rng.normal(1, 0.08, days), 0.7, 1.2)[day]
    rate = mix[:, 0, None] * bump(7.8 - lead, 1.0) * np.where(weekend, 0.15, 1.0)
    rate += mix[:, 1, None] * bump(17.3 + lead, 1.4) * np.where(weekend, 0.3, 1.0)
    rate += 0.8 * mix[:, 2, None] * bump(12.5, 3.2)
    rate += 0.5 * mix[:, 3, None] * bump(22.0, 2.0) * np.where(day % 7 >= 4, 1.6, 0.7)
    rate += 0.7 * mix[:, 4, None] * bump(14.5, 3.5) * weekend
    for _ in range(max(1, days // 4)):  # matches, concerts, road works
        near = (district == rng.integers(0, 6)) * rng.uniform(0.3, 1.0, m)
        begins, lasts = rng.uniform(0, 24 * days), rng.uniform(1, 3)
        rate += 1.5 * near[:, None] * np.exp(-0.5 * ((hour - begins) / lasts) ** 2)
    level = rng.lognormal(4.6, 0.5, m)[:, None]  # vehicles in a quarter of an hour
    expected = level * (0.04 + rate) * weather
    counts = rng.poisson(expected * rng.gamma(100, 1 / 100, expected.shape)).astype(np.float64)
    return counts, ~_gaps(rng, district, len(hour), missing)


def _gaps(rng: np.random.Generator, district: Array, steps: int, share: float) -> Array:
    """Bursts, at random until that share is lost."""
    lost = rng.random((len(district), steps)) < 0.1 * share
    while lost.mean() < share:
        begin = int(rng.integers(0, steps))
        end = begin + int(rng.exponential(4 * 8)) + 1  # 8 hours
        if rng.random() < 0.9:
            lost[rng.integers(0, len(district)), begin:end] = True
        else:
            half = (district == rng.integers(0, 6)) & (rng.random(len(district)) < 0.5)
            lost[half, begin:end] = True
    return lost


def expression(
    num_genes: int = 2000, num_samples: int = 100, *, missing: float = 0.2, random_state: Any = 0
) -> tuple[Array, Array]:
    """Make log2 expression values of genes in samples, and which of them were measured.

    Genes have levels of their own, follow some of 8 programmes that tissues switch on and off, and scatter; samples
    come in 6 tissues and 4 batches.  Values are lost at random, faint ones twice as often.

    Parameters
    ----------
    num_genes, num_samples : int
    missing : float, default 0.2
        Share of the values that is lost, nearly; in [0, 0.6].
    random_state : int, Generator or None, default 0

    Returns
    -------
    values : ndarray, shape (num_genes, num_samples)
        With nothing lost.
    observed : ndarray of bool, same shape
    """
    m, n = _sizes(num_genes=num_genes, num_samples=num_samples)
    if not 0 <= missing <= 0.6:
        raise option_error("missing", missing, "must be in [0, 0.6]")
    rng = np.random.default_rng(seed(random_state))
    level = rng.gamma(6.0, 1.1, m)[:, None] + 2
    tissue, batch = rng.integers(0, 6, n), rng.integers(0, 4, n)
    programmes = rng.normal(0, 1, (8, 6))[:, tissue] + 0.5 * rng.normal(0, 1, (8, n))
    follows = rng.normal(0, 0.6, (m, 8)) * (rng.random((m, 8)) < 0.35)
    batches = 0.15 * rng.normal(0, 1, (m, 4))[:, batch]
    values = level + follows @ programmes + batches + 0.25 * rng.normal(0, 1, (m, n))
    faint = values < np.median(values)
    return values, rng.random((m, n)) >= missing * np.where(faint, 4 / 3, 2 / 3)
