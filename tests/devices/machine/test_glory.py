"""A Glory machine: what its controller does by itself, and what becomes of the money where it does not say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from glory_bench import GloryBench, units
from machine_bench import amount, counter, refused
from tillpost.devices.glory.simwords import of_device
from tillpost.devices.glory.states import RESULTS, State
from tillpost.devices.glory.states import Command as Asked
from tillpost.devices.glory.states import Verdict as Result
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Command, Intent, Outcome, Verdict
from tillpost.devices.lines.simlink import Fault, cut, dropped, late, noisy
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.nouns import CassetteStep, CassetteTold, Changed, Counted, End, Ended, Phase
from tillpost.devices.money.units import Condition, Fill
from tillpost.devices.nouns import Pieces, Standing
from tillpost.errors import Reason, Retry

MOVES = ("Change", "EndCashin", "CashinCancel", "Cashout", "Collect")


def unknown(bench: GloryBench) -> list[tuple[Command, Counter[int]]]:
    return [(one.intent.command, counter(one.intent.pieces)) for one in bench.account.unknown]


def unit(bench: GloryBench, name: str) -> Condition:
    return next(one.condition for one in bench.machine.status.units if one.id == name)


def until_told(bench: GloryBench, number: int) -> Ended:
    bench.until(lambda: any(one.number == number for one in bench.all_ended))
    return bench.all_ended[-1]


# --- the first start, and after it


def test_what_is_in_the_machine_when_its_journal_is_begun_is_put_down_first() -> None:
    bench = GloryBench()
    first, outcome = list(bench.entries)[:2]
    assert isinstance(first, Intent)
    assert isinstance(outcome, Outcome)
    assert (first.command, outcome.verdict) == (Command.FILL, Verdict.COMMITTED)
    assert counter(outcome.taken) == bench.held()
    assert counter(bench.machine.read_cash_counts()) == bench.held()
    bench.adds_up()


def test_units_are_the_controllers_by_their_numbers() -> None:
    stock = units()
    stock[3].holds = Counter({1000: 200})
    bench = GloryBench(stock)
    found = {one.id: one for one in bench.machine.status.units}
    assert (found["ten"].count, found["ten"].capacity, found["ten"].sensed) == (200, 200, Fill.FULL)
    assert counter(found["box"].holds) == {500000: 2}
    assert {one.condition for one in found.values()} == {Condition.READY}


# --- a sale


def test_cash_request_is_sent_once_and_the_controller_does_the_rest() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.at(Phase.CHANGE)
    assert bench.box.state in (State.CALCULATING_CHANGE, State.DISPENSING)
    bench.idle()
    assert bench.asked(*MOVES) == bench.asked("Change") == 1


def test_coins_thrown_in_after_the_end_are_in_the_change() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.at(Phase.FIXED)
    assert bench.box.insert(1000, 3)
    bench.machine.end_deposit(End.CHANGE)
    assert bench.box.insert(500)
    ended = bench.ended(number)
    assert (amount(ended.deposited), amount(ended.given)) == (8500, 4500)
    bench.adds_up()


def test_a_cancelled_sale_gives_back_the_very_pieces() -> None:
    bench = GloryBench()
    before = bench.held()
    bench.machine.begin_deposit(900000)
    bench.insert(500000, 200)
    assert counter(bench.end(End.REPAY).given) == {500000: 1, 200: 1}
    assert bench.held() == before
    bench.adds_up()


def test_a_sale_whose_change_was_asked_for_can_still_be_cancelled() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.at(Phase.FIXED)
    bench.box.force(State.PROGRAM_BUSY)
    bench.pass_by(1.0)
    bench.machine.end_deposit(End.CHANGE)
    bench.pass_by(1.0)
    assert bench.asked("Change") == 0
    bench.machine.end_deposit(End.REPAY)
    bench.box.force(State.WAITING_INSERTION)
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.given)) == (Verdict.RETURNED, 5000)
    bench.adds_up()


def test_a_sale_is_cancelled_also_when_the_controller_was_asked_for_its_change() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    assert bench.box.insert(100)
    bench.machine.end_deposit(End.CHANGE)
    bench.until(lambda: bench.asked("Change") == 1)
    bench.machine.end_deposit(End.REPAY)
    assert bench.asked("ChangeCancel") == 1
    ended = bench.ended(number)
    assert (ended.verdict, counter(ended.given)) == (Verdict.RETURNED, {5000: 1, 100: 1})
    assert Phase.REPAY in bench.phases
    bench.adds_up()


def test_change_that_cannot_be_made_gives_all_back_and_is_no_sale() -> None:
    bench = GloryBench(units(1))
    bench.machine._blocks_of = lambda asked: ()  # type: ignore[method-assign]
    bench.machine.begin_deposit(10000)
    bench.insert(500000)
    ended = bench.end(End.CHANGE)
    assert (ended.verdict, ended.code) == (Verdict.RETURNED, "glory.result-change-shortage")
    assert counter(ended.given) == {500000: 1}
    assert bench.machine.status.cash_in is CashIn.ROLLBACK
    bench.adds_up()


def test_what_was_kept_by_a_pause_is_repaid_as_the_same_amount() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(900000)
    bench.insert(500000)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    ended = bench.end(End.REPAY)
    assert (counter(ended.deposited), counter(ended.given)) == ({500000: 1}, {50000: 10})
    bench.adds_up()


def test_what_cannot_be_repaid_is_owed() -> None:
    stock = units(0)
    stock[7].holds = Counter({50000: 9})
    bench = GloryBench(stock)
    bench.machine._blocks_of = lambda asked: ()  # type: ignore[method-assign]
    bench.machine.begin_deposit(900000)
    bench.insert(500000)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    ended = bench.end(End.REPAY)
    assert (ended.verdict, amount(ended.given), ended.owed) == (Verdict.RETURNED, 450000, 50000)
    (document,) = [one for one in bench.documents if one.kind is DocumentKind.SALE_CANCELLED]
    assert document.owed == 50000
    bench.adds_up()


def test_a_piece_that_was_not_taken_is_to_be_taken_back_first() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    assert bench.box.reject()
    bench.pass_by(1.0)
    told = [one for one in bench.told if isinstance(one, Changed)][-1]
    assert (told.standing, told.code) == (Standing.BUSY, "glory.state-waiting-reject-removal")
    assert bench.machine.status.blocks[0].staff.code == told.code
    bench.machine.end_deposit(End.CHANGE)
    bench.pass_by(20.0)
    assert bench.asked(*MOVES) == 0
    assert bench.box.take()
    assert bench.ended(number).verdict is Verdict.COMMITTED
    bench.adds_up()


def test_notes_that_give_no_change_are_marked_as_pointless() -> None:
    stock = units()
    stock[5].holds = Counter({5000: 60})
    bench = GloryBench(stock)
    bench.machine.begin_deposit()
    bench.insert(100000, 5000, 10000, 100)
    marked = [(one.pieces.denomination, one.pointless) for one in bench.told if isinstance(one, Counted)]
    assert marked == [(100000, True), (5000, True), (10000, False), (100, False)]
    bench.end(End.NO_CHANGE)
    bench.adds_up()


# --- answers that do not tell


@pytest.mark.parametrize("result", [code for code, (verdict, _) in RESULTS.items() if verdict is Result.REFUSED])
def test_where_the_end_of_a_sale_is_refused_the_till_is_told_why_and_says_anew(result: int) -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.at(Phase.FIXED)
    bench.box.results[Asked.CHANGE] = result
    bench.machine.end_deposit(End.CHANGE)
    bench.pass_by(5.0)
    assert bench.phase is Phase.FIXED
    assert RESULTS[result][1] in [one.code for one in bench.told if isinstance(one, Changed)]
    assert bench.asked("Change") == 1
    assert amount(bench.end(End.CHANGE).given) == 1000
    bench.adds_up()


@pytest.mark.parametrize("result", [12, 13, 96, 99, 100, 77])
def test_a_machine_that_goes_on_taking_is_not_waited_for_for_ever(result: int) -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.box.results[Asked.CHANGE] = result
    bench.machine.end_deposit(End.CHANGE)
    bench.pass_by(60.0)
    assert bench.phase is Phase.FIXED
    assert [one.command for one in bench.account.open] == [Command.DEPOSIT]
    assert amount(bench.end(End.CHANGE).given) == 1000
    bench.adds_up()


@pytest.mark.parametrize("fault", [dropped, late(2000.0), cut(100), noisy(before=b"<")])
@pytest.mark.parametrize("end", End)
def test_an_answer_that_never_comes_is_told_by_the_inventory(fault: Fault | Callable[..., Fault], end: End) -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.at(Phase.FIXED)
    bench.wire.to_host[bench.wire.asked] = fault  # type: ignore[assignment]
    bench.machine.end_deposit(end)
    bench.until(lambda: any(one.number == number for one in bench.all_ended), 2000.0)
    ended = bench.ended(number)
    kept = {End.CHANGE: 4000, End.NO_CHANGE: 5000, End.REPAY: 0}[end]
    assert amount(ended.deposited) - amount(ended.given) == kept
    assert ended.verdict is (Verdict.RETURNED if end is End.REPAY else Verdict.COMMITTED)
    assert bench.asked(*MOVES) == 1
    assert unknown(bench) == []
    bench.adds_up()


@pytest.mark.parametrize("result", [12, 13, 96, 99, 100])
def test_a_pay_out_without_an_outcome_is_compared_and_not_sent_again(result: int) -> None:
    bench = GloryBench()
    bench.box.results[Asked.CASHOUT] = result
    number = bench.machine.dispense_change(1000)
    ended = bench.ended(number)
    assert (ended.verdict, ended.given, ended.owed) == (Verdict.RETURNED, (), 1000)
    assert ended.code == RESULTS[result][1]
    assert bench.asked("Cashout") == 1
    assert unknown(bench) == []
    bench.adds_up()


def test_a_pay_out_that_is_refused_gives_nothing_and_says_so() -> None:
    bench = GloryBench()
    bench.box.results[Asked.CASHOUT] = 6
    ended = bench.ended(bench.machine.dispense_cash([Pieces(10000, 2)]))
    assert (ended.verdict, ended.owed, ended.code) == (
        Verdict.RETURNED, 20000, "glory.result-denomination-shortage",
    )  # fmt: skip


def test_a_line_that_is_cut_while_change_is_given_loses_no_change() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.at(Phase.CHANGE)
    bench.unplug()
    bench.until(lambda: bench.machine.status.standings["machine"] is Standing.OFFLINE)
    assert bench.phase is Phase.CHANGE
    bench.plug()
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.given)) == (Verdict.COMMITTED, 6300)
    assert bench.asked(*MOVES) == 1
    bench.adds_up()


@pytest.mark.parametrize("fault", [dropped, late(30.0)])
def test_a_start_that_is_not_answered_takes_cash_all_the_same(fault: Fault) -> None:
    bench = GloryBench()
    bench.wire.to_host[bench.wire.asked] = fault
    number = bench.machine.begin_deposit(4000)
    bench.insert(5000)
    bench.machine.end_deposit(End.CHANGE)
    assert amount(bench.ended(number).given) == 1000
    bench.adds_up()


def test_a_machine_that_is_slow_to_start_is_waited_for() -> None:
    bench = GloryBench()
    bench.box.results[Asked.START_CASHIN] = 0
    bench.machine.begin_deposit(4000)
    bench.pass_by(5.0)
    assert (bench.box.state, bench.phase) == (State.IDLE, Phase.DEPOSIT)
    bench.box.force(State.STARTING_CHANGE)
    bench.insert(5000)
    assert amount(bench.end(End.CHANGE).given) == 1000
    bench.adds_up()


def test_power_cut_before_anything_was_put_in_leaves_the_deposit_paused() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(4000)
    bench.cut_machine()
    bench.at(Phase.PAUSED)
    bench.machine.end_deposit(End.REPAY)
    assert bench.ended(number).verdict is Verdict.RETURNED
    bench.adds_up()


def test_a_pause_that_is_refused_goes_on_taking() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.box.results[Asked.END_CASHIN] = 11
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    assert bench.phase is Phase.DEPOSIT
    bench.insert(5000)
    assert amount(bench.end(End.CHANGE).given) == 3000
    bench.adds_up()


def test_a_deposit_that_cannot_go_on_after_a_pause_stays_paused() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.machine.pause_deposit()
    bench.pass_by(5.0)
    bench.box.results[Asked.START_CASHIN] = 5
    bench.machine.pause_deposit(paused=False)
    bench.pass_by(1.0)
    assert bench.phase is Phase.PAUSED
    assert "glory.result-not-occupied" in [one.code for one in bench.told if isinstance(one, Changed)]
    assert amount(bench.end(End.REPAY).given) == 5000
    bench.adds_up()


# --- the machine's own trouble


def test_what_stays_inside_after_a_power_cut_is_in_the_deposit_and_can_be_repaid() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(900000)
    bench.insert(500000, 1000)
    bench.cut_machine()
    bench.at(Phase.PAUSED)
    assert amount(bench.account.deposited) == 501000
    ended = bench.end(End.REPAY)
    assert (ended.verdict, amount(ended.given)) == (Verdict.RETURNED, 501000)
    bench.adds_up()


def test_a_sale_goes_on_after_a_power_cut() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.cut_machine()
    bench.at(Phase.PAUSED)
    bench.machine.pause_deposit(paused=False)
    bench.insert(5000)
    ended = bench.end(End.CHANGE)
    assert (amount(ended.deposited), amount(ended.given)) == (10000, 3000)
    bench.adds_up()


@pytest.mark.parametrize("moment", range(12))
def test_power_cut_while_a_sale_is_settled_gives_the_change_once(moment: int) -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.pass_by(0.1 + moment * 0.6)
    bench.cut_machine()
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.deposited) - amount(ended.given)) == (Verdict.COMMITTED, 43700)
    assert unknown(bench) == []
    bench.adds_up()


@pytest.mark.parametrize("moment", range(10))
def test_power_cut_while_money_is_given_back_gives_all_of_it(moment: int) -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(90000)
    bench.insert(50000, 1000)
    bench.machine.end_deposit(End.REPAY)
    bench.pass_by(0.1 + moment * 0.6)
    bench.cut_machine()
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.deposited), amount(ended.given)) == (Verdict.RETURNED, 51000, 51000)
    bench.adds_up()


def test_a_jam_stops_the_machine_until_a_person_has_put_it_right() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.at(Phase.CHANGE)
    bench.box.jam()
    bench.pass_by(30.0)
    assert bench.machine.status.blocks[0].staff.code == "glory.state-error"
    assert number in [one.n for one in bench.account.open]
    bench.machine.recover()
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.given)) == (Verdict.COMMITTED, 6300)
    assert not bench.machine.status.blocks
    bench.adds_up()


def test_a_pay_out_cut_short_by_a_jam_tells_what_is_owed() -> None:
    bench = GloryBench()
    number = bench.machine.dispense_change(10300)
    bench.pass_by(1.0)
    bench.box.jam()
    bench.pass_by(1.0)
    bench.machine.recover()
    ended = bench.ended(number)
    assert amount(ended.given) + ended.owed == 10300
    assert bench.asked("Cashout") == 1
    bench.adds_up()


def test_what_was_given_up_is_unknown_until_the_machine_is_back() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.box.cut_power()
    bench.until(lambda: bench.machine.status.standings["machine"] is Standing.OFFLINE)
    bench.machine.recover()
    ended = until_told(bench, number)
    assert (ended.verdict, ended.code, bench.phase) == (Verdict.UNKNOWN, "machine.given-up", Phase.IDLE)
    assert bench.machine.status.cash_in is CashIn.UNKNOWN
    bench.box.power_on()
    bench.until(lambda: not bench.account.unknown)
    (document,) = [one for one in bench.documents if one.kind is DocumentKind.RESOLVED]
    assert (counter(document.deposited), document.by) == ({50000: 1}, "")
    bench.adds_up()


def test_a_pay_out_that_was_given_up_is_told_when_the_machine_is_back() -> None:
    bench = GloryBench()
    number = bench.machine.dispense_cash([Pieces(10000, 3)])
    bench.pass_by(1.0)
    bench.unplug()
    bench.until(lambda: bench.machine.status.standings["machine"] is Standing.OFFLINE)
    bench.machine.recover()
    assert until_told(bench, number).unsure == 30000
    bench.plug()
    bench.until(lambda: not bench.account.unknown)
    assert counter(bench.account.paid) == {10000: 3}
    bench.adds_up()


def test_a_till_that_starts_while_its_machine_is_away_can_be_told_not_to_wait() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.unplug()
    bench.start()
    bench.pass_by(60.0)
    assert bench.phase is Phase.STARTING
    bench.machine.recover()
    bench.at(Phase.IDLE)
    bench.plug()
    bench.until(lambda: not bench.account.unknown and bench.phase is Phase.IDLE)
    assert bench.outside == {50000: 1}
    bench.adds_up()


@pytest.mark.parametrize("is_out", [False, True])
def test_a_withdrawal_that_was_given_up_is_told_when_the_machine_is_back(is_out: bool) -> None:
    bench = GloryBench()
    bench.machine.withdraw("ten", 5000)
    bench.pass_by(8.0 if is_out else 0.2)
    bench.box.cut_power()
    bench.until(lambda: bench.machine.status.standings["machine"] is Standing.OFFLINE)
    bench.machine.recover()
    bench.box.power_on()
    bench.until(lambda: bench.phase is Phase.IDLE and not bench.account.unknown)
    assert counter(bench.account.removed) == ({1000: 5} if is_out else {})
    bench.idle()
    bench.adds_up()


# --- what nobody did


def test_cash_that_nobody_put_in_through_the_machine_waits_for_a_person() -> None:
    bench = GloryBench()
    bench.box.fill(1000, 12)
    bench.box.empty(500)
    bench.pass_by(120.0)
    assert unknown(bench) == [(Command.FILL, {1000: 12}), (Command.REMOVE, {500: 40})]
    assert [(one.command, one.verdict, one.unsure) for one in bench.all_ended] == [
        (Command.FILL, Verdict.UNKNOWN, 12000),
        (Command.REMOVE, Verdict.UNKNOWN, 20000),
    ]
    bench.pass_by(200.0)
    assert len(unknown(bench)) == 2
    bench.adds_up()


def test_a_count_that_agrees_with_the_machine_accepts_the_differences() -> None:
    bench = GloryBench()
    bench.box.fill(1000, 12)
    bench.pass_by(120.0)
    assert refused(lambda: bench.machine.adjust_cash_counts("ten", [Pieces(1000, 51)])) == "machine.counts-itself"
    assert len(unknown(bench)) == 1
    bench.machine.adjust_cash_counts("ten", [Pieces(1000, 52)], "Anna has filled it")
    assert unknown(bench) == []
    bench.pass_by(120.0)
    assert unknown(bench) == []
    bench.adds_up()


def test_a_difference_is_noted_before_a_deposit_and_never_credited_to_it() -> None:
    bench = GloryBench()
    bench.box.fill(1000, 12)
    bench.box.force(State.PROGRAM_BUSY)
    bench.box.force(State.IDLE)
    bench.until(lambda: bench.session.state == State.IDLE)
    bench.machine.begin_deposit(9000)
    bench.insert(5000)
    bench.cut_machine()
    bench.at(Phase.PAUSED)
    assert amount(bench.account.deposited) == 5000
    assert unknown(bench) == [(Command.FILL, {1000: 12})]
    bench.end(End.REPAY)
    bench.adds_up()


def test_what_staff_fills_in_while_the_power_is_away_is_not_the_customers() -> None:
    bench = GloryBench()
    bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.box.cut_power()
    bench.pass_by(5.0)
    bench.box.fill(50000, 8)
    bench.box.power_on()
    bench.at(Phase.PAUSED)
    assert amount(bench.account.deposited) == 5000
    assert unknown(bench) == [(Command.FILL, {50000: 8})]
    assert amount(bench.end(End.REPAY).given) == 5000
    bench.adds_up()


@pytest.mark.parametrize("restarts", [False, True])
def test_what_a_sale_cannot_have_moved_makes_it_unknown(restarts: bool) -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.at(Phase.CHANGE)
    bench.box.cut_power()
    bench.pass_by(5.0)
    bench.box.empty(10000)
    bench.box.power_on()
    if restarts:
        bench.start()
    ended = bench.ended(number)
    assert (ended.verdict, bench.asked("Cashout")) == (Verdict.UNKNOWN, 0)
    assert (Command.CHANGE, {}) in unknown(bench)
    assert (Command.FILL, {50000: 1}) in unknown(bench)
    assert (Command.REMOVE, {10000: 40}) in unknown(bench)
    bench.adds_up()


def test_a_difference_half_written_down_waits_for_a_person_all_the_same() -> None:
    bench = GloryBench()
    bench.box.fill(1000, 12)
    writes: list[str] = []

    def fail_second(what: str) -> None:
        if what == "write":
            writes.append(what)
            if len(writes) > 1:
                failing(what)

    bench.witness = fail_second
    with pytest.raises(Retry):
        bench.pass_by(120.0)
    bench.witness = lambda what: None
    bench.start()
    bench.idle()
    assert unknown(bench) == [(Command.FILL, {1000: 12})]
    bench.adds_up()


def test_what_is_in_escrow_of_nobodys_deposit_goes_back() -> None:
    bench = GloryBench()
    bench.session.start_cashin(4711)
    bench.until(lambda: bench.box.insert(50000))
    bench.start()
    bench.idle()
    assert bench.outside == {50000: 1}
    assert bench.all_ended[-1].verdict is Verdict.RETURNED
    bench.adds_up()


def test_change_that_an_earlier_session_asked_for_and_nobody_paid_is_cancelled() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(7000)
    bench.insert(5000)
    bench.journal.intend(Command.CHANGE, device="machine")
    bench.session.change_request(number, 7000)
    bench.pass_by(2.0)
    bench.start()
    assert bench.ended(number).verdict is Verdict.RETURNED
    assert bench.outside == {5000: 1}
    bench.adds_up()


def test_a_machine_that_another_till_holds_is_faulty_and_says_so() -> None:
    bench = GloryBench(ready=False)
    bench.box.results[Asked.OCCUPY] = 3
    bench.pass_by(2.0)
    told = [one for one in bench.told if isinstance(one, Changed)]
    assert (told[-1].standing, told[-1].code) == (Standing.FAULTY, "glory.result-occupied-by-other")
    bench.idle()


def test_a_deposit_that_the_machine_refuses_was_never_begun() -> None:
    bench = GloryBench()
    bench.box.results[Asked.START_CASHIN] = 5
    assert refused(lambda: bench.machine.begin_deposit(5000)) == "glory.result-not-occupied"
    assert (bench.phase, bench.account.open) == (Phase.IDLE, ())
    bench.machine.begin_deposit(5000)


def test_a_state_in_which_nothing_can_be_begun_is_told_in_its_own_words() -> None:
    bench = GloryBench()
    bench.box.force(State.READING_LOG)
    bench.pass_by(1.0)
    assert [one.staff.code for one in bench.machine.status.blocks] == ["glory.state-reading-log"]
    for act in (lambda: bench.machine.begin_deposit(5000), lambda: bench.machine.dispense_change(100)):
        assert refused(act) == "glory.state-reading-log"


def test_a_disk_that_fails_when_the_answer_comes_costs_nothing() -> None:
    bench = GloryBench()
    number = bench.machine.begin_deposit(43700)
    bench.insert(50000)
    bench.machine.end_deposit(End.CHANGE)
    bench.at(Phase.CHANGE)
    bench.witness = failing
    with pytest.raises(Retry):
        bench.pass_by(60.0)
    bench.witness = lambda what: None
    ended = bench.ended(number)
    assert (ended.verdict, amount(ended.deposited) - amount(ended.given)) == (Verdict.COMMITTED, 43700)
    bench.adds_up()


def failing(what: str) -> None:
    if what == "write":
        raise Retry(Reason("journal.no-room", path="journal", detail="No space left on device"))


# --- withdrawals


def test_notes_of_a_drum_go_into_the_cassette_without_a_document() -> None:
    bench = GloryBench()
    before = list(bench.documents)
    number = bench.machine.withdraw("hundred", 50000)
    bench.until(lambda: bench.phase is Phase.COLLECT)
    ended = bench.ended(number)
    assert (ended.command, ended.verdict) == (Command.COLLECT, Verdict.COMMITTED)
    assert list(bench.documents) == before
    assert counter(next(one.holds for one in bench.machine.status.units if one.id == "box")) == {10000: 5, 500000: 2}
    bench.adds_up()


def test_notes_that_moved_into_the_cassette_unheard_are_counted_by_their_drum() -> None:
    bench = GloryBench()
    bench.wire.to_host[bench.wire.asked] = dropped
    number = bench.machine.withdraw("hundred", 50000)
    bench.until(lambda: any(one.number == number for one in bench.all_ended), 2000.0)
    outcome = next(one for one in bench.entries if isinstance(one, Outcome) and one.of == number)
    assert counter(outcome.moved) == {10000: 5}
    bench.idle()
    bench.adds_up()


def test_a_cassette_with_cash_in_it_is_not_counted_and_has_to_go_again() -> None:
    bench = GloryBench()
    number = bench.machine.exchange_cassette()
    bench.take_cassette()
    bench.pass_by(2.0)
    bench.put_cassette(Counter({10000: 3}))
    bench.pass_by(10.0)
    assert [one.step for one in bench.told if isinstance(one, CassetteTold)] == [CassetteStep.OUT, CassetteStep.IN]
    assert unit(bench, "box") is Condition.UNCOUNTED
    assert bench.machine.status.blocks[0].staff.code == "blocking.uncounted"
    assert bench.machine.exchange_cassette() != number
    bench.take_cassette()
    bench.pass_by(2.0)
    bench.put_cassette()
    bench.until(lambda: not bench.machine.status.blocks)
    assert [one.step for one in bench.told if isinstance(one, CassetteTold)][-1] is CassetteStep.EMPTY
    assert unknown(bench) == []
    bench.adds_up()


def test_a_person_may_say_that_the_cassette_is_empty() -> None:
    bench = GloryBench()
    assert refused(lambda: bench.machine.cassette_is_empty("Anna")) == "machine.no-exchange"
    bench.machine.exchange_cassette()
    assert refused(lambda: bench.machine.cassette_is_empty("Anna")) == "machine.no-exchange"
    bench.take_cassette()
    bench.pass_by(2.0)
    bench.put_cassette(Counter({10000: 3}))
    bench.pass_by(10.0)
    bench.machine.cassette_is_empty("Anna")
    bench.pass_by(90.0)
    assert unknown(bench) == [(Command.FILL, {10000: 3})]
    bench.adds_up()


def test_a_cassette_that_was_put_in_while_the_till_was_off_has_its_door_locked_when_a_person_says_so() -> None:
    bench = GloryBench()
    bench.machine.exchange_cassette()
    bench.take_cassette()
    bench.pass_by(2.0)
    bench.put_cassette()
    bench.box.outgoing.clear()
    bench.start()
    bench.pass_by(30.0)
    assert (bench.phase, bench.box.state) == (Phase.STARTING, State.UNLOCKING)
    bench.machine.cassette_is_empty("Anna")
    bench.at(Phase.IDLE)
    bench.pass_by(90.0)
    assert bench.machine.status.blocks == ()
    assert unknown(bench) == []
    bench.adds_up()


@pytest.mark.parametrize("put", [True, False])
def test_a_cassette_that_goes_while_the_till_is_off_was_taken_all_the_same(put: bool) -> None:
    bench = GloryBench()
    number = bench.machine.exchange_cassette()
    bench.pass_by(1.0)
    bench.box.take_cassette()
    if put:
        bench.box.put_cassette()
    bench.box.force(State.IDLE)
    bench.box.outgoing.clear()
    bench.start()
    bench.at(Phase.IDLE)
    bench.pass_by(3.0)
    (document,) = [one for one in bench.documents if one.number == number]
    assert counter(document.removed) == {500000: 2}
    assert unit(bench, "box") is (Condition.UNCOUNTED if put else Condition.MISSING)
    bench.adds_up()


def test_a_cassette_that_goes_while_the_till_is_off_takes_nothing_else_with_it() -> None:
    bench = GloryBench()
    number = bench.machine.exchange_cassette()
    bench.pass_by(1.0)
    bench.box.take_cassette()
    bench.box.empty(500)
    bench.box.put_cassette()
    bench.box.force(State.IDLE)
    bench.box.outgoing.clear()
    bench.start()
    bench.idle()
    (document,) = [one for one in bench.documents if one.number == number]
    assert counter(document.removed) == {500000: 2}
    bench.machine.cassette_is_empty("Anna")
    bench.pass_by(120.0)
    assert unknown(bench) == [(Command.REMOVE, {500: 40})]
    bench.adds_up()


def test_a_door_that_was_opened_for_nothing_is_locked_again() -> None:
    bench = GloryBench()
    number = bench.machine.exchange_cassette()
    bench.pass_by(1.0)
    bench.box._tell(of_device(1, "<eventClosed><DevicePositionID>1</DevicePositionID></eventClosed>"))
    assert bench.ended(number).verdict is Verdict.RETURNED
    assert bench.box.state == State.IDLE
    bench.adds_up()


def test_a_door_that_cannot_be_unlocked_begins_no_exchange() -> None:
    bench = GloryBench()
    bench.box.results[Asked.UNLOCK_UNIT] = 40
    assert refused(bench.machine.exchange_cassette) == "glory.result-cassette-number"
    assert bench.account.open == ()


def test_closing_lets_the_machine_go() -> None:
    bench = GloryBench()
    bench.machine.close()
    assert bench.box.listener is None


def test_a_machine_that_is_away_gives_nothing() -> None:
    bench = GloryBench()
    bench.unplug()
    bench.until(lambda: bench.machine.status.standings["machine"] is Standing.OFFLINE)
    for act in (lambda: bench.machine.dispense_change(100), bench.machine.exchange_cassette):
        assert refused(act) == "blocking.offline"


def test_an_empty_mixer_has_nothing_to_give() -> None:
    stock = units()
    stock[4].holds.clear()
    bench = GloryBench(stock)
    assert refused(lambda: bench.machine.withdraw("mixer")) == "machine.not-that-many"
