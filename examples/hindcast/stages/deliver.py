# SPDX-License-Identifier: Apache-2.0
"""deliver: the table that leaves the house: each county and year with its interval, and the nation."""
import os

from common import fixed, included, log, options, read, read_json, target, write
from conformal import corrected, widths

HEADER = ("geo_identifier", "season_year", "yield", "lower", "upper", "level")


def main():
    given = options("file", "level")
    folder = os.path.join(given.run_dir, "preds", given.key)
    width = widths(read(given.run_dir, "conformal", "county.csv"))
    rows = []
    for fold in sorted(os.listdir(folder)):
        for row in read(folder, fold, "walk_forward_preds.csv"):
            bias = read_json(given.run_dir, "models", given.key, fold, "bias_corrector.json")
            value, half = corrected(row, bias), width[row["geo_identifier"], given.level]
            rows.append((row["geo_identifier"], fold, *(fixed(number, 1) for number in (value, value - half, value + half)), given.level))
    assert {row[0] for row in rows} == included(given.run_dir), "every county that is included is delivered"
    for row in read(given.run_dir, "postprocessed", f"{given.key}_national.csv"):
        rows.append(("national", row["season_year"], row["corrected"], row[f"lower_{given.level}"], row[f"upper_{given.level}"], given.level))
    write(target(given.out, "delivery", given.file), HEADER, rows)
    log(rows_out=len(rows))


main()
