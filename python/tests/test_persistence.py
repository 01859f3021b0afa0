# SPDX-License-Identifier: Apache-2.0
"""Files and copies."""

import copy
import pickle

import numpy as np
import pytest

import rankfill
from rankfill.errors import FileError, InvalidData


def test_saved_models_come_back(tmp_path, fitted):
    fitted.save(tmp_path / "model.npz")

    model = rankfill.load(tmp_path / "model.npz")

    np.testing.assert_array_equal(model.row_factors_, fitted.row_factors_)
    assert (model.rank, model.weighting, model.regularization) == (4, 1.0, 0.1)
    assert model.predict(3, 4) == fitted.predict(3, 4)
    np.testing.assert_array_equal(model.recommend(3, 4, seen=fitted._train)[0], fitted.recommend(3, 4)[0])
    with pytest.raises(InvalidData, match="seen"):
        model.recommend(3)
    with np.load(tmp_path / "model.npz") as arrays:
        np.testing.assert_array_equal(arrays["col_factors"], fitted.col_factors_)


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no zip")
    with pytest.raises(FileError, match="No such file") as error:
        rankfill.load(tmp_path / "none.npz")
    assert isinstance(error.value, OSError)
    with pytest.raises(InvalidData):
        rankfill.load(tmp_path / "text.npz")


@pytest.mark.parametrize("make", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy, copy.copy])
def test_copies_do_the_same(fitted, make):
    model = make(fitted)

    np.testing.assert_array_equal(model.recommend([1, 2], 5)[0], fitted.recommend([1, 2], 5)[0])
    assert model.get_params() == pytest.approx(fitted.get_params(), nan_ok=True) or str(model) == str(fitted)
    np.testing.assert_array_equal(model.impute(), fitted.impute())
