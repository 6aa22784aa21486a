"""Drives Firefox through its Marionette protocol; Python's standard library only.

    with Firefox() as firefox:
        firefox.open("file:///tmp/page.html")
        print(firefox.evaluate("return document.title"))
"""

import base64
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time


def program():
    """The path of a Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One headless browser with a profile of its own, thrown away at the end."""

    def __init__(self, width=1200, height=900):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="convnet-firefox-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (self.profile / "user.js").write_text(
            f'user_pref("marionette.port", {port});\n'
            'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
            'user_pref("browser.shell.checkDefaultBrowser", false);\n'
            'user_pref("app.update.enabled", false);\n')
        self.process = subprocess.Popen(
            [program(), "--headless", "--marionette", "--no-remote", "--profile", str(self.profile),
             f"--width={width}", f"--height={height}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.number, self.pending, end = 0, b"", time.monotonic() + 60
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), 60)
                break
            except OSError:
                if time.monotonic() > end:
                    self.__exit__()
                    raise
                time.sleep(0.2)
        self.message()
        self.call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self):
        while b":" not in self.pending:
            self.pending += self.receive()
        length, rest = self.pending.split(b":", 1)
        while len(rest) < int(length):
            rest += self.receive()
        self.pending = rest[int(length):]
        return json.loads(rest[:int(length)])

    def receive(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise RuntimeError("Firefox has ended")
        return piece

    def call(self, command, parameters=None):
        self.number += 1
        data = json.dumps([0, self.number, command, parameters or {}]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        while True:
            answer = self.message()
            if isinstance(answer, list) and answer[1] == self.number:
                if answer[2]:
                    raise RuntimeError(f"{command}: {answer[2]['message']}")
                return answer[3]

    def open(self, address):
        self.call("WebDriver:Navigate", {"url": address})

    def evaluate(self, script):
        return self.call("WebDriver:ExecuteScript", {"script": script, "args": []})["value"]

    def wait(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.evaluate(f"return Boolean({condition})"):
                return
            time.sleep(0.05)
        raise RuntimeError(f"never came true: {condition}")

    def screenshot(self, path):
        data = self.call("WebDriver:TakeScreenshot", {"full": False, "hash": False})["value"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
