"""The journal remembers each intent, each credit once, and what became of them, whatever happens to power and disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_days import DAYS, NOON, Step, noon, play, state
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Carried, Command, Intent, Torn, Verdict, entries_in
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.paper import FilePaper
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.nouns import NO_KEY, Credited, Form, Misuse, Pieces
from tillpost.errors import Halt, Reason, Retry

NOTE = Credited(50000, ("21KC12345678", 3, 1), Form.NOTE, "cassette")
COIN = Credited(1000, ("coins", 1, 7), Form.COIN)


def opened(paper: MemoryPaper) -> Journal:
    return Journal(paper, noon)


class Cut(BaseException):
    """The power goes."""


class CutAt:
    """An interrupt that cuts the power at the so-manieth step."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, step: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cut


# --- a sale


def test_sale_is_journalled_step_by_step_and_read_back(tmp_path: Path) -> None:
    journal = Journal(FilePaper(tmp_path / "journal.jsonl"), noon)
    deposit = journal.intend(Command.DEPOSIT, device="notes", amount=37000, about="sale 12")
    accept = journal.intend(Command.ACCEPT, device="notes", pieces=[Pieces(50000, 1)])
    assert journal.credit(NOTE, accept.n)
    change = journal.intend(Command.DISPENSE, device="hopper", pieces=[Pieces(1000, 13)], counter=41)
    assert (journal.account.cash_in, journal.account.active) == (CashIn.ACTIVE, deposit.n)
    assert journal.account.open == (deposit, change)
    assert journal.account.deposited == (Pieces(50000, 1),)
    journal.conclude(change.n, Verdict.COMMITTED, paid=[Pieces(1000, 13)])
    journal.conclude(deposit.n, Verdict.COMMITTED)
    journal.close()

    again = Journal(FilePaper(tmp_path / "journal.jsonl"), noon)
    assert state(again) == state(journal)
    assert again.entries == journal.entries
    assert (again.account.cash_in, again.account.open) == (CashIn.OK, ())
    assert again.account.change_of_stock == {1000: -13, 50000: 1}
    assert [entry.at for entry in again.entries] == ["2026-11-18T12:00:00.000Z"] * 6
    assert change == Intent(
        4,
        "2026-11-18T12:00:00.000Z",
        Command.DISPENSE,
        "hopper",
        pieces=(Pieces(1000, 13),),
        counter=41,
        within=deposit.n,
    )


def test_repeated_key_writes_nothing_and_changes_nothing() -> None:
    paper = MemoryPaper()
    journal = opened(paper)
    assert journal.credit(NOTE)
    before, data = state(journal), paper.raw
    assert not journal.credit(NOTE)
    assert (state(journal), paper.raw) == (before, data)
    assert not opened(paper).credit(NOTE)


def test_key_of_other_money_stops_us_and_writes_nothing() -> None:
    paper = MemoryPaper()
    journal = opened(paper)
    journal.credit(NOTE)
    data = paper.raw
    with pytest.raises(Halt, match="comes again as 100"):
        journal.credit(Credited(100, NOTE.key))
    assert paper.raw == data


def test_session_that_begins_anew_is_told_where_it_was() -> None:
    paper = MemoryPaper()
    journal = Journal(paper, noon, size=400, room=100)
    assert (journal.account.newest("notes"), journal.account.place("coins")) == (None, NO_KEY)
    for sequence in range(20):
        journal.remember("coins", ("C1", 1, sequence))
    journal.credit(NOTE, device="notes")
    journal.intend(Command.ACCEPT, device="notes", pieces=[Pieces(10000, 1)], key=("21KC12345678", 3, 2))
    journal.intend(Command.FILL)
    assert isinstance(journal.entries[0], Carried)
    for told in (journal.account, opened(paper).account):
        assert told.newest("notes") == Credited(10000, ("21KC12345678", 3, 2))
        assert told.newest("coins") is None
        assert told.place("coins") == ("C1", 1, 19)


def test_note_of_an_earlier_customer_never_pays_the_next_one() -> None:
    journal = opened(MemoryPaper())
    first = journal.intend(Command.DEPOSIT, amount=37000)
    accept = journal.intend(Command.ACCEPT, device="notes", pieces=[Pieces(50000, 1)])
    journal.conclude(accept.n, Verdict.UNKNOWN, code="jam")
    journal.conclude(first.n, Verdict.RETURNED)
    journal.intend(Command.DEPOSIT, amount=40000)
    assert journal.credit(NOTE, accept.n)
    assert journal.account.deposited == ()
    assert journal.account.taken == (Pieces(50000, 1),)
    assert journal.account.unknown == ()


def test_note_found_swallowed_after_a_power_cut_is_credited_by_the_key_of_its_intent() -> None:
    """And the device that tells it after all, once it is up, tells nothing new."""
    paper = MemoryPaper()
    opened(paper).intend(Command.ACCEPT, device="notes", pieces=[Pieces(50000, 1)], key=NOTE.key)
    journal = opened(paper)
    (accept,) = journal.account.open
    assert journal.credit(Credited(accept.pieces[0].denomination, accept.key), accept.n, device=accept.device)
    assert journal.account.open == ()
    assert not journal.credit(NOTE, device="notes")
    assert journal.account.change_of_stock == {50000: 1}


def test_what_does_not_fit_writes_nothing() -> None:
    paper = MemoryPaper()
    journal = opened(paper)
    deposit = journal.intend(Command.DEPOSIT)
    data = paper.raw
    for call in (
        lambda: journal.intend(Command.DEPOSIT),
        lambda: journal.conclude(99, Verdict.COMMITTED),
        lambda: journal.resolve(deposit.n, Verdict.COMMITTED, "Anna"),
    ):
        with pytest.raises(Misuse):
            call()
    assert paper.raw == data
    journal.conclude(deposit.n, Verdict.COMMITTED)


def test_words_are_cut_to_a_bounded_length() -> None:
    journal = opened(MemoryPaper())
    assert len(journal.intend(Command.FILL, about="x" * 9999).about) == 200


# --- power cuts


def test_torn_tail_is_cut_off_told_and_written_into_the_journal() -> None:
    paper = MemoryPaper()
    journal = opened(paper)
    deposit = journal.intend(Command.DEPOSIT)
    paper.interrupt = CutAt(1)  # written, and not synced
    with pytest.raises(Cut):
        journal.credit(NOTE)
    paper.interrupt = lambda step: None
    paper.power_cut(30)

    again = opened(paper)
    assert again.torn > 0
    assert again.account.open == (deposit,)
    assert again.account.taken == ()
    torn = again.entries[-1]
    assert isinstance(torn, Torn)
    assert torn.head.startswith('{"entry":"credit"')
    assert again.credit(NOTE)
    assert opened(paper).torn == 0
    assert state(opened(paper)) == state(again)


def test_last_line_that_lacks_only_its_newline_counts_and_the_next_does_not_join_it() -> None:
    paper = MemoryPaper()
    opened(paper).credit(NOTE)
    paper.spoil(paper.raw.rstrip(b"\n"))
    again = opened(paper)
    assert (again.torn, again.account.taken) == (0, (Pieces(50000, 1),))
    assert again.credit(COIN)
    assert opened(paper).account.taken == (Pieces(1000, 1), Pieces(50000, 1))


def test_room_that_the_power_turned_into_zeros_is_cut_off() -> None:
    paper = MemoryPaper()
    opened(paper).intend(Command.DEPOSIT)
    line, _, room = paper.raw.partition(b"\n")
    paper.spoil(line + b"\n" + bytes(len(room)))
    again = opened(paper)
    assert again.torn == len(room)
    assert again.account.active == 1


def test_damage_before_the_end_stops_us() -> None:
    paper = MemoryPaper()
    journal = opened(paper)
    journal.credit(NOTE)
    journal.credit(COIN)
    paper.spoil(paper.raw.replace(b"50000", b"10000"))
    with pytest.raises(Halt, match="damaged at line 1"):
        opened(paper)


@given(DAYS, st.integers(0, 60), st.integers(0, 700), st.booleans())
def test_power_cut_anywhere_leaves_what_was_promised_and_at_most_the_entry_under_way(
    day: list[Step], at: int, kept: int, replaced: bool
) -> None:
    """Small files, so that days go over several of them."""
    uncut = Journal(MemoryPaper(), noon, size=900, room=300)
    states = [state(uncut)]
    for step in day:
        play(uncut, step)
        states.append(state(uncut))

    paper = MemoryPaper()
    journal = Journal(paper, noon, size=900, room=300)
    paper.interrupt = CutAt(at)
    done = 0
    try:
        for step in day:
            play(journal, step)
            done += 1
    except Cut:
        pass
    paper.interrupt = lambda step: None
    paper.power_cut(kept, replaced=replaced)
    again = Journal(paper, noon, size=900, room=300)
    assert state(again) in states[done : done + 2]
    for step in day:  # and it can go on
        play(again, step)
    assert state(Journal(paper, noon)) == state(again)


@given(st.lists(st.integers(0, 8), max_size=12), st.lists(st.integers(0, 9), max_size=6), st.integers(0, 300))
def test_credits_repeated_until_acknowledged_count_once_whatever_cuts_come(
    sequences: list[int], cuts: list[int], kept: int
) -> None:
    paper = MemoryPaper()
    left = iter(cuts)
    for sequence in sequences:
        acknowledged = False
        while not acknowledged:
            cut = next(left, None)
            try:
                paper.interrupt = CutAt(99 if cut is None else cut)
                Journal(paper, noon, size=500).credit(Credited(100, ("coins", 1, sequence)))
                acknowledged = True
            except Cut:
                paper.power_cut(kept)
    assert opened(paper).account.change_of_stock.get(100, 0) == len(set(sequences))


@pytest.mark.parametrize("at", range(24))
@pytest.mark.parametrize("kept", [0, 25, 9999])
def test_sale_cut_at_every_step_knows_after_the_start_what_may_have_been_sent(at: int, kept: int) -> None:
    """Whatever command was sent to a device has its intent in the journal, and whatever was acknowledged its credit."""
    paper = MemoryPaper()
    journal = opened(paper)
    sent: list[int] = []
    acknowledged: list[Credited] = []
    paper.interrupt = CutAt(at)
    try:
        sent.append(journal.intend(Command.DEPOSIT).n)
        sent.append(journal.intend(Command.ACCEPT).n)
        journal.credit(NOTE, sent[-1])
        acknowledged.append(NOTE)
        sent.append(journal.intend(Command.DISPENSE, counter=3).n)
        journal.conclude(sent[-1], Verdict.COMMITTED, paid=[Pieces(1000, 1)])
        journal.conclude(sent[0], Verdict.COMMITTED)
    except Cut:
        paper.power_cut(kept)
    paper.interrupt = lambda step: None
    again = opened(paper)
    known = {entry.n for entry in again.entries if isinstance(entry, Intent)}
    assert known >= set(sent)
    for credited in acknowledged:
        assert not again.credit(credited)
    assert len(again.account.open) <= 2


# --- disks that fail or fill up


def failing(journal_step: str) -> MemoryPaper:
    """A paper whose next `journal_step` fails once."""
    paper = MemoryPaper()
    failed: list[str] = []

    def interrupt(step: str) -> None:
        if step == journal_step and not failed:
            failed.append(step)
            raise Retry(Reason("journal.failing", path="journal", detail="Input/output error"))

    paper.interrupt = interrupt
    return paper


@pytest.mark.parametrize("step", ["write", "sync"])
def test_append_that_failed_promises_nothing_and_can_be_repeated(step: str) -> None:
    paper = failing(step)
    journal = opened(paper)
    with pytest.raises(Retry, match="disk failed"):
        journal.credit(NOTE)
    assert journal.account.taken == ()
    assert journal.credit(NOTE)
    assert journal.credit(COIN)
    assert opened(paper).account.taken == (Pieces(1000, 1), Pieces(50000, 1))
    assert state(opened(paper)) == state(journal)


def test_after_an_append_that_failed_the_file_is_written_anew_before_anything_else() -> None:
    """What the disk kept of a failed sync is not known, and a second sync of the same bytes would not say."""
    paper = MemoryPaper()
    journal = opened(paper)
    journal.credit(COIN)
    steps: list[str] = []

    def fails(step: str) -> None:
        steps.append(step)
        if steps == ["write", "sync"]:
            raise Retry(Reason("journal.failing", path="journal", detail="Input/output error"))

    paper.interrupt = fails
    with pytest.raises(Retry):
        journal.credit(NOTE)
    journal.credit(NOTE)
    assert steps == ["write", "sync", "replace", "sync folder", "write", "sync"]
    assert paper.kept == []


def test_intent_that_found_no_room_was_not_made() -> None:
    paper = failing("reserve")
    journal = opened(paper)
    with pytest.raises(Retry):
        journal.intend(Command.DEPOSIT)
    assert (journal.account.open, journal.entries) == ((), [])
    assert journal.intend(Command.DEPOSIT).n == 1


def fill_up(journal: Journal) -> None:
    for _ in range(50):
        journal.intend(Command.FILL)


@pytest.mark.parametrize("free", range(0, 9000, 250))
def test_full_disk_refuses_an_intent_and_never_what_follows_it(free: int) -> None:
    paper = MemoryPaper(free=free)
    journal = Journal(paper, noon, room=2000)
    try:
        deposit = journal.intend(Command.DEPOSIT)
        accept = journal.intend(Command.ACCEPT)
        paper.free = min(paper.free or 0, 10)  # somebody else fills the disk
    except Retry as refused:
        assert refused.reason.code == "journal.no-room"  # noqa: PT017
        assert len(journal.account.open) < 2
        return
    journal.credit(NOTE, accept.n)
    for number in range(5):
        journal.credit(Credited(1000, ("coins", 1, number), Form.COIN))
    journal.conclude(deposit.n, Verdict.COMMITTED, paid=[Pieces(1000, 3)])
    with pytest.raises(Retry, match="no room left"):
        fill_up(journal)


# --- long journals


def test_long_journal_is_continued_in_a_new_file_and_says_the_same() -> None:
    paper = MemoryPaper()
    journal = Journal(paper, noon, size=2000, room=500)
    for number in range(100):
        deposit = journal.intend(Command.DEPOSIT)
        journal.credit(Credited(100, ("coins", 1, number)))
        journal.conclude(deposit.n, Verdict.UNKNOWN if number == 3 else Verdict.COMMITTED)
        assert len(paper.read()) < 2000 + 40 * number + 2000
    assert len(paper.kept) == 8
    assert isinstance(journal.entries[0], Carried)
    again = opened(paper)
    assert state(again) == state(journal)
    assert again.account.taken == (Pieces(100, 100),)
    assert [unsure.intent.n for unsure in again.account.unknown] == [10]
    assert not again.credit(Credited(100, ("coins", 1, 0)))
    older, _ = entries_in(paper.kept[0])
    assert older[-1].n + 1 == journal.entries[0].n


def test_new_file_that_failed_stops_the_intent_and_loses_nothing() -> None:
    for step in ("replace", "sync folder"):
        paper = failing(step)
        journal = Journal(paper, noon, size=300, room=100)
        refused = 0
        for number in range(9):
            journal.credit(Credited(100, ("coins", 1, number)))
            try:
                intent = journal.intend(Command.FILL)
            except Retry:
                refused += 1
                intent = journal.intend(Command.FILL)
            journal.conclude(intent.n, Verdict.COMMITTED)
        assert refused == 1
        assert state(opened(paper)) == state(journal)
        assert journal.account.taken == (Pieces(100, 9),)


def test_moment_of_an_entry_is_in_universal_time() -> None:
    journal = Journal(MemoryPaper(), lambda: NOON + 0.25)
    assert journal.intend(Command.FILL).at == "2026-11-18T12:00:00.250Z"
