# SPDX-License-Identifier: Apache-2.0
"""counties: which counties have reported long enough to be modelled."""
from common import log, options, read, target


def main():
    given = options("min-years")
    years = {}
    for row in read(given.run_dir, "features", "train.csv"):
        years.setdefault(row["geo_identifier"], set()).add(row["year"])
    chosen = sorted(county for county, reported in years.items() if len(reported) >= int(given.min_years))
    with open(target(given.out, "included_geo_identifiers.txt"), "w", encoding="utf-8", newline="\n") as file:
        file.write("".join(county + "\n" for county in chosen))
    log(rows_in=len(years), rows_out=len(chosen))


main()
