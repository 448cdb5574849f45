"""The power goes at each step of what people do at a Glory machine: before and after each question, at each look for an
answer, at each write of the journal. The money adds up afterwards, and nothing of it is unknown.

A run of the default suite tries some of the steps, drawn by a fixed seed; TILLPOST_FAULTS=1 tries every one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from glory_bench import GloryBench
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_bench import amount
from tillpost.devices.glory.states import State
from tillpost.devices.journal.entries import Command
from tillpost.devices.lines.simlink import Fault, cut, dropped, late
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.nouns import End, Phase
from tillpost.devices.nouns import Misuse

pytestmark = pytest.mark.sweep

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
SOME = 24  # steps of each play

SALES = (DocumentKind.SALE, DocumentKind.SALE_CANCELLED)


def sale(bench: GloryBench) -> None:
    bench.machine.begin_deposit(43700)
    bench.insert(50000, 1000)
    bench.end(End.CHANGE)


def cancelled(bench: GloryBench) -> None:
    bench.machine.begin_deposit(43700)
    bench.insert(10000, 200)
    bench.end(End.REPAY)


def paused(bench: GloryBench) -> None:
    bench.machine.begin_deposit(12000)
    bench.insert(10000)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    bench.machine.pause_deposit(paused=False)
    bench.insert(5000)
    bench.end(End.CHANGE)


def fill(bench: GloryBench) -> None:
    bench.machine.begin_deposit()
    bench.insert(1000, 1000)
    bench.end(End.NO_CHANGE)


def given_out(bench: GloryBench) -> None:
    bench.ended(bench.machine.dispense_change(11700))


def withdrawn(bench: GloryBench) -> None:
    bench.ended(bench.machine.withdraw("ten", 5000))
    bench.ended(bench.machine.withdraw("hundred", 50000))
    bench.ended(bench.machine.withdraw("mixer"))


def exchanged(bench: GloryBench) -> None:
    bench.machine.exchange_cassette()
    bench.take_cassette()
    bench.pass_by(3.0)
    bench.put_cassette()
    bench.until(lambda: not bench.machine.status.blocks)


Play = Callable[[GloryBench], None]
PLAYS: list[Play] = [sale, cancelled, paused, fill, given_out, withdrawn, exchanged]


class PowerCutError(Exception):
    pass


def steps_of(play: Play) -> int:
    seen: list[str] = []
    bench = GloryBench()
    bench.witness = seen.append
    play(bench)
    return len(seen)


def places() -> list[tuple[Play, int]]:
    chosen = random.Random(18)
    found = []
    for play in PLAYS:
        steps = range(steps_of(play))
        found += [(play, at) for at in (steps if ALL else sorted(chosen.sample(steps, SOME)))]
    return found


def settled(bench: GloryBench) -> None:
    """What people do after the power was away: a sale is cancelled, a door is locked."""
    for _ in range(3):
        bench.until(lambda: bench.phase in (Phase.IDLE, Phase.PAUSED) or bench.box.state == State.UNLOCKING)
        if bench.phase is Phase.PAUSED:
            bench.end(End.REPAY)
        if bench.box.state == State.UNLOCKING:
            bench.machine.recover()
            bench.pass_by(3.0)
    bench.idle()


def nothing_lost(bench: GloryBench) -> int:
    """What is told as owed to a customer."""
    bench.adds_up()
    assert bench.account.unknown == ()
    assert {one.command for one in bench.account.open} <= {Command.EXCHANGE}
    owed = 0
    for document in bench.documents:
        if document.kind in SALES:
            kept = amount(document.deposited) - amount(document.given) - document.owed
            assert kept in (0, document.amount)
            owed = max(owed, document.owed)
    return owed


def at_once(_bench: GloryBench) -> None:
    """The till is back before anything else happens."""


def a_minute_later(bench: GloryBench) -> None:
    """The machine goes on without the till."""
    bench.clock.sleep(60.0)


def with_the_machine(bench: GloryBench) -> None:
    """The power of both goes at once."""
    bench.box.cut_power()
    bench.clock.sleep(5.0)
    bench.box.power_on()


MEANWHILE = [at_once, a_minute_later, with_the_machine]


def all_places() -> list[tuple[Play, int, Play]]:
    return [
        (play, at, meanwhile)
        for play, at in places()
        for meanwhile in (MEANWHILE if ALL else [MEANWHILE[at % len(MEANWHILE)]])
    ]


@pytest.mark.parametrize(("play", "at", "meanwhile"), all_places())
def test_power_of_the_till_cut_at_a_step_loses_nothing(play: Play, at: int, meanwhile: Play) -> None:
    bench, left = GloryBench(), [at]

    def cut_here(_what: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCutError

    bench.witness = cut_here
    with pytest.raises(PowerCutError):
        play(bench)
    bench.witness = lambda what: None
    bench.paper.power_cut(kept=at % 97, replaced=bool(at % 2))
    meanwhile(bench)
    bench.start()
    settled(bench)
    assert nothing_lost(bench) == 0


@settings(max_examples=400 if ALL else 40)
@given(st.sampled_from([sale, cancelled, paused, fill]), st.floats(0.0, 30.0), st.floats(0.5, 40.0))
def test_power_of_the_machine_cut_at_any_time_loses_nothing(play: Play, after: float, seconds: float) -> None:
    bench = GloryBench()
    bench.patience = 90.0
    begun = bench.clock.monotonic()
    was_cut: list[float] = []

    def cut_later(_what: str) -> None:
        now = bench.clock.monotonic()
        if not was_cut and now - begun >= after:
            bench.box.cut_power()
            was_cut.append(now)
        elif was_cut and not bench.box.powered and now - was_cut[0] >= seconds:
            bench.box.power_on()

    bench.witness = cut_later
    with suppress(AssertionError, Misuse):  # what people were about to do they cannot do now
        play(bench)
    bench.witness, bench.patience = (lambda what: None), 600.0
    if was_cut and not bench.box.powered:
        bench.box.power_on()
    if bench.phase in (Phase.DEPOSIT, Phase.FIXING, Phase.FIXED):
        bench.machine.end_deposit(End.REPAY)
    settled(bench)
    nothing_lost(bench)


FAULTS: list[Fault] = [dropped, cut(50), late(11.0), late(400.0)]


@pytest.mark.parametrize("play", [sale, cancelled, given_out])
@pytest.mark.parametrize("fault", FAULTS)
def test_answers_lost_late_or_cut_move_no_money_twice(play: Play, fault: Fault) -> None:
    for number in range(0, 12, 1 if ALL else 2):
        bench = GloryBench()
        bench.wire.to_host[bench.wire.asked + number] = fault
        bench.patience = 450.0
        with suppress(AssertionError, Misuse):
            play(bench)
        bench.patience = 600.0
        if bench.phase in (Phase.DEPOSIT, Phase.FIXING, Phase.FIXED):
            bench.machine.end_deposit(End.REPAY)
        settled(bench)
        nothing_lost(bench)
        assert bench.asked("Cashout") <= 1


@settings(max_examples=200 if ALL else 25)
@given(
    st.lists(st.sampled_from([100, 200, 500, 1000, 5000, 10000, 50000, 100000]), min_size=1, max_size=6),
    st.integers(1, 2000).map(lambda one: one * 100),
    st.sampled_from(End),
)
def test_any_sale_keeps_its_amount_or_nothing(pieces: list[int], price: int, end: End) -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(price)
    bench.insert(*pieces)
    enough = sum(pieces) >= price
    if end is End.CHANGE and not enough:
        end = End.REPAY
    ended = bench.end(end)
    kept = amount(ended.deposited) - amount(ended.given)
    assert amount(ended.deposited) == sum(pieces)
    assert kept == {End.CHANGE: price, End.NO_CHANGE: sum(pieces), End.REPAY: 0}[end]
    bench.adds_up()
