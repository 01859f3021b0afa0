# SPDX-License-Identifier: Apache-2.0
"""From a file of ratings to recommendations.

    python examples/ratings.py                        # on ratings that are made up here
    python examples/ratings.py ml-latest-small        # on MovieLens: ratings.csv or its folder

Needs matplotlib for the picture.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import rankfill


def made_up(folder):
    """Write a file like those of MovieLens."""
    ratings = rankfill.datasets.ratings(1500, 1000, 120_000, random_state=1)
    lines = [f"{u},{i},{r}" for u, i, r in zip(ratings.rows, ratings.cols, ratings.values, strict=True)]
    file = Path(folder) / "ratings.csv"
    file.write_text("\n".join(["userId,movieId,rating", *lines]) + "\n")
    return file


def titles(path):
    """Return the names of the movies, where MovieLens' movies.csv lies beside the ratings."""
    file = (path if path.is_dir() else path.parent) / "movies.csv"
    if not file.exists():
        return {}
    with open(file, encoding="utf-8", newline="") as lines:
        return {int(row["movieId"]): row["title"] for row in csv.DictReader(lines)}


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("ratings", nargs="?", type=Path)
parser.add_argument("--out", default=".", type=Path, help="folder for the picture")
arguments = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    path = arguments.ratings or made_up(folder)
    data = rankfill.datasets.movielens(path)
    names = titles(path)
print(data)

# Held out: a tenth to judge by at the end.  tune() holds out another tenth of the rest to choose by.
train, test = rankfill.train_test_split(data, fraction=0.1, random_state=0)
start = rankfill.MatrixCompletion(center="bias", max_iterations=40)
result = rankfill.tune(train, estimator=start, ranks=[4, 16], weightings=["count"], refine=2, verbose=1)
model = result.best_estimator_  # fitted to all of train

mean = rankfill.metrics.rmse(test.values, 0 * test.values + train.values.mean())
# So large a lambda that the factors vanish: what is left are damped means of users and movies.
biases = -rankfill.MatrixCompletion(rank=1, center="bias", regularization=1e9, max_iterations=5).fit(train).score(test)

user = data.row_ids[0]
print(f"\nFor user {user}:")
for movie, stars in zip(*model.recommend(user, n=5), strict=True):
    print(f"  {stars:4.2f}  {names.get(movie, movie)}")
best = int(model.recommend(user, n=1)[0][0])
alike = ", ".join(str(names.get(movie, movie)) for movie in model.similar(best, n=3)[0])
print(f"Like {names.get(best, best)}: {alike}")

picture = arguments.out / "ratings.png"
rankfill.plots.tuning(result).savefig(picture, dpi=120)
print("\nHeld-out RMSE, in stars:")
for error, name in [(mean, "the mean"), (biases, "means of users and movies"), (-model.score(test), "rankfill")]:
    print(f"  {error:.3f}  {name}")
print(f"See {picture}.")
