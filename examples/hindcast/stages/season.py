# SPDX-License-Identifier: Apache-2.0
"""What of a season's weather the model looks at."""
from common import mean, number

FEATURES = ("rain_spring", "rain_summer", "heat_summer")
SPRING, SUMMER = ("4", "5"), ("6", "7", "8")


def of_season(months):
    """The features of one county and year from its months' rows; None where a month is missing."""
    values = {(row["month"], name): number(row[name]) for row in months for name in ("temperature", "rain")}

    def of(name, wanted):
        found = [values.get((month, name)) for month in wanted]
        return None if None in found else found

    spring, summer, heat = of("rain", SPRING), of("rain", SUMMER), of("temperature", SUMMER)
    return (sum(spring) if spring else None, sum(summer) if summer else None, mean(heat) if heat else None)


def by_season(rows):
    """{(county, year): features}, in the order of the rows."""
    seasons = {}
    for row in rows:
        seasons.setdefault((row["geo_identifier"], row["year"]), []).append(row)
    return {season: of_season(months) for season, months in seasons.items()}
