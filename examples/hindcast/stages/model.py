# SPDX-License-Identifier: Apache-2.0
"""The model: a trend a state, a level a county, and a ridge regression of what weather adds to them."""
from common import ZERO, fixed, mean, number
from decimal import Decimal
from season import FEATURES

BASE_YEAR = 2000
TERMS = (*FEATURES, "rain_summer_squared", "heat_squared")


def training_rows(rows, counties, fold):
    """Rows of the counties before the fold's year; "production" takes all."""
    return [row for row in rows if row["geo_identifier"] in counties and (fold == "production" or int(row["year"]) < int(fold))]


def fit_detrender(rows):
    """A slope for each state by least squares around its counties' means, and where each county's line begins."""
    counties = {}
    for row in rows:
        counties.setdefault((row["state"], row["geo_identifier"]), []).append((Decimal(int(row["year"]) - BASE_YEAR), number(row["yield"])))
    centres = {which: (mean(t for t, _ in points), mean(y for _, y in points)) for which, points in counties.items()}
    slopes = {}
    for state in sorted({state for state, _ in counties}):
        above = below = ZERO
        for which, points in counties.items():
            if which[0] == state:
                centre = centres[which]
                above += sum(((t - centre[0]) * (y - centre[1]) for t, y in points), ZERO)
                below += sum(((t - centre[0]) ** 2 for t, _ in points), ZERO)
        slopes[state] = above / below
    levels = {county: fixed(centre[1] - slopes[state] * centre[0], 6) for (state, county), centre in centres.items()}
    return {"base_year": BASE_YEAR, "slopes": {state: fixed(slope, 6) for state, slope in slopes.items()}, "levels": levels}


def trend(detrender, row):
    passed = int(row["year"]) - detrender["base_year"]
    return Decimal(detrender["levels"][row["geo_identifier"]]) + passed * Decimal(detrender["slopes"][row["state"]])


def fit_fill_values(rows):
    """The mean of each feature in each county: what a missing value is taken for, and what an anomaly is measured from."""
    counties = {}
    for row in rows:
        counties.setdefault(row["geo_identifier"], []).append(row)
    return {county: {name: fixed(mean(number(row[name]) for row in members if row[name] != ""), 4) for name in FEATURES} for county, members in sorted(counties.items())}


def terms(row, fill):
    usual = fill[row["geo_identifier"]]
    rain_spring, rain_summer, heat = ((number(row[name]) if row[name] != "" else Decimal(usual[name])) - Decimal(usual[name]) for name in FEATURES)
    return (rain_spring / 100, rain_summer / 100, heat, (rain_summer / 100) ** 2, max(heat, ZERO) ** 2)


def solve(matrix, right):
    """Gauss and Jordan, with the largest pivot."""
    size = len(right)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for row in range(size):
            if row != at:
                factor = rows[row][at]
                rows[row] = [value - factor * pivot for value, pivot in zip(rows[row], rows[at])]
    return [row[size] for row in rows]


def fit_ridge(rows, detrender, fill, ridge):
    found = [((Decimal(1), *terms(row, fill)), number(row["yield"]) - trend(detrender, row)) for row in rows]
    size = 1 + len(TERMS)
    matrix = [[sum((x[i] * x[j] for x, _ in found), ZERO) + (ridge if i == j and i > 0 else ZERO) for j in range(size)] for i in range(size)]
    right = [sum((x[i] * y for x, y in found), ZERO) for i in range(size)]
    weights = solve(matrix, right)
    return {"ridge": str(ridge), "rows": len(rows), "weights": {name: fixed(weight, 6) for name, weight in zip(("intercept", *TERMS), weights)}}


def predict(row, detrender, fill, model):
    weights = model["weights"]
    added = sum((Decimal(weights[name]) * value for name, value in zip(TERMS, terms(row, fill))), Decimal(weights["intercept"]))
    return trend(detrender, row) + added
