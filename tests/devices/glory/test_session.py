"""A BrueBox behind its wire: whole sales, staff's work, and every way in which an answer can fail to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.glory.events import CassetteCounted, DeviceError, Incomplete, OtherEvent
from tillpost.devices.glory.messages import Line
from tillpost.devices.glory.nouns import COINS, NOTES, Finished, InState, SoFar, Told, condition, fill
from tillpost.devices.glory.session import GlorySession
from tillpost.devices.glory.simstock import SimUnit, roubles
from tillpost.devices.glory.simulated import SimBrueBox
from tillpost.devices.glory.simwire import SimWire
from tillpost.devices.glory.states import RESULTS, Command, State, Verdict
from tillpost.devices.lines.simlink import SimClock, cut, dropped, late, noisy
from tillpost.devices.money.units import Condition, Fill, UnitKind
from tillpost.devices.nouns import Misuse, Pieces, Standing, Stood, Unanswered
from tillpost.errors import Reason

LOST = (Unanswered, Misuse)


class Till:
    """A session on a simulated machine that has started up."""

    def __init__(self, units: list[SimUnit] | None = None, piece: int = 1 << 16, ready: bool = True) -> None:
        self.clock = SimClock()
        self.machine = SimBrueBox(self.clock, units)
        self.before = self.machine.held
        self.wire = SimWire(self.clock, self.machine, piece=piece)
        self.session = self.new_session()
        self.told: list[Told] = []
        if ready:
            self.until(lambda: self.session.state == State.IDLE)

    def new_session(self) -> GlorySession:
        return GlorySession(self.wire, self.clock, address="192.0.2.7", port=55561, user="till", name="1")

    def until(self, done: Callable[[], bool], seconds: float = 1500.0) -> None:
        end = self.clock.monotonic() + seconds
        while not done():
            assert self.clock.monotonic() < end, self.told[-5:]
            self.told += self.session.poll()

    def polls(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        self.until(lambda: self.clock.monotonic() >= end)

    def finished(self) -> list[Finished]:
        return [one for one in self.told if isinstance(one, Finished)]

    def end(self) -> Finished:
        """Until what moves cash is over."""
        known = len(self.finished())
        self.until(lambda: len(self.finished()) > known)
        return self.finished()[-1]

    def takes_cash(self, transaction: int = 7) -> None:
        self.session.start_cashin(transaction)
        self.until(lambda: self.session.state == State.WAITING_INSERTION)

    def insert(self, *denominations: int) -> None:
        for one in denominations:
            assert self.machine.insert(one)

    def asked(self, command: Command) -> int:
        return [one.command for one in self.machine.heard].count(command)

    def adds_up(self) -> None:
        """No piece has come from nowhere or gone there."""
        assert self.machine.held + self.machine.outside == self.before + self.machine.inserted


def amount(pieces: Iterable[Pieces]) -> int:
    return sum(one.amount for one in pieces)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Misuse) as caught:
        act()
    assert str(caught.value)
    return caught.value.reason.code


def test_a_session_opens_registers_occupies_and_asks() -> None:
    till = Till()
    assert [one.command for one in till.machine.heard][:4] == [
        Command.OPEN, Command.REGISTER_EVENT, Command.OCCUPY, Command.STATUS,
    ]  # fmt: skip
    assert till.machine.listener == ("192.0.2.7", 55561)
    assert till.session.standing is Standing.DISABLED
    till.polls(20.0)
    assert till.session.identity.serial == "G-0815"


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_a_sale_with_change(piece: int) -> None:
    till = Till(piece=piece)
    till.takes_cash()
    till.insert(50000, 10000)
    till.session.change_request(7, 53700)
    done = till.end()
    assert (done.verdict, done.code, done.transaction) == (Verdict.DONE, "", 7)
    assert done.deposited == (Pieces(10000, 1), Pieces(50000, 1))
    assert amount(done.dispensed) == 6300
    assert [one for one in till.told if isinstance(one, SoFar)][-1].deposited == done.deposited
    states = [one.state for one in till.told if isinstance(one, InState)]
    assert [one for one in states if one in (5, 10)] == [State.CALCULATING_CHANGE, State.DISPENSING]
    till.until(lambda: till.session.state == State.IDLE)
    till.adds_up()


def test_cash_that_comes_after_enough_is_counted_and_changed() -> None:
    till = Till()
    till.takes_cash()
    till.insert(10000)
    till.session.change_request(7, 9000)
    till.insert(10000, 1000, 1000)
    done = till.end()
    assert amount(done.deposited) == 22000
    assert amount(done.dispensed) == 13000
    till.adds_up()


def test_a_sale_is_paid_after_its_change_was_asked_for() -> None:
    till = Till()
    till.session.change_request(7, 1500)
    till.until(lambda: till.session.state == State.WAITING_INSERTION)
    assert till.session.awaited is Command.CHANGE
    till.insert(1000)
    till.polls(120.0)
    assert not till.finished()
    till.insert(500)
    assert till.end().verdict is Verdict.DONE


def test_credits_have_keys_that_do_not_change() -> None:
    till = Till()
    till.takes_cash()
    till.insert(10000, 1000, 1000)
    till.session.change_request(7, 12000)
    done = till.end()
    assert [one.key for one in done.credits("G")] == [("G", 7, 1), ("G", 7, 2), ("G", 7, 3)]
    assert done.credits("G") == done.credits("G")
    assert {(one.denomination, one.form.value) for one in done.credits("G")} == {(10000, "note"), (1000, "coin")}


def test_a_deposit_is_kept() -> None:
    till = Till()
    till.takes_cash()
    till.insert(500000, 500000)
    till.session.end_cashin(7)
    done = till.end()
    assert (done.command, done.deposited, done.dispensed) == (Command.END_CASHIN, (Pieces(500000, 2),), ())
    assert till.machine.stock.first(UnitKind.CASSETTE).holds == {500000: 2}


def test_a_cancelled_deposit_goes_back() -> None:
    till = Till()
    till.takes_cash()
    till.insert(500000, 100)
    till.session.cancel(7)
    done = till.end()
    assert done.deposited == done.dispensed == (Pieces(100, 1), Pieces(500000, 1))
    till.until(lambda: till.session.state == State.IDLE)
    assert till.machine.held == till.before
    till.adds_up()


def test_a_cancelled_sale_is_told_by_its_own_answer() -> None:
    till = Till()
    till.session.change_request(7, 5000)
    till.until(lambda: till.session.state == State.WAITING_INSERTION)
    till.insert(1000)
    till.session.cancel(7)
    done = till.end()
    assert (done.command, done.verdict, done.code) == (Command.CHANGE, Verdict.ENDED, "glory.result-cancelled")
    assert done.deposited == done.dispensed == (Pieces(1000, 1),)


def test_where_change_cannot_be_made_all_goes_back() -> None:
    till = Till(roubles(0))
    till.takes_cash()
    till.insert(50000)
    till.session.change_request(7, 40000)
    done = till.end()
    assert (done.verdict, done.code) == (Verdict.ENDED, "glory.result-change-shortage")
    assert done.deposited == done.dispensed
    till.adds_up()


def test_cash_is_given_out_exactly_or_not_at_all() -> None:
    till = Till()
    till.session.cashout(8, [Pieces(10000, 3), Pieces(500, 2)])
    assert till.end().dispensed == (Pieces(500, 2), Pieces(10000, 3))
    till.until(lambda: till.session.state == State.IDLE)
    assert refused(lambda: till.session.cashout(9, [Pieces(10000, 38)])) == "glory.not-there"
    assert till.asked(Command.CASHOUT) == 1
    till.adds_up()


def test_notes_are_collected_into_the_cassette() -> None:
    till = Till()
    till.session.collect(8, [Pieces(10000, 5)])
    assert till.end().dispensed == (Pieces(10000, 5),)
    assert till.machine.stock.first(UnitKind.CASSETTE).holds == {10000: 5}
    assert till.machine.held == till.before


def test_coins_are_collected_to_the_exit() -> None:
    till = Till()
    till.session.collect(8, [Pieces(1000, 5)], to_exit=True)
    assert till.end().dispensed == (Pieces(1000, 5),)
    assert till.machine.outside == {1000: 5}
    till.adds_up()


def test_the_mixer_is_given_out_as_a_whole() -> None:
    units = roubles()
    mixer = next(unit for unit in units if unit.kind is UnitKind.MIXER)
    mixer.holds = Counter({500: 3, 1000: 4})
    till = Till(units)
    till.session.collect_mixer(8)
    assert till.end().dispensed == (Pieces(500, 3), Pieces(1000, 4))
    till.adds_up()


def test_an_inventory_tells_stock_what_can_be_given_and_each_container() -> None:
    units = roubles()
    units[-1].holds = Counter({500000: 2})
    till = Till(units)
    inventory = till.session.inventory()
    assert Line(500000, 2, NOTES, "RUB", status=0) in inventory.stock
    assert 500000 not in {line.denomination for line in inventory.dispensable}
    assert {unit.number: unit.capacity for unit in inventory.units}[4059] == 600
    assert {unit.device for unit in inventory.units} == {NOTES, COINS}
    assert {fill(unit) for unit in inventory.units} == {Fill.EMPTY, Fill.NEAR_EMPTY, Fill.SOME}


def test_a_cassette_is_exchanged() -> None:
    units = roubles()
    units[-1].holds = Counter({500000: 2})
    till = Till(units)
    till.session.unlock(NOTES)
    till.polls(1.0)
    assert till.session.standing is Standing.OPEN
    till.machine.take_cassette()
    till.machine.put_cassette()
    till.session.lock(NOTES)
    till.polls(1.0)
    counted = [one for one in till.told if isinstance(one, CassetteCounted)]
    assert [(one.inserted, [line.count for line in one.lines]) for one in counted] == [(False, [2]), (True, [])]
    assert till.session.state == State.IDLE
    till.adds_up()


def test_a_cassette_that_is_out_is_missing_from_the_inventory() -> None:
    till = Till()
    till.session.unlock(NOTES)
    till.machine.take_cassette()
    till.session.lock(NOTES)
    till.until(lambda: till.session.state == State.IDLE)
    conditions = {unit.number: condition(unit) for unit in till.session.inventory().units}
    assert {number for number, one in conditions.items() if one is Condition.MISSING} == {4059}


def test_a_cassette_put_back_with_cash_is_not_counted() -> None:
    till = Till()
    till.session.unlock(NOTES)
    till.machine.take_cassette()
    till.polls(1.0)
    till.machine.put_cassette(Counter({10000: 1}))
    till.polls(1.0)
    assert [one.inserted for one in till.told if isinstance(one, CassetteCounted)] == [False]


@pytest.mark.parametrize("seconds", [19.9, 20.0, 20.1])
def test_a_status_that_an_event_has_overtaken_does_not_count(seconds: float) -> None:
    """The machine becomes idle at 20 s; its answer about the time before comes later than the event."""
    till = Till(ready=False)
    till.polls(1.0)
    till.clock.sleep(seconds - till.clock.monotonic() - 0.005)
    till.session.status()
    till.polls(2.0)
    assert till.session.state == State.IDLE


@pytest.mark.parametrize("state", [6, 13, 24, 30])
def test_what_would_hang_is_not_sent(state: int) -> None:
    till = Till()
    till.takes_cash()
    till.machine.force(state)
    till.polls(1.0)
    assert refused(lambda: till.session.end_cashin(7)) == "glory.not-allowed"
    assert refused(lambda: till.session.cancel(7)) == "glory.not-allowed"
    assert till.asked(Command.END_CASHIN) + till.asked(Command.CASHIN_CANCEL) == 0


@pytest.mark.parametrize("state", [*State, 57])
def test_every_state_is_told_once_and_is_not_fatal(state: int) -> None:
    till = Till()
    till.machine.force(State.PROGRAM_BUSY if state != State.PROGRAM_BUSY else State.SEALING)
    till.polls(0.5)
    till.told.clear()
    till.machine.force(state)
    till.polls(0.1)
    seen = [one for one in till.told if isinstance(one, InState)]
    assert [one.state for one in seen[:1]] == [state]
    assert Reason(seen[0].code).text("ru")


def test_a_jam_ends_what_was_under_way_as_unknown_and_can_be_reset() -> None:
    till = Till()
    till.takes_cash()
    till.insert(50000)
    till.session.change_request(7, 60000)
    till.machine.jam()
    done = till.end()
    assert (done.verdict, done.code) == (Verdict.UNKNOWN, "glory.result-device")
    till.until(lambda: till.session.standing is Standing.FAULTY)
    assert DeviceError(1, 1281) in till.told
    till.session.reset()
    till.until(lambda: till.session.state == State.IDLE)
    till.adds_up()


@pytest.mark.parametrize("result", [*sorted(RESULTS), 77])
def test_every_result_of_a_sale_ends_it(result: int) -> None:
    till = Till()
    till.machine.results[Command.CHANGE] = result
    till.session.change_request(7, 1000)
    done = till.end()
    if result == 0:  # nothing was deposited
        assert (done.verdict, done.code) == (Verdict.UNKNOWN, "glory.sums-differ")
    else:
        assert (done.verdict, done.code) == RESULTS.get(result, (Verdict.UNKNOWN, "glory.result-unknown"))
    assert till.session.awaited is None


@pytest.mark.parametrize("result", [*sorted(RESULTS), 77])
def test_every_result_of_what_is_answered_at_once(result: int) -> None:
    till = Till()
    till.machine.results[Command.LOCK_UNIT] = result
    verdict, code = RESULTS.get(result, (Verdict.UNKNOWN, "glory.result-unknown"))
    act = lambda: till.session.lock(COINS)  # noqa: E731
    if verdict is Verdict.UNKNOWN:
        with pytest.raises(Unanswered) as caught:
            act()
        assert caught.value.reason.code == code
    elif verdict in (Verdict.REFUSED, Verdict.ENDED):
        assert refused(act) == code
    else:
        act()  # done, or put once more in a new session
        assert till.asked(Command.OPEN) == (2 if verdict is Verdict.NO_SESSION else 1)


def test_a_transaction_sent_twice_is_unknown() -> None:
    till = Till()
    for _ in range(2):
        till.session.cashout(8, [Pieces(10000, 1)])
        till.end()
        till.until(lambda: till.session.state == State.IDLE)
    assert [one.code for one in till.finished()] == ["", "glory.result-repeated"]
    assert till.finished()[1].verdict is Verdict.UNKNOWN
    assert till.machine.outside == {10000: 1}


@pytest.mark.parametrize("fault", [dropped, late(2000.0), cut(100), noisy(before=b"<")])
def test_an_answer_that_does_not_come_whole_leaves_the_outcome_unknown(fault: Callable[..., object]) -> None:
    till = Till()
    till.wire.to_host[till.wire.asked + 1] = fault  # type: ignore[assignment]
    till.session.cashout(8, [Pieces(10000, 1)])
    done = till.end()
    assert (done.verdict, done.deposited, done.dispensed) == (Verdict.UNKNOWN, (), ())
    till.until(lambda: till.session.state == State.IDLE)
    assert till.asked(Command.CASHOUT) == 1
    assert till.machine.outside == {10000: 1}


def test_a_late_answer_as_an_event_settles_what_was_unknown() -> None:
    till = Till()
    till.wire.to_host[till.wire.asked + 1] = dropped
    till.session.cashout(8, [Pieces(10000, 1)])
    assert till.end().verdict is Verdict.UNKNOWN
    answer = next(one.answer for one in till.machine.heard if one.command is Command.CASHOUT)
    assert answer
    inner = answer[answer.index(b"<n:CashoutResponse") : answer.index(b"</soapenv:Body>")]
    for _ in range(2):
        till.machine.outgoing.append(b"<BbxEventRequest>" + inner + b"</BbxEventRequest>\0")
    till.polls(1.0)
    assert [one.verdict for one in till.finished()] == [Verdict.UNKNOWN, Verdict.DONE]
    assert till.finished()[-1].dispensed == (Pieces(10000, 1),)


def test_one_thing_at_a_time_moves_cash() -> None:
    till = Till()
    till.takes_cash()
    till.session.change_request(7, 1000)
    assert refused(lambda: till.session.end_cashin(7)) == "glory.under-way"


def test_a_session_that_was_forgotten_is_opened_anew() -> None:
    till = Till()
    till.machine._session = ""
    till.session.unlock(COINS)
    assert till.asked(Command.OPEN) == 2
    assert till.machine.state == State.UNLOCKING


def test_a_machine_held_by_another_till_is_faulty_and_not_offline() -> None:
    till = Till(ready=False)
    till.machine.results[Command.OCCUPY] = 3
    till.polls(1.0)
    assert Stood(Standing.FAULTY, "glory.result-occupied-by-other") in till.told
    till.until(lambda: till.session.state == State.IDLE)


def test_a_machine_without_a_cable_is_offline_until_it_is_back() -> None:
    till = Till()
    till.wire.plugged = False
    till.until(lambda: till.session.standing is Standing.OFFLINE)
    assert refused(lambda: till.session.change_request(7, 100)) == "glory.state-not-told"
    till.wire.plugged = True
    till.until(lambda: till.session.state == State.IDLE)
    assert len([one for one in till.told if isinstance(one, Stood) and one.standing is Standing.OFFLINE]) == 1


def test_a_question_that_never_went_out_has_moved_nothing() -> None:
    till = Till()
    till.session.inventory()
    till.wire.plugged = False
    till.session.cashout(8, [Pieces(10000, 1)])
    assert till.end().verdict is Verdict.REFUSED


def test_an_event_that_nobody_knows_is_told() -> None:
    till = Till()
    till.machine.outgoing.append(b"<BbxEventRequest><Tomorrow/></BbxEventRequest>\0")
    till.polls(1.0)
    assert OtherEvent("Tomorrow") in till.told


def sale(till: Till) -> None:
    """One whole sale; the customer takes the change."""
    till.takes_cash()
    till.insert(50000)
    till.polls(0.3)
    till.insert(1000)
    till.session.change_request(7, 40000)
    till.end()
    till.until(lambda: till.session.state == State.IDLE)


def test_power_of_the_machine_cut_at_any_time_of_a_sale_is_told_and_never_credited_twice() -> None:
    for moment in range(12):
        till = Till()
        till.takes_cash()
        till.insert(50000)
        till.session.change_request(7, 40000)
        till.polls(0.25 + moment * 0.6)
        till.machine.cut_power()
        till.polls(3.0)
        till.machine.power_on()
        till.until(lambda: till.session.state == State.IDLE)  # noqa: B023
        done = till.finished()
        assert len(done) == 1
        if done[0].verdict is Verdict.UNKNOWN:
            assert any(isinstance(one, Incomplete) for one in till.told)
        else:
            assert amount(done[0].deposited) - amount(done[0].dispensed) == 40000
        till.adds_up()


class PowerCutError(Exception):
    pass


def test_power_of_the_host_cut_at_every_step_leaves_the_machine_whole() -> None:
    """A till that starts again finds the machine's state, and can end what it finds open."""
    count = _steps_of_a_sale()
    assert count > 20
    for at in range(count):
        till = Till()
        left = [at]

        def cut_here(_what: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCutError

        till.wire.witness = cut_here
        with pytest.raises(PowerCutError):
            sale(till)
        till.wire.witness = lambda _what: None
        till.session = till.new_session()
        till.until(lambda till=till: till.session.state in (State.IDLE, State.WAITING_INSERTION))  # type: ignore[misc]
        if till.session.state == State.WAITING_INSERTION and not till.machine._asked:
            till.session.cancel(7)
            till.end()
        till.adds_up()


def _steps_of_a_sale() -> int:
    till = Till()
    seen: list[str] = []
    till.wire.witness = seen.append
    sale(till)
    return len(seen)


def test_every_answer_of_a_sale_lost_late_or_cut_credits_at_most_once() -> None:
    for fault in (dropped, cut(50), late(11.0)):
        for number in range(12):
            till = Till()
            till.wire.to_host[till.wire.asked + number] = fault
            with suppress(*LOST):
                sale(till)
            conclusive = [one for one in till.finished() if one.verdict is Verdict.DONE]
            assert len(conclusive) <= 1
            assert till.asked(Command.CHANGE) <= 1
            till.adds_up()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([50, 100, 500, 1000, 5000, 10000, 50000, 100000]), min_size=1, max_size=8),
    st.integers(0, 200000),
)
def test_any_sale_adds_up(pieces: list[int], price: int) -> None:
    till = Till()
    till.takes_cash()
    till.insert(*pieces)
    if sum(pieces) >= price:
        till.session.change_request(7, price)
    else:
        till.session.cancel(7)
    done = till.end()
    kept = amount(done.deposited) - amount(done.dispensed)
    assert amount(done.deposited) == sum(pieces)
    assert kept == (price if done.verdict is Verdict.DONE and done.command is Command.CHANGE else 0)
    till.until(lambda: till.session.state == State.IDLE)
    till.adds_up()


def test_closing_gives_the_machine_free() -> None:
    till = Till()
    till.session.close()
    assert till.machine.listener is None
    assert [one.command for one in till.machine.heard][-3:] == [
        Command.RELEASE, Command.UNREGISTER_EVENT, Command.CLOSE,
    ]  # fmt: skip
