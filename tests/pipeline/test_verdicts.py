"""What people and programs are told of an export: replies, `.why` files, notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from post_office import PostOffice, export, good, goods
from tillpost.pipeline import held, root, views
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.ledger import Export, Ledger, Verdict
from tillpost.pipeline.verdicts import reply, why

pytestmark = pytest.mark.usefixtures("unsynced")

TEN = [good(str(number)) for number in range(10)]
TELL = """#!/bin/sh
{ printf '%s ' "$TILLPOST_EVENT"; cat; echo; } >> "$(dirname "$0")/told"
"""


@pytest.fixture
def telling(make_office, tmp_path: Path) -> PostOffice:
    """A real command that writes down what it is told."""
    script = tmp_path / "tell.sh"
    script.write_text(TELL, "utf-8")
    script.chmod(0o755)
    return make_office(settings=f"[notify]\ncommand = '{script}'\n[queue]\noverdue_seconds = 600")


def told(office: PostOffice) -> list[tuple[str, str]]:
    """Event and text of each notice, in their order."""
    file = office.root.parent / "told"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [(event, json.loads(page)["text"]) for event, _, page in (line.partition(" ") for line in lines)]


def several_rounds(office: PostOffice) -> None:
    for _ in range(3):
        office.feed()


# --- notices


def test_each_bad_fate_is_told_once_over_restarts(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN))
    telling.send("few.xml", goods(TEN[0]))
    telling.send("torn.xml", goods(*TEN)[:-9])
    telling.send("strange.xml", goods(*TEN, shop="77"))
    several_rounds(telling)
    assert [event for event, _ in told(telling)] == ["held", "broken", "error"]
    assert "few.xml" in told(telling)[0][1]


def test_good_fate_is_told_to_nobody(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN, good("bad", "-1")))
    assert told(telling) == []


def test_refused_export_is_told_as_an_error(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN))
    telling.send("few.xml", goods(TEN[0]))
    with telling.open() as opened, opened.store.read() as txn:
        arrival = next(Ledger(txn).exports()).arrival
    with telling.open() as opened:
        held.refuse(opened, arrival)
    assert [event for event, _ in told(telling)] == ["held", "error"]


def test_overdue_till_is_told_once(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN))
    telling.take("5", "2")
    telling.clock.pass_(seconds=601)
    several_rounds(telling)
    ((event, text),) = told(telling)
    assert event == "overdue"
    assert "till 1 of shop 5" in text


def test_till_that_is_overdue_again_is_told_again(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN))
    telling.take("5", "2")
    telling.clock.pass_(seconds=601)
    telling.feed()
    telling.take_all()
    telling.send("change.xml", goods(good("1", "3.00"), full=False))
    telling.take("5", "2")
    telling.clock.pass_(seconds=601)
    several_rounds(telling)
    assert [event for event, _ in told(telling)] == ["overdue", "overdue"]


def test_halted_till_is_told_once(telling: PostOffice) -> None:
    telling.send("goods.xml", goods(*TEN))
    telling.take("5", "2")
    (telling.folder("5", "1") / "pos0000000007.aif").write_text("not ours")
    several_rounds(telling)
    ((event, text),) = told(telling)
    assert event == "halted"
    assert "till 1 of shop 5" in text


def test_notices_come_in_the_set_language(telling: PostOffice) -> None:
    settings = (telling.root / "tillpost.toml").read_text("utf-8")
    (telling.root / "tillpost.toml").write_text(f"language = 'ru'\n{settings}", "utf-8")
    telling.send("torn.xml", goods(*TEN)[:-9])
    assert told(telling)[0][1].startswith("выгрузка torn.xml")


def test_command_that_fails_stops_nothing(make_office) -> None:
    office = make_office(settings="[notify]\ncommand = '/bin/false'")
    assert office.send("torn.xml", goods(*TEN)[:-9]) == "broken"
    assert office.send("goods.xml", goods(*TEN)) == "processed"


def test_resumed_export_is_told_once(telling: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decided by a process that died before it could put the file away."""
    telling.drop("torn.xml", goods(*TEN)[:-9])
    with telling.open() as opened, monkeypatch.context() as dying:
        dying.setattr(Feed, "finish", lambda self, export, verdict: export)
        Feed(opened).round(once=True)
    assert told(telling) == []
    several_rounds(telling)
    assert [event for event, _ in told(telling)] == ["broken"]
    assert telling.where("torn.xml") == ["broken"]


# --- the page for programs, and the one for people


def newest(office: PostOffice) -> tuple[Export, Verdict]:
    with office.open() as opened, opened.store.read() as txn:
        last = next(Ledger(txn).exports())
        return last, Ledger(txn).verdict(last.arrival)


def test_reply_is_made_again_byte_for_byte(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN, good("bad", "-1")))
    written = (office.root / "replies" / "goods.xml.json").read_bytes()
    office.clock.pass_(days=3)
    assert reply(*newest(office), "en") == written


def test_reply_says_what_a_program_needs(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN, number=4, created="2026-11-20T06:00:00+03:00", source="ERP"))
    found = office.reply("goods.xml.json")
    expected = {
        "tillpost": 1,
        "name": "goods.xml",
        "state": "processed",
        "reason": None,
        "kind": "goods",
        "fullness": "F",
        "number": 4,
        "shop": None,
        "source": "ERP",
        "records": {"read": 10, "refused": 0, "skipped": 0},
        "counts": {"good": {"put": 10, "deleted": 0, "unchanged": 0}},
    }
    assert {name: found[name] for name in expected} == expected
    (shop,) = found["shops"]
    assert (shop["shop"], shop["added"], shop["changed"], shop["deleted"]) == ("5", 10, 0, 0)


def test_list_of_refused_records_is_bounded_and_their_number_is_not(make_office) -> None:
    office = make_office(settings="[replies]\nmax_refused = 2")
    office.send("goods.xml", goods(*TEN, *(good(f"bad{number}", "-1") for number in range(5))))
    found = office.reply("goods.xml.json")
    assert len(found["refused"]) == 2
    assert found["records"]["refused"] == 5


def test_what_no_till_can_be_told_is_a_warning(office: PostOffice) -> None:
    office.send("sellers.xml", export("sellers", '<seller code="1"><name>Анна</name></seller>'))
    assert [warning["code"] for warning in office.reply("sellers.xml.json")["warnings"]] == ["catalogue.no-command"]


@pytest.mark.parametrize(("language", "words"), [("en", "goods would go"), ("ru", "товаров")])
def test_why_is_told_in_the_set_language(office: PostOffice, language: str, words: str) -> None:
    office.send("goods.xml", goods(*TEN))
    office.send("few.xml", goods(TEN[0]))
    page = why(*newest(office), language)
    assert words in page
    assert page.endswith("\n")


def test_why_names_each_refused_record_by_its_line(office: PostOffice) -> None:
    office.send("bad.xml", goods(good("x", "-1"), good("y", "oops")))
    (file,) = (office.root / "broken").rglob("bad.xml.why")
    text = file.read_text("utf-8")
    assert "good x" in text
    assert "3" in text


def test_file_that_was_taken_has_no_why(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    assert list((office.root / "processed").rglob("*.why")) == []


def test_till_standing_is_told_in_a_word(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    office.take("5", "1")
    office.feed()
    with office.open() as opened:
        root.hold(opened, "5", "2", held=True)
        assert [row["standing"] for row in views.tills(opened)] == ["up to date", "on hold"]
