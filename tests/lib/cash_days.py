"""What people do at a cash machine, as plays that any world can give; the power going at each step of one; and what has
to be true afterwards, whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.journal.paper import written
from tillpost.devices.machine.coins import OPENED
from tillpost.devices.machine.documents import CashDocument, DocumentKind
from tillpost.devices.machine.nouns import End, Ended, Phase, total
from tillpost.devices.nouns import Standing
from tillpost.devices.rehearsal.world import World, explains

Play = Callable[[World], object]

RESTS = (Standing.ACCEPTING, Standing.DISABLED, Standing.FULL, Standing.OPEN, Standing.OFFLINE)
STAFF = "Anna"


# --- what people do


def idle(world: World) -> None:
    world.until(lambda: world.machine.phase is Phase.IDLE)


def fixed(world: World) -> None:
    world.until(lambda: world.machine.phase is Phase.FIXED)


def ready(world: World) -> bool:
    return world.acceptor.accepting and world.machine.status.standings["notes"] is Standing.ACCEPTING


def taking(world: World) -> None:
    """The customer sees that the machine takes cash."""
    world.until(lambda: ready(world))


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


def sale(world: World, amount: int, *cash: int, end: End = End.CHANGE) -> int:
    """From the start screen to the end; a customer who pays less than `amount` cancels."""
    number = world.machine.begin_deposit(amount, "receipt")
    pay_in(world, *cash)
    if end is End.CHANGE:
        fixed(world)
    world.machine.end_deposit(end)
    idle(world)
    return number


def sale_with_change(world: World) -> int:
    """72 roubles, paid with a coin and a note: change from all three hoppers."""
    return sale(world, 7200, 1000, 10000)


def sale_cancelled(world: World) -> int:
    return sale(world, 90000, 200, 5000, end=End.REPAY)


def sale_of_several_notes(world: World) -> int:
    return sale(world, 12000, 5000, 5000, 5000)


def handful_of_coins(world: World) -> int:
    """All are in before the slot is shut: those that come after enough are given with the change."""
    number = world.machine.begin_deposit(1500, "a roll")
    taking(world)
    for denomination in (1000, 200, 500, 1000, 100):
        world.coin(denomination)
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    return number


def jam_in_the_change(world: World) -> int:
    """A hopper stops after two coins of three: the others make the rest."""
    number = world.machine.begin_deposit(5000 - 1300, "a jam")
    pay_in(world, 5000)
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    world.until(lambda: world.hoppers["one"].out == 2 or world.machine.phase is Phase.IDLE)
    world.hoppers["one"].jammed = True
    idle(world)
    return number


def staff_deposit(world: World) -> int:
    return sale(world, 0, 1000, 200, 5000, end=End.NO_CHANGE)


def coins_for_staff(world: World) -> int:
    number = world.machine.withdraw("ten", 5_000, "coins for the main till")
    idle(world)
    return number


def refund(world: World) -> int:
    number = world.machine.dispense_change(3_600, "a return")
    idle(world)
    return number


def cassette_exchange(world: World) -> int:
    number = world.machine.exchange_cassette("evening")
    world.poll(10)
    world.take_cassette()
    world.poll(20)
    world.validator.put_cassette()
    world.poll(20)
    world.machine.cassette_is_empty(STAFF)
    idle(world)
    return number


def sale_and_exchange(world: World) -> None:
    sale(world, 5000, 5000)
    cassette_exchange(world)


PLAYS: dict[str, Play] = {
    "a sale with change": sale_with_change,
    "a sale that is cancelled": sale_cancelled,
    "a sale of several notes": sale_of_several_notes,
    "a handful of coins": handful_of_coins,
    "a jam in the change": jam_in_the_change,
    "staff puts cash in": staff_deposit,
    "coins for staff": coins_for_staff,
    "a refund": refund,
    "an exchange of the cassette": sale_and_exchange,
}


# --- the power goes


def fingerprint(world: World, left: bytes) -> tuple[Any, ...]:
    """What a power cut would leave behind, with `left` on the disk: two steps with the same one are the same cut."""
    validator, acceptor = world.validator, world.acceptor
    return (
        left,
        validator.state,
        validator.note,
        tuple(validator.cassette),
        len(validator.given_back),
        validator._swallowed,
        validator._mask,
        validator._shows,
        validator._cassette_in,
        bytes(validator._reader._held),
        bytes(world.bus._reader._held),
        acceptor._counter,
        acceptor.accepting,
        acceptor._mask,
        tuple((each.stock, each._counter, each._remaining, each._paid, each.flags) for each in world.hoppers.values()),
        len(world.papers.published),
    )


def torn(world: World, what: str) -> Iterator[tuple[int, bytes]]:
    """(how many bytes are kept of what is not synced, what is on the disk then): none, one, half, and all."""
    line = len(world.paper.raw[world.paper._end :].split(b"\n")[0]) + 1
    for kept in (0, 1, line // 2, line) if what == "sync" else (0,):
        paper = copy(world.paper)
        paper.power_cut(kept)
        yield kept, written(paper.raw)


def cuts(play: Play, world: World) -> Iterator[tuple[str, World]]:
    """(where, the world as a power cut leaves it) at each step of `play` that differs from all before."""
    found: list[tuple[str, World]] = []
    seen: set[tuple[Any, ...]] = set()
    step = 0

    def witness(what: str) -> None:
        nonlocal step
        step += 1
        if what == "read":  # nothing has happened since the write before
            return
        for kept, left in torn(world, what):
            mark = fingerprint(world, left)
            if mark not in seen:
                seen.add(mark)
                found.append((f"step {step}: {what}, {kept} bytes kept", world.cut(kept)))

    world.witness = witness
    play(world)
    world.witness = lambda _what: None
    yield from found


def catch_up(world: World) -> None:
    """The devices do what they would have done meanwhile."""
    world.validator._pass()
    for hopper in world.hoppers.values():
        hopper.turn(world.clock.monotonic())


def come_back(world: World) -> bool:
    """The till starts; whether a deposit was open."""
    world.start()
    world.until(lambda: world.machine.phase in (Phase.IDLE, Phase.PAUSED))
    return world.machine.phase is Phase.PAUSED


def settled(world: World) -> tuple[Any, ...]:
    """How the money stands after a start: from two alike the day goes on alike."""
    account = world.journal.account
    intents = (*account.open, *(unsure.intent for unsure in account.unknown))
    return (
        account.deposited,
        account.given,
        tuple((each.command, each.unit, each.pieces) for each in intents),
        tuple((unit, account.stock(unit), tuple(more.items())) for unit, more in world.differences().items()),
        account.place(OPENED),
        len(world.papers.published),
        world.validator.state,
        world.validator._cassette_in,
        world.machine.phase,
    )


def finish(world: World, end: End) -> None:
    """People end what is open, a deposit by `end`; one that is not enough is given back."""
    if world.machine.phase is Phase.PAUSED:
        enough = total(world.machine.status.deposited) >= world.machine.status.wanted
        world.machine.end_deposit(end if enough else End.REPAY)
        idle(world)
    world.poll(12)
    put_cassette_right(world)


def put_cassette_right(world: World) -> None:
    exchanging = {Command.REMOVE, Command.EXCHANGE} & {each.command for each in world.journal.account.open}
    if not exchanging:
        return
    world.validator.put_cassette()
    world.poll(20)
    if Command.EXCHANGE in exchanging or world.taken_out:
        world.machine.cassette_is_empty(STAFF)
    else:
        world.machine.keep_cassette()


# --- what is true afterwards


def check_money(world: World) -> None:
    """The journal agrees with where the cash really is, up to what it says that nobody knows."""
    account = world.journal.account
    for unit, more in world.differences().items():
        assert explains(account, more, unit), (unit, more, account.unknown)


def check(world: World, end: End = End.CHANGE) -> None:
    """Nothing is open any more; the journal, the documents and what was told agree with where the cash really is."""
    assert world.journal.account.open == ()
    check_money(world)
    check_documents(world)
    for each in world.notices:
        if isinstance(each, Ended):
            check_end(world, each, end)


def check_documents(world: World) -> None:
    papers = list(world.papers.published.values())
    moved: Counter[int] = Counter()
    for paper in papers:
        for pieces in (*paper.deposited, *paper.taken):
            moved[pieces.denomination] += pieces.count
        for pieces in (*paper.given, *paper.removed):
            moved[pieces.denomination] -= pieces.count
    change = world.journal.account.change_of_stock
    assert {piece: count for piece, count in sorted(moved.items()) if count} == change
    ended = [paper.number for paper in papers if is_of_operation(paper)]
    assert len(ended) == len(set(ended)), "an operation is told twice"


def is_of_operation(paper: CashDocument) -> bool:
    found_later = (DocumentKind.LATE, DocumentKind.UNKNOWN, DocumentKind.RESOLVED)
    return not paper.within and paper.kind not in found_later


def check_end(world: World, ended: Ended, end: End) -> None:
    """What a customer put in was kept for the sale, given, is owed, or is unsure."""
    if ended.command is not Command.DEPOSIT or not ended.amount:
        return
    kept = total(ended.deposited) - total(ended.given) - ended.owed
    if ended.verdict is Verdict.RETURNED:
        assert kept - ended.unsure <= 0 <= kept, ended
    elif end is not End.NO_CHANGE:
        assert kept - ended.unsure <= ended.amount <= kept, ended
