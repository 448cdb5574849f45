"""Entries come to an account: what is open, what is unknown, how the cash-in stands, and where the money is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from money_days import DAYS, Step, noon, play
from tillpost.devices.journal.account import KEYS_KEPT, Account, CashIn
from tillpost.devices.journal.entries import Command, Credit, Intent, Outcome, Resolution, Verdict
from tillpost.devices.journal.journal import Journal, account_of
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.nouns import Misuse, Pieces
from tillpost.errors import Halt

AT = "2026-11-21T09:14:03.250Z"
DEPOSIT = Intent(1, AT, Command.DEPOSIT)
NOTE = Credit(2, AT, ("serial", 1, 1), 50000, within=1)


def account(*entries: Intent | Credit | Outcome | Resolution) -> Account:
    return account_of(entries)


def test_empty_journal_has_nothing_open_and_its_cash_in_is_ok() -> None:
    new = account()
    assert (new.open, new.unknown, new.cash_in, new.active, new.change_of_stock) == ((), (), CashIn.OK, 0, {})


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.COMMITTED, CashIn.OK),
        (Verdict.RETURNED, CashIn.ROLLBACK),
        (Verdict.UNKNOWN, CashIn.UNKNOWN),
        (Verdict.RESET, CashIn.RESET),
    ],
)
def test_cash_in_is_active_and_then_as_it_was_ended(verdict: Verdict, status: CashIn) -> None:
    assert account(DEPOSIT).cash_in is CashIn.ACTIVE
    ended = account(DEPOSIT, Outcome(2, AT, 1, verdict))
    assert (ended.cash_in, ended.cash_in_number, ended.active) == (status, 1, 0)


@pytest.mark.parametrize(("verdict", "status"), [(Verdict.COMMITTED, CashIn.OK), (Verdict.RETURNED, CashIn.ROLLBACK)])
def test_unknown_cash_in_is_what_a_person_says(verdict: Verdict, status: CashIn) -> None:
    unknown = (DEPOSIT, Outcome(2, AT, 1, Verdict.UNKNOWN))
    assert [each.intent for each in account(*unknown).unknown] == [DEPOSIT]
    resolved = account(*unknown, Resolution(3, AT, 1, verdict, "Anna", taken=(Pieces(100, 2),)))
    assert (resolved.cash_in, resolved.unknown, resolved.taken) == (status, (), (Pieces(100, 2),))


def test_decision_about_an_older_cash_in_leaves_the_present_one_alone() -> None:
    entries = (DEPOSIT, Outcome(2, AT, 1, Verdict.UNKNOWN), Intent(3, AT, Command.DEPOSIT), NOTE_IN_THIRD)
    later = account(*entries, Resolution(5, AT, 1, Verdict.RETURNED, "Anna"))
    assert (later.cash_in, later.active, later.deposited) == (CashIn.ACTIVE, 3, (Pieces(50000, 1),))


NOTE_IN_THIRD = Credit(4, AT, ("serial", 1, 1), 50000, within=3)


def test_credit_counts_in_its_cash_in_and_fulfils_its_accept() -> None:
    accept = Intent(2, AT, Command.ACCEPT, within=1)
    before = account(DEPOSIT, accept)
    assert before.open == (DEPOSIT, accept)
    after = account(DEPOSIT, accept, Credit(3, AT, ("serial", 1, 1), 50000, of=2, within=1))
    assert (after.open, after.deposited, after.taken) == ((DEPOSIT,), (Pieces(50000, 1),), (Pieces(50000, 1),))


def test_late_credit_counts_though_no_cash_in_is_open() -> None:
    late = account(DEPOSIT, Outcome(2, AT, 1, Verdict.COMMITTED), Credit(3, AT, ("serial", 1, 9), 100))
    assert (late.deposited, late.change_of_stock) == ((), {100: 1})


def test_credit_that_comes_after_all_settles_the_accept_that_was_unknown() -> None:
    accept = Intent(1, AT, Command.ACCEPT)
    lost = (accept, Outcome(2, AT, 1, Verdict.UNKNOWN))
    assert account(*lost).unknown
    found = account(*lost, Credit(3, AT, ("serial", 1, 1), 50000, of=1))
    assert (found.unknown, found.change_of_stock) == ((), {50000: 1})


def test_stock_changes_by_what_was_taken_less_what_was_paid_and_removed() -> None:
    moved = Outcome(
        3, AT, 1, Verdict.COMMITTED, (Pieces(100, 9),), (Pieces(100, 2),), (Pieces(100, 1), Pieces(50000, 1))
    )
    after = account(DEPOSIT, NOTE, moved)
    assert after.taken == (Pieces(100, 9), Pieces(50000, 1))
    assert (after.paid, after.removed) == ((Pieces(100, 2),), (Pieces(100, 1), Pieces(50000, 1)))
    assert after.change_of_stock == {100: 6}


def test_outcome_of_what_failed_still_counts_what_moved() -> None:
    failed = Outcome(2, AT, 1, Verdict.UNKNOWN, paid=(Pieces(100, 2),), unpaid=(Pieces(100, 1),))
    assert account(Intent(1, AT, Command.DISPENSE), failed).change_of_stock == {100: -2}


# --- what does not fit


@pytest.mark.parametrize(
    ("before", "entry", "code"),
    [
        ([DEPOSIT], Intent(2, AT, Command.DEPOSIT), "journal.cash-in-open"),
        ([DEPOSIT, NOTE], Credit(3, AT, NOTE.key, NOTE.denomination), "journal.known"),
        ([DEPOSIT], Credit(2, AT, NOTE.key, NOTE.denomination, of=1), "journal.not-open"),
        ([], Outcome(1, AT, 1, Verdict.COMMITTED), "journal.not-open"),
        (
            [DEPOSIT, Intent(2, AT, Command.ACCEPT, within=1)],
            Outcome(3, AT, 1, Verdict.COMMITTED),
            "journal.holds-open",
        ),
        ([Intent(1, AT, Command.DISPENSE)], Outcome(2, AT, 1, Verdict.RESET), "journal.no-verdict"),
        ([DEPOSIT], Resolution(2, AT, 1, Verdict.COMMITTED, "Anna"), "journal.not-unknown"),
        (
            [DEPOSIT, Outcome(2, AT, 1, Verdict.UNKNOWN)],
            Resolution(3, AT, 1, Verdict.UNKNOWN, "Anna"),
            "journal.no-verdict",
        ),
        ([DEPOSIT], Account().carried(2, AT), "journal.not-first"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    before: list[Intent | Credit | Outcome], entry: Intent | Credit | Outcome | Resolution, code: str
) -> None:
    known = account(*before)
    state_before = known.carried(0, "")
    with pytest.raises(Misuse) as refused:
        known.put(entry)
    assert refused.value.reason.code == code
    assert (known.carried(0, ""), known.last) == (state_before, len(before))


def test_entries_that_contradict_each_other_stop_us() -> None:
    with pytest.raises(Halt, match="entry 1 of the journal"):
        account(Outcome(1, AT, 7, Verdict.COMMITTED))


def test_key_that_comes_again_for_other_money_stops_us() -> None:
    known = account(DEPOSIT, NOTE)
    assert known.knows(NOTE.key, 50000)
    assert not known.knows(("serial", 1, 2), 50000)
    with pytest.raises(Halt, match="serial/1/1 was journalled as 50000"):
        known.knows(NOTE.key, 100)


# --- what is carried on


@given(DAYS)
def test_account_comes_back_from_what_is_carried(day: list[Step]) -> None:
    journal = Journal(MemoryPaper(), noon)
    for step in day:
        play(journal, step)
    carried = journal.account.carried(1, AT)
    again = account_of([carried])
    assert again.carried(1, AT) == carried
    assert (again.cash_in, again.active) == (journal.account.cash_in, journal.account.active)


def test_keys_of_each_device_are_kept_up_to_a_number_and_another_device_drives_none_out() -> None:
    known = Account()
    known.put(Credit(1, AT, ("notes", 1, 1), 50000))
    for number in range(1, KEYS_KEPT + 3):
        known.put(Credit(number + 1, AT, ("coins", 1, number), 100))
    assert known.knows(("notes", 1, 1), 50000)
    assert not known.knows(("coins", 1, 2), 100)
    assert known.knows(("coins", 1, 3), 100)
    assert len(known.carried(0, "").keys) == KEYS_KEPT + 1


# --- units


@given(DAYS)
def test_all_units_together_hold_the_change_of_stock(steps: list[Step]) -> None:
    journal = Journal(MemoryPaper(), noon)
    for step in steps:
        play(journal, step)
    held: Counter[int] = Counter()
    for unit in ("", "box", "unit 0", "unit 1"):
        for pieces in journal.account.stock(unit):
            held[pieces.denomination] += pieces.count
    assert {piece: count for piece, count in sorted(held.items()) if count} == journal.account.change_of_stock


def test_what_is_collected_leaves_one_unit_for_another() -> None:
    filled = (Intent(1, AT, Command.FILL, unit="drum"), Outcome(2, AT, 1, Verdict.COMMITTED, (Pieces(50000, 9),)))
    collected = (
        Intent(3, AT, Command.COLLECT, unit="drum", to="cassette"),
        Outcome(4, AT, 3, Verdict.COMMITTED, moved=(Pieces(50000, 4),)),
    )
    after = account(*filled, *collected)
    assert (after.stock("drum"), after.stock("cassette")) == ((Pieces(50000, 5),), (Pieces(50000, 4),))
    assert after.change_of_stock == {50000: 9}


def test_what_was_given_out_of_the_open_cash_in_is_known_until_it_is_ended() -> None:
    change = Intent(2, AT, Command.DISPENSE, unit="hopper", within=1)
    given_out = account(DEPOSIT, change, Outcome(3, AT, 2, Verdict.COMMITTED, paid=(Pieces(1000, 3),)))
    assert given_out.given == (Pieces(1000, 3),)
    ended = account(
        DEPOSIT,
        change,
        Outcome(3, AT, 2, Verdict.COMMITTED, paid=(Pieces(1000, 3),)),
        Outcome(4, AT, 1, Verdict.COMMITTED),
    )
    assert ended.given == ()
