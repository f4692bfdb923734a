"""A headless Chromium for tests, driven over a pipe by the DevTools Protocol (``--remote-debugging-pipe``)."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time

import pytest

COMMAND = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
"""The path of the browser, or None if it is not installed."""

REQUIRED = pytest.mark.skipif(
    COMMAND is None and not os.environ.get("MLFLOW2PROV_TEST_ALL"),
    reason="Chromium is not installed (Debian: chromium)",
)
"""The mark of tests that need the browser."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
KEY_CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "Delete": 46, "ArrowUp": 38, "ArrowDown": 40}
"""The codes of the keys that a browser itself acts on."""

TIMEOUT = 60
"""Seconds to wait for a page to load and for the browser to end."""

POLLING_INTERVAL = 0.01
"""Seconds between two looks at a page that is loading."""


class Page:
    """A page in a browser, with its requests and the errors that the browser logged."""

    def __init__(self, send, receive):
        self._send, self._receive = send, receive
        self._message_count, self._session = 0, None
        self.requests, self.errors = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attachment = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attachment["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Call a method of the protocol and return its result."""
        self._message_count += 1
        message = {"id": self._message_count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._send(json.dumps(message))
        while True:
            answer = json.loads(self._receive())
            self._record_event(answer)
            if answer.get("id") == self._message_count:
                assert "error" not in answer, answer
                return answer["result"]

    def _record_event(self, message):
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Log.entryAdded":
                self.errors.append(params["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.errors.append(params["exceptionDetails"]["text"])

    def open(self, url):
        """Open a page, wait until it is loaded, and return the seconds that loading took."""
        self.requests.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + TIMEOUT
        timing = "performance.getEntriesByType('navigation')[0]?.loadEventEnd || 0"
        while time.monotonic() < deadline:
            if self.evaluate("location.href") == url and (milliseconds := self.evaluate(timing)):
                return milliseconds / 1000
            time.sleep(POLLING_INTERVAL)
        raise TimeoutError(url)

    def evaluate(self, expression):
        """Return the value of a JavaScript expression, or that of its promise."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    def press(self, key, modifiers=0):
        """Press and release a key, such as ``Enter`` or ``a``."""
        text = {"Enter": "\r", "Tab": ""}.get(key, key if len(key) == 1 else "")
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind, key=key, modifiers=modifiers,
                text=text if kind == "keyDown" else "",
                windowsVirtualKeyCode=KEY_CODES.get(key, 0),
            )  # fmt: skip

    def insert(self, text):
        """Insert a text where the focus is, as typing does."""
        self.call("Input.insertText", text=text)

    def click(self, selector, count=1):
        """Click the middle of the first element that matches a CSS selector."""
        box = self.evaluate(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        for number in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.mouse(kind, *box, count=number)

    def mouse(self, kind, x, y, count=1, **options):
        """Send an event of the mouse at a place of the window."""
        options = {"button": "left", "buttons": 1, "clickCount": count, **options}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **options)

    def emulate(self, media="", scheme="light"):
        """Emulate a CSS media type and a preferred color scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def resize(self, width, height):
        """Set the size of the window in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def screenshot(self):
        """Return the window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def pdf(self):
        """Return the printed page, with an outline of its headings."""
        options = {"printBackground": True, "generateDocumentOutline": True}
        return base64.b64decode(self.call("Page.printToPDF", **options)["data"])

    def allow_scripts(self, is_allowed=True):
        """Run the scripts of the pages that are opened next, or not."""
        self.call("Emulation.setScriptExecutionDisabled", value=not is_allowed)


@contextlib.contextmanager
def browser():
    """Start a browser, yield a page of it, and end the process that was started."""
    browser_input, output = os.pipe()
    input_, browser_output = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [COMMAND, *FLAGS, f"--user-data-dir={profile}"]
        # The protocol reads from file descriptor 3 and writes to file descriptor 4.
        script = f'exec "$@" 3<&{browser_input} 4>&{browser_output}'
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            pass_fds=(browser_input, browser_output),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(browser_input)
        os.close(browser_output)
        buffer = bytearray()

        def send(text):
            os.write(output, text.encode() + b"\0")

        def receive():
            while b"\0" not in buffer:
                block = os.read(input_, 1 << 20)
                assert block, "the browser has ended"
                buffer.extend(block)
            message, _, remainder = bytes(buffer).partition(b"\0")
            buffer[:] = remainder
            return message

        try:
            yield Page(send, receive)
        finally:
            os.close(output)
            os.close(input_)
            process.terminate()
            process.wait(TIMEOUT)
