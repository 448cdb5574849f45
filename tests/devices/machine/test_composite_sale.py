"""A customer at a composite machine: what is put in is kept for the sale, given as change or back, or told as owed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from cash_days import check, fixed, idle, pay_in, ready, sale, taking
from tillpost.devices.ccnet.states import State
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.machine.documents import CashDocument, DocumentKind
from tillpost.devices.machine.nouns import Counted, DepositStatus, End, Ended, GivenBack, Moved, Phase, total
from tillpost.devices.machine.plan import Late, Plan
from tillpost.devices.money.blocking import Rule
from tillpost.devices.nouns import Misuse, Pieces, Standing
from tillpost.devices.rehearsal.world import World, roubles
from tillpost.errors import Reason, Retry


def ended(world: World, number: int) -> Ended:
    found = world.ended(number)
    assert found is not None
    return found


def kinds(world: World) -> list[DocumentKind]:
    """Of the documents after the first fill."""
    return [paper.kind for paper in world.papers.published.values() if paper.kind is not DocumentKind.COUNT]


def planned(**changes: object) -> Plan:
    return msgspec.structs.replace(roubles(), **changes)


def away(world: World, unit: str) -> None:
    """A hopper has lost its power."""
    world.hoppers[unit].cut_power()
    world.until(lambda: world.machine.status.standings[unit] is Standing.OFFLINE)


# --- paid


def test_exact_sale_gives_nothing_and_is_told_in_one_document() -> None:
    world = World()
    number = sale(world, 5_100, 5_000, 100)
    end = ended(world, number)
    assert (end.verdict, end.deposited, end.given) == (Verdict.COMMITTED, (Pieces(100, 1), Pieces(5_000, 1)), ())
    assert (end.owed, end.unsure) == (0, 0)
    assert kinds(world) == [DocumentKind.SALE]
    check(world)


def test_change_is_given_in_the_fewest_pieces_by_all_hoppers_that_it_takes() -> None:
    world = World()
    end = ended(world, sale(world, 3_400, 5_000))
    assert end.given == (Pieces(100, 1), Pieces(500, 1), Pieces(1_000, 1))
    assert [hopper.out for hopper in world.hoppers.values()] == [1, 1, 1]
    check(world)


def test_a_machine_goes_through_its_phases_and_a_deposit_through_its_status() -> None:
    world = World()
    number = world.machine.begin_deposit(4_000)
    assert world.machine.status.deposit is DepositStatus.START
    assert world.machine.status.cash_in is CashIn.ACTIVE
    pay_in(world, 5_000)
    fixed(world)
    assert (world.machine.status.deposit, world.machine.status.wanted) == (DepositStatus.END, 4_000)
    assert total(world.machine.status.deposited) == 5_000
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    world.poll()
    assert [told.phase for told in world.notices if isinstance(told, Moved)][-5:] == [
        Phase.DEPOSIT, Phase.FIXING, Phase.FIXED, Phase.CHANGE, Phase.IDLE,
    ]  # fmt: skip
    assert (world.machine.status.deposit, world.machine.status.cash_in) == (DepositStatus.NONE, CashIn.OK)
    assert ended(world, number).amount == 4_000


def test_the_till_may_say_how_it_ends_before_all_is_counted() -> None:
    world = World()
    number = world.machine.begin_deposit(4_000)
    pay_in(world, 5_000)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    assert ended(world, number).given == (Pieces(1_000, 1),)


def test_no_change_keeps_all() -> None:
    world = World()
    end = ended(world, sale(world, 4_000, 5_000, end=End.NO_CHANGE))
    assert (end.verdict, end.given, end.owed) == (Verdict.COMMITTED, (), 0)
    check(world, End.NO_CHANGE)


def test_coins_that_come_after_enough_are_given_with_the_change() -> None:
    world = World()
    number = world.machine.begin_deposit(1_000)
    taking(world)
    assert all(world.coin(piece) for piece in (1_000, 500, 100, 1_000))
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    end = ended(world, number)
    assert (total(end.deposited), total(end.given)) == (2_600, 1_600)
    check(world)


def test_a_coin_that_falls_in_while_change_is_given_is_given_too() -> None:
    world = World()
    number = world.machine.begin_deposit(3_000)
    pay_in(world, 5_000)
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    world.poll()
    world.coin(500, is_late=True)
    idle(world)
    end = ended(world, number)
    assert (total(end.deposited), total(end.given)) == (5_500, 2_500)
    check(world)


def test_a_note_after_enough_is_given_back() -> None:
    world = World()
    number = world.machine.begin_deposit(500)
    taking(world)
    assert world.note(5_000)
    world.coin(500)
    fixed(world)
    assert world.validator.cassette == []
    assert len(world.validator.given_back) == 1
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    assert ended(world, number).deposited == (Pieces(500, 1),)


# --- late


def test_a_coin_that_comes_when_nobody_pays_is_given_back_and_told_twice() -> None:
    world = World()
    sale(world, 500, 500)
    world.coin(1_000, is_late=True)
    world.until(lambda: world.machine.phase is Phase.DISPENSE)
    idle(world)
    late = [told for told in world.notices if isinstance(told, Counted) and told.late]
    assert [told.pieces for told in late] == [Pieces(1_000, 1)]
    assert kinds(world) == [DocumentKind.SALE, DocumentKind.LATE, DocumentKind.PAYOUT]
    check(world)
    assert world.truth[1_000] == 60


def test_a_late_coin_is_kept_where_that_is_set() -> None:
    world = World(planned(late=Late.KEEP))
    world.coin(1_000, is_late=True)
    world.poll(30)
    assert (world.machine.phase, kinds(world)) == (Phase.IDLE, [DocumentKind.LATE])
    check(world)
    assert world.truth[1_000] == 61


def test_a_late_coin_whose_like_cannot_be_given_is_kept_and_told() -> None:
    world = World(fill={"five": 9})
    world.coin(200, is_late=True)
    world.poll(30)
    assert (world.machine.phase, kinds(world)) == (Phase.IDLE, [DocumentKind.LATE])
    check(world)


# --- given back


def test_cancel_gives_back_what_was_put_in_by_the_hoppers() -> None:
    world = World()
    number = sale(world, 90_000, 5_000, 200, end=End.REPAY)
    end = ended(world, number)
    assert (end.verdict, total(end.deposited), total(end.given), end.owed) == (Verdict.RETURNED, 5_200, 5_200, 0)
    assert kinds(world) == [DocumentKind.SALE_CANCELLED]
    assert world.machine.status.cash_in is CashIn.ROLLBACK
    check(world)


def test_cancel_of_nothing_is_returned_and_has_no_document() -> None:
    world = World()
    end = ended(world, sale(world, 90_000, end=End.REPAY))
    assert (end.verdict, end.given, kinds(world)) == (Verdict.RETURNED, (), [])


def test_a_note_whose_change_cannot_be_made_any_more_is_given_back() -> None:
    world = World()
    number = world.machine.begin_deposit(4_900)
    taking(world)
    away(world, "one")
    world.note(5_000)
    world.until(lambda: world.validator.given_back != [])
    world.poll(5)
    assert GivenBack(5_000, "machine.no-change") in world.notices
    world.machine.end_deposit(End.REPAY)
    idle(world)
    assert ended(world, number).deposited == ()


def test_a_note_that_the_till_does_not_take_is_given_back() -> None:
    world = World()
    world.machine.begin_deposit(90_000)
    taking(world)
    assert world.note(500_000)
    world.until(lambda: world.validator.given_back != [] and ready(world))
    assert world.machine.status.deposited == ()
    assert GivenBack(0, "ccnet.rejected-inhibit") in world.notices


def test_what_cannot_be_made_is_told_as_owed() -> None:
    world = World()
    number = world.machine.begin_deposit(4_300)
    pay_in(world, 5_000)
    fixed(world)
    for hopper in world.hoppers.values():
        hopper.stock = 1  # whatever the journal says
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    end = ended(world, number)
    assert (end.given, end.owed, end.unsure) == ((Pieces(100, 1), Pieces(500, 1)), 100, 0)
    (paper,) = [each for each in world.papers.published.values() if each.kind is DocumentKind.SALE]
    assert paper.owed == 100


# --- paused


def test_a_paused_deposit_takes_nothing_and_goes_on() -> None:
    world = World()
    number = world.machine.begin_deposit(1_000)
    pay_in(world, 500)
    world.machine.pause_deposit()
    world.poll(10)
    assert not world.coin(500)
    assert not world.note(5_000)
    world.machine.pause_deposit(paused=False)
    pay_in(world, 500)
    fixed(world)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    assert ended(world, number).deposited == (Pieces(500, 2),)


# --- what is refused before anything is taken


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Misuse) as refused:
        act()
    return refused.value.reason.code


def test_kopecks_are_refused_before_the_deposit() -> None:
    world = World()
    assert refusal(lambda: world.machine.begin_deposit(1_050)) == "machine.total-step"
    assert world.machine.phase is Phase.IDLE


def test_a_sale_over_the_limit_is_refused() -> None:
    world = World(planned(most=20_000))
    assert refusal(lambda: world.machine.begin_deposit(20_100)) == "machine.over-limit"
    world.machine.begin_deposit(20_000)


def test_change_of_what_is_not_enough_is_refused_and_the_deposit_goes_on() -> None:
    world = World()
    world.machine.begin_deposit(1_000)
    pay_in(world, 500)
    assert refusal(lambda: world.machine.end_deposit(End.CHANGE)) == "machine.not-enough"
    assert world.machine.phase is Phase.DEPOSIT


def test_a_second_deposit_is_refused_while_one_is_open() -> None:
    world = World()
    world.machine.begin_deposit(1_000)
    for verb in (
        lambda: world.machine.begin_deposit(1_000),
        lambda: world.machine.dispense_change(1_000),
        lambda: world.machine.withdraw("ten", 1_000),
        world.machine.exchange_cassette,
        lambda: world.machine.adjust_cash_counts("ten", []),
    ):
        assert refusal(verb) == "machine.not-now"


@pytest.mark.parametrize("verb", ["fix_deposit", "pause_deposit"])
def test_what_belongs_to_a_deposit_is_refused_without_one(verb: str) -> None:
    assert refusal(getattr(World().machine, verb)) == "machine.not-now"


# --- blocked


def jam(world: World) -> None:
    world.validator.jam()


def offline(world: World) -> None:
    world.notes_line.unplug()


def full(world: World) -> None:
    world.validator.cassette += [2] * 500


def blocked_mixer(world: World) -> None:
    world.machine.adjust_cash_counts("mixer", [Pieces(200, 280)])


def few_tens(world: World) -> None:
    world.machine.adjust_cash_counts("ten", [Pieces(1_000, 20)])


def no_ones(world: World) -> None:
    world.machine.adjust_cash_counts("one", [])


def unanswering_hopper(world: World) -> None:
    world.hoppers["five"].cut_power()


def lost_coins(world: World) -> None:
    world.machine.begin_deposit(0)
    taking(world)
    for _ in range(9):
        world.coin(100)
    world.poll(20)
    world.machine.end_deposit(End.NO_CHANGE)
    idle(world)


def cassette_out(world: World) -> None:
    world.take_cassette()


def cassette_unlocked(world: World) -> None:
    world.machine.exchange_cassette()


@pytest.mark.parametrize(
    ("trouble", "rule", "code", "customer"),
    [
        (jam, Rule.EXACT, "blocking.jammed", "blocking.customer-out"),
        (offline, Rule.EXACT, "blocking.offline", "blocking.customer-out"),
        (full, Rule.EXACT, "blocking.full", "blocking.customer-out"),
        (blocked_mixer, Rule.EXACT, "blocking.full", "blocking.customer-out"),
        (few_tens, Rule.EXACT, "blocking.gap", "blocking.customer-change"),
        (few_tens, Rule.RESERVE, "blocking.short", "blocking.customer-change"),
        (no_ones, Rule.EXACT, "blocking.gap", "blocking.customer-change"),
        (no_ones, Rule.RESERVE, "blocking.short", "blocking.customer-change"),
        (unanswering_hopper, Rule.EXACT, "blocking.offline", "blocking.customer-out"),
        (lost_coins, Rule.EXACT, "blocking.faulty", "blocking.customer-out"),
        (cassette_out, Rule.EXACT, "blocking.open", "blocking.customer-out"),
        (cassette_unlocked, Rule.EXACT, "blocking.uncounted", "blocking.customer-out"),
    ],
)
def test_a_sale_is_refused_with_the_reason_that_blocks_cash(
    trouble: Callable[[World], None], rule: Rule, code: str, customer: str
) -> None:
    world = World(roubles(rule))
    assert world.machine.status.blocks == ()
    trouble(world)
    world.poll(60)
    block = world.machine.status.blocks[0]
    assert (block.staff.code, block.customer.code) == (code, customer)
    assert refusal(lambda: world.machine.begin_deposit(1_000)) == code


def test_a_machine_that_has_not_settled_takes_no_cash() -> None:
    world = World()
    world.start()
    assert world.machine.status.blocks[0].staff.code == "machine.settling"
    assert refusal(lambda: world.machine.begin_deposit(1_000)) == "machine.not-now"


def test_a_full_disk_refuses_the_deposit_before_anything_is_taken() -> None:
    world = World()
    world.paper.free = 0
    world.paper.spoil(world.paper.raw.rstrip(b"\n") + b"\n")
    with pytest.raises(Retry) as refused:
        world.machine.begin_deposit(1_000)
    assert refused.value.reason.code == "journal.no-room"
    world.poll(20)
    assert (world.machine.phase, world.validator.state) == (Phase.IDLE, State.DISABLED)
    assert not world.acceptor.accepting
    world.paper.free = None
    sale(world, 1_000, 1_000)
    check(world)


def test_documents_that_cannot_be_written_block_the_next_sale_until_they_can() -> None:
    world = World()
    publish = world.papers.publish

    def no_room(_: CashDocument) -> None:
        raise Retry(Reason("journal.no-room", path="sales", detail="No space left on device"))

    world.papers.publish = no_room  # type: ignore[method-assign]
    sale(world, 1_000, 1_000)
    world.poll(5)
    assert world.machine.status.blocks[0].staff.code == "machine.paperless"
    assert refusal(lambda: world.machine.begin_deposit(1_000)) == "machine.paperless"
    world.papers.publish = publish  # type: ignore[method-assign]
    world.until(lambda: not world.machine.status.blocks)
    sale(world, 1_000, 1_000)
    assert kinds(world) == [DocumentKind.SALE, DocumentKind.SALE]
    check(world)


# --- without a deposit


def test_a_return_is_given_out_of_all_hoppers() -> None:
    world = World()
    number = world.machine.dispense_change(6_600, "a return")
    idle(world)
    end = ended(world, number)
    assert (end.command, end.verdict, total(end.given), end.owed) == (Command.PAYOUT, Verdict.COMMITTED, 6_600, 0)
    assert kinds(world) == [DocumentKind.PAYOUT]
    check(world)


def test_exact_pieces_are_given_and_no_others() -> None:
    world = World()
    number = world.machine.dispense_cash([Pieces(100, 12), Pieces(500, 1)])
    idle(world)
    assert ended(world, number).given == (Pieces(100, 12), Pieces(500, 1))
    check(world)


def test_what_is_not_there_is_not_begun() -> None:
    world = World()
    assert refusal(lambda: world.machine.dispense_change(1_050)) == "machine.cannot-make"
    assert refusal(lambda: world.machine.dispense_change(0)) == "machine.cannot-make"
    assert refusal(lambda: world.machine.dispense_cash([])) == "machine.no-amount"
    assert refusal(lambda: world.machine.dispense_cash([Pieces(100, 41)])) == "blocking.not-there"
    assert world.machine.phase is Phase.IDLE
