# SPDX-License-Identifier: Apache-2.0
"""predict: what a fold's model says of the years it was trained on, and of the year after them, which it has not seen.

"production" has no such year: its walk_forward_preds.csv and year_data.csv are headings alone.
"""
from common import fixed, included, log, number, options, read, read_json, target, write
from model import predict, training_rows, trend

HEADER = ("geo_identifier", "state", "year", "acres", "observed", "trend", "predicted")


def main():
    given = options("fold")
    models = (given.run_dir, "models", given.key, given.fold)
    detrender, model = read_json(*models, "detrender.json"), read_json(*models, "model.json")
    fill = {row["geo_identifier"]: row for row in read(*models, "feature_fill_values.csv")}
    table = read(given.run_dir, "features", "train.csv")
    chosen = included(given.run_dir)
    train = training_rows(table, chosen, given.fold)
    year = [row for row in table if row["year"] == given.fold and row["geo_identifier"] in chosen]

    def told(rows):
        return [(row["geo_identifier"], row["state"], row["year"], row["acres"], row["yield"], fixed(trend(detrender, row)), fixed(predict(row, detrender, fill, model)))
                for row in rows]

    place = (given.out, "preds", given.key, given.fold)
    write(target(*place, "train_preds.csv"), HEADER, told(train))
    write(target(*place, "walk_forward_preds.csv"), HEADER, told(year))
    acres = sum(number(row["acres"]) for row in year)
    write(target(*place, "year_data.csv"), ("year", "counties", "acres"), [(given.fold, len(year), acres)] if year else [])
    log(rows_in=len(train) + len(year), rows_out=len(year))


main()
