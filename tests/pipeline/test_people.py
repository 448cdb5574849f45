"""Coming in, staying, going: by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from post_office import FakeClock
from tillpost.books import Books, Failures, Role
from tillpost.errors import Reject, Trouble
from tillpost.pipeline import passwords
from tillpost.pipeline.people import FREE, OF_ADDRESS, OF_NAME, Key, People, check_name
from tillpost.pipeline.servicesections import Web

PASSWORD, HERE = "correct horse", "192.0.2.1"


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """Hashes that cost little: what they cost is the library's own promise."""
    with pytest.MonkeyPatch.context() as patched:
        hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patched.setattr(passwords, "_hasher", lambda: hasher)
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books.open(f"sqlite:///{tmp_path / 'books.sqlite'}")
    yield books
    books.close()


@pytest.fixture
def people(books: Books, clock: FakeClock) -> People:
    people = People(books, clock, Web(idle_minutes=30, session_hours=12))
    people.add_user("anna", Role.OPERATOR, PASSWORD, "test")
    return people


def refused(people: People, name: str = "anna", password: str = "wrong horse", address: str = HERE) -> str:
    """Why somebody does not come in."""
    with pytest.raises(Reject) as caught:
        people.log_in(name, password, address)
    assert caught.value.reason.text("ru")
    return caught.value.reason.code


def code(caught: pytest.ExceptionInfo[Trouble]) -> str:
    return caught.value.reason.code


# --- sessions


def test_the_right_password_begins_a_session_with_the_users_name_and_role(people: People) -> None:
    session = people.log_in(" Anna ", PASSWORD, HERE)
    visit = people.visit(session)
    assert visit is not None
    assert (visit.user, visit.role) == ("anna", Role.OPERATOR)
    assert people.visit(session[:-1]) is None
    assert people.log_in("anna", PASSWORD, HERE) != session


def test_an_unknown_name_is_told_as_a_wrong_password_is(people: People) -> None:
    assert refused(people) == refused(people, "boris") == refused(people, "", "") == "people.wrong"


def test_a_session_that_nobody_uses_is_over_after_its_idle_time(people: People, clock: FakeClock) -> None:
    session = people.log_in("anna", PASSWORD, HERE)
    for _ in range(4):
        clock.pass_(seconds=29 * 60)
        assert people.visit(session)
    clock.pass_(seconds=30 * 60)
    assert people.visit(session) is None


def test_a_page_that_asks_by_itself_keeps_no_session_from_growing_idle(people: People, clock: FakeClock) -> None:
    session = people.log_in("anna", PASSWORD, HERE)
    clock.pass_(seconds=29 * 60)
    assert people.visit(session, stays=False)
    clock.pass_(seconds=60)
    assert people.visit(session, stays=False) is None


def test_a_session_is_over_after_its_longest_time_however_busy(people: People, clock: FakeClock) -> None:
    session = people.log_in("anna", PASSWORD, HERE)
    for _ in range(12 * 3 - 1):
        clock.pass_(seconds=20 * 60)
        assert people.visit(session)
    clock.pass_(seconds=20 * 60)
    assert people.visit(session) is None


def test_a_session_ends_with_the_log_out_a_new_password_and_the_user(people: People) -> None:
    one, two, three = (people.log_in("anna", PASSWORD, HERE) for _ in range(3))
    people.log_out(one)
    assert (people.visit(one), people.visit(two) is None) == (None, False)
    people.change_password("anna", "another horse", "test")
    assert (people.visit(two), people.visit(three)) == (None, None)
    assert refused(people, password=PASSWORD) == "people.wrong"
    four = people.log_in("anna", "another horse", HERE)
    people.remove_user("anna", "test")
    assert people.visit(four) is None


def test_a_role_holds_from_the_next_look_on(people: People) -> None:
    session = people.log_in("anna", PASSWORD, HERE)
    people.change_role("anna", Role.VIEWER, "test")
    visit = people.visit(session)
    assert visit is not None
    assert visit.role is Role.VIEWER


def test_books_that_are_busy_throw_nobody_out(people: People, books: Books, clock: FakeClock, tmp_path: Path) -> None:
    session = people.log_in("anna", PASSWORD, HERE)
    clock.pass_(seconds=600)
    hasty = Books.open(f"sqlite:///{tmp_path / 'books.sqlite'}", patience=0.01)
    with books.write():
        assert People(hasty, clock, Web()).visit(session)
    hasty.close()


# --- wrong passwords


def test_after_some_wrong_passwords_a_name_waits_longer_each_time(people: People, clock: FakeClock) -> None:
    for _ in range(FREE):
        assert refused(people) == "people.wrong"
    for pause in (1, 2, 4, 8):
        assert refused(people, password=PASSWORD, address="192.0.2.2") == "people.wait"
        clock.pass_(seconds=pause)
        assert refused(people) == "people.wrong"
    clock.pass_(seconds=OF_NAME)
    assert people.log_in("anna", PASSWORD, HERE)
    assert refused(people) == "people.wrong"  # all is forgiven


def test_an_address_that_tries_many_names_waits_and_others_do_not(people: People) -> None:
    for name in ("boris", "clara", "dora"):
        assert refused(people, name) == "people.wrong"
    assert refused(people, "emil") == "people.wait"
    assert refused(people, "anna", PASSWORD) == "people.wait"
    assert people.log_in("anna", PASSWORD, "192.0.2.2")


def test_waiting_survives_a_restart_and_a_clock_that_is_put_back(
    people: People, books: Books, clock: FakeClock
) -> None:
    for _ in range(FREE):
        refused(people)
    again = People(books, clock, Web())
    clock.pass_(days=-30)
    assert refused(again) == "people.wait"
    clock.pass_(days=30, seconds=1)
    assert again.log_in("anna", PASSWORD, HERE)


def test_wrong_passwords_are_forgotten_after_a_day(people: People, clock: FakeClock) -> None:
    for _ in range(FREE):
        refused(people)
    clock.pass_(days=1, seconds=1)
    for _ in range(FREE):
        assert refused(people) == "people.wrong"


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_wrong_passwords_never_wait_less_and_never_for_ever(one: int, two: int) -> None:
    least, most = sorted((one, two))
    for key in (Key("", OF_NAME), Key("", OF_ADDRESS)):
        assert key.pause(Failures(least, 0.0)) <= key.pause(Failures(most, 0.0)) <= key.most


# --- passwords and tokens


@pytest.mark.parametrize(("password", "why"), [("ninechars", "people.short"), ("я" * 600, "people.long")])
def test_a_password_that_is_no_good_is_refused(people: People, password: str, why: str) -> None:
    with pytest.raises(Reject) as caught:
        people.add_user("boris", Role.VIEWER, password, "test")
    assert code(caught) == why
    assert refused(people, password=password) == "people.wrong"


def test_a_hash_of_costs_that_are_not_ours_any_more_is_made_anew(
    people: People, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> bytes:
        with books.read() as txn:
            user = txn.user("anna")
            assert user is not None
            return user.password

    before, session = kept(), people.log_in("anna", PASSWORD, HERE)
    assert kept() == before
    dearer = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: dearer)
    assert people.log_in("anna", PASSWORD, HERE)
    assert kept() != before
    assert people.visit(session)


def test_a_damaged_hash_lets_nobody_in(people: People, books: Books) -> None:
    with books.write() as txn:
        txn.change_password("anna", b"nonsense")
    assert refused(people, password=PASSWORD) == "people.wrong"


def test_a_token_is_its_programs_alone(people: People) -> None:
    token = people.add_token("zabbix", Role.VIEWER, "test")
    assert people.program(token) == ("token zabbix", Role.VIEWER)
    assert people.program(f"{token}x") is None
    people.remove_token("zabbix", "test")
    assert people.program(token) is None


@given(st.text(max_size=5))
def test_a_name_is_one_that_needs_no_quoting(name: str) -> None:
    try:
        check_name(name)
    except Reject:
        return
    assert name.isascii()
    assert name == name.strip().lower() != ""
    assert not set(name) & set("/ '\"<>&\\")


def test_an_act_without_an_end_is_told_without_a_result(people: People) -> None:
    entry = people.begin_act("anna", "till resync", "till 5/1")
    (row,) = people.acts("en", 1)
    assert (row["entry"], row["who"], row["result"]) == (entry, "anna", "")
