# SPDX-License-Identifier: Apache-2.0
"""observe push and serve: every receiver gets every ended run, after the fact, also when it was away."""

import hashlib
import hmac
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request

import pytest
from run_support import wait_until


class Receiver:
    """An HTTP server that keeps what is posted and answers with the statuses it is given, then 200."""

    def __init__(self):
        self.posts = []
        self.answers = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = outer.answers.pop(0) if outer.answers else (200, {})
                outer.posts.append((self.path, dict(self.headers), body, status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def taken(self):
        return [post for post in self.posts if post[3] == 200]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    it = Receiver()
    yield it
    it.close()


def spans(document):
    return [span for resource in document["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]


def attributes(span):
    return {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}


def test_without_a_receiver_it_says_what_to_set(runlake):
    runlake("run", "--", "true").ok()
    result = runlake("observe", "push")
    assert result.status == 2
    assert "observe.otlp_endpoint" in result.err


def test_without_a_store_there_is_nothing_to_push(runlake):
    assert runlake("observe", "push", env={"RUNLAKE_STATSD": "127.0.0.1:9"}).status == 3


def test_spans_reach_an_otlp_endpoint_once(runlake, receiver):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    runlake("run", "--stage", "fit", "--param", "lr=0.1", "--", "true", env={"TRACEPARENT": f"00-{trace}-00f067aa0ba902b7-01"}).ok()
    assert runlake("run", "--stage", "score", "--", "false").status == 1
    env = {"RUNLAKE_OTLP_ENDPOINT": receiver.url, "RUNLAKE_OTLP_HEADERS": "x-key=a%20b"}
    report = runlake("--json", "observe", "push", env=env).ok().json
    assert report["complete"] and report["receivers"][0]["delivered"] == 2
    path, headers, body, _ = receiver.taken()[0]
    assert path == "/v1/traces"
    assert headers["Content-Type"] == "application/json"
    assert {name.lower(): value for name, value in headers.items()}["x-key"] == "a b"
    by_name = {span["name"]: span for span in spans(json.loads(body))}
    assert by_name["fit"]["traceId"] == trace
    assert by_name["fit"]["parentSpanId"] == "00f067aa0ba902b7"
    assert attributes(by_name["fit"])["runlake.param.lr"] == 0.1
    assert by_name["score"]["status"]["code"] == 2
    assert int(by_name["fit"]["startTimeUnixNano"]) <= int(by_name["fit"]["endTimeUnixNano"])

    posts = len(receiver.posts)
    assert runlake("--json", "observe", "push", env=env).ok().json["receivers"][0]["delivered"] == 0
    assert all(not spans(json.loads(post[2])) for post in receiver.posts[posts:])


def test_nested_runs_are_spans_of_one_trace(runlake, runlake_bin, receiver):
    runlake("run", "--stage", "outer", "--", str(runlake_bin), "run", "--stage", "inner", "--", "true").ok()
    runlake("observe", "push", env={"RUNLAKE_OTLP_ENDPOINT": receiver.url}).ok()
    by_name = {span["name"]: span for post in receiver.taken() for span in spans(json.loads(post[2]))}
    assert by_name["inner"]["traceId"] == by_name["outer"]["traceId"]
    assert by_name["inner"]["parentSpanId"] == by_name["outer"]["spanId"]


def test_a_receiver_that_is_away_gets_it_later(runlake):
    runlake("run", "--", "true").ok()
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))  # held, so that nobody else listens there; it does not, either
        result = runlake("observe", "push", env={"RUNLAKE_OTLP_ENDPOINT": f"http://127.0.0.1:{away.getsockname()[1]}"})
    assert result.status == 8
    assert "next push" in result.err
    receiver = Receiver()
    try:
        env = {"RUNLAKE_OTLP_ENDPOINT": receiver.url}
        assert runlake("--json", "observe", "push", env=env).ok().json["receivers"][0]["delivered"] == 1
    finally:
        receiver.close()


def test_an_overloaded_receiver_is_asked_again_after_the_pause_it_names(runlake, receiver):
    runlake("run", "--", "true").ok()
    receiver.answers = [(503, {"Retry-After": "1"}), (429, {"Retry-After": "1"})]
    report = runlake("--json", "observe", "push", env={"RUNLAKE_OTLP_ENDPOINT": receiver.url}).ok().json
    assert report["receivers"][0]["delivered"] == 1
    assert [post[3] for post in receiver.posts][:3] == [503, 429, 200]


def test_a_span_that_is_refused_does_not_hold_up_the_others(runlake, receiver):
    for stage in ("a", "b", "c"):
        runlake("run", "--stage", stage, "--", "true").ok()
    receiver.answers = [(400, {}), (400, {}), (200, {})]
    report = runlake("--json", "observe", "push", env={"RUNLAKE_OTLP_ENDPOINT": receiver.url}).ok().json["receivers"][0]
    assert report["delivered"] == 2 and report["refused"] == 1
    assert "400" in report["refusal"]


def test_a_push_that_is_killed_tells_everything_at_least_once(runlake, receiver):
    for number in range(3):
        runlake("run", "--stage", f"s{number}", "--", "true").ok()
    env = {"RUNLAKE_OTLP_ENDPOINT": receiver.url}
    killed = runlake("observe", "push", env={**env, "RUNLAKE_FAULT": "observe.cursor.write:kill:2"})
    assert killed.status == -signal.SIGKILL
    runlake("observe", "push", env=env).ok()
    told = {span["name"] for post in receiver.taken() for span in spans(json.loads(post[2]))}
    assert told == {"s0", "s1", "s2"}


def test_otlp_file_holds_a_document_a_line(runlake, project):
    runlake("run", "--stage", "fit", "--", "true").ok()
    target = project / "spans.jsonl"
    env = {"RUNLAKE_OTLP_FILE": str(target)}
    runlake("observe", "push", env=env).ok()
    runlake("run", "--stage", "score", "--", "true").ok()
    runlake("observe", "push", env=env).ok()
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [span["name"] for line in lines for span in spans(line)] == ["fit", "score"]


def test_webhooks_are_signed(runlake, receiver):
    assert runlake("run", "--stage", "fit", "--", "sh", "-c", "exit 3").status == 3
    env = {"RUNLAKE_WEBHOOK_URL": receiver.url + "/hook", "RUNLAKE_WEBHOOK_SECRET": "between us"}
    runlake("observe", "push", env=env).ok()
    (path, headers, body, _), = receiver.taken()
    assert path == "/hook"
    fields = dict(part.split("=", 1) for part in headers["Runlake-Signature"].split(","))
    expected = hmac.new(b"between us", f"{fields['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(fields["v1"], expected)
    event = json.loads(body)
    assert event["event"] == "run.failed" and event["exit_status"] == 3 and event["stage"] == "fit"


def test_a_webhook_needs_a_secret(runlake, receiver):
    runlake("run", "--", "true").ok()
    result = runlake("observe", "push", env={"RUNLAKE_WEBHOOK_URL": receiver.url})
    assert result.status == 2 and "observe.webhook_secret" in result.err
    assert not receiver.posts


def test_statsd_gets_lines(runlake):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(300)
        runlake("run", "--stage", "fit", "--", "true").ok()
        runlake("observe", "push", env={"RUNLAKE_STATSD": f"127.0.0.1:{server.getsockname()[1]}"}).ok()
        lines = server.recv(65536).decode().splitlines()
    assert "runlake.runs:1|c|#stage:fit,state:completed" in lines


def test_prometheus_file_passes_promtool(runlake, project):
    runlake("run", "--stage", "fit", "--", "true").ok()
    assert runlake("run", "--stage", 'odd "stage"', "--", "false").status == 1
    target = project / "runlake.prom"
    runlake("observe", "push", env={"RUNLAKE_PROMETHEUS_FILE": str(target)}).ok()
    text = target.read_text()
    assert 'runlake_runs_total{stage="fit",state="completed",tenant=""} 1' in text
    if shutil.which("promtool") is None:
        pytest.skip("promtool (Debian package prometheus) is not installed: the page was not checked by it")
    subprocess.run(["promtool", "check", "metrics"], input=text.encode(), check=True)


def test_follow_sends_runs_as_they_end(runlake, runlake_bin, project, clean_env, receiver):
    runlake("run", "--stage", "early", "--", "true").ok()
    env = {**clean_env, "RUNLAKE_OTLP_ENDPOINT": receiver.url}
    follower = subprocess.Popen([str(runlake_bin), "observe", "push", "--follow"], cwd=project, env=env, stderr=subprocess.PIPE)
    try:
        runlake("run", "--stage", "late", "--", "true").ok()
        wait_until(lambda: {span["name"] for post in receiver.taken() for span in spans(json.loads(post[2]))} == {"early", "late"}, "both runs to be told")
    finally:
        follower.send_signal(signal.SIGINT)
        assert follower.wait(timeout=300) == 130


def test_two_pushes_to_one_receiver_do_not_meet(runlake, runlake_bin, project, clean_env, receiver):
    runlake("run", "--", "true").ok()
    env = {"RUNLAKE_OTLP_ENDPOINT": receiver.url}
    follower = subprocess.Popen([str(runlake_bin), "observe", "push", "--follow"], cwd=project, env={**clean_env, **env})
    try:
        wait_until(receiver.taken, "the first push")
        assert runlake("observe", "push", env=env).status == 5
    finally:
        follower.terminate()
        follower.wait(timeout=300)


@pytest.fixture
def serve(runlake_bin, project, clean_env):
    started = []

    def start(*words, env=None):
        server = subprocess.Popen([str(runlake_bin), "--json", "observe", "serve", "--port", "0", *words], cwd=project, env={**clean_env, **(env or {})},
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(server)
        document = ""
        for line in server.stdout:
            document += line
            if line.rstrip() == "}" or line.rstrip().endswith("}"):
                break
        return server, json.loads(document)

    yield start
    for server in started:
        server.terminate()
        server.communicate(timeout=300)


def fetch(address, path="/metrics", headers=None):
    request = urllib.request.Request(f"http://127.0.0.1:{address['port']}{path}", headers=headers or {})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read().decode()


def test_serve_shows_runs_as_they_are_recorded(runlake, serve):
    runlake("run", "--stage", "fit", "--", "true").ok()
    server, address = serve()
    assert address["address"] == "127.0.0.1"
    assert 'runlake_runs_total{stage="fit",state="completed",tenant=""} 1' in fetch(address)
    runlake("run", "--stage", "fit", "--", "true").ok()
    assert 'runlake_runs_total{stage="fit",state="completed",tenant=""} 2' in fetch(address)
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=300) == 130


def test_serve_with_a_token_answers_only_to_it(runlake, serve):
    runlake("run", "--", "true").ok()
    _, address = serve(env={"RUNLAKE_SERVE_TOKEN": "sesame"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(address)
    assert refused.value.code == 401
    assert "runlake_runs_total" in fetch(address, headers={"Authorization": "Bearer sesame"})


def test_beyond_loopback_needs_a_token(runlake):
    runlake("run", "--", "true").ok()
    result = runlake("observe", "serve", "--address", "0.0.0.0")
    assert result.status == 2 and "observe.serve_token" in result.err


def test_a_port_in_use_is_said(runlake):
    runlake("run", "--", "true").ok()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = runlake("observe", "serve", "--port", taken.getsockname()[1])
    assert result.status == 8 and "in use" in result.err
    assert runlake("observe", "serve", "--port", "70000").status == 2
