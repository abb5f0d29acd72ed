# SPDX-License-Identifier: Apache-2.0
"""A headless Firefox, driven by WebDriver BiDi over a WebSocket with the standard library alone."""
import base64
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from browser import Browser

NAMES = ("firefox-esr", "firefox")
KEYS = {"Tab": "\ue004", "Enter": "\ue006", "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
# No request of the browser's own.
SETTINGS = {"app.normandy.enabled": False, "app.update.disabledForTesting": True, "browser.shell.checkDefaultBrowser": False, "browser.startup.page": 0, "datareporting.policy.dataSubmissionEnabled": False,
            "extensions.update.enabled": False, "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False, "services.settings.server": "data:,#remote-settings-dummy/v1",
            "toolkit.telemetry.server": "data:,"}


def found():
    """The program, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Firefox(Browser):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="runlake-firefox-")
        profile = Path(self.folder) / "profile"
        profile.mkdir()
        (profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in SETTINGS.items()))
        env = {name: value for name, value in os.environ.items() if not name.startswith(("MOZ_", "DISPLAY", "WAYLAND_"))}
        self.child = subprocess.Popen([found(), "--headless", "--no-remote", "--remote-debugging-port=0", "--remote-allow-system-access", "--profile", str(profile), "--window-size=1400,1000"], start_new_session=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**env, "HOME": self.folder, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        self.buffer = b""
        self.last = 0
        try:
            self._connect(self._port(time.monotonic() + 300))
            self.call("session.new", capabilities={})
            self.call("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded", "browsingContext.userPromptOpened"])
            self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]
            self.chrome = self.call("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]["context"]
            self.width(None)
        except BaseException:
            self.close()
            raise

    def close(self):
        if getattr(self, "socket", None):
            try:
                self.call("browser.close")
            except (OSError, EOFError, RuntimeError):
                pass
            self.socket.close()
        try:
            self.child.wait(300 if getattr(self, "socket", None) else 0)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _port(self, deadline):
        """Firefox tells it on stderr."""
        said = b""
        while not (told := re.search(rb"WebDriver BiDi listening on ws://127\.0\.0\.1:(\d+)", said)):
            ready, _, _ = select.select([self.child.stderr], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.child.stderr.fileno(), 1 << 16) if ready else b""
            if not piece:
                raise EOFError(f"Firefox does not listen: {said.decode(errors='replace')}")
            said += piece
        # What it says later is read by nobody, and must not fill the pipe.
        threading.Thread(target=self.child.stderr.read, daemon=True).start()
        return int(told[1])

    def _connect(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        deadline = time.monotonic() + 300
        while b"\r\n\r\n" not in self.buffer:
            self._read(deadline)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101"), head

    def _read(self, deadline):
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError("the browser ended")
        self.buffer += piece

    def _take(self, count, deadline):
        while len(self.buffer) < count:
            self._read(deadline)
        piece, self.buffer = self.buffer[:count], self.buffer[count:]
        return piece

    def _frame(self, opcode, data):
        length = struct.pack("!B", 128 | len(data)) if len(data) < 126 else struct.pack("!BH", 254, len(data)) if len(data) < 65536 else struct.pack("!BQ", 255, len(data))
        # Firefox takes a mask of zeros for none at all, and hangs up.
        self.socket.sendall(bytes([128 | opcode]) + length + bytes([1] * 4) + bytes(one ^ 1 for one in data))

    def _message(self, deadline):
        text = b""
        while True:
            first, second = self._take(2, deadline)
            length = second & 127
            if length > 125:
                length = int.from_bytes(self._take(2 if length == 126 else 8, deadline), "big")
            data = self._take(length, deadline)
            if first & 15 == 8:
                raise EOFError("the browser ended")
            if first & 15 == 9:
                self._frame(10, data)
            elif first & 15 < 3:
                text += data
                if first & 128:
                    return json.loads(text)

    def _note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "network.beforeRequestSent":
            if parameters["request"]["url"] != "about:blank":
                self.requests.append(parameters["request"]["url"])
        elif method == "log.entryAdded" and parameters["level"] == "error":
            self.complaints.append(str(parameters["text"]))
        elif method == "browsingContext.userPromptOpened":
            self.complaints.append("a dialog: " + parameters["message"])

    def call(self, method, timeout=300, **parameters):
        self.last += 1
        self._frame(1, json.dumps({"id": self.last, "method": method, "params": parameters}).encode())
        deadline = time.monotonic() + timeout
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.last:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]
            self._note(answer)

    def evaluate(self, expression, timeout=300, chrome=False):
        answer = self.call("script.evaluate", timeout=timeout, expression=f"Promise.resolve(({expression})).then((value) => JSON.stringify(value))", awaitPromise=True, target={"context": self.chrome if chrome else self.context})
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"]) if answer["result"]["type"] == "string" else None

    def load(self, url):
        self.call("browsingContext.navigate", context=self.context, url=url, wait="complete")
        # Keys go to the bar of addresses until the page is given them.
        self.evaluate("(gBrowser.selectedBrowser.focus(), true)", chrome=True)

    def press(self, key):
        self.call("input.performActions", context=self.context, actions=[{"type": "key", "id": "keyboard", "actions": [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]}])

    def prefer(self, scheme):
        self.evaluate(f"Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', {0 if scheme == 'dark' else 1})", chrome=True)
        self.wait(f"matchMedia('(prefers-color-scheme: {scheme})').matches")

    def width(self, pixels):
        """How wide the screen is; None: as at the beginning."""
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": pixels or 1400, "height": 800 if pixels else 1000})

    def nameless(self):
        """Names are told by the page, and Chromium is asked for them: looking for roles takes this browser minutes on a page of many rows."""
        return []
