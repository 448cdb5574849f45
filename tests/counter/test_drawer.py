"""`sales drawer`: what went in and out of a till's cash machine, in words and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cash_papers import folder, paper
from post_office import PostOffice
from tillpost.devices.journal.entries import Verdict
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.nouns import Pieces

Verb = Callable[..., Any]
DONE, REFUSED = 0, 1


@pytest.fixture
def told(tillpost: Verb, office: PostOffice) -> Verb:
    """A sale on the 20th, half of whose change is not known; the cassette, taken out on the 21st."""
    till = folder(office.root / "sales" / "5" / "1")
    ten = (Pieces(1000, 6),)
    till.publish(paper(given=ten, unsure=ten, owed=1000))
    till.publish(
        paper(
            entry=9,
            at="2026-11-21T19:05:00.000Z",
            kind=DocumentKind.RESOLVED,
            verdict=Verdict.RETURNED,
            number=4,
            within=1,
            amount=0,
            deposited=(),
            given=(),
            by="Анна",
            why="they were still in the hopper",
        )
    )
    till.publish(
        paper(
            entry=12,
            at="2026-11-21T19:10:00.000Z",
            kind=DocumentKind.WITHDRAWAL,
            number=10,
            about="",
            device="",
            unit="cassette",
            amount=0,
            deposited=(),
            given=(),
            removed=(Pieces(50000, 3),),
        )
    )
    assert tillpost("collect").code == DONE
    return tillpost


def test_drawer_is_told_newest_first_with_its_sums(told: Verb) -> None:
    answer = told("sales drawer 5 1")
    assert (answer.code, answer.err) == (DONE, "")
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert lines[0] == "At Machine Entry Kind About Amount In Out Unsure Owed Note"
    assert lines[2:] == [
        "2026-11-21 22:10 M1 12 withdrawal 1500.00 cassette",
        "2026-11-21 22:05 M1 9 resolved receipt 12 returned, Анна, they were still in the hopper",
        "2026-11-20 12:15 M1 6 sale receipt 12 370.00 500.00 60.00 60.00 10.00",
        "3 documents: in 500.00, out 1560.00, owed 10.00 RUB",
        "by now in M1: -1060.00 RUB = 500.00 × -2, 10.00 × -6",
    ]


def test_page_fits_a_terminal_of_80_columns(told: Verb) -> None:
    lines = told("sales drawer 5 1", columns=80).out.splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_programs_are_told_the_same_with_every_piece(told: Verb) -> None:
    found = told("sales drawer 5 1 --from 2026-11-20 --to 20.11.2026 --json").json()
    [row] = found["documents"]
    assert (found["from"], found["to"]) == ("2026-11-20", "2026-11-20")
    assert (row["at"], row["kind"], row["in"], row["out"]) == ("2026-11-20T12:15:30+03:00", "sale", "500.00", "60.00")
    assert row["pieces"] == [
        {"move": "deposited", "denomination": "500.00", "count": 1},
        {"move": "given", "denomination": "10.00", "count": 6},
        {"move": "unsure", "denomination": "10.00", "count": 6},
    ]
    assert [(sums["currency"], sums["documents"], sums["out"]) for sums in found["sums"]] == [("RUB", 1, "60.00")]


def test_sums_are_of_all_however_few_are_listed(told: Verb) -> None:
    found = told("sales drawer 5 1 --limit 1 --json").json()
    assert [row["entry"] for row in found["documents"]] == [12]
    assert found["sums"][0]["documents"] == 3


@pytest.mark.parametrize(("days", "when"), [("", "yet"), (" --from 2026-11-01", "of these days")])
def test_drawer_that_told_nothing_says_so(tillpost: Verb, days: str, when: str) -> None:
    answer = tillpost(f"sales drawer 5 1{days}")
    assert (answer.code, answer.out) == (DONE, f"The cash machine of till 1 of shop 5 has told nothing {when}.\n")


def test_period_that_ends_before_it_begins_is_refused(tillpost: Verb) -> None:
    answer = tillpost("sales drawer 5 1 --from 2026-11-20 --to 2026-11-19")
    assert (answer.code, answer.out) == (REFUSED, "")
    assert "2026-11-19" in answer.err


def test_file_of_a_drawer_shows_what_it_was(told: Verb) -> None:
    [row, *_] = told("sales ls --json").json()
    assert "1 drawer document" in told(f"sales show {row['arrival']}").out
