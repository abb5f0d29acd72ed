# SPDX-License-Identifier: Apache-2.0
"""`config list`: every setting, its value, and where the value comes from."""

import json


def entries(runlake, **options):
    return {entry["key"]: entry for entry in runlake("config", "list", "--json", **options).ok().json["settings"]}


def test_defaults(runlake):
    found = entries(runlake)
    assert {entry["origin"] for entry in found.values()} == {"default"}
    assert found["journal.durability"]["value"] == "process"
    assert found["journal.durability"]["environment"] == "RUNLAKE_DURABILITY"
    table = runlake("config", "list").ok().out
    for key, entry in found.items():
        assert f"│ {key} " in table and entry["help"]


def test_nearer_origins_win(runlake, project, home):
    user = home / ".config" / "runlake" / "config.yaml"
    user.parent.mkdir(parents=True)
    user.write_text("tenant: acme\nmode: strict\njournal:\n  durability: power\n")
    (project / ".runlake").mkdir()
    own = project / ".runlake" / "config.yaml"
    own.write_text("# ours\nmode: 'on'\njournal:\n  durability: process\n")
    found = entries(runlake, env={"RUNLAKE_DURABILITY": "power"})
    assert (found["tenant"]["value"], found["tenant"]["origin"]) == ("acme", "user")
    assert found["tenant"]["where"].endswith("/home/.config/runlake/config.yaml:1")
    assert (found["mode"]["value"], found["mode"]["origin"]) == ("on", "project")
    assert found["mode"]["where"].endswith("/project/.runlake/config.yaml:2")
    assert (found["journal.durability"]["value"], found["journal.durability"]["origin"]) == ("power", "environment")
    assert found["journal.durability"]["where"] == "RUNLAKE_DURABILITY"


def test_a_mistake_is_the_users_to_mend(runlake, project):
    (project / ".runlake").mkdir()
    (project / ".runlake" / "config.yaml").write_text("\njournal:\n  durabilty: power\n")
    done = runlake("config", "list")
    assert done.status == 2
    assert "config.yaml:3" in done.err and "journal.durability" in done.err
    done = runlake("config", "list", env={"RUNLAKE_MODE": "off-ish"})
    assert done.status == 2


def test_secrets_are_not_shown(runlake):
    done = runlake("config", "list", "--json", env={"RUNLAKE_WEBHOOK_SECRET": "hunter2hunter2"}).ok()
    assert "hunter2" not in done.out
    assert "hunter2" not in runlake("config", "list", env={"RUNLAKE_WEBHOOK_SECRET": "hunter2hunter2"}).ok().out
    secret = next(entry for entry in json.loads(done.out)["settings"] if entry["key"] == "observe.webhook_secret")
    assert secret["origin"] == "environment" and secret["value"] == "[redacted]"
