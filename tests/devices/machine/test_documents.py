"""Documents tell each piece that came in or went out once, and what nobody knows as that."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_days import DAYS, Step, noon, play
from tillpost.devices.journal.entries import Carried, Command, Verdict
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.machine.daybook import Daybook
from tillpost.devices.machine.documents import CashDocument, DocumentKind, MemoryDocuments, documents
from tillpost.devices.nouns import Credited, Pieces
from tillpost.errors import Halt

AT = "2026-11-18T12:00:00.000Z"


def opened(paper: MemoryPaper | None = None, size: int = 1 << 20) -> Journal:
    return Journal(paper or MemoryPaper(), noon, size)


def note(denomination: int, event: int) -> Credited:
    return Credited(denomination, ("21KC12345678", 3, event), unit="cassette")


def only(journal: Journal) -> CashDocument:
    (document,) = documents(journal.entries)
    return document


def sale(journal: Journal, *, paid: int = 13, unpaid: int = 0, verdict: Verdict = Verdict.COMMITTED) -> int:
    """370.00, of which 500.00 was put in; the change is 13 pieces of 10.00. The number of the last entry."""
    deposit = journal.intend(Command.DEPOSIT, amount=37000, about="receipt 12")
    accept = journal.intend(Command.ACCEPT, device="notes", pieces=[Pieces(50000, 1)])
    journal.credit(note(50000, 1), accept.n)
    change = journal.intend(Command.DISPENSE, device="hopper", pieces=[Pieces(1000, 13)])
    journal.conclude(change.n, verdict, paid=[Pieces(1000, paid)], unpaid=[Pieces(1000, unpaid)] if unpaid else [])
    journal.conclude(deposit.n, Verdict.COMMITTED)
    return journal.account.last


# --- operations


def test_sale_is_one_document_of_all_that_moved_in_it() -> None:
    journal = opened()
    last = sale(journal)
    assert only(journal) == CashDocument(
        last,
        AT,
        DocumentKind.SALE,
        number=1,
        about="receipt 12",
        amount=37000,
        deposited=(Pieces(50000, 1),),
        given=(Pieces(1000, 13),),
    )


def test_machine_that_gives_change_by_itself_tells_the_same_sale() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=37000)
    change = journal.intend(Command.CHANGE, amount=37000)
    journal.credit(note(50000, 1))
    journal.conclude(change.n, Verdict.COMMITTED, paid=[Pieces(1000, 13)])
    journal.conclude(deposit.n, Verdict.COMMITTED)
    document = only(journal)
    assert (document.kind, document.deposited, document.given) == (
        DocumentKind.SALE,
        (Pieces(50000, 1),),
        (Pieces(1000, 13),),
    )


def test_change_that_was_not_there_is_owed() -> None:
    journal = opened()
    sale(journal, paid=8, unpaid=5)
    assert (only(journal).owed, only(journal).unsure) == (5000, ())


def test_change_that_no_device_even_began_to_give_is_owed() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=37000)
    journal.credit(note(50000, 1))
    journal.conclude(deposit.n, Verdict.COMMITTED, code="hopper.absent")
    assert (only(journal).owed, only(journal).code) == (13000, "hopper.absent")


def test_sale_that_keeps_all_owes_nothing() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=37000)
    journal.credit(note(50000, 1))
    journal.conclude(deposit.n, Verdict.COMMITTED)
    assert only(journal).owed == 0


def test_what_was_put_in_and_given_back_is_a_cancelled_sale() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=37000)
    journal.credit(note(10000, 1))
    back = journal.intend(Command.DISPENSE, pieces=[Pieces(1000, 10)])
    journal.conclude(back.n, Verdict.COMMITTED, paid=[Pieces(1000, 9)], unpaid=[Pieces(1000, 1)])
    journal.conclude(deposit.n, Verdict.RETURNED)
    document = only(journal)
    assert (document.kind, document.verdict, document.owed) == (
        DocumentKind.SALE_CANCELLED,
        Verdict.RETURNED,
        1000,
    )


def test_payout_that_fell_short_is_owed() -> None:
    journal = opened()
    payout = journal.intend(Command.PAYOUT, amount=5000, about="return 3")
    part = journal.intend(Command.DISPENSE, within=payout.n, unit="10.00", pieces=[Pieces(1000, 5)])
    journal.conclude(part.n, Verdict.COMMITTED, paid=[Pieces(1000, 3)], unpaid=[Pieces(1000, 2)])
    journal.conclude(payout.n, Verdict.COMMITTED)
    document = only(journal)
    assert (document.kind, document.about, document.given, document.owed) == (
        DocumentKind.PAYOUT,
        "return 3",
        (Pieces(1000, 3),),
        2000,
    )


def test_staffs_deposit_owes_nobody() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, about="change money")
    journal.credit(note(10000, 1))
    journal.conclude(deposit.n, Verdict.COMMITTED)
    document = only(journal)
    assert (document.kind, document.deposited, document.owed) == (DocumentKind.DEPOSIT, (Pieces(10000, 1),), 0)


def test_cassette_taken_out_is_a_withdrawal_before_the_empty_one_is_in() -> None:
    journal = opened()
    removal = journal.intend(Command.REMOVE, unit="cassette", pieces=[Pieces(100000, 7)])
    journal.intend(Command.EXCHANGE, unit="cassette", within=0)
    journal.conclude(removal.n, Verdict.COMMITTED, removed=[Pieces(100000, 7)])
    document = only(journal)
    assert (document.kind, document.unit, document.removed) == (
        DocumentKind.WITHDRAWAL,
        "cassette",
        (Pieces(100000, 7),),
    )


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ([Pieces(500, 2)], [Pieces(100, 3)]),
        ([Pieces(500, 2), Pieces(100, -3)], []),
        ([], [Pieces(100, 3), Pieces(500, -2)]),
    ],
)
def test_count_tells_what_was_more_and_what_lacked(more: list[Pieces], less: list[Pieces]) -> None:
    journal = opened()
    fill = journal.intend(Command.FILL, unit="mixer")
    journal.conclude(fill.n, Verdict.COMMITTED, taken=more, removed=less)
    document = only(journal)
    assert (document.kind, document.taken, document.removed) == (
        DocumentKind.COUNT,
        (Pieces(500, 2),),
        (Pieces(100, 3),),
    )


@pytest.mark.parametrize("command", [Command.COLLECT, Command.EXCHANGE])
@pytest.mark.parametrize("verdict", [Verdict.COMMITTED, Verdict.RETURNED, Verdict.UNKNOWN])
def test_cash_that_stays_in_the_machine_has_no_document(command: Command, verdict: Verdict) -> None:
    journal = opened()
    intent = journal.intend(command, unit="drum", to="cassette", pieces=[Pieces(50000, 2)])
    journal.conclude(intent.n, verdict, moved=[Pieces(50000, 1)])
    if verdict is Verdict.UNKNOWN:
        journal.resolve(intent.n, Verdict.COMMITTED, "Anna", moved=[Pieces(50000, 1)])
    assert documents(journal.entries) == []


def test_operation_that_came_to_nothing_has_no_document() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=37000)
    journal.conclude(deposit.n, Verdict.RETURNED)
    assert documents(journal.entries) == []


# --- late, unknown, resolved


def test_late_credit_has_a_document_of_its_own() -> None:
    journal = opened()
    last = sale(journal)
    journal.credit(note(10000, 2), device="notes")
    assert documents(journal.entries, last) == [
        CashDocument(
            last + 1, AT, DocumentKind.LATE, unit="cassette", device="notes", deposited=(Pieces(10000, 1),)
        )
    ]


def test_pay_out_that_nobody_knows_is_told_at_once_and_is_not_owed() -> None:
    journal = opened()
    sale(journal, paid=4, verdict=Verdict.UNKNOWN)
    unknown, whole = documents(journal.entries)
    assert (unknown.kind, unknown.number, unknown.within, unknown.about, unknown.unsure, unknown.given) == (
        DocumentKind.UNKNOWN,
        4,
        1,
        "receipt 12",
        (Pieces(1000, 9),),
        (),
    )
    assert (whole.kind, whole.given, whole.unsure, whole.owed) == (
        DocumentKind.SALE,
        (Pieces(1000, 4),),
        (Pieces(1000, 9),),
        0,
    )


def test_persons_word_on_an_ended_operation_tells_what_had_moved() -> None:
    journal = opened()
    last = sale(journal, paid=4, verdict=Verdict.UNKNOWN)
    journal.resolve(4, Verdict.COMMITTED, "Anna", "the tray was empty", paid=[Pieces(1000, 9)])
    (resolved,) = documents(journal.entries, last)
    assert (resolved.kind, resolved.number, resolved.by, resolved.why, resolved.given) == (
        DocumentKind.RESOLVED,
        4,
        "Anna",
        "the tray was empty",
        (Pieces(1000, 9),),
    )


def test_what_is_resolved_while_its_operation_is_open_is_told_in_the_operation() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=1000)
    change = journal.intend(Command.DISPENSE, pieces=[Pieces(1000, 2)])
    journal.conclude(change.n, Verdict.UNKNOWN)
    journal.resolve(change.n, Verdict.COMMITTED, "Anna", paid=[Pieces(1000, 2)])
    journal.conclude(deposit.n, Verdict.COMMITTED)
    _, resolved, whole = documents(journal.entries)
    assert (resolved.kind, resolved.given) == (DocumentKind.RESOLVED, ())
    assert (whole.given, whole.unsure) == ((Pieces(1000, 2),), ())


def test_credit_of_an_accept_that_nobody_knew_resolves_it() -> None:
    journal = opened()
    deposit = journal.intend(Command.DEPOSIT, amount=10000, about="receipt 12")
    accept = journal.intend(Command.ACCEPT, device="notes", pieces=[Pieces(10000, 1)])
    journal.conclude(accept.n, Verdict.UNKNOWN)
    journal.conclude(deposit.n, Verdict.UNKNOWN)
    journal.credit(note(10000, 1), accept.n)
    unknown, whole, resolved = documents(journal.entries)
    assert (unknown.kind, whole.verdict) == (DocumentKind.UNKNOWN, Verdict.UNKNOWN)
    assert unknown.unsure == whole.unsure == (Pieces(10000, 1),)
    assert (resolved.kind, resolved.by, resolved.about, resolved.deposited) == (
        DocumentKind.RESOLVED,
        "",
        "receipt 12",
        (Pieces(10000, 1),),
    )


def test_unknown_of_an_older_file_is_resolved_in_the_next() -> None:
    journal = opened(size=1000)
    last = sale(journal, paid=4, verdict=Verdict.UNKNOWN)
    for _ in range(5):
        journal.conclude(journal.intend(Command.COLLECT).n, Verdict.COMMITTED)
    assert isinstance(journal.entries[0], Carried)
    assert journal.entries[0].n > last
    journal.resolve(4, Verdict.RETURNED, "Anna")
    assert (only(journal).kind, only(journal).number) == (DocumentKind.RESOLVED, 4)


def test_no_new_file_is_begun_before_all_documents_of_the_old_one_are_written() -> None:
    journal, papers = opened(size=300), MemoryDocuments()
    book = Daybook(journal, papers)
    counts = 3
    for _ in range(counts):
        fill = book.begin(Command.FILL, unit="ten", pieces=[Pieces(1000, 5)])
        book.conclude(fill.n, Verdict.COMMITTED, taken=[Pieces(1000, 5)])
        unseen = book.intend(Command.ACCEPT, within=0, device="coins", unit="", pieces=())
        book.conclude(unseen.n, Verdict.UNKNOWN)
    book.publish()
    kinds = Counter(each.kind for each in papers.published.values())
    assert kinds == {DocumentKind.COUNT: counts, DocumentKind.UNKNOWN: counts}
    assert isinstance(journal.entries[0], Carried)


# --- laws


def ended(day: list[Step]) -> Journal:
    """A journal of `day` in which nothing is open any more."""
    journal = opened()
    for step in day:
        play(journal, step)
    while journal.account.open:
        play(journal, Step("conclude"))
    return journal


@given(DAYS)
def test_documents_come_to_the_change_of_stock(day: list[Step]) -> None:
    journal = ended(day)
    stock: Counter[int] = Counter()
    for document in documents(journal.entries):
        for pieces, sign in (
            (document.deposited, 1),
            (document.taken, 1),
            (document.given, -1),
            (document.removed, -1),
        ):
            for each in pieces:
                stock[each.denomination] += sign * each.count
    assert {each: count for each, count in sorted(stock.items()) if count} == journal.account.change_of_stock


@given(DAYS, st.data())
def test_documents_are_the_same_whenever_they_are_asked_for(day: list[Step], data: st.DataObject) -> None:
    journal = ended(day)
    whole = documents(journal.entries)
    after = data.draw(st.integers(0, journal.account.last))
    assert documents(journal.entries, after) == [each for each in whole if each.entry > after]
    early = documents(list(journal.entries)[:after])
    assert early == [each for each in whole if each.entry <= after]
    assert len({each.entry for each in whole}) == len(whole)


@given(DAYS)
def test_what_is_told_as_unknown_is_resolved_or_waits_for_a_person(day: list[Step]) -> None:
    journal = ended(day)
    told = documents(journal.entries)
    unknown = {each.number for each in told if each.verdict is Verdict.UNKNOWN}
    resolved = [each.number for each in told if each.kind is DocumentKind.RESOLVED]
    waiting = {each.intent.n for each in journal.account.unknown}
    assert len(resolved) == len(set(resolved))
    assert unknown <= waiting | set(resolved)


# --- where they go


def test_same_document_again_changes_nothing_and_another_stops() -> None:
    papers, journal = MemoryDocuments(), opened()
    sale(journal)
    document = only(journal)
    papers.publish(document)
    papers.publish(document)
    assert papers.published == {document.entry: document}
    with pytest.raises(Halt):
        papers.publish(CashDocument(document.entry, AT, DocumentKind.COUNT))
