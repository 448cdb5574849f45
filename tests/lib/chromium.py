"""Debian's Chromium, driven by Playwright: a visitor with eyes, who sees no place but ours.

Where Chromium or Playwright is absent, a test that asks for a browser is skipped, and says which.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser")
FLAGS = (  # it looks for nothing outside, and needs no screen
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000  # milliseconds after which what should be seen counts as absent, on a machine that is busy


@contextmanager
def chromium() -> Iterator[Any]:
    """One process, for as many visitors as there are."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        sandbox = os.getuid() != 0  # root may have none
        browser = driver.chromium.launch(executable_path=found, args=FLAGS, chromium_sandbox=sandbox)
        yield browser
        browser.close()


class Visitor:
    """Somebody before a screen. `troubles`: what the browser complained of, or fetched from elsewhere."""

    def __init__(self, browser: Any, place: str, session: str = "", **options: Any) -> None:
        self.place = place.rstrip("/")
        options = {"locale": "en-GB", "viewport": DESK, "reduced_motion": "reduce", **options}
        self._context = browser.new_context(base_url=self.place, **options)
        self._context.set_default_timeout(PATIENCE)
        if session:
            self._context.add_cookies([{"name": "tillpost_session", "value": session, "url": self.place}])
        self.troubles: list[str] = []
        self.page = self._context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.place, "data:")):
            self.troubles.append(f"asked {request.url}")

    def open(self, path: str) -> int:
        """The status of what is shown then."""
        answer = self.page.goto(path)
        return int(answer.status) if answer else 0

    def press(self, name: str) -> None:
        """A button, by the word on it."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """A link, by its words."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def sees(self, role: str, name: str = "") -> str:
        """The text of what a screen reader finds so; it fails where that does not come to be."""
        found = self.page.get_by_role(role, **({"name": name} if name else {})).first
        found.wait_for()
        return " ".join(found.inner_text().split())

    def at(self) -> str:
        """Where they are: path and query."""
        return str(self.page.url).removeprefix(self.place)

    def text(self) -> str:
        return " ".join(self.page.inner_text("body").split())

    def close(self) -> None:
        self._context.close()
