"""What inventories say a command has moved: what it can have caused, and no more."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.journal.entries import Command, Intent
from tillpost.devices.machine.gloryjudging import amount, moved, pieces_of

NOTHING: Counter[int] = Counter()
DENOMINATIONS = st.sampled_from([100, 500, 5000])
COUNTED = st.dictionaries(DENOMINATIONS, st.integers(1, 9)).map(Counter)
DIFFERENT = st.dictionaries(DENOMINATIONS, st.integers(-9, 9).filter(bool)).map(Counter)


def sent(command: Command, pieces: Counter[int] = NOTHING) -> Intent:
    return Intent(7, "", command, pieces=pieces_of(pieces))


@given(DIFFERENT, COUNTED, COUNTED)
@pytest.mark.parametrize("command", [Command.CHANGE, Command.RETURN])
def test_what_escrow_became_explains_all_or_is_no_answer(
    command: Command, difference: Counter[int], escrow: Counter[int], credited: Counter[int]
) -> None:
    found = moved(sent(command), difference, escrow=escrow, credited=credited)
    if found is None:
        return
    came, went = found
    left = difference.copy()
    left.subtract(came)
    left.update(went)
    assert not any(left.values())
    assert amount(went) <= amount(came + credited)


@given(DIFFERENT, COUNTED)
@pytest.mark.parametrize("command", [Command.DISPENSE, Command.PAYOUT, Command.REMOVE])
def test_a_pay_out_gave_at_most_what_it_was_to_give(
    command: Command, difference: Counter[int], pieces: Counter[int]
) -> None:
    came, went = moved(sent(command, pieces), difference, escrow=NOTHING, credited=NOTHING) or (pieces, pieces)
    assert came == NOTHING
    assert went == Counter({one: min(pieces[one], -difference[one]) for one in pieces if difference[one] < 0})


@given(DIFFERENT, COUNTED)
@pytest.mark.parametrize("command", [Command.DEPOSIT, Command.ACCEPT])
def test_a_deposit_took_at_most_what_was_counted(
    command: Command, difference: Counter[int], escrow: Counter[int]
) -> None:
    came, went = moved(sent(command), difference, escrow=escrow, credited=NOTHING) or (NOTHING, escrow)
    assert went == NOTHING
    assert came <= +difference
    assert came <= escrow or not escrow


def test_where_nobody_saw_the_money_counted_all_that_is_more_was_put_in() -> None:
    more = Counter({5000: 2, 100: -1})
    assert moved(sent(Command.DEPOSIT), more, escrow=NOTHING, credited=NOTHING) == (Counter({5000: 2}), NOTHING)


def test_what_was_given_back_whole_leaves_no_difference() -> None:
    escrow = Counter({5000: 2})
    assert moved(sent(Command.RETURN), NOTHING, escrow=escrow, credited=NOTHING) == (escrow, escrow)


def test_an_answer_that_was_half_written_down_is_not_counted_again() -> None:
    escrow, credited = Counter({5000: 1, 100: 1}), Counter({5000: 1})
    left = Counter({100: 1, 500: -2})
    assert moved(sent(Command.CHANGE), left, escrow=escrow, credited=credited) == (
        Counter({100: 1}),
        Counter({500: 2}),
    )
