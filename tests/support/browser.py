# SPDX-License-Identifier: Apache-2.0
"""What tests do with a page in any browser: open, go, click, choose, wait, read. How it is told to is up to `chromium.py` and `firefox.py`, which keep a list of every request and every complaint."""
import json


class Browser:
    """A subclass gives evaluate(), load(), press(), prefer(), width(), nameless() and close()."""

    def __init__(self):
        self.requests = []
        self.complaints = []
        self.expected = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def forget(self):
        """As if nothing had been opened before."""
        self.load("about:blank")
        self.prefer("light")
        self.requests.clear()
        self.complaints.clear()
        self.expected = []

    def wait(self, expression, timeout=300):
        """Until an expression holds."""
        script = f"new Promise((done) => {{ const until = performance.now() + {timeout * 1000}; const ask = () => {{ const value = ({expression}); if (value) {{ done(true); }} else if (performance.now() > until) {{ done(false); }} else {{ setTimeout(ask, 10); }} }}; ask(); }})"
        assert self.evaluate(script, timeout + 30) is True, f"never came true: {expression}; complaints: {self.complaints}"

    def open(self, url):
        self.load(url)
        self.settle()

    def settle(self):
        """Until the view is drawn and nothing is being read."""
        self.wait("document.querySelector('#main') && document.querySelector('#main').dataset.ready === '1' && !document.querySelector('[aria-busy]') || document.querySelector('#main .problem')")

    def go(self, fragment):
        self.evaluate(f"(location.hash = {json.dumps(fragment)}, new Promise((done) => setTimeout(done, 0)))")
        self.settle()

    def click(self, selector):
        assert self.evaluate(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) {{ return false; }} one.click(); return true; }})()"), f"nothing is {selector}"
        self.settle()

    def choose(self, selector, value):
        assert self.evaluate(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) {{ return false; }} one.value = {json.dumps(value)}; one.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()"), f"nothing is {selector}"
        self.settle()

    def text(self, selector="body"):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")

    def texts(self, selector):
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)")

    def count(self, selector):
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")
