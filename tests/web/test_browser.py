"""The pages in a real browser, before a service that runs: files come and go, and a person sees it and acts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import PASSWORD, furnished, quiet, serving
from chromium import PHONE, Visitor
from post_office import PostOffice, good, goods

QUICK = "[arrival]\nscan_seconds = 0.2\nsettle_seconds = 0.2"
LOOKS = 300  # at a page, until something is to be seen there
BETWEEN = 100  # milliseconds, between two looks

Look = Callable[..., Visitor]


class House(NamedTuple):
    """A root at which a service works. `held`: an export that waits for a person."""

    office: PostOffice
    place: str
    held: int
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def house(eyes: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    office, held = furnished(tmp_path_factory.mktemp("house"), QUICK)
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), "run"]
    with serving(office.root) as place, subprocess.Popen(command, stdout=subprocess.DEVNULL, env=quiet()) as service:
        try:
            yield House(office, place, held, {})
            service.send_signal(signal.SIGTERM)
            assert service.wait(60) == 0
        finally:
            service.kill()


@pytest.fixture
def look(house: House, eyes: Any) -> Iterator[Look]:
    """Somebody of a role, at their desk. They log in once, by the form."""
    visitors: list[Visitor] = []

    def look(role: str, **options: Any) -> Visitor:
        visitor = Visitor(eyes, house.place, house.sessions.get(role, ""), **options)
        visitors.append(visitor)
        if role not in house.sessions:
            log_in(visitor, role)
            house.sessions[role] = next(one["value"] for one in visitor.page.context.cookies() if "session" in one["name"])
        return visitor

    yield look
    for visitor in visitors:
        visitor.close()
        assert visitor.troubles == []


def log_in(visitor: Visitor, name: str, password: str = PASSWORD) -> None:
    visitor.open("/login")
    visitor.page.get_by_label("Name").fill(name)
    visitor.page.get_by_label("Password").fill(password)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_load_state()


def soon_shows(visitor: Visitor, path: str, what: str) -> None:
    """Looks again until it is there."""
    for _ in range(LOOKS):
        visitor.open(path)
        if re.search(what, visitor.text()):
            return
        visitor.page.wait_for_timeout(BETWEEN)
    pytest.fail(f"{what!r} is not to be seen at {path}: {visitor.text()}")


def test_somebody_comes_in_and_goes_again(house: House, eyes: Any) -> None:
    visitor = Visitor(eyes, house.place)
    visitor.open("/exports?state=held")
    assert visitor.at().startswith("/login")
    log_in(visitor, "viewer", "a wrong one")
    assert visitor.page.get_by_role("alert").is_visible()
    visitor.troubles.clear()  # a refusal is told in the console
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Log in")
    assert visitor.page.get_by_role("heading", name="Overview", level=1).is_visible()
    visitor.press("Log out")
    assert visitor.at() == "/login"
    visitor.open("/")
    assert visitor.at().startswith("/login")
    visitor.close()
    assert visitor.troubles == []
