"""What the tests of the pages share: a root that has everything to be seen, served; and visitors before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import ROLES, Browser, furnished, serving, verb
from chromium import chromium

Visit = Callable[..., Browser]


class Served(NamedTuple):
    """A root whose pages are served at `place`. `held`: an export that waits for a person."""

    root: Path
    place: str
    held: int
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """To look at only."""
    office, held = furnished(tmp_path_factory.mktemp("pages"))
    tokens = {role: verb(office.root, "token", "add", role, "--role", role)["token"] for role in ROLES}
    with serving(office.root) as place:
        yield Served(office.root, place, held, tokens)


@pytest.fixture(scope="session")
def sessions(served: Served) -> dict[str, str]:
    """Of each role: one log-in for all tests, because a password is dear to check."""
    found = {}
    for role in ROLES:
        browser = Browser(served.place)
        assert browser.log_in(role).status_code == 303
        found[role] = browser.http.cookies["tillpost_session"]
        browser.close()
    return found


@pytest.fixture
def visit(served: Served, sessions: dict[str, str]) -> Iterator[Visit]:
    """A visitor, logged in where a role is given."""
    visitors: list[Browser] = []

    def visit(role: str = "", language: str = "en") -> Browser:
        browser = Browser(served.place, language)
        visitors.append(browser)
        if role:
            browser.http.cookies.set("tillpost_session", sessions[role])
        return browser

    yield visit
    for browser in visitors:
        browser.close()


@pytest.fixture(scope="session")
def eyes() -> Iterator[Any]:
    """A browser, where there is one."""
    with chromium() as browser:
        yield browser
