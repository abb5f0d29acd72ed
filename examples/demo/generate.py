# SPDX-License-Identifier: Apache-2.0
"""Writes readings of five sensors as CSV: a straight line, some noise, and now and then a broken reading."""
import csv
import random
import sys

from recording import log


def main(path, count):
    source = random.Random(20)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sensor", "depth", "temperature"])
        for number in range(count):
            depth = source.uniform(0, 10)
            temperature = f"{18.0 - 1.25 * depth + source.gauss(0, 0.4):.3f}"
            if number % 97 == 0:
                temperature = "n/a"
            elif number % 211 == 0:
                temperature = "999.0"
            writer.writerow([f"s{number % 5}", f"{depth:.3f}", temperature])
    log(rows_out=count)
    print(f"wrote {count} readings")


main(sys.argv[1], int(sys.argv[2]))
