# SPDX-License-Identifier: Apache-2.0
"""features: joins weather, yields and counties into one row a county and year."""
from common import fixed, log, options, read, target, write
from season import FEATURES, by_season


def main():
    given = options("data")
    counties = {row["geo_identifier"]: row for row in read(given.data, "counties.csv")}
    yields = {(row["geo_identifier"], row["year"]): row["yield"] for row in read(given.data, "yields.csv")}
    rows = []
    for (county, year), features in by_season(read(given.data, "weather.csv")).items():
        if (county, year) in yields:
            about = counties[county]
            rows.append((county, about["state"], year, about["acres"], yields[county, year], *(fixed(value, 2) for value in features)))
    write(target(given.out, "features", "train.csv"), ("geo_identifier", "state", "year", "acres", "yield", *FEATURES), sorted(rows))
    log(rows_out=len(rows))


main()
