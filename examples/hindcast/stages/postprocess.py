# SPDX-License-Identifier: Apache-2.0
"""postprocess: calibrates intervals in four modes (by county, by state, national, and in-sample, which is too narrow and says so), and sums up to the nation.

The hindcast's own years are what the intervals are calibrated on; a forecast's are not.
"""
import os

from common import fixed, log, number, options, read, read_json, target, write
from conformal import corrected, half_width, national, widths


def main():
    given = options("levels")
    levels = given.levels.split("-")
    folder = os.path.join(given.run_dir, "preds", given.key)
    folds = {fold: rows for fold in sorted(os.listdir(folder)) if (rows := read(folder, fold, "walk_forward_preds.csv"))}
    bias = {fold: read_json(given.run_dir, "models", given.key, fold, "bias_corrector.json") for fold in folds}
    residuals = {"county": {}, "state": {}, "national": {}, "in_sample": {}}
    sums = {}
    for fold, rows in folds.items():
        for row in rows:
            error = number(row["observed"]) - corrected(row, bias[fold])
            residuals["county"].setdefault(row["geo_identifier"], []).append(error)
            residuals["state"].setdefault(row["state"], []).append(error)
        sums[fold] = (national(rows, lambda row: number(row["observed"])), national(rows, lambda row: number(row["predicted"])),
                      national(rows, lambda row: corrected(row, bias[fold])))
        residuals["national"].setdefault("national", []).append(sums[fold][0] - sums[fold][2])
    for row in read(folder, "production", "train_preds.csv"):
        residuals["in_sample"].setdefault("all", []).append(number(row["observed"]) - number(row["predicted"]))
    for mode, groups in residuals.items():
        write(target(given.out, "conformal", f"{mode}.csv"), ("mode", "method", "group", "level", "n_residuals", "half_width"),
              [(mode, "absolute residual", group, level, len(errors), fixed(half_width(errors, level))) for group, errors in sorted(groups.items()) for level in levels])
    width = widths(read(given.out, "conformal", "national.csv"))
    rows = []
    for fold, (observed, predicted, better) in sums.items():
        bounds = [fixed(better + side * width["national", level]) for level in levels for side in (-1, 1)]
        rows.append((fold, fixed(observed), fixed(predicted), fixed(better), *bounds))
    header = ("season_year", "observed", "predicted", "corrected", *(f"{side}_{level}" for level in levels for side in ("lower", "upper")))
    write(target(given.out, "postprocessed", f"{given.key}_national.csv"), header, rows)
    log(rows_in=sum(map(len, folds.values())), rows_out=len(rows))


main()
