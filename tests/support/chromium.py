# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its DevTools pipe with the standard library alone: opens a page, evaluates, presses keys, and keeps a list of every request and every complaint."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found():
    """The program, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Chromium:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="runlake-chromium-")
        to_read, self.write_fd = os.pipe()
        self.read_fd, to_write = os.pipe()
        os.set_inheritable(to_read, True)
        os.set_inheritable(to_write, True)
        # The browser takes its commands from descriptor 3 and answers on 4.
        words = [found(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1400,1000", "about:blank"]
        shell = f'exec 3<&{to_read} 4>&{to_write}; exec "$@"'
        self.child = subprocess.Popen(["bash", "-c", shell, "bash", *words], pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      env={**os.environ, "HOME": self.folder, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.last = 0
        self.events = []
        self.requests = []
        self.complaints = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close", of_page=False)
        except (OSError, EOFError, RuntimeError):
            pass
        os.close(self.write_fd)
        os.close(self.read_fd)
        try:
            self.child.wait(300)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read_fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.read_fd, 1 << 20)
            if not piece:
                raise EOFError("the browser ended")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def _note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.complaints.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in parameters["args"]))
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append("a dialog: " + parameters["message"])
        if method:
            self.events.append(method)

    def call(self, method, of_page=True, timeout=300, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if of_page and getattr(self, "session", None):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_fd, data):]
        deadline = time.monotonic() + timeout
        while True:
            answer = self._message(deadline)
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", str(answer)))
        return answer["result"].get("value")

    def wait(self, expression, timeout=300):
        """Until an expression holds; it is asked again with each frame of the page."""
        script = f"new Promise((done, fail) => {{ const until = performance.now() + {timeout * 1000}; const ask = () => {{ const value = ({expression}); if (value) {{ done(true); }} else if (performance.now() > until) {{ done(false); }} else {{ setTimeout(ask, 10); }} }}; ask(); }})"
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, timeout=timeout + 30)
        assert answer["result"].get("value") is True, f"never came true: {expression}; complaints: {self.complaints}"

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 60
        while "Page.loadEventFired" not in self.events:
            self._note(self._message(deadline))
        self.settle()

    def settle(self):
        """Until the view is drawn and nothing is being read."""
        self.wait("document.querySelector('#main') && document.querySelector('#main').dataset.ready === '1' && !document.querySelector('[aria-busy]') || document.querySelector('#main .problem')")

    def go(self, fragment):
        self.evaluate(f"location.hash = {json.dumps(fragment)}; new Promise((done) => setTimeout(done, 0))")
        self.settle()

    def click(self, selector):
        assert self.evaluate(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) {{ return false; }} one.click(); return true; }})()"), f"nothing is {selector}"
        self.settle()

    def choose(self, selector, value):
        assert self.evaluate(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) {{ return false; }} one.value = {json.dumps(value)}; one.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()"), f"nothing is {selector}"
        self.settle()

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"Enter": "\r", " ": " "}.get(key)
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39, "ArrowLeft": 37}.get(key, 0), **more)

    def text(self, selector="body"):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")

    def texts(self, selector):
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)")

    def count(self, selector):
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def prefer(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
