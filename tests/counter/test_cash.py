"""The verbs of a cash machine, in this process: simulated devices, people who act when they can, a moved clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cash_bench import Answer, CashBench
from tillpost.devices.cctalk.simulated import SimHopper
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.paper import FilePaper
from tillpost.devices.machine.building import as_written
from tillpost.devices.machine.settings import load


@pytest.fixture
def bare(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> CashBench:
    """Nobody has told what is in the hoppers."""
    return CashBench(tmp_path, capfd)


@pytest.fixture
def bench(bare: CashBench) -> CashBench:
    return bare.filled()


@pytest.fixture
def russian(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> CashBench:
    return CashBench(tmp_path, capfd, language="ru")


def pieces(answer: Answer, field: str) -> dict[int, int]:
    return {each["denomination"]: each["count"] for each in answer.json()[field]}


# --- sales


def test_a_sale_is_paid_and_its_change_given(bench: CashBench) -> None:
    bench.coin(10)
    bench.note(100)
    sold = bench.cash("sale 37.00 --about 'receipt 12' --json")
    assert sold.code == 0
    assert (sold.json()["amount"], sold.json()["owed"], sold.json()["verdict"]) == (3700, 0, "committed")
    assert pieces(sold, "deposited") == {1000: 1, 10000: 1}
    assert pieces(sold, "given") == {100: 3, 1000: 7}
    assert (bench.hoppers[10].out, bench.hoppers[1].out) == (7, 3)
    assert bench.documents() == ["count", "count", "sale"]


def test_a_sale_tells_people_each_piece_and_the_end(bench: CashBench) -> None:
    bench.note(50)
    told = bench.cash("sale 37")
    assert told.code == 0
    assert "50 came in: 50" in told.out
    assert "Sale 8 of 37: 50 in, 13 change." in told.out
    assert "Out: 3 × 1, 1 × 10" in told.out
    assert "pointless" not in told.out


def test_ctrl_c_gives_back_what_was_put_in(bench: CashBench) -> None:
    bench.coin(10)
    bench.coin(1)
    bench.interrupt()
    cancelled = bench.cash("sale 37 --json")
    assert (cancelled.code, cancelled.json()["verdict"]) == (1, "returned")
    assert pieces(cancelled, "given") == {1000: 1, 100: 1}
    assert bench.documents()[-1] == "saleCancelled"


def test_a_sale_that_nobody_pays_is_cancelled_after_its_time(bench: CashBench) -> None:
    bench.coin(10)
    began = bench.clock.monotonic()
    cancelled = bench.cash("sale 37 --cancel-after 30 --json")
    assert (cancelled.code, pieces(cancelled, "given")) == (1, {1000: 1})
    assert 30 < bench.clock.monotonic() - began < 60


def test_what_could_not_be_given_is_owed_and_no_success(bench: CashBench) -> None:
    bench.hoppers[1].stock = 0  # whatever the journal says
    bench.note(50)
    sold = bench.cash("sale 37 --json")
    assert (sold.code, sold.json()["verdict"], sold.json()["owed"]) == (1, "committed", 300)
    bench.cash("recover")
    bench.cash("count one 1=0")
    assert "tillpost: cash is not taken: change of 1 cannot be made" in bench.cash("sale 37").err


def test_a_sale_with_cash_blocked_tells_staff_why_and_customers_what_to_do(bare: CashBench) -> None:
    refused = bare.cash("sale 37")
    assert (refused.code, refused.out) == (1, "")
    assert "fill up pieces of 1" in refused.err
    assert "Please pay by card" in refused.err


def test_people_are_told_in_the_language_of_the_settings(russian: CashBench) -> None:
    refused = russian.cash("sale 37")
    assert "пополните номинал 1" in refused.err
    russian.filled()
    russian.note(50)
    assert "сдача 13" in russian.cash("sale 37").out
    shown = russian.cash("status").out
    assert "Наличные принимаются." in shown
    assert "монетница" in shown


@pytest.mark.parametrize("amount", ["0", "-5", "12.345", "1e3", "all"])
def test_what_is_no_amount_is_wrong_use(bench: CashBench, amount: str) -> None:
    assert bench.cash(f"sale -- {amount}").code == 2


def test_kopecks_that_nobody_can_pay_are_refused(bench: CashBench) -> None:
    refused = bench.cash("sale 37.50")
    assert (refused.code, "37.50" in refused.err) == (1, True)


def test_an_amount_goes_with_a_new_sale_only(bench: CashBench) -> None:
    assert [bench.cash(line).code for line in ("sale", "sale 5 --resume", "sale --resume --repay")] == [2, 2, 2]


# --- what was interrupted


class Cut(BaseException):
    """The till's power."""


@pytest.fixture
def cut(bench: CashBench) -> CashBench:
    """A sale of 37 with 10 in it, when the till's power went."""

    def power() -> None:
        raise Cut

    bench.coin(10)
    bench.then(power, after=2.0)
    with pytest.raises(Cut):
        bench.cash("sale 37")
    return bench


def test_every_verb_tells_of_a_sale_that_was_interrupted(cut: CashBench) -> None:
    for line in ("status", "levels", "journal"):
        told = cut.cash(line)
        assert "sale 8 was not ended: 10 of 37 is in" in told.out + told.err, line
    for line in ("sale 5", "deposit --quiet 5", "payout 5", "withdraw ten 10 --yes", "count ten 10=3"):
        refused = cut.cash(line)
        assert (refused.code, "sale 8 was not ended" in refused.err) == (1, True), line


def test_an_interrupted_sale_goes_on(cut: CashBench) -> None:
    cut.note(50)
    sold = cut.cash("sale --resume --json")
    assert (sold.code, sold.json()["number"], pieces(sold, "given")) == (0, 8, {1000: 2, 100: 3})


@pytest.mark.parametrize(("line", "given"), [("sale --repay", {1000: 1}), ("end repay", {1000: 1}), ("end keep", {})])
def test_an_interrupted_sale_is_ended_as_somebody_says(cut: CashBench, line: str, given: dict[int, int]) -> None:
    ended = cut.cash(f"{line} --json")
    assert (ended.code, pieces(ended, "given")) == (0, given)
    assert cut.cash("end repay").code == 1


def test_change_of_what_is_not_enough_is_refused(cut: CashBench) -> None:
    assert "10 is in, and the sale is 37" in cut.cash("end change").err


# --- staff


def test_a_deposit_ends_when_nothing_comes_any_more_and_marks_what_is_pointless(bench: CashBench) -> None:
    bench.coin(10)
    bench.note(100)
    told = bench.cash("deposit --quiet 10")
    assert told.code == 0
    assert "10 came in: 10\n" in told.out
    assert "100 came in: 110; pointless" in told.out
    assert "Deposit 8: 110 in." in told.out


def test_ctrl_c_ends_a_deposit_and_keeps_it(bench: CashBench) -> None:
    bench.coin(10)
    bench.interrupt()
    kept = bench.cash("deposit --json")
    assert (kept.code, pieces(kept, "deposited"), pieces(kept, "given")) == (0, {1000: 1}, {})


def test_coins_of_a_hopper_are_withdrawn_in_multiples_of_their_value(bench: CashBench) -> None:
    out = bench.cash("withdraw ten 120 --yes --json")
    assert (out.code, pieces(out, "given"), bench.hoppers[10].out) == (0, {1000: 12}, 12)
    assert bench.documents()[-1] == "withdrawal"
    assert "multiple" in bench.cash("withdraw ten 15 --yes").err
    assert "38 pieces" in bench.cash("withdraw ten 390 --yes").err


def test_a_mixer_is_withdrawn_as_a_whole(bench: CashBench) -> None:
    bench.coin(5)
    bench.cash("deposit --quiet 5")
    assert bench.cash("withdraw mixer 5 --yes").code == 1
    assert pieces(bench.cash("withdraw mixer --yes --json"), "given") == {500: 1}


def test_what_becomes_of_it_is_said_before_and_needs_a_yes(bench: CashBench) -> None:
    refused = bench.cash("withdraw ten 120")
    assert refused.code == 2
    assert "ten gives out coins of 10, a multiple of that; it holds 500." in " ".join(refused.err.split())
    assert bench.hoppers[10].out == 0


def test_no_unit_of_that_name_is_told_with_those_that_are(bench: CashBench) -> None:
    refused = bench.cash("withdraw twenty 20 --yes")
    assert (refused.code, "ten, one, mixer, box" in refused.err) == (1, True)


def test_a_cassette_that_is_taken_out_blocks_cash_until_an_empty_one_is_in(bench: CashBench) -> None:
    bench.note(100)
    assert bench.cash("sale 100").code == 0
    bench.then(bench.validator.take_cassette, after=3.0)
    out = bench.cash("cassette out --yes --json")
    assert (out.code, pieces(out, "given")) == (0, {10000: 1})
    assert bench.documents()[-1] == "withdrawal"
    assert bench.cash("sale 5").code == 1
    assert bench.cash("cassette empty --by Anna").code == 1
    bench.validator.put_cassette()
    assert "put back without being empty" in bench.cash("status").out
    assert bench.cash("cassette empty --by Anna").code == 0
    assert bench.cash("status").code == 0


def test_a_cassette_that_nobody_takes_stays(bench: CashBench) -> None:
    kept = bench.cash("cassette out --yes --wait 20 --json")
    assert (kept.code, kept.json()["verdict"]) == (1, "returned")
    assert bench.cash("status").code == 0
    assert bench.cash("cassette keep").code == 1


def test_a_count_makes_the_journal_say_what_is_there(bench: CashBench) -> None:
    counted = bench.cash("count ten 10=47")
    assert (counted.code, "0 more, 30 less" in counted.out) == (0, True)
    assert [unit["count"] for unit in bench.cash("levels --json").json()] == [47, 50, 0, 0]


@pytest.mark.parametrize("said", ["10", "10=x", "=3", "10=-1", "x=1", "0=1"])
def test_pieces_that_are_none_are_wrong_use(bench: CashBench, said: str) -> None:
    assert bench.cash(f"count ten {said}").code == 2


def test_a_return_is_given_out_without_a_sale(bench: CashBench) -> None:
    assert pieces(bench.cash("payout 12 --json"), "given") == {1000: 1, 100: 2}
    assert bench.cash("payout 5000").code == 1


def test_a_jam_is_told_and_over_when_somebody_has_put_it_right(bench: CashBench) -> None:
    bench.hoppers[10].jammed = True
    owed = bench.cash("payout 20 --json")
    assert (owed.code, owed.json()["owed"], owed.json()["given"]) == (1, 2000, [])
    assert "jammed" in bench.cash("status").out
    bench.hoppers[10].jammed = False
    bench.hoppers[10].cut_power()  # staff switches it off to get at the coin
    bench.hoppers[10].restore_power()
    assert bench.cash("recover").code == 0


# --- looking on


def test_levels_have_bars_and_the_words_of_their_colours(bench: CashBench) -> None:
    bench.cash("count one 1=3")
    lines = [line for line in bench.cash("levels").out.splitlines() if line.startswith(("ten", "one", "box"))]
    assert ["soon, nearly empty" in lines[0], "blocked" in lines[1], lines[2].endswith("ok")] == [True, True, True]
    assert all("░" in line for line in lines)
    assert "█" in lines[0]


@pytest.mark.parametrize("columns", [80, 120])
def test_pages_fit_the_terminal(bench: CashBench, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    bench.note(100)
    bench.cash("sale 37")
    for line in ("status", "levels", "journal"):
        assert max(map(len, bench.cash(line).out.splitlines())) <= columns, line


@pytest.fixture
def held(bench: CashBench) -> Iterator[CashBench]:
    """Another process works with the machine."""
    journal = Journal(FilePaper(bench.folder / "cash.journal"), bench.clock.now)
    yield bench
    journal.close()


def test_a_machine_that_another_process_works_with_can_be_read_and_not_used(held: CashBench) -> None:
    for line in ("sale 5", "deposit", "payout 5", "count ten", "recover", "resolve 1 returned --by Anna", "end keep"):
        refused = held.cash(line)
        assert (refused.code, refused.err.strip().endswith(f"another process writes {held.folder}/cash.journal")) == (
            75,
            True,
        ), line
    for line in ("status", "levels", "journal"):
        assert held.cash(line).code == 0, line
    assert "the devices were not asked" in held.cash("status").out
    assert held.cash("status --json").json()["asked"] is False


def test_reading_writes_nothing(bench: CashBench) -> None:
    before = (bench.folder / "cash.journal").read_bytes()
    for line in ("levels", "journal", "journal --json"):
        bench.cash(line)
    assert (bench.folder / "cash.journal").read_bytes() == before


def test_a_machine_without_a_journal_yet_holds_nothing(bare: CashBench) -> None:
    assert "The journal is empty." in bare.cash("journal").out
    assert "In the machine: 0" in bare.cash("levels").out
    assert not (bare.folder / "cash.journal").exists()


def test_settings_that_are_wrong_end_with_78_and_name_the_key(bench: CashBench) -> None:
    bench.settings.write_text(bench.settings.read_text("utf-8").replace("step =", "steps ="), "utf-8")
    refused = bench.cash("status")
    assert (refused.code, "steps" in refused.err, "nearest is step" in refused.err) == (78, True, True)


def test_settings_that_are_not_there_are_named(bench: CashBench) -> None:
    bench.settings.unlink()
    refused = bench.cash("levels")
    assert (refused.code, str(bench.settings) in refused.err) == (78, True)


# --- what stands in the way of all


def test_a_sales_folder_that_is_not_there_is_told_before_the_first_document(bare: CashBench) -> None:
    (bare.folder / "sales").rmdir()
    status = bare.cash("status")
    assert status.code == 1
    assert "no folder that can be written into" in status.out
    assert bare.cash("count ten 10=50").code == 75
    (bare.folder / "sales").mkdir()
    assert bare.cash("count ten 10=50").code == 0


# --- what nobody knows


@pytest.fixture
def unknown(bench: CashBench, monkeypatch: pytest.MonkeyPatch) -> tuple[CashBench, int]:
    """A pay-out of three tens of which nobody knows the end, and its number."""
    silent = bench.hoppers[10]

    def gone() -> None:
        monkeypatch.setattr(SimHopper, "answer", _mute(silent))

    bench.then(gone, after=0.3)
    bench.clock.line.insert(0, lambda: silent.is_paying)
    assert bench.cash("payout 30").code == 1
    monkeypatch.undo()
    return bench, as_written(load(bench.settings), bench.clock).account.unknown[0].intent.n


def _mute(silent: SimHopper) -> object:
    answer = SimHopper.answer

    def muted(hopper: SimHopper, header: int, data: bytes, now: float) -> object:
        return None if hopper is silent else answer(hopper, header, data, now)

    return muted


def test_what_nobody_knows_is_listed_and_a_person_decides_it(unknown: tuple[CashBench, int]) -> None:
    bench, number = unknown
    shown = bench.cash("journal")
    assert f"{number}  dispense  3 × 10  ten" in shown.out
    assert bench.cash("status").code == 1
    decided = bench.cash(f"resolve {number} committed --by Anna --why 'seen' --moved 10=2 --json")
    assert (decided.code, decided.json()["move"], pieces(decided, "pieces")) == (0, "paid", {1000: 2})
    assert bench.documents()[-1] == "resolved"
    assert "Nobody knows" not in bench.cash("journal").out


@pytest.mark.parametrize("moved", ["", "--moved 10=2"])
def test_coins_that_nobody_saw_fall_are_counted_and_not_put_into_no_unit(bench: CashBench, moved: str) -> None:
    bench.then(lambda: (bench.acceptor.cut_power(), bench.acceptor.restore_power()), after=2.0)
    bench.clock.line.insert(0, lambda: bench.acceptor.accepting)
    bench.cash("sale 37 --cancel-after 8")
    (unsure,) = as_written(load(bench.settings), bench.clock).account.unknown
    assert not unsure.intent.unit
    decided = bench.cash(f"resolve {unsure.intent.n} committed --by Anna {moved}")
    assert decided.code == 1
    assert "cash count UNIT" in decided.err
    assert bench.cash("count ten 10=52").code == 0
    assert bench.cash(f"resolve {unsure.intent.n} returned --by Anna").code == 0
    assert as_written(load(bench.settings), bench.clock).account.stock("") == ()


def test_a_hopper_is_counted_in_its_own_coins_alone(bench: CashBench) -> None:
    wrong = bench.cash("count ten 5=3")
    assert wrong.code == 1
    assert "nothing but pieces of 10" in wrong.err


def test_committed_moves_all_that_was_to_move_and_returned_nothing(unknown: tuple[CashBench, int]) -> None:
    bench, number = unknown
    assert bench.cash(f"resolve {number} returned --by Anna --moved 10=1").code == 2
    assert bench.cash(f"resolve {number + 1000} returned --by Anna").code == 1
    decided = bench.cash(f"resolve {number} committed --by Anna --json")
    assert pieces(decided, "pieces") == {1000: 3}
    assert bench.cash(f"resolve {number} committed --by Anna").code == 1
