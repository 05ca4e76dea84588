"""Debian's Firefox over WebDriver BiDi: a page is opened, keys and pointer move, what it complains of is kept."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FIREFOX = Path("/usr/bin/firefox-esr")
PREFERENCES = {
    "ui.primaryPointerCapabilities": 6,  # a mouse, which a machine without a screen does not have
    "ui.allPointerCapabilities": 6,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "ArrowRight": "\ue014", "Space": " "}
PATIENCE = 120  # seconds that a busy machine may take for one answer


class Tab:
    """The one tab of a Firefox; ``told`` is every message, warning and fault of the pages it showed."""

    def __init__(self, address: str) -> None:
        websocket = pytest.importorskip("websocket")  # JupyterLab's
        self._socket = websocket.create_connection(f"{address}/session", timeout=PATIENCE, suppress_origin=True)
        self._asked = 0
        self.told: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **given: Any) -> Any:
        """Return what Firefox answers to a command; its refusal is an AssertionError with its own words."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": given}))
        while True:
            said = json.loads(self._socket.recv())
            if said.get("method") == "log.entryAdded":
                self.told.append(f"{said['params']['level']}: {said['params']['text']}")
            if said.get("id") == self._asked:
                assert said["type"] == "success", f"{method}: {said}"
                return said["result"]

    def prepare(self, script: str) -> None:
        """Run a script in every page before its own."""
        self.call("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def show(self, page: Path, *, width: int = 1280, height: int = 900) -> None:
        """Open a page in a window of this size, in CSS pixels, and wait until it is loaded."""
        self.call("browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height})
        self.call("browsingContext.navigate", context=self._context, url=page.absolute().as_uri(), wait="complete")

    def ask(self, expression: str) -> Any:
        """Return what an expression is in the page, by way of JSON."""
        found = self.call(
            "script.evaluate", expression=f"Promise.resolve({expression}).then((it) => JSON.stringify(it ?? null))",
            target={"context": self._context}, awaitPromise=True,
        )  # fmt: skip
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"]["value"])

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        end = time.monotonic() + PATIENCE
        while not self.ask(f"Boolean({expression})"):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.1)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a name of KEYS, or the letters themselves."""
        signs = [sign for key in keys for sign in ([KEYS[key]] if key in KEYS else key)]
        moves = [{"type": kind, "value": sign} for sign in signs for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": moves})

    def point(self, selector: str, *, click: bool = False) -> None:
        """Bring the first element that a selector finds into the middle, and the pointer onto it."""
        node = f"document.querySelector({json.dumps(selector)})"
        self.ask(f"{node}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        box = self.ask(f"{node}.getClientRects()[0].toJSON()")
        x, y = int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2)
        moves: list[dict[str, Any]] = [{"type": "pointerMove", "x": 1, "y": 1}, {"type": "pointerMove", "x": x, "y": y}]
        if click:
            moves += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": "mouse", "actions": moves})

    def _act(self, source: dict[str, Any]) -> None:
        self.call("input.performActions", context=self._context, actions=[source])

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """Give a tab of a Firefox without a screen, whose profile is a folder of its own."""
    profile.mkdir(parents=True)
    settings = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
    (profile / "user.js").write_text(settings, encoding="utf-8")
    log = profile / "firefox.log"
    with log.open("wb") as said:
        command = [str(FIREFOX), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        started = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        found = Tab(_address(log))
        yield found
        found.close()
    finally:
        started.terminate()
        started.wait(PATIENCE)


def _address(log: Path) -> str:
    """Return where Firefox listens, once it has said so."""
    end = time.monotonic() + PATIENCE
    while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace"))):
        assert time.monotonic() < end, f"Firefox does not listen: {log.read_text(errors='replace')[-500:]}"
        time.sleep(0.1)
    return found[1]
