"""The exchange of the cassette: told when it is taken out, and cash is blocked until somebody says that an empty one is
in, across any restart; also where nobody had asked for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cash_days import check, come_back, sale
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.nouns import CassetteStep, CassetteTold, Ended
from tillpost.devices.nouns import Misuse, Pieces
from tillpost.devices.rehearsal.world import World

NOTES = (Pieces(5_000, 1), Pieces(10_000, 1))


def paid_in() -> World:
    """A machine with two notes in its cassette."""
    world = World()
    sale(world, 15_000, 5_000, 10_000)
    return world


def steps(world: World) -> list[CassetteStep]:
    return [told.step for told in world.notices if isinstance(told, CassetteTold)]


def taken_out(world: World) -> list[Ended]:
    return [told for told in world.notices if isinstance(told, Ended) and told.given == NOTES]


def withdrawals(world: World) -> list[tuple[Pieces, ...]]:
    return [paper.removed for paper in world.papers.published.values() if paper.kind is DocumentKind.WITHDRAWAL]


def is_blocked(world: World) -> bool:
    return bool(world.machine.status.blocks)


def unlock(world: World) -> None:
    world.machine.exchange_cassette("evening")
    world.poll(10)


def take(world: World) -> None:
    world.take_cassette()
    world.poll(20)


def put(world: World) -> None:
    world.validator.put_cassette()
    world.poll(20)


def say_empty(world: World) -> None:
    world.machine.cassette_is_empty("Anna")
    world.poll(20)


STEPS: tuple[Callable[[World], None], ...] = (unlock, take, put, say_empty)


def test_it_is_told_when_it_is_out_and_blocks_cash_until_an_empty_one_is_in() -> None:
    world = paid_in()
    for step in STEPS[:-1]:
        step(world)
        assert is_blocked(world)
    assert withdrawals(world) == [NOTES]
    say_empty(world)
    assert not is_blocked(world)
    assert steps(world) == [CassetteStep.OUT, CassetteStep.IN, CassetteStep.EMPTY]
    assert [end.verdict for end in taken_out(world)] == [Verdict.COMMITTED]
    check(world)


@pytest.mark.parametrize("before", range(5))
def test_a_restart_at_any_step_changes_nothing_of_it(before: int) -> None:
    world = paid_in()
    for number, step in enumerate(STEPS):
        if number == before:
            world = world.cut()
            come_back(world)
            world.poll(20)
            assert is_blocked(world) == (number > 0)
        step(world)
    if before == len(STEPS):
        world = world.cut()
        come_back(world)
    assert withdrawals(world) == [NOTES]
    assert not is_blocked(world)
    check(world)


def test_a_cassette_that_was_exchanged_while_the_till_was_off_is_told_by_whoever_did_it() -> None:
    world = paid_in()
    unlock(world)
    world = world.cut()
    world.take_cassette()
    world.validator.put_cassette()
    come_back(world)
    world.poll(20)
    assert is_blocked(world)
    say_empty(world)
    assert withdrawals(world) == [NOTES]
    assert not is_blocked(world)
    check(world)


def test_one_that_was_seen_out_was_taken_though_the_power_went_before_that_was_written() -> None:
    world = paid_in()
    unlock(world)
    world.book.intend(Command.EXCHANGE, within=0, device="", unit="box", pieces=())
    world = world.cut()
    world.take_cassette()
    world.validator.put_cassette()
    come_back(world)
    assert withdrawals(world) == [NOTES]
    with pytest.raises(Misuse):
        world.machine.keep_cassette()
    say_empty(world)
    check(world)


def test_a_cassette_that_nobody_took_stays_and_is_not_told() -> None:
    world = paid_in()
    unlock(world)
    world.machine.keep_cassette()
    world.poll()
    assert not is_blocked(world)
    assert withdrawals(world) == []
    check(world)


def test_whoever_takes_it_unasked_has_taken_what_was_in_it() -> None:
    world = paid_in()
    take(world)
    (end,) = taken_out(world)
    assert end.code == "machine.cassette-unasked"
    assert withdrawals(world) == [NOTES]
    put(world)
    assert is_blocked(world)
    say_empty(world)
    assert not is_blocked(world)
    check(world)


def test_taken_out_twice_it_is_told_once() -> None:
    world = paid_in()
    for step in (unlock, take, put, take, put, say_empty):
        step(world)
    assert withdrawals(world) == [NOTES]
    check(world)


def test_what_is_not_under_way_is_refused() -> None:
    world = paid_in()
    for verb in (world.machine.keep_cassette, lambda: world.machine.cassette_is_empty("Anna")):
        with pytest.raises(Misuse) as refused:
            verb()
        assert refused.value.reason.code == "machine.no-exchange"
    unlock(world)
    with pytest.raises(Misuse) as refused:
        world.machine.exchange_cassette()
    assert refused.value.reason.code == "machine.exchange-open"
    take(world)
    for verb in (world.machine.keep_cassette, lambda: world.machine.cassette_is_empty("Anna")):
        with pytest.raises(Misuse) as refused:
            verb()
        assert refused.value.reason.code == "machine.no-exchange"
