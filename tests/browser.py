"""Chromium without a window, spoken to over a pipe (the DevTools Protocol, ``--remote-debugging-pipe``)."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time

COMMAND = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
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
PATIENCE = 60


class Page:
    """A page in a browser, and what it asked for and complained of."""

    def __init__(self, send, receive):
        self._send, self._receive = send, receive
        self._number, self._session = 0, None
        self.requests, self.complaints = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._send(json.dumps(message))
        while True:
            answer = json.loads(self._receive())
            self._note(answer)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _note(self, answer):
        params = answer.get("params", {})
        match answer.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(params["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(params["exceptionDetails"]["text"])

    def open(self, url):
        """Open a page, and wait until it is loaded; returns how long that took, in seconds."""
        self.requests.clear()
        self.call("Page.navigate", url=url)
        until = time.monotonic() + PATIENCE
        timing = "performance.getEntriesByType('navigation')[0]?.loadEventEnd || 0"
        while time.monotonic() < until:
            if self.evaluate("location.href") == url and (took := self.evaluate(timing)):
                return took / 1000
            time.sleep(0.01)
        raise TimeoutError(url)

    def evaluate(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def emulate(self, media="", scheme="light"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def resize(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def picture(self):
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def pdf(self):
        """The page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])


@contextlib.contextmanager
def browser():
    """Start a browser, and give a page of it; ends it by its process."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [COMMAND, *FLAGS, f"--user-data-dir={profile}"]
        # The protocol's pipe has the numbers 3 and 4.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", *words],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        rest = bytearray()

        def send(text):
            os.write(ours_out, text.encode() + b"\0")

        def receive():
            while b"\0" not in rest:
                block = os.read(ours_in, 1 << 20)
                assert block, "the browser has ended"
                rest.extend(block)
            message, _, after = bytes(rest).partition(b"\0")
            rest[:] = after
            return message

        try:
            yield Page(send, receive)
        finally:
            os.close(ours_out)
            os.close(ours_in)
            process.terminate()
            process.wait(PATIENCE)
