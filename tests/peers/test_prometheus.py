# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes `observe serve`, and promtool finds nothing wrong with its page."""
import json
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest

import peers
from ports import free_port


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def await_answer(ask, process, seconds=300):
    """Asks again and again until there is an answer; a process that ended is not waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, f"{process.args[0]} ended with {process.returncode}"
        try:
            answer = ask()
            if answer:
                return answer
        except OSError:  # refused, cut off, or too slow
            pass
        threading.Event().wait(0.2)
    raise AssertionError(f"{process.args[0]}: no answer within {seconds} s")


@pytest.fixture
def serving(runlake, runlake_bin, project, clean_env):
    runlake("run", "--stage", "fit", "--tenant", "acme", "--rows-in", "7", "--", "true").ok()
    assert runlake("run", "--stage", 'odd "stage"', "--", "false").status == 1
    port = free_port()
    process = subprocess.Popen([str(runlake_bin), "observe", "serve", "--port", str(port)], cwd=project, env=clean_env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_answer(lambda: fetch(f"http://127.0.0.1:{port}/healthz"), process)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=300)


def test_promtool_finds_nothing_wrong_with_the_page(serving):
    page = fetch(f"http://127.0.0.1:{serving}/metrics")
    done = subprocess.run([peers.program("promtool"), "check", "metrics"], input=page, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_scrapes_what_was_recorded(serving, runlake, tmp_path):
    config = tmp_path / "prometheus.yml"
    config.write_text(json.dumps({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "runlake", "static_configs": [{"targets": [f"127.0.0.1:{serving}"]}]}],
    }))
    port = free_port()
    process = subprocess.Popen(
        [peers.program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def query(words):
        answer = json.loads(fetch(f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": words})))
        return [(row["metric"], row["value"][1]) for row in answer["data"]["result"]]

    try:
        first = await_answer(lambda: query('runlake_runs_total{stage="fit",state="completed",tenant="acme"}'), process)
        assert first[0][1] == "1"
        assert [value for _, value in await_answer(lambda: query('runlake_runs_total{stage="odd \\"stage\\"",state="failed"}'), process)] == ["1"]
        runlake("run", "--stage", "fit", "--tenant", "acme", "--", "true").ok()
        grown = 'runlake_runs_total{stage="fit",state="completed",tenant="acme"} == 2'
        assert await_answer(lambda: query(grown), process)[0][1] == "2"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=300)
