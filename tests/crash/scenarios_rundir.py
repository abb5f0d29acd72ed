# SPDX-License-Identifier: Apache-2.0
"""Run directories and publication, killed and failed at every point: no false DONE, no half directory, and the next one succeeds."""

import os
import subprocess
from pathlib import Path

from harness import Scenario

DRIVER = Path(os.environ.get("RUNLAKE_RUNDIR_DRIVER", "rundir_driver"))
BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
LASTING = ("*:enospc:1+", "*:erofs:1+", "*:eacces:1+", "*:eio:1+")
MADE = "20250505_143022_corn"
AT = "2025-05-05T14:30:22Z"
OLD = ("a=old a", "b/c=old c")
NEW = ("a=new a", "d/e=new e", "d/f=new f")


def call(folder, program, *words, **env):
    whole = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(folder / ".runlake"), **env}
    whole |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return subprocess.run([program, *map(str, words)], env=whole, cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def drive(folder, *words, **env):
    return call(folder, DRIVER, *words, **env)


def good(done):
    assert done.returncode == 0, f"{done.args[1:]}: {done.returncode} {done.stderr}"
    return done


def run_dir(folder):
    return folder / "runs" / MADE


def results(folder, path=None):
    """The keys of every DONE, each read to its last byte."""
    out = good(drive(folder, "check", path or run_dir(folder))).stdout
    return [line.split()[3] for line in out.splitlines()]


def made(folder):
    good(drive(folder, "create", "runs", "corn", AT))


def with_a_result(folder):
    made(folder)
    good(drive(folder, "publish", run_dir(folder), "fit", "fold=2020", "old", *OLD))


def with_two_results(folder):
    with_a_result(folder)
    good(drive(folder, "publish", run_dir(folder), "fit", "fold=2020", "new", *NEW))


def with_another_run_dir(folder):
    with_a_result(folder)
    good(drive(folder, "create", "runs", "soy", AT))


def ended(outcome, *statuses):
    assert outcome.killed or outcome.status in (0, 8, *statuses), f"ended with {outcome.status}"
    assert outcome.fault or outcome.status == 0, outcome.err


# Making one ------------------------------------------------------------------------------------------------------------------


def check_create(outcome):
    """Whole, or no run directory; the next start gets one in any case."""
    ended(outcome)
    base = outcome.folder / "runs"
    whole = sorted(path.parent for path in base.glob("*/run.json"))
    for path in whole:
        good(call(outcome.folder, BINARY, "rundir", "show", path))
    assert outcome.status != 0 or [str(path) for path in whole] == [outcome.out.strip()], outcome.out
    assert outcome.killed or outcome.status == 0 or "*" in outcome.fault or not [p for p in base.glob("2*")] or whole, "a failure left half a directory"
    made(outcome.folder)
    assert len(list(base.glob("*/run.json"))) == len(whole) + 1
    assert (base / ".gitignore").read_text() == "*\n", "results would be committed"


def check_attempt(outcome):
    ended(outcome)
    assert (run_dir(outcome.folder) / "config_resolved.yaml").read_text() == "alpha: 1\n"
    good(drive(outcome.folder, "attempt", run_dir(outcome.folder)))
    shown = good(call(outcome.folder, BINARY, "rundir", "show", run_dir(outcome.folder), "--json")).stdout
    assert '"attempts":[' in shown.replace(" ", "").replace("\n", ""), shown
    assert results(outcome.folder) == ["old"]


# Publication -----------------------------------------------------------------------------------------------------------------


def check_publication(outcome):
    ended(outcome)
    found = results(outcome.folder)
    assert "old" in found, "the result that was there is gone"
    assert outcome.status != 0 or "new" in found
    again = drive(outcome.folder, "publish", run_dir(outcome.folder), "fit", "fold=2020", "new", *NEW)
    assert again.returncode in (0, 4), f"the next publication: {again.stderr}"
    assert (again.returncode == 4) == ("new" in found)
    # What a pipeline does when it finds a stage done already.
    (run_dir(outcome.folder) / ".stages" / "fit" / "fold=2020" / "current").unlink(missing_ok=True)
    good(drive(outcome.folder, "view", run_dir(outcome.folder)))
    assert sorted(results(outcome.folder)) == ["new", "old"]
    shows_new(run_dir(outcome.folder))
    left = [p.name for p in (run_dir(outcome.folder) / ".stages" / ".tmp").iterdir() if not p.name.startswith("view.")]
    assert not left or again.returncode == 4, f"staging folders pile up: {left}"


def shows_new(path):
    assert (path / "a").read_text() == "new a"
    assert (path / "d" / "e").read_text() == "new e"
    assert not (path / "b" / "c").is_symlink() and not (path / "b" / "c").exists(), "an output of the former result is still shown"


def check_replacement(outcome):
    """The result that is to be replaced is whole or gone; the other one stays."""
    ended(outcome)
    found = results(outcome.folder)
    assert "old" in found, found
    good(drive(outcome.folder, "publish", run_dir(outcome.folder), "fit", "fold=2020", "new", *NEW, RUNDIR_REPLACE="1"))
    assert sorted(results(outcome.folder)) == ["new", "old"]
    good(drive(outcome.folder, "view", run_dir(outcome.folder)))
    shows_new(run_dir(outcome.folder))


def check_view(outcome):
    ended(outcome)
    good(drive(outcome.folder, "view", run_dir(outcome.folder)))
    shows_new(run_dir(outcome.folder))
    assert sorted(results(outcome.folder)) == ["new", "old"]


def without_a_view(folder):
    with_two_results(folder)
    for name in ("a", "d/e"):
        (run_dir(folder) / name).unlink()
    (run_dir(folder) / "stale").symlink_to(".stages/fit/gone/out/stale")


def check_reuse(outcome):
    """Another run directory's result comes over whole or not at all; the original is untouched."""
    ended(outcome)
    other = outcome.folder / "runs" / "20250505_143022_soy"
    assert results(outcome.folder) == ["old"]
    found = results(outcome.folder, other)
    assert found in ([], ["old"])
    again = drive(outcome.folder, "reuse", other, "fit", "fold=2020", "old")
    assert again.returncode == (4 if found else 0), again.stderr
    assert results(outcome.folder, other) == ["old"]
    good(drive(outcome.folder, "view", other))
    assert (other / "b" / "c").read_text() == "old c"


def check_mark(outcome):
    ended(outcome)
    assert results(outcome.folder) == ["old"]
    path = run_dir(outcome.folder) / ".stages" / "fit" / "fold=2020" / "nondeterministic.json"
    assert outcome.status != 0 or path.exists()
    assert not path.exists() or path.read_text().endswith("}\n"), "half a mark"


# Keeping, removing, handing on -------------------------------------------------------------------------------------------------


def check_pin(outcome):
    ended(outcome)
    assert results(outcome.folder) == ["old"]
    path = run_dir(outcome.folder) / "pinned"
    assert not path.exists() or path.read_text() == "for the paper\n"
    good(call(outcome.folder, BINARY, "rundir", "pin", run_dir(outcome.folder), "for the paper"))
    kept = good(call(outcome.folder, BINARY, "rundir", "gc", "--runs-dir", "runs", "--keep-last", "0", "--yes", "--json"))
    assert '"removed": []' in kept.stdout or '"removed":[]' in kept.stdout, kept.stdout


def check_gc(outcome):
    """A run directory is whole or not there; the next gc removes the rest."""
    ended(outcome)
    for path in (outcome.folder / "runs").glob("*/run.json"):
        assert results(outcome.folder, path.parent) == ["old"]
    good(call(outcome.folder, BINARY, "rundir", "gc", "--runs-dir", "runs", "--keep-last", "0", "--yes"))
    trash = outcome.folder / "runs" / ".trash"
    assert not trash.exists() or not list(trash.iterdir()), "trash is left"
    assert sorted(p.name for p in (outcome.folder / "runs").iterdir() if p != trash) == [".gitignore"]


def check_export(outcome):
    """A file at the target is whole or not there, and nothing of ours lies beside it after a failure."""
    ended(outcome)
    target = outcome.folder / "target"
    assert results(outcome.folder) == ["old"]
    for name, text in (word.split("=", 1) for word in OLD):
        assert not (target / name).exists() or (target / name).read_text() == text
    good(call(outcome.folder, BINARY, "rundir", "export", run_dir(outcome.folder), "--to-env", "TARGET", TARGET=str(target)))
    assert (target / "b" / "c").read_text() == "old c"
    left = [p.name for p in target.iterdir() if p.name.startswith(".runlake-export")]
    assert outcome.killed or not left or "deliver.write" in outcome.fault or "*" in outcome.fault, f"left at the target: {left}"


def scenario(name, argv, check, setup, **more):
    needs = DRIVER if argv[0] == DRIVER else BINARY
    return Scenario(name, [str(word) for word in argv], check, setup, needs=needs, lasting=LASTING, **more)


PATH = f"runs/{MADE}"
PUBLISH = [DRIVER, "publish", PATH, "fit", "fold=2020", "new", *NEW]

SCENARIOS = [
    scenario("rundir-create", [DRIVER, "create", "runs", "corn", AT], check_create, None),
    scenario("rundir-attempt", [DRIVER, "attempt", PATH], check_attempt, with_a_result),
    scenario("rundir-publish", PUBLISH, check_publication, with_a_result),
    scenario("rundir-publish-copies", PUBLISH, check_publication, with_a_result, env={"RUNDIR_NO_LINKS": "1"}),
    scenario("rundir-replace", PUBLISH, check_replacement, with_two_results, env={"RUNDIR_REPLACE": "1"}),
    scenario("rundir-view", [DRIVER, "view", PATH], check_view, without_a_view),
    scenario("rundir-reuse", [DRIVER, "reuse", "runs/20250505_143022_soy", "fit", "fold=2020", "old"], check_reuse, with_another_run_dir),
    scenario("rundir-mark", [DRIVER, "mark", PATH, "fit", "fold=2020", "old"], check_mark, with_a_result),
    scenario("rundir-pin", [BINARY, "rundir", "pin", PATH, "for the paper"], check_pin, with_a_result),
    scenario("rundir-gc", [BINARY, "rundir", "gc", "--runs-dir", "runs", "--keep-last", "0", "--yes"], check_gc, with_a_result),
    scenario("rundir-export", [BINARY, "rundir", "export", PATH, "--to-env", "TARGET"], check_export, with_a_result, env={"TARGET": "target"}),
]
