# SPDX-License-Identifier: Apache-2.0
"""bias: by how much earlier folds were wrong on average in each state: what to take off a fold's predictions. A fold knows only folds before it."""
import os

from common import ZERO, fixed, log, mean, number, options, read, target, write_json


def main():
    given = options("fold", "shrink")
    errors = {}
    seen = []
    folder = os.path.join(given.run_dir, "preds", given.key)
    for fold in sorted(os.listdir(folder)):
        if fold != "production" and (given.fold == "production" or fold < given.fold):
            seen.append(fold)
            for row in read(folder, fold, "walk_forward_preds.csv"):
                errors.setdefault(row["state"], []).append(number(row["predicted"]) - number(row["observed"]))
    # Few folds say little: the mean is drawn towards nothing by as many folds as `shrink` says.
    trust = len(seen) / (len(seen) + number(given.shrink)) if seen else ZERO
    write_json(target(given.out, "models", given.key, given.fold, "bias_corrector.json"),
               {"folds": seen, "states": {state: fixed(mean(values) * trust, 4) for state, values in errors.items()}})
    log(rows_in=sum(map(len, errors.values())))


main()
