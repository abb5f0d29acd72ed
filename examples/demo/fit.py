# SPDX-License-Identifier: Apache-2.0
"""Fits temperature = intercept + slope * depth by gradient descent and logs how the loss falls."""
import csv
import json
import sys

from recording import log


def main(source, target, rate, steps):
    with open(source, newline="", encoding="utf-8") as file:
        points = [(float(row["depth"]), float(row["temperature"])) for row in csv.DictReader(file)]
    slope = intercept = 0.0
    for step in range(steps + 1):
        errors = [(intercept + slope * x - y, x) for x, y in points]
        loss = sum(error * error for error, _ in errors) / len(errors)
        if step % 40 == 0:
            log(step=step, loss=f"{loss:.6f}")
        slope -= rate * 2 * sum(error * x for error, x in errors) / len(errors)
        intercept -= rate * 2 * sum(error for error, _ in errors) / len(errors)
    log(rows_in=len(points), rows_out=1, slope=f"{slope:.4f}", intercept=f"{intercept:.4f}")
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"slope": slope, "intercept": intercept, "loss": loss}, file)
    print(f"temperature = {intercept:.2f} {slope:+.2f} * depth, loss {loss:.3f}")


main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
