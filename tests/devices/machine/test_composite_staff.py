"""Staff at a composite machine: cash put in, counted and taken out, and what they see of it."""

from __future__ import annotations

import msgspec
import pytest
from cash_days import check, idle, pay_in, sale, taking
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.machine.documents import CashDocument, DocumentKind
from tillpost.devices.machine.nouns import Counted, DepositStatus, End, Ended, Lamp, Phase, total
from tillpost.devices.money.units import DeviceStatus, FullStatus, Level
from tillpost.devices.nouns import Misuse, Pieces
from tillpost.devices.rehearsal.world import World, roubles

PLENTY = {"ten": 120, "five": 20, "one": 40}  # and nothing to do


def ended(world: World, number: int) -> Ended:
    found = world.ended(number)
    assert found is not None
    return found


def paper_of(world: World, number: int) -> CashDocument:
    (paper,) = [each for each in world.papers.published.values() if each.number == number]
    return paper


def refused(world: World, unit: str, amount: int = 0) -> str:
    with pytest.raises(Misuse) as refusal:
        world.machine.withdraw(unit, amount)
    return refusal.value.reason.code


def levels(world: World) -> dict[str, str]:
    return {unit: level.colour for unit, level in world.machine.status.levels.items()}


def small(**capacities: int) -> World:
    """With hoppers that hold no more than so many coins."""
    plan = roubles()
    units = tuple(
        msgspec.structs.replace(unit, capacity=capacities.get(unit.id, unit.capacity)) for unit in plan.units
    )
    return World(msgspec.structs.replace(plan, units=units))


# --- putting in


def test_a_deposit_marks_what_will_not_be_change() -> None:
    world = World()
    number = sale(world, 0, 1_000, 200, 5_000, end=End.NO_CHANGE)
    told = [(each.pieces.denomination, each.pointless) for each in world.notices if isinstance(each, Counted)]
    assert told == [(1_000, False), (200, True), (5_000, True)]
    paper = paper_of(world, number)
    assert (paper.kind, paper.deposited) == (
        DocumentKind.DEPOSIT,
        (Pieces(200, 1), Pieces(1_000, 1), Pieces(5_000, 1)),
    )
    check(world)


def test_coins_for_a_full_hopper_are_pointless_and_taken_all_the_same() -> None:
    world = small(ten=60)
    number = sale(world, 0, 1_000, end=End.NO_CHANGE)
    assert [each.pointless for each in world.notices if isinstance(each, Counted)] == [True]
    assert ended(world, number).deposited == (Pieces(1_000, 1),)
    check(world)


def test_staff_may_put_in_what_customers_lack_for_their_change() -> None:
    world = World(fill={"ten": 50})
    assert world.machine.status.blocks
    with pytest.raises(Misuse):
        world.machine.begin_deposit(1_000)
    sale(world, 0, *[100] * 3, end=End.NO_CHANGE)
    assert world.machine.status.deposited == ()
    check(world)


def test_a_deposit_of_nothing_has_no_document() -> None:
    world = World()
    number = sale(world, 0, end=End.NO_CHANGE)
    assert ended(world, number).verdict is Verdict.RETURNED
    assert number not in [paper.number for paper in world.papers.published.values()]


# --- counting


def test_what_was_counted_by_hand_is_what_the_unit_holds() -> None:
    world = World()
    world.hoppers["one"].stock = 55
    more = world.machine.adjust_cash_counts("one", [Pieces(100, 55)], "filled")
    world.hoppers["ten"].stock = 50
    less = world.machine.adjust_cash_counts("ten", [Pieces(1_000, 50)])
    world.poll()
    assert (paper_of(world, more).taken, paper_of(world, more).removed) == ((Pieces(100, 15),), ())
    assert (paper_of(world, less).taken, paper_of(world, less).removed) == ((), (Pieces(1_000, 10),))
    assert {paper_of(world, number).kind for number in (more, less)} == {DocumentKind.COUNT}
    assert world.machine.read_cash_counts() == (Pieces(100, 55), Pieces(500, 20), Pieces(1_000, 50))
    check(world)


def test_a_count_of_a_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(Misuse) as refusal:
        World().machine.adjust_cash_counts("drum", [])
    assert refusal.value.reason.code == "machine.no-unit"


# --- taking out


def test_coins_of_one_hopper_are_given_out_and_told_when_that_is_over() -> None:
    world = World()
    number = world.machine.withdraw("ten", 20_000, "for the main till")
    assert world.machine.phase is Phase.DISPENSE
    idle(world)
    end = ended(world, number)
    assert (end.command, end.verdict, end.given) == (Command.REMOVE, Verdict.COMMITTED, (Pieces(1_000, 20),))
    paper = paper_of(world, number)
    assert (paper.kind, paper.removed, paper.about) == (
        DocumentKind.WITHDRAWAL,
        (Pieces(1_000, 20),),
        "for the main till",
    )
    check(world)


def test_more_coins_than_one_pay_out_gives_come_in_several() -> None:
    world = World(fill={"ten": 60, "five": 20, "one": 300})
    number = world.machine.withdraw("one", 30_000)
    idle(world)
    assert ended(world, number).given == (Pieces(100, 300),)
    assert world.hoppers["one"].stock == 0
    check(world)


def test_a_hopper_that_holds_less_than_the_journal_says_gives_what_it_has() -> None:
    world = World()
    world.hoppers["ten"].stock = 3
    number = world.machine.withdraw("ten", 5_000)
    idle(world)
    end = ended(world, number)
    assert (end.verdict, end.given, end.owed) == (Verdict.COMMITTED, (Pieces(1_000, 3),), 0)
    assert world.machine.status.units[0].available == 0


def test_a_hopper_that_gives_nothing_ends_as_returned() -> None:
    world = World()
    world.hoppers["ten"].stock = 0
    number = world.machine.withdraw("ten", 5_000)
    idle(world)
    assert (ended(world, number).verdict, ended(world, number).given) == (Verdict.RETURNED, ())


def test_what_cannot_be_taken_out_is_refused() -> None:
    world = World()
    assert refused(world, "ten", 20_500) == "machine.no-multiple"
    assert refused(world, "ten") == "machine.no-multiple"
    assert refused(world, "ten", 61_000) == "machine.not-that-many"
    assert refused(world, "box") == "machine.cannot-withdraw"
    assert refused(world, "mixer", 200) == "machine.only-whole"
    assert refused(world, "drum", 200) == "machine.no-unit"
    assert world.machine.phase is Phase.IDLE


def test_the_mixer_is_taken_out_as_a_whole() -> None:
    world = World()
    sale(world, 400, 200, 200)
    number = world.machine.withdraw("mixer", about="evening")
    world.mixer.clear()
    world.poll()
    assert ended(world, number).given == (Pieces(200, 2),)
    assert paper_of(world, number).removed == (Pieces(200, 2),)
    check(world)


# --- what staff sees


def test_levels_are_grey_pink_and_red() -> None:
    world = World(fill=PLENTY)
    assert set(levels(world).values()) == {"grey"}
    world.machine.adjust_cash_counts("five", [Pieces(500, 1)])
    world.machine.adjust_cash_counts("mixer", [Pieces(200, 230)])
    assert (levels(world)["five"], levels(world)["mixer"]) == ("pink", "pink")
    world.machine.adjust_cash_counts("mixer", [Pieces(200, 270)])
    world.machine.adjust_cash_counts("ten", [Pieces(1_000, 10)])
    assert (levels(world)["ten"], levels(world)["mixer"]) == ("red", "red")
    assert world.machine.status.levels["ten"] is Level.BLOCKED


def test_the_lamp_blinks_between_sales_alone() -> None:
    world = World(fill=PLENTY)
    assert world.machine.status.lamp is Lamp.OFF
    world.machine.adjust_cash_counts("five", [Pieces(500, 1)])
    assert world.machine.status.lamp is Lamp.GREEN_BLINKING
    world.machine.begin_deposit(1_000)
    assert world.machine.status.lamp is Lamp.OFF
    world.machine.end_deposit(End.REPAY)
    idle(world)
    assert world.machine.status.lamp is Lamp.GREEN_BLINKING


def test_device_and_full_status_tell_the_gravest() -> None:
    world = World(fill=PLENTY)
    assert (world.machine.status.device, world.machine.status.full) == (DeviceStatus.OK, FullStatus.OK)
    world.machine.adjust_cash_counts("mixer", [Pieces(200, 230)])
    world.machine.adjust_cash_counts("five", [Pieces(500, 1)])
    assert (world.machine.status.device, world.machine.status.full) == (DeviceStatus.NEAR_EMPTY, FullStatus.NEAR_FULL)
    world.machine.adjust_cash_counts("mixer", [Pieces(200, 300)])
    world.machine.adjust_cash_counts("one", [])
    assert (world.machine.status.device, world.machine.status.full) == (DeviceStatus.EMPTY, FullStatus.FULL)
    world.hoppers["ten"].cut_power()
    world.poll(60)
    assert world.machine.status.device is DeviceStatus.JAM


def test_a_jam_shows_in_the_deposit_and_nowhere_else() -> None:
    world = World()
    world.validator.jam()
    world.poll(20)
    assert world.machine.status.deposit is DepositStatus.NONE
    world.validator.clear()
    world.until(lambda: not world.machine.status.blocks)
    world.machine.begin_deposit(5_000)
    taking(world)
    world.validator.jam()
    world.poll(20)
    assert world.machine.status.deposit is DepositStatus.JAM
    world.validator.clear()
    pay_in(world, 5_000)
    assert total(world.machine.status.deposited) == 5_000


# --- after something went wrong


def jammed(*units: str) -> World:
    """Change of 30 was to be given, and these hoppers jammed."""
    world = World()
    for unit in units:
        world.hoppers[unit].jammed = True
    number = sale(world, 2_000, 5_000)
    assert ended(world, number).verdict is Verdict.COMMITTED
    return world


def test_a_freed_hopper_pays_again_when_a_person_says_so_and_keeps_its_power() -> None:
    world = jammed("ten")
    world.hoppers["ten"].jammed = False
    world.poll(100)
    assert world.machine.status.blocks
    world.machine.recover()
    world.poll(100)
    assert world.machine.status.blocks == ()
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(1_000, 3),)
    check(world)


def test_a_hopper_that_is_still_stuck_is_told_again_after_a_person_has_said_that_it_is_not() -> None:
    world = jammed("ten")
    world.machine.recover()
    world.poll(100)
    assert ended(world, sale(world, 2_000, 5_000)).given == (Pieces(500, 6),)
    assert world.machine.status.blocks
    check(world)


@pytest.mark.parametrize("how", ["recover", "count"])
def test_a_hopper_that_gave_less_is_left_out_after_a_start_too_until_a_person_has_looked(how: str) -> None:
    world = World()
    world.hoppers["ten"].stock = 1  # whatever the journal says
    assert ended(world, sale(world, 2_000, 5_000)).owed == 0
    world = world.cut()
    world.start()
    idle(world)
    assert world.machine.status.blocks
    world.hoppers["ten"].stock = 80
    if how == "recover":
        world.machine.recover()
    else:
        world.machine.adjust_cash_counts("ten", [Pieces(1_000, 80)])
    world = world.cut()
    world.start()
    idle(world)
    assert world.machine.status.blocks == ()


def test_a_hopper_whose_pay_out_is_open_keeps_the_counter_that_it_is_judged_by() -> None:
    world = World()
    number = world.machine.dispense_change(3_000)
    world.until(lambda: world.hoppers["ten"].out == 1)
    world.machine.recover()
    idle(world)
    assert ended(world, number).given == (Pieces(1_000, 3),)
    check(world)


@pytest.mark.parametrize("are_away", [False, True])
def test_what_a_sale_still_owes_its_document_owes_too(are_away: bool) -> None:
    world = World()
    number = world.machine.begin_deposit(2_000)
    pay_in(world, 5_000)
    world.until(lambda: world.machine.phase is Phase.FIXED)
    for hopper in world.hoppers.values():
        hopper.jammed = True
        if are_away:
            hopper.cut_power()
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    told = ended(world, number)
    assert (told.verdict, told.given, told.owed, told.unsure) == (Verdict.COMMITTED, (), 3_000, 0)
    assert told.code
    assert paper_of(world, number).owed == 3_000
    check(world)


@pytest.mark.parametrize("unit", ["ten", "one"])
def test_a_hopper_is_not_counted_to_hold_what_it_cannot_give(unit: str) -> None:
    world = World()
    held = world.machine.read_cash_counts()
    with pytest.raises(Misuse) as refusal:
        world.machine.adjust_cash_counts(unit, [Pieces(500, 3)])
    assert refusal.value.reason.code == "machine.other-pieces"
    assert world.machine.read_cash_counts() == held
