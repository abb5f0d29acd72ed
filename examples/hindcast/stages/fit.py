# SPDX-License-Identifier: Apache-2.0
"""fit: trains one fold on the years before it, and "production" on all years."""
from decimal import Decimal

from common import fixed, included, log, number, options, read, root_mean_square, target, write, write_json
from model import fit_detrender, fit_fill_values, fit_ridge, predict, training_rows
from season import FEATURES


def main():
    given = options("fold", "ridge")
    rows = training_rows(read(given.run_dir, "features", "train.csv"), included(given.run_dir), given.fold)
    place = (given.out, "models", given.key, given.fold)
    detrender = fit_detrender(rows)
    write_json(target(*place, "detrender.json"), detrender)
    fill = fit_fill_values(rows)
    write(target(*place, "feature_fill_values.csv"), ("geo_identifier", *FEATURES), [(county, *(values[name] for name in FEATURES)) for county, values in fill.items()])
    model = fit_ridge(rows, detrender, fill, Decimal(given.ridge))
    write_json(target(*place, "model.json"), model)
    loss = root_mean_square(number(row["yield"]) - predict(row, detrender, fill, model) for row in rows)
    log(rows_in=len(rows), train_rmse=fixed(loss))


main()
