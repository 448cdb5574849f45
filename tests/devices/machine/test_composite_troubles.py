"""What goes wrong at a composite machine: every operation ends all the same, the pieces that really moved are told, and
nothing moves that is not in the journal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cash_days import STAFF, check, fixed, idle, jam_in_the_change, pay_in, sale, sale_with_change, taking
from tillpost.devices.ccnet.states import State
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.lines.simlink import SimLink
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.nouns import End, Ended, Phase, total
from tillpost.devices.nouns import Pieces, Standing
from tillpost.devices.rehearsal.world import World
from tillpost.errors import Reason, Retry


def ended(world: World, number: int) -> Ended:
    found = world.ended(number)
    assert found is not None
    return found


def to_change(world: World, amount: int, note: int = 5_000) -> int:
    """Until the machine begins to give change."""
    number = world.machine.begin_deposit(amount)
    pay_in(world, note)
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    world.until(lambda: world.machine.phase is Phase.CHANGE)
    return number


# --- hoppers


def test_a_hopper_that_jams_in_the_middle_is_made_up_for_by_the_others() -> None:
    world = World()
    end = ended(world, jam_in_the_change(world))
    assert total(end.given) + end.owed == 1_300
    assert Pieces(100, 2) in end.given
    assert end.owed == 100
    check(world)


def test_a_jammed_ten_is_made_up_for_by_fives() -> None:
    world = World()
    world.hoppers["ten"].jammed = True
    end = ended(world, sale(world, 2_000, 5_000))
    assert (end.given, end.owed) == ((Pieces(500, 6),), 0)
    check(world)


def test_a_hopper_that_gave_less_is_left_out_until_a_person_has_looked() -> None:
    world = World()
    world.hoppers["ten"].stock = 1  # whatever the journal says
    end = ended(world, sale(world, 2_000, 5_000))
    assert (end.given, end.owed) == ((Pieces(500, 4), Pieces(1_000, 1)), 0)
    assert world.machine.status.blocks
    world.hoppers["ten"].stock = 80
    world.machine.adjust_cash_counts("ten", [Pieces(1_000, 80)])
    world.poll(60)
    assert world.machine.status.blocks == ()
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(1_000, 3),)
    check(world)


def test_a_jam_that_was_cleared_counts_again_when_a_person_says_so() -> None:
    world = World()
    jam_in_the_change(world)
    world.hoppers["one"].jammed = False
    world.hoppers["one"].flags = 0
    world.poll(100)
    assert world.machine.status.blocks
    world.machine.recover()
    world.poll(100)
    assert world.machine.status.blocks == ()
    check(world)


def test_a_hopper_that_never_answers_again_is_unknown_and_the_sale_ends() -> None:
    world = World()
    number = to_change(world, 2_000)
    world.until(lambda: world.hoppers["ten"].out == 1)
    world.hoppers["ten"].cut_power()
    idle(world)
    end = ended(world, number)
    assert (end.verdict, end.given, end.owed, end.unsure) == (Verdict.COMMITTED, (), 0, 3_000)
    (unsure,) = world.machine.status.unknown
    assert (unsure.intent.unit, unsure.outcome.code) == ("ten", "machine.silent")
    check(world)


def test_a_hopper_that_comes_back_settles_what_was_unknown() -> None:
    world = World()
    number = to_change(world, 2_000)
    world.until(lambda: world.hoppers["ten"].out == 1)
    world.hoppers["ten"].cut_power()
    idle(world)
    world.hoppers["ten"].restore_power()
    world.until(lambda: not world.machine.status.unknown)
    world.poll(5)
    assert world.difference() == {}
    (paper,) = [each for each in world.papers.published.values() if each.kind is DocumentKind.RESOLVED]
    assert (paper.given, paper.by, paper.within) == ((Pieces(1_000, 1),), "", number)
    check(world)


def test_a_person_who_was_faster_is_right() -> None:
    world = World()
    to_change(world, 2_000)
    world.until(lambda: world.hoppers["ten"].out == 1)
    world.hoppers["ten"].cut_power()
    idle(world)
    (unsure,) = world.machine.status.unknown
    world.book.resolve(unsure.intent.n, Verdict.COMMITTED, STAFF, paid=[Pieces(1_000, 1)])
    world.hoppers["ten"].restore_power()
    world.poll(100)
    assert world.difference() == {}
    check(world)


def test_a_hopper_that_is_away_for_a_moment_counts_in_the_next_sale() -> None:
    world = World()
    number = world.machine.begin_deposit(2_000)
    pay_in(world, 5_000)
    fixed(world)
    world.hoppers["ten"].cut_power()
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    assert ended(world, number).given == (Pieces(500, 6),)
    world.hoppers["ten"].restore_power()
    world.until(lambda: not world.machine.status.blocks)
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(1_000, 3),)
    check(world)


def test_a_hopper_that_refuses_twice_is_left_out_until_a_person_has_looked() -> None:
    world = World()
    right, world.hoppers["ten"].serial = world.hoppers["ten"].serial, 1
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(500, 6),)
    assert world.machine.status.blocks == ()
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(500, 6),)
    assert world.machine.status.blocks
    world.hoppers["ten"].serial = right
    world.machine.recover()
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(1_000, 3),)
    check(world)


@pytest.mark.parametrize("is_awaited", [True, False])
def test_a_pay_out_of_a_hopper_that_is_away_after_a_start_becomes_unknown(is_awaited: bool) -> None:
    """After the plan's patience, or when a person does not want to wait."""
    world = World()
    to_change(world, 2_000)
    world.until(lambda: world.hoppers["ten"].out == 1)
    world.hoppers["ten"].cut_power()
    world = world.cut()
    world.start()
    world.poll(30)
    assert (world.machine.phase, world.machine.status.unknown) == (Phase.STARTING, ())
    if not is_awaited:
        world.machine.recover()
    else:
        world.until(lambda: world.machine.phase is Phase.PAUSED)
    (unsure,) = world.machine.status.unknown
    assert unsure.outcome.code == ("machine.silent" if is_awaited else "machine.given-up")
    world.until(lambda: world.machine.phase is Phase.PAUSED)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    check(world)


# --- adapters


def notes_line(world: World) -> SimLink:
    return world.notes_line


def coins_line(world: World) -> SimLink:
    return world.coins_line


def sold(world: World, at: Phase, happens: Callable[[], None]) -> int:
    """A sale of 37 roubles, paid with 50; when the machine comes to `at`, something `happens`. The customer waits for
    a minute, and then leaves it to the till."""
    number = world.machine.begin_deposit(3_700)
    is_due = True

    def passing() -> bool:
        nonlocal is_due
        if is_due and world.machine.phase is at:
            is_due = False
            happens()
        return world.machine.phase in (Phase.FIXED, Phase.IDLE)

    for _ in range(400):
        if passing():
            break
        if world.machine.phase is Phase.DEPOSIT and world.validator.note is None:
            world.note(5_000)
        world.poll()
    enough = total(world.machine.status.deposited) >= 3_700
    world.machine.end_deposit(End.CHANGE if enough else End.REPAY)
    world.until(lambda: passing() and world.machine.phase is Phase.IDLE)
    return number


AT = (Phase.DEPOSIT, Phase.FIXING, Phase.FIXED, Phase.CHANGE)


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("line", [notes_line, coins_line])
@pytest.mark.parametrize("away", [3, 60])
def test_an_adapter_that_is_pulled_out_and_put_back_costs_nobody_money(
    at: Phase, line: Callable[[World], SimLink], away: int
) -> None:
    world = World()

    def pulled() -> None:
        line(world).unplug()
        world.poll(away)
        line(world).plug()

    number = sold(world, at, pulled)
    world.poll(100)
    end = ended(world, number)
    assert total(end.deposited) in (0, 5_000)
    assert world.machine.status.unknown == ()
    check(world)
    assert world.machine.status.blocks == ()


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("line", [notes_line, coins_line])
def test_an_adapter_that_stays_away_leaves_no_customer_without_an_end(
    at: Phase, line: Callable[[World], SimLink]
) -> None:
    world = World()
    number = sold(world, at, lambda: line(world).unplug())
    end = ended(world, number)
    assert end.owed + end.unsure + total(end.given) in (0, 1_300, 5_000)
    check(world)
    line(world).plug()
    world.poll(150)
    assert world.machine.status.blocks == ()
    check(world)


# --- the validator


def swallowed(world: World) -> bool:
    return world.validator.state is State.STACKING and bool(world.validator.cassette)


MOMENTS: dict[str, Callable[[World], bool]] = {
    "accepting": lambda world: world.validator.state is State.ACCEPTING,
    "stacking": lambda world: world.validator.state is State.STACKING,
    "swallowed": swallowed,
    "stacked": lambda world: world.validator.state is State.STACKED,
}


def to_moment(world: World, moment: str) -> int:
    """A sale, up to where the note is there."""
    number = world.machine.begin_deposit(3_700)
    taking(world)
    world.note(5_000)
    world.until(lambda: MOMENTS[moment](world))
    return number


def cancelled(world: World, number: int) -> Ended:
    """The customer has enough of it."""
    if world.machine.phase is not Phase.IDLE:
        world.machine.end_deposit(End.REPAY)
    idle(world)
    return ended(world, number)


@pytest.mark.parametrize("take_out", [True, False])
@pytest.mark.parametrize("moment", list(MOMENTS)[:-1])
def test_a_note_that_jams_is_credited_given_back_or_unknown(moment: str, take_out: bool) -> None:
    world = World()
    number = to_moment(world, moment)
    world.validator.jam()
    end = cancelled(world, number)
    assert (end.deposited, end.given) == ((), ())
    assert end.unsure == (5_000 if moment in ("stacking", "swallowed") else 0)
    check(world)
    world.validator.clear(take_out=take_out)
    world.machine.recover()
    world.poll(100)
    check(world)
    assert world.machine.status.blocks == ()


def test_a_note_that_is_freed_in_the_next_customers_sale_is_not_that_customers() -> None:
    world = World()
    number = to_moment(world, "stacking")
    world.validator.jam()
    assert cancelled(world, number).unsure == 5_000
    world.validator.clear(take_out=False)
    world.until(lambda: not world.machine.status.blocks)
    other = world.machine.begin_deposit(5_000)
    world.poll(40)
    assert world.machine.status.deposited == ()
    world.machine.end_deposit(End.REPAY)
    idle(world)
    assert ended(world, other).given == ()
    assert world.machine.status.unknown == ()
    check(world)
    assert world.validator.cassette == [3]


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_validator_that_restarts_has_the_note_credited_given_back_or_unknown(moment: str, forgetful: bool) -> None:
    world = World()
    number = to_moment(world, moment)
    world.validator.cut_power()
    world.poll(5)
    world.validator.power_on(forgetful=forgetful)
    world.poll(60)
    end = cancelled(world, number)
    assert total(end.deposited) == total(end.given)
    is_unknown = forgetful and moment == "swallowed"
    assert end.unsure == (5_000 if is_unknown else 0)
    check(world)
    assert bool(world.machine.status.unknown) == is_unknown


# --- the coin acceptor


def test_coins_that_nobody_saw_stop_the_acceptor_and_are_unknown_until_a_person_has_looked() -> None:
    world = World()
    number = world.machine.begin_deposit(90_000)
    taking(world)
    for _ in range(8):
        world.coin(100)
    world.poll(30)
    assert world.machine.status.standings["coins"] is Standing.FAULTY
    (unsure,) = world.machine.status.unknown
    assert (unsure.intent.command, unsure.outcome.code) == (Command.ACCEPT, "cctalk.events-lost")
    assert not world.coin(100)
    end = cancelled(world, number)
    assert (end.deposited, end.given) == ((Pieces(100, 5),), (Pieces(500, 1),))
    check(world)
    world.machine.recover()
    world.poll(100)
    assert world.machine.status.blocks == ()


def test_an_acceptor_that_restarts_while_it_is_open_has_made_something_unknown() -> None:
    world = World()
    number = world.machine.begin_deposit(90_000)
    taking(world)
    world.coin(1_000)
    world.acceptor.cut_power()
    world.acceptor.restore_power()
    world.poll(60)
    (unsure,) = world.machine.status.unknown
    assert unsure.outcome.code == "machine.restarted"
    pay_in(world, 500)
    assert cancelled(world, number).given == (Pieces(500, 1),)
    check(world)


def test_an_acceptor_that_restarts_while_it_is_shut_has_lost_nothing() -> None:
    world = World()
    sale(world, 1_000, 1_000)
    world.poll(20)
    world.acceptor.cut_power()
    world.acceptor.restore_power()
    world.poll(60)
    assert world.machine.status.unknown == ()
    assert world.machine.status.blocks == ()


# --- the disk


def test_a_disk_that_fills_up_at_any_step_leaves_no_customer_without_an_end() -> None:
    """Nothing moves that is not in the journal; what was begun is ended with the room that was kept."""
    for spared in range(0, 6_000, 250):
        world = World()
        world.paper.spoil(world.paper.raw.rstrip(b"\n") + b"\n")
        world.paper.free = spared
        try:
            number = world.machine.begin_deposit(3_700)
        except Retry:
            assert world.machine.phase is Phase.IDLE
            continue
        pay_in(world, 1_000, 5_000)
        enough = total(world.machine.status.deposited) >= 3_700
        world.machine.end_deposit(End.CHANGE if enough else End.REPAY)
        idle(world)
        assert ended(world, number).unsure == 0
        assert world.difference() == {}
        world.paper.free = None
        world.until(lambda world=world: not world.book.is_behind)
        check(world)


def test_a_disk_that_fails_for_one_write_costs_one_round() -> None:
    """Whatever write it is: what was told is dealt with again."""
    steps: list[str] = []
    world = World()
    world.paper.interrupt = steps.append
    sale_with_change(world)
    assert len(steps) > 20
    for at in range(len(steps)):
        world = World()
        world.paper.interrupt = failing_at(at)
        Patient(world).sale(7_200, 1_000, 10_000)
        assert world.difference() == {}
        world.until(lambda world=world: not world.book.is_behind)
        check(world)


def failing_at(at: int) -> Callable[[str], None]:
    left = at

    def witness(what: str) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise Retry(Reason("journal.failing", path="journal", detail=what))

    return witness


class Patient:
    """Whoever uses the machine tries again what could not be written."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sale(self, amount: int, *cash: int) -> None:
        world = self._world
        self._again(lambda: world.machine.begin_deposit(amount))
        for denomination in cash:
            self._until(lambda: world.machine.phase is not Phase.DEPOSIT or is_taking(world))
            world.coin(denomination) if denomination <= 1_000 else world.note(denomination)
            self._until(lambda: world.validator.note is None, 12)
        self._until(lambda: world.machine.phase in (Phase.FIXED, Phase.DEPOSIT))
        enough = total(world.machine.status.deposited) >= amount
        self._again(lambda: world.machine.end_deposit(End.CHANGE if enough else End.REPAY))
        self._until(lambda: world.machine.phase is Phase.IDLE)

    def _until(self, is_so: Callable[[], bool], least: int = 0) -> None:
        for at in range(2_000):
            if at >= least and is_so():
                return
            self._again(self._world.poll)
        raise TimeoutError

    def _again(self, act: Callable[[], object]) -> None:
        for _ in range(2):
            try:
                act()
            except Retry:
                continue
            return


def is_taking(world: World) -> bool:
    return world.acceptor.accepting and world.machine.status.standings["notes"] is Standing.ACCEPTING
