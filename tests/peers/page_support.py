# SPDX-License-Identifier: Apache-2.0
"""What tests of a release's page share: the browsers, a server on loopback, and what every view must keep to."""

import functools
import http.server
import os
import re
import sys
import threading
import urllib.parse
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import chromium  # noqa: E402
import firefox  # noqa: E402

BROWSERS = {"chromium": (chromium.found, chromium.Chromium), "firefox": (firefox.found, firefox.Firefox)}


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request):
    found, start = BROWSERS[request.param]
    if not found():
        why = f"{request.param} is not installed (make test-peers installs it)"
        (pytest.fail if os.environ.get("RUNLAKE_PEERS") == "1" else pytest.skip)(why)
    with start() as one:
        yield one


@pytest.fixture
def page(browser):
    """The browser, with nothing remembered of the test before; what it asks for and complains about is looked at afterwards."""
    browser.forget()
    yield browser
    assert [one for one in browser.complaints if not any(word in one for word in browser.expected)] == []


class Quiet(http.server.SimpleHTTPRequestHandler):
    ranges = True
    broken = ()

    def log_message(self, *_):
        pass

    def send_head(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        if path in self.broken:
            self.send_error(404)
            return None
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        self.server.asked.append((self.command, path, bool(asked)))
        if not (self.ranges and asked):
            return super().send_head()
        data = Path(self.translate_path(self.path)).read_bytes()
        first = int(asked[1]) if asked[1] else len(data) - int(asked[2])
        last = min(int(asked[2]), len(data) - 1) if asked[1] and asked[2] else len(data) - 1
        self.send_response(206)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[first:last + 1])
        return None


@pytest.fixture
def served():
    """served(folder): a server on loopback that gives the folder; `ranges` says whether it knows parts of files."""
    servers = []

    def start(folder, **members):
        handler = type("Handler", (Quiet,), members)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        server.url = f"http://127.0.0.1:{server.server_port}/"
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def from_folder(folder):
    return Path(folder).as_uri() + "/index.html"


def outside(page, base):
    return [url for url in page.requests if not url.startswith((base, "data:"))]


def number(text):
    return float(re.sub(r"[\u202f %]", "", text.replace("−", "-")))


# Texts whose contrast is below 4.5 to 1.
CONTRAST = """(() => {
    const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {rgb: [r, g, b], a}; };
    const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const back = (one) => { for (let at = one; at; at = at.parentElement) { const found = parse(getComputedStyle(at).backgroundColor); if (found.a === 1) { return found.rgb; } } return [255, 255, 255]; };
    const bad = [];
    for (const one of document.querySelectorAll('body *')) {
        const text = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim()).length;
        if (!text || !one.offsetParent || one.closest('svg')) { continue; }
        const [a, b] = [light(parse(getComputedStyle(one).color).rgb), light(back(one))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5 && !one.disabled) { bad.push([one.tagName, one.className, one.innerText.slice(0, 30), ratio.toFixed(2)]); }
    }
    return bad; })()"""


def names_and_roles(page, view):
    """Everything has a name that a screen reader can say, once, in the order of the page."""
    assert page.nameless() == [], view
    assert page.count("h1") == 1 and page.count("main h2") >= 1
    assert page.count("table:not(:has(caption))") == 0 and page.count("th:not([scope])") == 0
    assert page.evaluate("document.querySelectorAll('[tabindex]').values().every((one) => Number(one.getAttribute('tabindex')) <= 0)")
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size === document.querySelectorAll('[id]').length")


def fits_a_narrow_screen(page, address, views):
    """On a screen as wide as a telephone's, nothing of any view is wider than it."""
    page.width(400)
    try:
        page.open(address)
        for view in views:
            page.go(f"#view={view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, view
    finally:
        page.width(None)
