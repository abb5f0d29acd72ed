# SPDX-License-Identifier: Apache-2.0
"""Makes the data that the hindcast reads: the weather and the yields of counties that do not exist.

    python3 make_data.py FOLDER              weather.csv, yields.csv, counties.csv
    python3 make_data.py FOLDER --forecasts  and forecasts/<season_year>/<init_date>.csv: the weather as far as it was known on that day

Every number is drawn from the SHA-256 of its own name ("7/rain/north-01/2012/6") and all arithmetic is on whole numbers, so the bytes are the same on every
machine, whichever files are made, and one county more changes no other. README.md describes the process.
"""
import argparse
import hashlib
import os

STATES = {"north": (-14, 60), "east": (0, 160), "south": (16, 0), "west": (6, -180)}  # warmer by tenths of a degree, better by tenths of a bushel
COUNTIES = 6           # a state
LATE = {"north-06": 2014, "west-05": 2016, "west-06": 2015}  # counties that began to report late
YEARS = range(2000, 2024)
MONTHS = (4, 5, 6, 7, 8, 9)
NORMAL_TEMPERATURE = {4: 95, 5: 152, 6: 206, 7: 231, 8: 222, 9: 174}   # tenths of a degree Celsius
NORMAL_RAIN = {4: 880, 5: 1040, 6: 1020, 7: 940, 8: 900, 9: 800}       # tenths of a millimetre
FORECASTS = ((2024, "2024-07-01"), (2024, "2024-10-01"), (2025, "2024-10-01"))


def digest(seed, *name):
    return hashlib.sha256("/".join([str(seed), *map(str, name)]).encode()).digest()


def uniform(seed, low, high, *name):
    """A whole number from low to high, both included."""
    return low + int.from_bytes(digest(seed, *name)[:8], "big") % (high - low + 1)


def normal(seed, deviation, *name):
    """A whole number, nearly normal around 0: the sum of twelve uniform ones."""
    drawn = digest(seed, *name)
    total = sum(int.from_bytes(drawn[at : at + 2], "big") for at in range(0, 24, 2))
    return (total - 12 * 32768) * deviation // 65536


def counties():
    return [(f"{state}-{number:02d}", state) for state in STATES for number in range(1, COUNTIES + 1)]


def weather(seed, county, state, year, month):
    """Temperature and rain of a month: the normal, what the whole state had, what the county had. Heat comes with drought."""
    heat = normal(seed, 11, "heat", state, year, month)
    temperature = NORMAL_TEMPERATURE[month] + STATES[state][0] + heat + normal(seed, 4, "local-heat", county, year, month)
    rain = NORMAL_RAIN[month] - 9 * heat + normal(seed, 170, "rain", state, year, month) + normal(seed, 60, "local-rain", county, year, month)
    return temperature, max(rain, 0)


def harvest(seed, county, state, year):
    """Tenths of a bushel an acre: the county's soil, progress, rain in summer (too much is as bad as too little), heat in summer, chance."""
    summer = [weather(seed, county, state, year, month) for month in (6, 7, 8)]
    warmer = sum(temperature for temperature, _ in summer) - sum(NORMAL_TEMPERATURE[month] + STATES[state][0] for month in (6, 7, 8))
    wetter = (sum(rain for _, rain in summer) - sum(NORMAL_RAIN[month] for month in (6, 7, 8))) // 10
    soil = 1320 + STATES[state][1] + uniform(seed, -120, 120, "soil", county)
    progress = 19 * (year - YEARS[0])
    response = 2 * wetter - wetter * wetter // 120 - 2 * warmer - max(warmer, 0) ** 2 // 40
    return max(soil + progress + response + normal(seed, 45, "chance", county, year), 100)


def tenths(number):
    sign, number = ("-", -number) if number < 0 else ("", number)
    return f"{sign}{number // 10}.{number % 10}"


def write(path, header, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write("".join(",".join(map(str, row)) + "\n" for row in [header, *rows]))


def weather_rows(seed, years):
    """One row a county and month. About one value in sixty is missing, as in any record of weather."""
    for county, state in counties():
        for year in years:
            for month in MONTHS:
                values = [tenths(value) for value in weather(seed, county, state, year, month)]
                for at, name in enumerate(("temperature", "rain")):
                    if uniform(seed, 1, 60, "lost", name, county, year, month) == 1:
                        values[at] = ""
                yield (county, year, month, *values)


def make(folder, seed):
    write(f"{folder}/counties.csv", ("geo_identifier", "state", "acres"),
          [(county, state, 1000 * uniform(seed, 40, 160, "acres", county)) for county, state in counties()])
    write(f"{folder}/weather.csv", ("geo_identifier", "year", "month", "temperature", "rain"), weather_rows(seed, YEARS))
    write(f"{folder}/yields.csv", ("geo_identifier", "year", "yield"),
          [(county, year, tenths(harvest(seed, county, state, year))) for county, state in counties() for year in YEARS if year >= LATE.get(county, 0)])


def make_forecasts(folder, seed):
    """What was known of a season on a day: the months before it as they were; later ones with half of their anomaly and an error of the forecaster's own."""
    for season, day in FORECASTS:
        rows = []
        for county, state in counties():
            for month in MONTHS:
                temperature, rain = weather(seed, county, state, season, month)
                if f"{season}-{month:02d}-31" >= day:
                    usual = (NORMAL_TEMPERATURE[month] + STATES[state][0], NORMAL_RAIN[month])
                    temperature = usual[0] + (temperature - usual[0]) // 2 + normal(seed, 5, "error", "heat", state, season, month, day)
                    rain = max(usual[1] + (rain - usual[1]) // 2 + normal(seed, 90, "error", "rain", state, season, month, day), 0)
                rows.append((county, season, month, tenths(temperature), tenths(rain)))
        write(f"{folder}/forecasts/{season}/{day}.csv", ("geo_identifier", "year", "month", "temperature", "rain"), rows)


def main():
    words = argparse.ArgumentParser(description="Makes weather and yields of counties that do not exist.")
    words.add_argument("folder")
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--forecasts", action="store_true", help="add what was known of the seasons to come")
    given = words.parse_args()
    make(given.folder, given.seed)
    if given.forecasts:
        make_forecasts(given.folder, given.seed)


main()
