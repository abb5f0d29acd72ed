# SPDX-License-Identifier: Apache-2.0
"""forecast: a season that is not over, from what was known of its weather on one day. Trained results come from "production"; nothing outside of its own folder is written."""
from common import fixed, included, log, options, read, read_json, target, write
from conformal import corrected, national, widths
from model import predict, trend
from season import FEATURES, by_season


def main():
    given = options("season-year", "init-date", "weather", "file", "level")
    place = (given.out, "forecast", given.season_year, given.init_date)
    models = (given.run_dir, "models", given.key, "production")
    detrender, model, bias = (read_json(*models, name) for name in ("detrender.json", "model.json", "bias_corrector.json"))
    fill = {row["geo_identifier"]: row for row in read(*models, "feature_fill_values.csv")}
    about = {row["geo_identifier"]: row for row in read(given.run_dir, "features", "train.csv")}
    chosen = included(given.run_dir)

    weather = read(given.weather)
    write(target(*place, "indices", "months.csv"), weather[0].keys(), [row.values() for row in weather])
    seasons = by_season(row for row in weather if row["geo_identifier"] in chosen)
    assert {year for _, year in seasons} == {given.season_year}, f"{given.weather} holds another season"
    rows = [{"geo_identifier": county, "state": about[county]["state"], "year": year, "acres": about[county]["acres"],
             **{name: fixed(value, 2) for name, value in zip(FEATURES, features)}} for (county, year), features in seasons.items()]
    write(target(*place, "features", "pred.csv"), rows[0].keys(), [row.values() for row in rows])

    for row in rows:
        row.update(trend=fixed(trend(detrender, row)), predicted=fixed(predict(row, detrender, fill, model)))
    header = ("geo_identifier", "state", "year", "acres", "trend", "predicted")
    write(target(*place, "preds", "walk_forward_preds.csv"), header, [[row[name] for name in header] for row in rows])

    half = widths(read(given.run_dir, "conformal", "national.csv"))["national", given.level]
    whole = national(rows, lambda row: corrected(row, bias))
    nation = ("national", given.season_year, *(fixed(value) for value in (whole, whole - half, whole + half)), given.level)
    columns = ("geo_identifier", "season_year", "yield", "lower", "upper", "level")
    write(target(*place, "postprocessed", "national.csv"), columns, [nation])

    width = widths(read(given.run_dir, "conformal", "county.csv"))
    delivered = []
    for row in rows:
        value, half = corrected(row, bias), width[row["geo_identifier"], given.level]
        delivered.append((row["geo_identifier"], given.season_year, *(fixed(number, 1) for number in (value, value - half, value + half)), given.level))
    write(target(*place, "delivery", given.file), columns, [*delivered, nation])
    log(rows_in=len(weather), rows_out=len(delivered) + 1, national_yield=fixed(whole))


main()
