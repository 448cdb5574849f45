"""What people do at a cash machine, as plays that any world can give; and the power going at each step of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tillpost.devices.machine.nouns import End, Phase
from tillpost.devices.nouns import Standing
from tillpost.devices.rehearsal.world import World

Play = Callable[[World], object]


def idle(world: World) -> None:
    world.until(lambda: world.machine.phase is Phase.IDLE)


def pay_in(world: World, *denominations: int) -> None:
    """Coins fall in at once; a note when the one before is gone."""
    for denomination in denominations:
        world.until(lambda: world.machine.phase is not Phase.DEPOSIT or ready(world))
        if denomination <= 1000:
            world.coin(denomination)
            world.poll(8)
        else:
            world.note(denomination)
            world.until(lambda: world.validator.note is None and world.machine.status.standings["notes"] in RESTS)


RESTS = (Standing.ACCEPTING, Standing.DISABLED, Standing.FULL, Standing.OPEN, Standing.OFFLINE)


def ready(world: World) -> bool:
    return world.acceptor.accepting and world.machine.status.standings["notes"] is Standing.ACCEPTING


def sale_with_change(world: World) -> int:
    """237 roubles, paid with a coin and a note: change from all three hoppers."""
    number = world.machine.begin_deposit(23700, "receipt 1")
    pay_in(world, 1000, 50000)
    world.until(lambda: world.machine.phase is Phase.FIXED)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    return number


def sale_cancelled(world: World) -> int:
    number = world.machine.begin_deposit(90000, "receipt 2")
    pay_in(world, 5000, 200)
    world.machine.end_deposit(End.REPAY)
    idle(world)
    return number


def exact_sale(world: World) -> int:
    number = world.machine.begin_deposit(5000, "receipt 3")
    pay_in(world, 5000)
    world.until(lambda: world.machine.phase is Phase.FIXED)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    return number


def coins_for_staff(world: World) -> int:
    number = world.machine.withdraw("ten", 20_000, "coins for the main till")
    idle(world)
    return number


def refund(world: World) -> int:
    number = world.machine.dispense_change(6_600, "a return")
    idle(world)
    return number


def cassette_exchange(world: World) -> int:
    number = world.machine.exchange_cassette("evening")
    world.poll(10)
    world.take_cassette()
    world.poll(20)
    world.validator.put_cassette()
    world.poll(20)
    world.machine.cassette_is_empty("Anna")
    idle(world)
    return number


PLAYS: dict[str, Play] = {
    "a sale with change": sale_with_change,
    "a sale that is cancelled": sale_cancelled,
    "an exact sale": exact_sale,
    "coins for staff": coins_for_staff,
    "a refund": refund,
    "an exchange of the cassette": cassette_exchange,
}


def fingerprint(world: World) -> tuple[Any, ...]:
    """What a power cut would leave behind: two steps with the same one are the same cut."""
    validator, acceptor = world.validator, world.acceptor
    return (
        world.paper.raw,
        world.paper._synced,
        validator.state,
        validator.note,
        tuple(validator.cassette),
        len(validator.given_back),
        validator._swallowed,
        validator._mask,
        validator._shows,
        acceptor._counter,
        acceptor.accepting,
        acceptor._mask,
        tuple((each.stock, each._counter, each._remaining, each._paid, each.flags) for each in world.hoppers.values()),
        len(world.papers.published),
    )


def cuts(play: Play, world: World) -> Iterator[tuple[int, str, World]]:
    """(step, what was about to happen, the world as a power cut leaves it) at each step of `play` that differs from the
    one before."""
    found: list[tuple[int, str, World]] = []
    seen: set[tuple[Any, ...]] = set()
    step = 0

    def witness(what: str) -> None:
        nonlocal step
        step += 1
        mark = fingerprint(world)
        if mark not in seen:
            seen.add(mark)
            found.append((step, what, world.cut()))

    world.witness = witness
    play(world)
    world.witness = lambda _what: None
    yield from found


def come_back(world: World, end: End) -> None:
    """The till starts, and ends what was open."""
    world.start()
    world.until(lambda: world.machine.phase in (Phase.IDLE, Phase.PAUSED))
    if world.machine.phase is Phase.PAUSED:
        enough = sum(each.amount for each in world.machine.status.deposited) >= world.machine.status.wanted
        world.machine.end_deposit(end if enough else End.REPAY)
        idle(world)
    world.poll(20)

