"""What verbs change is in the log with who and what came of it; and is done also where the log cannot be written."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any

import pytest
from post_office import PostOffice
from tillpost.cli import DONE, REFUSED

Verb = Callable[..., Any]


def log(tillpost: Verb) -> list[tuple[str, str, str]]:
    """Oldest first; all by ourselves."""
    rows = tillpost("user log --json").json()
    assert {row["who"] for row in rows} <= {f"cli:{getpass.getuser()}"}
    return [(row["verb"], row["about"], row["result"]) for row in reversed(rows)]


def test_what_verbs_change_is_in_the_log_with_what_came_of_it(tillpost: Verb, fed: PostOffice) -> None:
    [held] = tillpost("held ls --json").json()
    tillpost("collect")  # from now on there are books
    for line in (
        "queue hold 5 1",
        "queue release 5 1",
        "till add 6 2",
        "till add 5 3 4",
        f"held refuse {held['arrival']}",
        "till resync 5 2 --yes",
        "queue check 5 --fix",
        "sales request --shop 5 --till 1",
    ):
        tillpost(line)
    assert [(verb, about) for verb, about, _ in log(tillpost)] == [
        ("queue hold", "till 5/1"),
        ("queue release", "till 5/1"),
        ("till add", "till 6/2"),
        ("till add", "shop 5"),
        ("held refuse", f"export {held['arrival']}"),
        ("till resync", "till 5/2"),
        ("queue check", "shop 5"),
        ("sales request", "till 5/1"),
    ]
    assert all(result for _, _, result in log(tillpost))


def test_what_could_not_be_done_is_in_the_log_with_why(tillpost: Verb, fed: PostOffice) -> None:
    tillpost("collect")
    refused = tillpost("held release 1000000")
    [(verb, about, result)] = log(tillpost)
    assert (refused.code, verb, about) == (REFUSED, "held release", "export 1000000")
    assert "1000000" in result


def test_who_only_looks_is_not_in_the_log(tillpost: Verb, fed: PostOffice) -> None:
    tillpost("collect")
    for line in ("till ls", "queue check", "till config --dry-run", "held ls", "recon ls 5", "doctor"):
        tillpost(line)
    assert log(tillpost) == []


def test_no_books_are_made_to_note_an_act(tillpost: Verb, fed: PostOffice) -> None:
    assert tillpost("queue hold 5 1").code == DONE
    assert not list(fed.root.glob("state/books*"))


@pytest.mark.parametrize(("line", "code"), [("queue hold 5 1", DONE), ("queue hold 5 77", REFUSED)])
def test_books_that_are_away_keep_no_verb_from_its_work(
    tillpost: Verb, fed: PostOffice, line: str, code: int
) -> None:
    settings = fed.root / "tillpost.toml"
    away = '\n[books]\nurl = "postgresql://nobody@127.0.0.1:1/none"\n'
    settings.write_text(settings.read_text().replace("\n[books]\n", away))
    assert tillpost(line).code == code
    assert (tillpost("till ls 5 --json").json()[0]["standing"] == "on hold") is (code == DONE)
    told = [json.loads(each) for each in (fed.root / "state" / "tillpost.log").read_text().splitlines()]
    assert [one["verb"] for one in told if one["event"] == "act_not_noted"] == ["queue hold"]
