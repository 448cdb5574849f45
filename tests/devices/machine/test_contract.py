"""What every kind of cash machine promises, whatever it is made of: one suite, and a bench for each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from composite_bench import CompositeBench
from glory_bench import GloryBench
from machine_bench import Bench, amount, counter, refused
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.nouns import Counted, DepositStatus, End, Phase
from tillpost.devices.money.units import Condition
from tillpost.devices.nouns import Pieces

BENCHES: list[Callable[[], Bench]] = [GloryBench, CompositeBench]


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param()
    return made


# --- a sale


def test_a_sale_paid_exactly_is_kept(bench: Bench) -> None:
    number = bench.machine.begin_deposit(6000, "receipt 1")
    bench.insert(5000, 1000)
    bench.at(Phase.FIXED)
    ended = bench.end(End.CHANGE)
    assert (ended.number, ended.verdict, ended.amount, ended.owed) == (number, Verdict.COMMITTED, 6000, 0)
    assert (amount(ended.deposited), ended.given) == (6000, ())
    assert bench.machine.status.cash_in is CashIn.OK
    bench.adds_up()


def test_a_sale_with_change_goes_through_its_phases(bench: Bench) -> None:
    bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.at(Phase.FIXED)
    ended = bench.end(End.CHANGE)
    assert (ended.verdict, amount(ended.deposited), amount(ended.given)) == (Verdict.COMMITTED, 50000, 6300)
    assert bench.phases == [Phase.DEPOSIT, Phase.FIXING, Phase.FIXED, Phase.CHANGE, Phase.IDLE]
    (document,) = [one for one in bench.documents if one.kind is DocumentKind.SALE]
    assert (document.number, amount(document.deposited), amount(document.given)) == (ended.number, 50000, 6300)
    bench.adds_up()


def test_change_may_be_asked_for_before_all_is_counted(bench: Bench) -> None:
    bench.machine.begin_deposit(4000)
    bench.insert(5000)
    assert amount(bench.end(End.CHANGE).given) == 1000
    bench.adds_up()


def test_what_came_in_is_told_as_it_comes(bench: Bench) -> None:
    bench.machine.begin_deposit(20000)
    bench.insert(5000, 1000)
    counted = [one for one in bench.told if isinstance(one, Counted)]
    assert [(one.pieces, one.deposited) for one in counted] == [(Pieces(5000, 1), 5000), (Pieces(1000, 1), 6000)]
    assert amount(bench.machine.status.deposited) == 6000
    assert (bench.machine.status.wanted, bench.machine.status.deposit) == (20000, DepositStatus.START)
    assert bench.machine.status.cash_in is CashIn.ACTIVE


def test_too_little_is_no_sale_and_a_cancelled_one_gives_it_back(bench: Bench) -> None:
    bench.machine.begin_deposit(20000)
    bench.insert(5000, 200)
    assert refused(lambda: bench.machine.end_deposit(End.CHANGE)) == "machine.not-enough"
    ended = bench.end(End.REPAY)
    assert (ended.verdict, amount(ended.given), ended.owed) == (Verdict.RETURNED, 5200, 0)
    assert bench.machine.status.cash_in is CashIn.ROLLBACK
    bench.adds_up()


def test_a_sale_into_which_nothing_was_put_is_cancelled(bench: Bench) -> None:
    bench.machine.begin_deposit(20000)
    bench.pass_by(2.0)
    ended = bench.end(End.REPAY)
    assert (ended.verdict, ended.deposited, ended.given) == (Verdict.RETURNED, (), ())
    bench.adds_up()


def test_a_pause_takes_nothing_and_the_sale_goes_on_after_it(bench: Bench) -> None:
    bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    assert bench.phase is Phase.PAUSED
    assert not bench.offer(1000)
    bench.machine.pause_deposit(paused=False)
    bench.insert(1000, 5000)
    ended = bench.end(End.CHANGE)
    assert (ended.verdict, amount(ended.deposited), amount(ended.given)) == (Verdict.COMMITTED, 11000, 4000)
    bench.adds_up()


def test_what_was_put_in_before_a_pause_comes_back_too(bench: Bench) -> None:
    bench.machine.begin_deposit(70000)
    bench.insert(1000, 500)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    ended = bench.end(End.REPAY)
    assert (ended.verdict, amount(ended.given)) == (Verdict.RETURNED, 1500)
    bench.adds_up()


def test_fixed_deposit_waits_for_its_end(bench: Bench) -> None:
    bench.machine.begin_deposit()
    bench.insert(1000)
    bench.machine.fix_deposit()
    bench.at(Phase.FIXED)
    bench.pass_by(60.0)
    assert (bench.phase, bench.machine.status.deposit) == (Phase.FIXED, DepositStatus.END)
    assert bench.end(End.NO_CHANGE).verdict is Verdict.COMMITTED


# --- what is refused


@pytest.mark.parametrize("total", [6050, 1, 99])
def test_kopecks_are_refused_before_anything_is_taken(bench: Bench, total: int) -> None:
    assert refused(lambda: bench.machine.begin_deposit(total)) == "machine.total-step"
    assert not bench.account.open


def test_one_thing_at_a_time(bench: Bench) -> None:
    bench.machine.begin_deposit(5000)
    for act in (
        lambda: bench.machine.begin_deposit(5000),
        lambda: bench.machine.dispense_change(100),
        lambda: bench.machine.withdraw(bench.hopper, 1000),
        bench.machine.exchange_cassette,
    ):
        assert refused(act) == "machine.not-now"


def test_a_machine_that_is_away_says_why_it_takes_nothing(bench: Bench) -> None:
    bench.unplug()
    bench.until(lambda: bool(bench.machine.status.blocks))
    block = bench.machine.status.blocks[0]
    assert (block.staff.code, block.customer.code) == ("blocking.offline", "blocking.customer-out")
    assert refused(lambda: bench.machine.begin_deposit(5000)) == "blocking.offline"
    bench.plug()
    bench.until(lambda: not bench.machine.status.blocks)
    bench.machine.begin_deposit(5000)


def test_end_of_no_deposit_is_refused(bench: Bench) -> None:
    assert refused(lambda: bench.machine.end_deposit(End.REPAY)) == "machine.not-now"


def test_nothing_is_given_that_is_not_there(bench: Bench) -> None:
    assert refused(lambda: bench.machine.dispense_change(0)) == "machine.cannot-make"
    assert refused(lambda: bench.machine.dispense_change(10**9)) == "machine.cannot-make"
    assert refused(lambda: bench.machine.dispense_cash([])) == "machine.no-amount"
    assert refused(lambda: bench.machine.dispense_cash([Pieces(1000, 10**4)])) == "blocking.not-there"
    assert refused(lambda: bench.machine.withdraw(bench.hopper, 10**7)) == "machine.not-that-many"
    assert refused(lambda: bench.machine.withdraw(bench.hopper, 1)) == "machine.no-multiple"
    assert refused(lambda: bench.machine.withdraw(bench.mixer, 100)) == "machine.only-whole"
    assert refused(lambda: bench.machine.withdraw(bench.cassette, 100)) == "machine.cannot-withdraw"
    assert refused(lambda: bench.machine.withdraw("cellar")) == "machine.no-unit"
    assert not bench.account.open
    bench.adds_up()


# --- staff


def test_cash_that_staff_puts_in_is_kept_and_documented(bench: Bench) -> None:
    number = bench.machine.begin_deposit(0, "float")
    bench.insert(1000, 1000)
    ended = bench.end(End.NO_CHANGE)
    assert (ended.number, ended.verdict, amount(ended.deposited)) == (number, Verdict.COMMITTED, 2000)
    (document,) = [one for one in bench.documents if one.number == number]
    assert (document.kind, document.about) == (DocumentKind.DEPOSIT, "float")
    bench.adds_up()


def test_change_is_given_without_a_deposit(bench: Bench) -> None:
    number = bench.machine.dispense_change(1700, "refund")
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.given), ended.owed) == (Verdict.COMMITTED, 1700, 0)
    assert amount(Pieces(one, count) for one, count in bench.outside.items()) == 1700
    bench.adds_up()


def test_exactly_these_pieces_are_given(bench: Bench) -> None:
    number = bench.machine.dispense_cash([Pieces(1000, 3), Pieces(100, 2)])
    assert counter(bench.ended(number).given) == {1000: 3, 100: 2}
    assert bench.outside == {1000: 3, 100: 2}
    bench.adds_up()


def test_coins_of_a_hopper_are_taken_out(bench: Bench) -> None:
    number = bench.machine.withdraw(bench.hopper, 5000)
    ended = bench.ended(number)
    assert (ended.command, counter(ended.given)) == (Command.REMOVE, {1000: 5})
    assert counter(bench.account.removed) == {1000: 5}
    bench.adds_up()


def test_a_mixer_is_taken_out_whole(bench: Bench) -> None:
    held = counter(next(unit.holds for unit in bench.machine.status.units if unit.id == bench.mixer))
    number = bench.machine.withdraw(bench.mixer)
    assert counter(bench.ended(number).given) == held != Counter()
    bench.adds_up()


def test_a_cassette_is_exchanged_for_an_empty_one(bench: Bench) -> None:
    number = bench.machine.exchange_cassette("bag 7")
    bench.take_cassette()
    bench.until(lambda: any(one.number == number for one in bench.all_ended))
    (document,) = [one for one in bench.documents if one.number == number]
    assert (document.kind, document.about) == (DocumentKind.WITHDRAWAL, "bag 7")
    assert document.removed
    assert bench.machine.status.blocks
    bench.put_cassette()
    bench.until(lambda: not bench.machine.status.blocks)
    bench.adds_up()


def test_a_cassette_stays_where_nobody_took_it(bench: Bench) -> None:
    number = bench.machine.exchange_cassette()
    bench.pass_by(3.0)
    bench.machine.keep_cassette()
    assert bench.ended(number).verdict is Verdict.RETURNED
    bench.until(lambda: not bench.machine.status.blocks)
    bench.adds_up()


def test_while_a_cassette_is_out_no_cash_is_taken(bench: Bench) -> None:
    bench.machine.exchange_cassette()
    bench.take_cassette()
    bench.pass_by(5.0)
    unit = next(unit for unit in bench.machine.status.units if unit.id == bench.cassette)
    assert unit.condition is Condition.MISSING
    assert refused(lambda: bench.machine.begin_deposit(1000)).startswith(("blocking.", "glory."))


# --- after a start


def test_a_till_that_starts_again_finds_its_deposit(bench: Bench) -> None:
    number = bench.machine.begin_deposit(20000, "receipt 9")
    bench.insert(5000, 1000)
    bench.start()
    bench.at(Phase.PAUSED)
    assert (amount(bench.machine.status.deposited), bench.machine.status.wanted) == (6000, 20000)
    ended = bench.end(End.REPAY)
    assert (ended.number, ended.verdict, amount(ended.given)) == (number, Verdict.RETURNED, 6000)
    bench.adds_up()


def test_a_deposit_found_after_a_start_can_be_paid(bench: Bench) -> None:
    bench.machine.begin_deposit(10000)
    bench.insert(5000)
    bench.start()
    bench.at(Phase.PAUSED)
    bench.machine.pause_deposit(paused=False)
    bench.insert(10000)
    ended = bench.end(End.CHANGE)
    assert (ended.verdict, amount(ended.deposited), amount(ended.given)) == (Verdict.COMMITTED, 15000, 5000)
    bench.adds_up()


def test_a_deposit_into_which_nothing_was_put_is_over_after_a_start(bench: Bench) -> None:
    number = bench.machine.begin_deposit(10000)
    bench.start()
    assert bench.ended(number).verdict is Verdict.RETURNED
    bench.adds_up()


def test_a_start_with_nothing_open_changes_nothing(bench: Bench) -> None:
    before = len(list(bench.entries))
    bench.start()
    bench.idle()
    assert len(list(bench.entries)) == before
    bench.adds_up()
