# SPDX-License-Identifier: Apache-2.0
"""Drops readings that cannot be true, and says that it did."""
import csv
import sys

from recording import log


def plausible(row):
    try:
        return -50.0 < float(row["temperature"]) < 60.0
    except ValueError:
        return False


def main(source, target):
    with open(source, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kept = [row for row in rows if plausible(row)]
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["sensor", "depth", "temperature"])
        writer.writeheader()
        writer.writerows(kept)
    dropped = len(rows) - len(kept)
    log(rows_in=len(rows), rows_out=len(kept), degraded=f"{dropped} of {len(rows)} readings were dropped" if dropped else None)
    print(f"kept {len(kept)} of {len(rows)} readings")


main(sys.argv[1], sys.argv[2])
