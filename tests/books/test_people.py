"""Who may come in, who is there, wrong passwords, and who did what."""

from __future__ import annotations

from typing import Any

import pytest
from tillpost.books import Books, Failures, Role, Visit
from tillpost.errors import Reason, Reject, Trouble
from tillpost.model import Told

DIGEST, OTHER = b"d" * 32, b"o" * 32


@pytest.fixture
def anna(books: Books) -> Books:
    with books.write() as txn:
        txn.add_user("anna", Role.OPERATOR, b"hash", 10.0)
    return books


def code(caught: pytest.ExceptionInfo[Trouble]) -> str:
    assert caught.value.reason.text("ru")
    return caught.value.reason.code


@pytest.mark.parametrize("role", Role)
def test_a_role_includes_those_before_it(role: Role) -> None:
    before = list(Role)[: list(Role).index(role) + 1]
    assert [wanted for wanted in Role if role.suffices(wanted)] == before


def test_a_user_is_known_by_a_name_that_is_taken_once(anna: Books) -> None:
    with pytest.raises(Reject) as caught, anna.write() as txn:
        txn.add_user("anna", Role.VIEWER, b"other", 11.0)
    assert code(caught) == "people.user-there"
    with anna.read() as txn:
        (user,) = txn.users()
        assert (user.name, user.role, user.password, user.made) == ("anna", Role.OPERATOR, b"hash", 10.0)
        assert (txn.user("anna"), txn.user("boris")) == (user, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda txn: txn.change_role("boris", Role.ADMIN),
        lambda txn: txn.change_password("boris", b""),
        lambda txn: txn.remove_user("boris"),
        lambda txn: txn.begin_visit("boris", DIGEST, 1.0),
    ],
)
def test_nothing_is_done_to_a_user_whom_nobody_knows(anna: Books, change: Any) -> None:
    with pytest.raises(Reject) as caught, anna.write() as txn:
        change(txn)
    assert code(caught) == "people.no-user"


def test_a_session_is_known_by_its_digest_and_has_the_role_of_the_moment(anna: Books) -> None:
    with anna.write() as txn:
        txn.begin_visit("anna", DIGEST, 100.0)
        txn.change_role("anna", Role.VIEWER)
        txn.see_visit(DIGEST, 160.0)
    with anna.read() as txn:
        assert txn.visit(DIGEST) == Visit("anna", Role.VIEWER, 100.0, 160.0)
        assert txn.visit(OTHER) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda txn: txn.end_visit(DIGEST),
        lambda txn: txn.change_password("anna", b"new"),
        lambda txn: txn.remove_user("anna"),
        lambda txn: txn.end_visits(seen_before=101.0, begun_before=0.0),
        lambda txn: txn.end_visits(seen_before=0.0, begun_before=101.0),
    ],
)
def test_a_session_ends_with_the_log_out_the_password_the_user_and_its_time(anna: Books, end: Any) -> None:
    with anna.write() as txn:
        txn.begin_visit("anna", DIGEST, 100.0)
        end(txn)
        assert txn.visit(DIGEST) is None


def test_a_session_goes_on_where_only_the_hash_is_another_one(anna: Books) -> None:
    with anna.write() as txn:
        txn.begin_visit("anna", DIGEST, 100.0)
        txn.change_password("anna", b"costlier", keep_sessions=True)
        assert txn.visit(DIGEST)


def test_a_number_of_a_removed_user_is_not_given_again(anna: Books) -> None:
    with anna.write() as txn:
        txn.remove_user("anna")
        txn.add_user("boris", Role.VIEWER, b"", 1.0)
        assert txn._id("boris") == 2


def test_a_token_is_known_by_its_digest_until_it_is_removed(books: Books) -> None:
    with books.write() as txn:
        txn.add_token("zabbix", Role.VIEWER, DIGEST, 5.0)
    with pytest.raises(Reject) as caught, books.write() as txn:
        txn.add_token("zabbix", Role.VIEWER, OTHER, 6.0)
    assert code(caught) == "people.token-there"
    with books.write() as txn:
        assert [(one.name, one.role, one.made) for one in txn.tokens()] == [("zabbix", Role.VIEWER, 5.0)]
        assert txn.token(DIGEST) == txn.tokens()[0]
        txn.remove_token("zabbix")
        assert txn.token(DIGEST) is None
    with pytest.raises(Reject) as caught, books.write() as txn:
        txn.remove_token("zabbix")
    assert code(caught) == "people.no-token"


def test_wrong_passwords_are_counted_forgiven_and_forgotten(books: Books) -> None:
    with books.write() as txn:
        for now in (1.0, 2.0):
            txn.fail("user anna", now)
        txn.fail("address 10.0.0.9\0", 3.0)
        assert txn.failures("user anna") == Failures(2, 2.0)
        txn.forget_failures(2.5)
        assert txn.failures("user anna") == Failures(0, 0.0)
        assert txn.failures("address 10.0.0.9\0").count == 1
        txn.forgive(["address 10.0.0.9\0", "nobody"])
        assert txn.failures("address 10.0.0.9\0").count == 0


# --- who did what


def test_an_act_is_noted_before_and_told_after(books: Books) -> None:
    done = Told.of(Reason("people.no-user", name="x"))
    with books.write() as txn:
        one = txn.note("anna", "held release", "export 12", 100.0)
        two = txn.note("boris", "till resync", "till 5/1", 101.0)
        txn.note_result(one, done)
    with books.read() as txn:
        shown = [(act.id, act.who, act.verb, act.about, act.result) for act in txn.entries(10)]
    assert shown == [(two, "boris", "till resync", "till 5/1", None), (one, "anna", "held release", "export 12", done)]


def test_acts_are_listed_newest_first_page_by_page_and_by_who_and_what(books: Books) -> None:
    with books.write() as txn:
        for number in range(6):
            txn.note(("anna", "boris")[number % 2], "queue hold", f"till 5/{number % 3}", float(number))
    with books.read() as txn:
        newest = txn.entries(2)
        assert [act.at for act in newest] == [5.0, 4.0]
        assert [act.at for act in txn.entries(2, before=newest[-1].id)] == [3.0, 2.0]
        assert [act.at for act in txn.entries(9, who="anna")] == [4.0, 2.0, 0.0]
        assert [act.at for act in txn.entries(9, who="anna", about="till 5/2")] == [2.0]
