"""What answers and events mean for money: each transaction is told once, by whichever way its answer comes."""

from __future__ import annotations

import pytest
from glory_pages import answer_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.glory.controller import BrueBox
from tillpost.devices.glory.events import Counted, Heartbeat, Incomplete, StateChanged
from tillpost.devices.glory.messages import DEPOSITED, DISPENSABLE, DISPENSED, STOCK, Answer, Cash, Line
from tillpost.devices.glory.nouns import Finished, InState, Inventory, Question, SoFar
from tillpost.devices.glory.simstates import HANGING, HANGS, LASTS, MOVES, TIME
from tillpost.devices.glory.states import ALSO_ALLOWED, ANYWHERE, STATES, Command, State, Verdict
from tillpost.devices.nouns import Misuse, Pieces, Standing, Stood

PAID = (Cash(DEPOSITED, (Line(1000, 1, 2),)), Cash(DISPENSED, (Line(500, 1, 2),)))


def ready(state: int = State.IDLE) -> BrueBox:
    box = BrueBox()
    box.session = "S"
    box.seen(state)
    return box


def sale(box: BrueBox, transaction: int = 7, price: int = 500) -> Question:
    return box.ask(Command.CHANGE, transaction=transaction, amount=price)


def http(question: Question, result: int = 0, cash: tuple[Cash, ...] = PAID) -> bytes:
    return answer_bytes("Change", result=result, id=question.id, sequence=question.sequence, cash=cash)


def event(question: Question, result: int = 0, cash: tuple[Cash, ...] = PAID) -> Answer:
    return Answer("Change", result, question.id, question.sequence, cash=cash)


def verdicts(told: list[object]) -> list[Verdict]:
    return [one.verdict for one in told if isinstance(one, Finished)]


WAYS = ["http", "event", "no answer", "garbled", "incomplete", "device error", "other's event"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WAYS), max_size=8))
def test_a_transaction_is_concluded_at_most_once_in_whatever_order_things_come(ways: list[str]) -> None:
    box = ready()
    question = sale(box)
    told: list[object] = []
    for way in ways:
        match way:
            case "http":
                told += box.settled(question, http(question))
            case "event":
                told += box.event(event(question))
            case "no answer":
                told += box.unsettled(question, "glory.no-answer-moving")
            case "garbled":
                told += box.settled(question, b"<")
            case "incomplete":
                told += box.event(Incomplete("1", "Change"))
            case "device error":
                told += box.settled(question, http(question, 100, ()))
            case "other's event":
                told += box.event(Answer("Change", 0, "8", question.sequence, cash=PAID))
    seen = verdicts(told)
    assert seen.count(Verdict.DONE) <= 1
    assert seen.count(Verdict.UNKNOWN) <= 1
    assert seen == sorted(seen, key=lambda verdict: verdict is Verdict.DONE)
    assert bool(seen) == any(way != "other's event" for way in ways)


def test_an_answer_with_another_number_settles_nothing() -> None:
    box = ready()
    question = sale(box)
    assert verdicts(box.event(Answer("Change", 0, question.id, "99", cash=PAID))) == []
    assert verdicts(box.event(event(question))) == [Verdict.DONE]


@pytest.mark.parametrize("price", [499, 501, 0, 1000])
def test_a_sale_whose_sums_differ_is_unknown_and_tells_what_it_was_told(price: int) -> None:
    box = ready()
    (done,) = box.settled(question := sale(box, price=price), http(question))
    assert isinstance(done, Finished)
    assert (done.verdict, done.code) == (Verdict.UNKNOWN, "glory.sums-differ")
    assert (done.deposited, done.dispensed) == ((Pieces(1000, 1),), (Pieces(500, 1),))


def test_the_next_transaction_closes_the_book_of_the_last() -> None:
    box = ready()
    first = sale(box, 7)
    box.unsettled(first, "glory.no-answer-moving")
    second = sale(box, 8)
    assert box.event(event(first)) == []
    assert verdicts(box.settled(second, http(second))) == [Verdict.DONE]


def test_what_was_never_sent_is_refused_and_not_waited_for() -> None:
    box = ready()
    question = sale(box)
    assert verdicts(box.unsettled(question, "glory.line", sent=False)) == [Verdict.REFUSED]
    assert box.settled(question, http(question)) == []


@pytest.mark.parametrize("state", [*State, 57])
def test_nothing_goes_out_that_a_state_does_not_allow(state: int) -> None:
    for command in Command:
        box = ready(state)
        if command in ANYWHERE | ALSO_ALLOWED.get(state, frozenset()):
            assert box.ask(command, transaction=7).body
        else:
            with pytest.raises(Misuse, match=command.value):
                box.ask(command, transaction=7)
            assert box.awaited is None


def test_both_devices_count_up_to_one_sum() -> None:
    box = ready(State.COUNTING)
    box.event(Counted(1, (Line(10000, 1, 1),)))
    box.event(Counted(2, (Line(100, 2, 2),)))
    assert box.event(Counted(1, (Line(10000, 3, 1),))) == [SoFar((Pieces(100, 2), Pieces(10000, 3)))]


def test_cash_to_give_is_named_by_the_devices_that_have_it() -> None:
    box = ready()
    lines = (Line(1000, 2, 1, "RUB"), Line(1000, 3, 2, "RUB", 1))
    box.inventory = Inventory((), lines, ())
    cash = box.chosen([Pieces(1000, 4)], DISPENSED)
    assert cash.lines == (Line(1000, 2, 1, "RUB"), Line(1000, 2, 2, "RUB", 1))
    with pytest.raises(Misuse) as caught:
        box.chosen([Pieces(1000, 6)], DISPENSED)
    assert caught.value.reason.parts == {"denomination": 1000, "count": 1}


def test_an_inventory_is_forgotten_when_cash_has_moved() -> None:
    box = ready()
    asked = box.ask(Command.INVENTORY)
    line = Line(1000, 1, 2, status=2)
    cash = (Cash(STOCK, (line,)), Cash(DISPENSABLE, (line,)))
    box.answered(asked, answer_bytes("Inventory", id=asked.id, sequence=asked.sequence, cash=cash))
    assert box.inventory == Inventory(cash[0].lines, cash[1].lines, ())
    question = sale(box)
    box.settled(question, http(question))
    assert box.inventory is None


def test_a_standing_is_told_when_it_changes() -> None:
    box = ready()
    assert box.event(StateChanged(State.ERROR)) == [
        InState(State.ERROR, "glory.state-error"),
        Stood(Standing.FAULTY, "glory.state-error"),
    ]
    assert box.event(StateChanged(State.ERROR)) == []
    assert box.event(Heartbeat("G")) == []
    assert box.identity.serial == "G"


# --- the simulated controller's tables


def test_the_simulated_controller_obeys_only_what_the_table_allows() -> None:
    for (state, cause), after in MOVES.items():
        assert {state, after} <= set(STATES)
        assert not isinstance(cause, Command) or cause in ALSO_ALLOWED[state]


def test_the_simulated_controller_leaves_by_itself_every_state_that_does_not_last() -> None:
    assert {state for state, cause in MOVES if cause == TIME} == set(LASTS)


def test_the_simulated_controller_hangs_where_the_table_forbids() -> None:
    assert not any(ALSO_ALLOWED.get(state, frozenset()) & HANGING for state in HANGS)
