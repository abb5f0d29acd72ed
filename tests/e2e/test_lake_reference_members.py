# SPDX-License-Identifier: Apache-2.0
"""Which runs of a lake are members of a reference, where many have one and the same goal cache."""

import shutil

from test_lake_reference import build, listed, make_solved_run, put, sql


def test_runs_of_one_and_the_same_goal_cache_are_members_once(runlake, project):
    """n of them give n rows, not n times n: each run is one member, also when all have other content than when the reference was built."""
    count = 200
    made = project / "made"
    make_solved_run(made, theorems=0)
    cache = (made / "goal_cache.json.gz").read_bytes()
    for name in [*(f"known-{n:03d}" for n in range(count)), *(f"new-{n}" for n in range(3))]:
        run = project / "logs" / name
        run.mkdir(parents=True)
        (run / "goal_cache.json.gz").write_bytes(cache)
        put(run / "run_config.json", {"run_id": name, "provider": name.split("-")[0], "backend": "lean"})
    shutil.rmtree(made)
    shutil.copytree(project / "logs" / "new-0", project / "logs" / "new-0 again")
    runlake("lake", "reconcile").ok()
    ref = build(runlake).ok().json["ref_id"]
    total = "SELECT count(*), count(run_key), count(DISTINCT run_key), count(DISTINCT run_uid), count(r.run_uid) FROM lake_reference_members m LEFT JOIN (SELECT run_key, run_uid FROM runs) r USING (run_key, run_uid)"
    everyone = count + 4
    assert sql(runlake, total) == [f"{everyone},{everyone},{everyone},{count},{count}"]
    # Copies of one run stand for one member.
    assert sql(runlake, "SELECT count(DISTINCT m.run_uid) FROM lake_reference_members m JOIN runs r USING (run_key) WHERE r.run_id = 'new-0'") == ["1"]
    # All with other content: each still stands for a member of its own.
    for n in range(count):
        put(project / "logs" / f"known-{n:03d}" / "run_status.json", {"status": "completed", "at": n})
    runlake("lake", "reconcile").ok()
    assert sql(runlake, total) == [f"{everyone},{everyone},{everyone},{count},0"]
    assert listed(runlake)[ref]["members_here"] == count
    # Fewer runs than members: those that none stands for are told without a run.
    for n in range(10, count):
        shutil.rmtree(project / "logs" / f"known-{n:03d}")
    for path in (project / "logs").glob("new-*"):
        shutil.rmtree(path)
    runlake("lake", "reconcile", "--prune").ok()
    assert sql(runlake, total) == [f"{count},10,10,{count},0"]
    assert listed(runlake)[ref]["members_here"] == 10
