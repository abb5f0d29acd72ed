# SPDX-License-Identifier: Apache-2.0
"""Intervals from residuals: the half width that covered as many of n known residuals as a level asks for."""
from common import ZERO, number


def half_width(residuals, level):
    """The k-th smallest absolute residual, k = ceil((n + 1) * level / 100); with too few residuals the largest."""
    ordered = sorted(abs(value) for value in residuals)
    wanted = -(-(len(ordered) + 1) * int(level) // 100)
    return ordered[min(wanted, len(ordered)) - 1]


def national(rows, value):
    """The mean of `value(row)` over counties, each by its acres."""
    acres = sum((number(row["acres"]) for row in rows), ZERO)
    return sum((value(row) * number(row["acres"]) for row in rows), ZERO) / acres


def corrected(row, bias):
    return number(row["predicted"]) - number(bias["states"].get(row["state"], "0"))


def widths(rows):
    """{(group, level): half width} of a calibration table."""
    return {(row["group"], row["level"]): number(row["half_width"]) for row in rows}
