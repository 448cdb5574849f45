"""`books trim` as a person or a script meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from post_office import PostOffice
from sales_pages import page, receipt, shift

Verb = Callable[..., Any]
DONE, REFUSED, WRONG_USE, LATER = 0, 1, 2, 75
DAY = "2020-01-10"
ARCHIVE = "sales-20-01-10.tgz"


@pytest.fixture
def old(tillpost: Verb, office: PostOffice) -> Verb:
    """A shift of long ago that the ERP has, and one of the next day that it has not got."""
    office.settings("[books]\nkeep_days = 365")
    sell(office, 12, DAY)
    tillpost("collect")
    office.erp_takes()
    tillpost("collect")
    sell(office, 13, "2020-01-11")
    tillpost("collect")
    return tillpost


def sell(office: PostOffice, number: int, day: str) -> None:
    told = shift(number, opened=f"{day}T08:00:00", closed=f"{day}T22:00:00")
    office.sell(f"{number}.json", page([told], [receipt(1, shift=number, at=f"{day}T10:00:00")]))


def archives(office: PostOffice) -> list[str]:
    return [path.name for path in (office.root / "backup" / "books_archive").iterdir()]


def test_dry_run_shows_what_would_go_and_does_nothing(old: Verb, office: PostOffice) -> None:
    answer = old("books trim --dry-run")
    assert answer.code == DONE
    assert "To be put by: 1 shift." in answer.out
    assert "Old, and staying until the ERP has got them: 1 shift." in answer.out
    assert archives(office) == []


def test_trim_puts_old_shifts_by_and_says_where(old: Verb, office: PostOffice) -> None:
    answer = old("books trim --yes")
    assert answer.code == DONE
    assert ARCHIVE in answer.out
    assert "Put by: 1 shift." in answer.out
    assert archives(office) == [ARCHIVE]
    assert "No shifts from before" in old("books trim --yes").out


def test_programs_are_told_the_same(old: Verb) -> None:
    told = old("books trim --yes --json").json()
    assert told["shifts"] == [
        {
            "shop": "5", "till": "1", "shift": 12, "opened": f"{DAY}T08:00:00", "closed": f"{DAY}T22:00:00",
            "documents": 1, "archive": ARCHIVE,
        }
    ]  # fmt: skip
    assert [(one["shift"], one["delivery"]) for one in told["staying"]] == [(13, "in the outbox")]
    assert told["waiting"] == []


def test_where_nobody_can_be_asked_a_yes_is_needed(old: Verb, office: PostOffice) -> None:
    answer = old("books trim")
    assert (answer.code, archives(office)) == (WRONG_USE, [])
    assert "1 shift from before" in answer.err
    assert "--yes" in answer.err


def test_without_an_age_nothing_is_too_old(tillpost: Verb) -> None:
    answer = tillpost("books trim")
    assert (answer.code, answer.out) == (DONE, "Nothing is too old: books.keep_days is 0.\n")


def test_damaged_archive_is_told_and_nothing_is_lost(old: Verb, office: PostOffice) -> None:
    (office.root / "backup" / "books_archive" / ARCHIVE).write_bytes(b"no archive")
    answer = old("books trim --yes")
    assert answer.code == LATER
    assert "2020-01-10: " in answer.out
    assert "sales-20-01-10-2.tgz" in answer.out


def test_old_shift_is_reconciled_as_before(old: Verb) -> None:
    before = old("recon ls 5 1 --json").json()["shifts"]
    old("books trim --yes")
    assert old("recon ls 5 1 --json").json()["shifts"] == before
    assert old("recon show 5 1 12 --json").json()["documents"] == []


def test_sales_that_come_again_are_shown_as_refused(old: Verb, office: PostOffice) -> None:
    old("books trim --yes")
    sell(office, 12, DAY)
    assert old("collect").code == REFUSED
    shown = old("sales show 3")
    assert ARCHIVE in shown.out


def test_what_was_put_by_is_found_and_read_among_the_archives(old: Verb) -> None:
    old("books trim --yes")
    [row] = old("archive ls --json").json()
    assert (row["archive"], row["room"], row["day"]) == (f"books_archive/{ARCHIVE}", "books", DAY)
    assert old("archive ls --room books --json").json() == [row]
    assert old("archive ls --room processed --json").json() == []
    [file] = old("archive ls '*.jsonl' --json").json()
    assert (file["arrival"], file["file"]) == (None, False)
    assert old("archive ls 1 --json").json() == []  # a till is no arrival
    told = old(f"archive show {row['archive']} {file['name']}").out
    assert '"number":1' in told.replace(" ", "")
    refused = old(f"archive restore {row['archive']} {file['name']}")
    assert refused.code == REFUSED
    assert "archive show" in refused.err
