"""The verb `till config`: what it says, in words and in JSON, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from post_office import PostOffice

Verb = Callable[..., Any]
DONE, REFUSED, WRONG_USE, LATER = 0, 1, 2, 75


def laid(office: PostOffice, text: str) -> None:
    folder = office.root / "config" / "5" / "1"
    folder.mkdir(parents=True)
    folder.joinpath("cash.ini").write_text(text, "utf-8")


def test_every_till_is_told_in_a_row(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost("till config")
    assert answer.code == DONE
    assert [line.split() for line in answer.out.splitlines()[2:]] == [
        [shop, till, "written", str(office.root / "config" / shop / till / "cash.ini")]
        for shop, till in (("5", "1"), ("5", "2"), ("6", "1"))
    ]
    assert [row["outcome"] for row in tillpost("till config 5 --json").json()] == ["unchanged", "unchanged"]


def test_changes_are_told_with_what_was_there(tillpost: Verb, office: PostOffice) -> None:
    tillpost("till config")
    ini = office.root / "config" / "5" / "1" / "cash.ini"
    ini.write_text(ini.read_text("utf-8").replace("storeid = 5", "storeid = 4"), "utf-8")
    told = tillpost("till config 5 1 --dry-run")
    assert told.code == DONE
    assert "storeid: 4 → 5" in told.out
    assert "Nothing was written yet." in told.out
    row = tillpost("till config 5 1 --json").json()[0]
    assert row == {
        "shop": "5",
        "till": "1",
        "file": str(ini),
        "outcome": "changed",
        "changes": [{"key": "storeid", "old": "4", "new": "5"}],
        "reason": None,
    }


def test_file_that_is_left_alone_is_told_with_its_reason(tillpost: Verb, office: PostOffice) -> None:
    laid(office, "what is this\n")
    answer = tillpost("till config --json")
    assert answer.code == REFUSED
    assert [row["outcome"] for row in answer.json()] == ["failed", "written", "written"]
    assert answer.json()[0]["reason"]["code"] == "cash.no-section"
    assert "no section [Properties]" in tillpost("till config").out


def test_share_that_is_away_may_be_there_later(tillpost: Verb, office: PostOffice) -> None:
    file = office.root / "tillpost.toml"
    file.write_text("[cash]\nfile = '/nowhere/{shop}/{till}/cash.ini'\n[shops.5]\n[shops.6]\n", "utf-8")
    assert tillpost("till config").code == LATER


@pytest.mark.parametrize(("line", "code"), [("till config 7", REFUSED), ("till config 5 1 2", WRONG_USE)])
def test_till_that_is_not_there_is_refused(tillpost: Verb, line: str, code: int) -> None:
    assert tillpost(line).code == code
