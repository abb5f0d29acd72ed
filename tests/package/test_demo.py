# SPDX-License-Identifier: Apache-2.0
"""`make demo` runs the hindcast as a pipeline: killed, resumed, extended, explained; and every stage is recorded."""
import json
import os
import subprocess

from conftest import SOURCE, call


def test_the_demonstration_does_what_it_says(tmp_path):
    place = tmp_path / "demo"
    binary = os.environ["RUNLAKE_BIN"]
    done = call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": place})
    assert "(killed by SIGKILL)" in done.stdout and "param ridge: 10 -> 12" in done.stdout and "NotGoodEnough" in done.stdout
    assert done.stderr.count("Traceback") == 1, done.stderr
    (run_dir,) = (place / "runs").glob("*_corn_sim")
    shown = json.loads(call(binary, "rundir", "verify", run_dir, "--json", cwd=place).stdout)
    assert shown["state"] == "done" and len(shown["stages"]) == 29
    assert sorted(str(path.relative_to(run_dir)) for path in run_dir.glob("forecast/*/*")) == ["forecast/2024/2024-07-01", "forecast/2024/2024-10-01", "forecast/2025/2024-10-01"]

    def ask(words):
        return json.loads(call(binary, "runs", "sql", words, "--json", cwd=place).stdout)["rows"]

    # The resumed attempt, the one with nothing to do, the forecasts; the killed one never ended. What was running then ran again, and what had just ended may have.
    assert ask("SELECT count(*) FROM runs WHERE stage = 'pipeline' AND status = 'completed'") == [[3]]
    assert 29 <= ask("SELECT count(*) FROM runs WHERE stage <> 'pipeline' AND status = 'completed'")[0][0] <= 32
    assert ask("SELECT status FROM runs WHERE stage = 'publish'") == [["failed"]]
    # Again in the same place, and refused where something else is.
    call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": place})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("precious")
    assert call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": tmp_path / "mine"}, check=False).returncode == 1
    assert (tmp_path / "mine" / "file").read_text() == "precious"
    # Published results are read-only folders, which pytest does not remove for others than root.
    subprocess.run(["chmod", "-R", "u+w", str(place)], check=True)
