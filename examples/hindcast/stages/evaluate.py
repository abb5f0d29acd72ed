# SPDX-License-Identifier: Apache-2.0
"""evaluate: how good the hindcast was, by fold and state, beside what the trend alone would have said."""
import os

from common import fixed, log, number, options, read, read_json, root_mean_square, target, write, write_json
from conformal import corrected


def measures(rows, bias):
    """Root mean square errors of the trend alone, the model, and the model corrected; each row with its fold."""
    errors = [(number(row["observed"]) - number(row["trend"]), number(row["observed"]) - number(row["predicted"]), number(row["observed"]) - corrected(row, bias[fold]))
              for fold, row in rows]
    return [root_mean_square(column) for column in zip(*errors)]


def main():
    given = options()
    folder = os.path.join(given.run_dir, "preds", given.key)
    rows = [(fold, row) for fold in sorted(os.listdir(folder)) for row in read(folder, fold, "walk_forward_preds.csv")]
    bias = {fold: read_json(given.run_dir, "models", given.key, fold, "bias_corrector.json") for fold, _ in rows}
    header = ("rmse_trend", "rmse_model", "rmse_corrected")

    def grouped(name, of):
        groups = {}
        for fold, row in rows:
            groups.setdefault(of(fold, row), []).append((fold, row))
        write(target(given.out, "reports", f"by_{name}.csv"), (name, "rows", *header),
              [(group, len(members), *map(fixed, measures(members, bias))) for group, members in sorted(groups.items())])

    grouped("fold", lambda fold, row: fold)
    grouped("state", lambda fold, row: row["state"])
    trend, model, better = measures(rows, bias)
    skill = 1 - (better / trend) ** 2
    nation = read(given.run_dir, "postprocessed", f"{given.key}_national.csv")
    national = root_mean_square(number(row["observed"]) - number(row["corrected"]) for row in nation)
    summary = {"rows": len(rows), "rmse_trend": fixed(trend), "rmse_model": fixed(model), "rmse_corrected": fixed(better), "rmse_national": fixed(national), "skill": fixed(skill)}
    write_json(target(given.out, "reports", "summary.json"), summary)
    log(rows_in=len(rows), rmse=summary["rmse_corrected"], rmse_national=summary["rmse_national"], skill=summary["skill"])


main()
