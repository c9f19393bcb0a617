"""A headless chromium, driven over the DevTools protocol by a small websocket client of its own."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen


class Socket:
    """The client side of RFC 6455, as far as DevTools needs it: text messages, whole or in fragments."""

    def __init__(self, address: str):
        host, path = address.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self.stream = socket.create_connection((name, int(port)), timeout=60)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall(
            (
                f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.stream.recv(4096)
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError(head.decode())

    def send(self, text: str):
        content, mask = text.encode(), os.urandom(4)
        size = len(content)
        head = b"\x81" + (
            struct.pack(">B", 128 | size)
            if size < 126
            else struct.pack(">BH", 254, size) if size < 65536 else struct.pack(">BQ", 255, size)
        )
        key = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(content, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
        self.stream.sendall(head + mask + masked)

    def take(self, count: int) -> bytes:
        parts, have = [self.rest], len(self.rest)
        while have < count:
            parts.append(self.stream.recv(1 << 16))
            if not parts[-1]:
                raise OSError("chromium closed the connection")
            have += len(parts[-1])
        data = b"".join(parts)
        self.rest = data[count:]
        return data[:count]

    def receive(self) -> str:
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 127
            if size == 126:
                size = struct.unpack(">H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.take(8))[0]
            content = self.take(size)
            if first & 15 in (0, 1, 2):
                message += content
                if first & 128:
                    return message.decode()


class Browser:
    """One tab. `problems` collects what the console reports as errors, and exceptions that nothing caught."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="viewer-")
        program = (
            shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        )
        self.process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--force-prefers-reduced-motion",
                f"--user-data-dir={self.directory}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port_file = Path(self.directory) / "DevToolsActivePort"
        for _ in range(300):
            if port_file.exists() and "\n" in port_file.read_text():
                break
            time.sleep(0.1)
        port = port_file.read_text().split("\n")[0]
        pages = json.load(urlopen(f"http://127.0.0.1:{port}/json"))
        self.socket = Socket(next(page for page in pages if page["type"] == "page")["webSocketDebuggerUrl"])
        self.number, self.problems, self.requests, self.is_loaded = 0, [], [], False
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters):
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.heard(message)

    def heard(self, message):
        method, content = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = content["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and content["type"] in ("error", "assert", "warning"):
            self.problems.append(str([argument.get("value") for argument in content["args"]]))
        elif method == "Log.entryAdded" and content["entry"]["level"] in ("error", "warning"):
            self.problems.append(content["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(content["request"]["url"])
        elif method == "Page.loadEventFired":
            self.is_loaded = True

    def size(self, width: int, height: int):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def theme(self, name: str):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path: Path, place: str = ""):
        self.call("Page.navigate", url="about:blank")
        self.is_loaded = False
        self.call("Page.navigate", url=path.resolve().as_uri() + place)
        while not self.is_loaded:
            self.heard(json.loads(self.socket.receive()))
        self.settle()

    def settle(self):
        """Waits until layout, resize observers and animation frames have run."""
        self.run(
            "new Promise(done => requestAnimationFrame(() =>"
            " requestAnimationFrame(() => setTimeout(done, 60))))"
        )

    def run(self, text: str):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def key(self, key: str, code: str = "", shift: bool = False):
        shared = {"key": key, "code": code or key, "modifiers": 8 if shift else 0}
        if len(key) == 1:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=key, **shared)
        else:
            number = {
                "ArrowRight": 39,
                "ArrowLeft": 37,
                "Home": 36,
                "End": 35,
                "Tab": 9,
                "Enter": 13,
                "Escape": 27,
            }.get(key, 0)
            self.call("Input.dispatchKeyEvent", type="keyDown", windowsVirtualKeyCode=number, **shared)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shared)
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def mouse(self, kind: str, x: float, y: float, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, x: float, y: float, to: float):
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        for step in range(1, 6):
            self.mouse("mouseMoved", x + (to - x) * step / 5, y, button="left", buttons=1)
        self.mouse("mouseReleased", to, y, button="left", clickCount=1)

    def picture(self, path: Path, whole: bool = False):
        parameters = {"format": "png"}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            parameters.update(
                captureBeyondViewport=True,
                clip={
                    "x": 0,
                    "y": 0,
                    "width": size["width"],
                    "height": min(size["height"], 12000),
                    "scale": 1,
                },
            )
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **parameters)["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
