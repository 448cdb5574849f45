"""The verbs about users and tokens, as a person or a script meets them."""

from __future__ import annotations

import getpass
import io
from collections.abc import Callable
from typing import Any

import pytest
from post_office import PostOffice
from tillpost.cli import DONE, REFUSED, WRONG_USE

PASSWORD = "correct horse"

Verb = Callable[..., Any]
Says = Callable[[str], None]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """What comes through the pipe."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def anna(tillpost: Verb, says: Says) -> None:
    says(f"{PASSWORD}\n")
    assert tillpost("user add anna --role operator --password-stdin").code == DONE


def test_users_are_added_listed_changed_and_removed(tillpost: Verb, anna: None) -> None:
    (row,) = tillpost("user ls --json").json()
    assert (row["name"], row["role"]) == ("anna", "operator")
    assert tillpost("user role anna viewer --json").json() == {"name": "anna", "role": "viewer"}
    assert "viewer" in tillpost("user ls").out
    assert tillpost("user rm anna").out == "anna may log in no more.\n"
    assert "No users yet" in tillpost("user ls").out


def test_passwords_are_kept_by_nobody_who_lists(tillpost: Verb, anna: None, office: PostOffice) -> None:
    for verb in ("user ls --json", "user log --json"):
        assert PASSWORD not in tillpost(verb).out
    for file in (office.root / "state").glob("books.sqlite*"):
        assert PASSWORD.encode() not in file.read_bytes()
    assert PASSWORD not in (office.root / "state" / "tillpost.log").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [("Anna", PASSWORD, "is no name"), ("a b", PASSWORD, "is no name"), ("anna", "short", "too short")],
)
def test_wrong_names_and_short_passwords_are_refused(
    tillpost: Verb, says: Says, name: str, password: str, told: str
) -> None:
    says(password)
    answer = tillpost(f"user add '{name}' --password-stdin")
    assert answer.code == REFUSED
    assert told in answer.err
    assert tillpost("user ls --json").json() == []


def test_a_name_is_taken_once_and_an_unknown_one_is_told(tillpost: Verb, says: Says, anna: None) -> None:
    says(PASSWORD)
    assert "already" in tillpost("user add anna --password-stdin").err
    for verb in ("user rm boris", "user role boris admin", "token rm zabbix"):
        answer = tillpost(verb)
        assert (answer.code, "there is no" in answer.err) == (REFUSED, True)


def test_where_nobody_can_be_asked_a_password_must_come_through_a_pipe(tillpost: Verb, says: Says) -> None:
    says("")
    answer = tillpost("user add anna")
    assert answer.code == WRONG_USE
    assert "--password-stdin" in answer.err


def test_a_token_is_shown_once_and_never_again(tillpost: Verb, office: PostOffice) -> None:
    made = tillpost("token add zabbix --json").json()
    assert made["role"] == "viewer"
    assert len(made["token"]) > 40
    listed = tillpost("token ls --json")
    assert [row["name"] for row in listed.json()] == ["zabbix"]
    assert made["token"] not in listed.out
    for file in (office.root / "state").glob("books.sqlite*"):
        assert made["token"].encode() not in file.read_bytes()
    assert tillpost("token rm zabbix").code == DONE
    assert tillpost("token ls --json").json() == []
    assert "not shown again" in tillpost("token add zabbix").out


def test_each_change_of_users_is_in_the_log_with_who_and_what(tillpost: Verb, says: Says, anna: None) -> None:
    says("another horse")
    tillpost("user password anna --password-stdin")
    tillpost("user role anna admin")
    tillpost("token add zabbix")
    rows = tillpost("user log --json").json()
    assert [(row["verb"], row["about"]) for row in rows] == [
        ("token add", "zabbix"),
        ("user role", "anna"),
        ("user password", "anna"),
        ("user add", "anna"),
    ]
    assert {row["who"] for row in rows} == {f"cli:{getpass.getuser()}"}
    assert rows[1]["result"] == "has the role admin now"
    assert len(tillpost("user log --about anna --limit 2 --json").json()) == 2
