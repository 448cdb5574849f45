"""What the pages change: as the verbs do, with its size said before and its result after, and an entry of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import Browser, furnished, serving, text, verb
from post_office import PostOffice
from tillpost.pipeline.locks import Patience, work
from tillpost.queues.layout import Layout
from tillpost.web.answers import Entry


class Desk(NamedTuple):
    """An operator before the pages of a root of their own."""

    root: Path
    browser: Browser
    held: int
    office: PostOffice


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office, held = furnished(tmp_path_factory.mktemp("desk"))
    with serving(office.root) as place:
        browser = Browser(place)
        assert browser.log_in("operator").status_code == 303
        yield Desk(office.root, browser, held, office)
        browser.close()


def standing(desk: Desk, shop: str, till: str) -> str:
    (row,) = [row for row in verb(desk.root, "till", "ls", shop) if row["till"] == till]
    return str(row["standing"])


def newest(desk: Desk) -> dict[str, Any]:
    (row,) = verb(desk.root, "user", "log", "--limit", "1")
    return {name: row[name] for name in ("who", "verb", "about", "result")}


def test_a_till_is_held_and_goes_on_again(desk: Desk) -> None:
    page = desk.browser.get("/tills/5/1")
    assert "Chunks there: 2" in text(page)
    held = desk.browser.submit("/tills/5/1", "/tills/5/1/hold")
    assert "queue hold: on hold: the till is offered nothing more" in text(held)
    assert standing(desk, "5", "1") == "on hold"
    assert newest(desk) == {
        "who": "operator",
        "verb": "queue hold",
        "about": "till 5/1",
        "result": "on hold: the till is offered nothing more",
    }
    released = desk.browser.submit("/tills/5/1", "/tills/5/1/release")
    assert "released" in text(released)
    assert standing(desk, "5", "1") == "waiting"


def test_a_till_is_filled_anew_after_its_size_was_told_and_a_yes(desk: Desk) -> None:
    epoch = verb(desk.root, "till", "ls", "5")[1]["epoch"]
    asked = desk.browser.get("/tills/5/2/resync")
    size = desk.browser.get("/api/v1/tills/5/2/resync").json()["commands"]
    assert f"gets commands: {size}." in text(asked)
    assert verb(desk.root, "till", "ls", "5")[1]["epoch"] == epoch
    done = desk.browser.submit("/tills/5/2/resync", "/tills/5/2/resync")
    assert "a new filling has begun; commands offered:" in text(done)
    assert verb(desk.root, "till", "ls", "5")[1]["epoch"] == epoch + 1


def test_a_held_export_is_released_with_its_result_and_cannot_be_decided_twice(desk: Desk) -> None:
    path = f"/exports/{desk.held}"
    before = text(desk.browser.get(path))
    commands = sum(shop["commands"] for shop in verb(desk.root, "export", "show", str(desk.held))["shops"])
    assert f"it sends the tills commands: {commands};" in before
    token = desk.browser.token(path)
    done = desk.browser.submit(path, f"{path}/release")
    assert f"held release: let through; commands for the tills: {commands}" in text(done)
    assert verb(desk.root, "export", "show", str(desk.held))["state"] == "processed"
    again = desk.browser.http.post(f"{path}/refuse", data={"form": token})
    assert again.status_code == 409
    assert newest(desk)["verb"] == "held refuse"
    assert "is not held" in newest(desk)["result"]
    assert "let through" in text(desk.browser.get(path))


def test_a_held_export_is_refused_by_a_program_with_a_token(desk: Desk) -> None:
    good = '<good code="1"><name>Чай</name><price>10.00</price></good>'
    suspicious = f'<goods xmlns="urn:tillpost:export:1" fullness="F" number="9">{good}</goods>'
    whole = "".join(good.replace('"1"', f'"{code}"') for code in range(1, 11))
    desk.office.drop("whole.xml", suspicious.replace(good, whole).replace('"9"', '"8"'))
    desk.office.drop("little.xml", suspicious)
    verb(desk.root, "feed")
    (held,) = verb(desk.root, "held", "ls")
    token = verb(desk.root, "token", "add", "robot", "--role", "operator")["token"]
    path = f"/api/v1/exports/{held['arrival']}/refuse"
    bearer = {"authorization": f"Bearer {token}"}
    robot = Browser(str(desk.browser.http.base_url))
    answer = robot.http.post(path, headers=bearer)
    robot.close()
    assert (answer.status_code, answer.json()["who"]) == (200, "token robot")
    Entry.model_validate(answer.json())
    assert verb(desk.root, "export", "show", str(held["arrival"]))["state"] == "error"
    assert newest(desk) == {name: answer.json()[name] for name in ("who", "verb", "about", "result")}


def test_what_is_asked_of_something_that_is_not_there_is_an_entry_too(desk: Desk) -> None:
    answer = desk.browser.http.post("/tills/5/9/hold", data={"form": desk.browser.token("/")})
    assert answer.status_code == 404
    assert newest(desk)["about"] == "till 5/9"
    assert "5/9" in newest(desk)["result"] or "no till 9" in newest(desk)["result"]


def test_pages_are_read_while_somebody_works_in_the_root(desk: Desk) -> None:
    with work(Layout.of(desk.root), Patience(0)):
        for path in ("/", "/exports", "/tills/5/1", "/tills/5/1/resync"):
            assert desk.browser.get(path).status_code == 200
