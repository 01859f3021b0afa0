# SPDX-License-Identifier: Apache-2.0
import gzip

import numpy as np
import pytest

import rankfill
from rankfill import datasets
from rankfill.errors import FileError, InvalidData, InvalidOption


def test_low_rank_is_of_that_rank():
    full = datasets.low_rank(30, 20, rank=2, density=1.0).to_scipy().toarray()

    assert np.linalg.matrix_rank(full) == 2
    some = datasets.low_rank(300, 200, rank=2, density=0.1, random_state=3)
    assert len(some) == 6000
    assert len(np.unique(some.rows.astype(int) * 200 + some.cols)) == 6000
    np.testing.assert_array_equal(some.values, datasets.low_rank(300, 200, rank=2, density=0.1, random_state=3).values)
    with pytest.raises(InvalidOption):
        datasets.low_rank(3, 3, rank=1, density=2)


def test_ratings_are_half_stars():
    made = datasets.ratings(100, 50, 2000)

    assert set(np.unique(made.values)) <= set(np.arange(0.5, 5.5, 0.5))
    assert made.shape == (100, 50)


def test_relief_is_bundled():
    relief = datasets.relief()

    assert relief.shape == (540, 1080)
    assert relief.dtype == np.int16
    assert relief.max() == 6229


def test_movielens_layouts(tmp_path):
    (tmp_path / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n7,1029,3.0,1260759179\n"
    )
    (tmp_path / "ratings.dat").write_text("1::31::2.5::1260759144\n7::1029::3.0::1260759179\n")
    (tmp_path / "u.data").write_text("1\t31\t2.5\t1260759144\n7\t1029\t3.0\t1260759179\n")

    for name in ("ratings.csv", "ratings.dat", "u.data", ""):
        found = datasets.movielens(tmp_path / name)
        assert list(found.row_ids) == [1, 7]
        assert list(found.col_ids) == [31, 1029]
        assert list(found.values) == [2.5, 3.0]
        assert list(found.times) == [1260759144, 1260759179]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds none of"):
        datasets.movielens(tmp_path / "empty")


def test_netflix_layouts(tmp_path):
    text = "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n822109,4,1970-01-02\n"
    (tmp_path / "combined_data_1.txt").write_text(text)
    with gzip.open(tmp_path / "combined_data_2.txt.gz", "wt") as file:
        file.write("3:\n5,1,2000-01-01\n")

    found = datasets.netflix(tmp_path)

    assert list(found.row_ids) == [5, 822109, 1488844]
    assert list(found.col_ids) == [1, 2, 3]
    assert list(found.values) == [3, 5, 4, 1]
    assert found.times[2] == 1
    assert len(datasets.netflix(tmp_path / "combined_data_1.txt")) == 3
    (tmp_path / "bad.txt").write_text("1:\n1,2\n")
    with pytest.raises(InvalidData, match=r"bad.txt:2: .* found '1,2'"):
        datasets.netflix(tmp_path / "bad.txt")
    with pytest.raises(FileError):
        datasets.netflix(tmp_path / "none.txt")


@pytest.mark.parametrize("separator", [",", ";", " ", "\t"])
def test_jester_layout(tmp_path, separator):
    lines = ["2,99,-7.82,8.79", "3,4.08,-0.29,6.36"]
    (tmp_path / "jester.csv").write_text("\n".join(lines).replace(",", separator) + "\n")

    found = datasets.jester(tmp_path / "jester.csv")

    assert found.shape == (2, 3)
    assert list(found.values) == [-7.82, 8.79, 4.08, -0.29, 6.36]
    (tmp_path / "bad.csv").write_text("1,99,2,3\n")
    with pytest.raises(InvalidData, match="user 1 says 1 ratings and has 2"):
        datasets.jester(tmp_path / "bad.csv")


def test_read_gives_ids_and_words(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\nann,x,3\nbob,y,4\n")

    found = rankfill.read(tmp_path / "r.csv")

    assert list(found.row_ids) == ["ann", "bob"]
    assert repr(found) == "<Entries: 2 of a 2 x 2 matrix>"
    (tmp_path / "bad.csv").write_text("user,item,rating\nann,x,3\nbob,y,four\n")
    with pytest.raises(InvalidData, match=r"bad.csv:3: the value .four. is not a finite number") as error:
        rankfill.read(tmp_path / "bad.csv")
    assert error.value.line == 3


def test_traffic_has_days_and_bursts_of_gaps():
    counts, observed = datasets.traffic(num_sensors=30, num_days=14, random_state=2)

    assert counts.shape == observed.shape == (30, 14 * 96)
    assert (counts >= 0).all()
    assert (counts == np.round(counts)).all()
    # The last burst may be of half a district: 1/12 of the sensors, and a few times 8 hours.
    assert 0.3 <= 1 - observed.mean() < 0.3 + 0.1
    day, night = (counts.reshape(30, 14, 96)[:, :, at].mean() for at in (slice(32, 72), slice(8, 20)))
    assert day > 3 * night
    # Bursts: a loss is followed by another far more often than 3 times in 10.
    assert (~observed[:, 1:])[~observed[:, :-1]].mean() > 0.8
    again, _ = datasets.traffic(num_sensors=30, num_days=14, random_state=2)
    np.testing.assert_array_equal(again, counts)
    assert datasets.traffic(3, 1, missing=0)[1].all()
    with pytest.raises(InvalidOption, match=r"missing = 1: must be in \[0, 0.9\]"):
        datasets.traffic(missing=1)


def test_expression_is_of_low_rank_but_for_its_noise():
    values, observed = datasets.expression(400, 60, missing=0.2, random_state=1)

    spread = np.linalg.svd(values - values.mean(axis=1, keepdims=True), compute_uv=False)
    # 8 programmes and 4 batches stand out of noise, whose largest singular value is about 0.25 (sqrt(400) + sqrt(60)).
    assert spread[7] > 2 * spread[12]
    assert spread[12] < 0.25 * (np.sqrt(400) + np.sqrt(60))
    # Binomial with unequal chances: within 5 standard deviations of 0.2.
    assert abs((~observed).mean() - 0.2) < 5 * np.sqrt(0.2 / observed.size)
    faint = values < np.median(values)
    assert (~observed)[faint].mean() > 1.5 * (~observed)[~faint].mean()
    with pytest.raises(InvalidOption, match="num_genes, num_samples"):
        datasets.expression(0, 3)
