"""The ledger: what became of every export, kept in the same store as what it changed."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.catalogue import MemoryStore
from tillpost.errors import Reason, Reject
from tillpost.model import Header, Told
from tillpost.pipeline.ledger import Export, ExportState, Ledger, Stream, Verdict

HEADER = Header(format="own", kind="goods", number=5)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def export(arrival: int, state: ExportState = ExportState.CLAIMED, **more: object) -> Export:
    return Export(arrival, f"{arrival}.xml", state, 0.0, **more)


def test_arrival_numbers_rise_by_one_and_outlast_their_transaction(store: MemoryStore) -> None:
    numbers = []
    for _ in range(3):
        with store.write() as txn:
            numbers.append(Ledger(txn).next_arrival())
    assert numbers == [1, 2, 3]


def test_number_of_a_transaction_that_failed_is_given_again(store: MemoryStore) -> None:
    with suppress(ZeroDivisionError), store.write() as txn:
        Ledger(txn).next_arrival()
        raise ZeroDivisionError
    with store.write() as txn:
        assert Ledger(txn).next_arrival() == 1


def test_unfinished_are_those_not_put_away_in_their_order(store: MemoryStore) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        for arrival in (3, 1, 2):
            ledger.save(export(arrival))
        ledger.save(export(2, ExportState.PROCESSED, put_away=True))
        assert [one.arrival for one in ledger.unfinished()] == [1, 3]


def test_forgotten_arrival_is_nowhere(store: MemoryStore) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        ledger.save(export(1))
        ledger.forget(1)
        assert (ledger.export(1), ledger.unfinished(), list(ledger.exports())) == (None, [], [])


WAITS = {
    (ExportState.HELD, False): True,
    (ExportState.CLAIMED, True): True,  # released, and not booked yet
    (ExportState.CLAIMED, False): False,
    (ExportState.PROCESSED, True): False,
    (ExportState.ERROR, True): False,
}


@pytest.mark.parametrize(("state", "released"), WAITS)
def test_later_words_matter_while_something_held_may_be_booked(
    store: MemoryStore, state: ExportState, released: bool
) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        ledger.save(export(1, ExportState.HELD))
        ledger.save(export(1, state, released=released))
        assert ledger.keeps_waiting() is WAITS[state, released]


def test_verdict_outlives_what_is_saved_without_one(store: MemoryStore) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        ledger.save(export(1), Verdict(read=7))
        ledger.save(export(1, ExportState.PROCESSED))
        assert ledger.verdict(1).read == 7
        assert ledger.verdict(2) == Verdict()


@pytest.mark.parametrize(
    ("number", "digest", "follows"), [(6, "x", "next"), (5, "same", "repeat"), (7, "x", "gap"), (None, "x", "next")]
)
def test_number_follows_the_last_one(store: MemoryStore, number: int | None, digest: str, follows: str) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        ledger.advance(HEADER, "5", "same", 1)
        header = Header(format="own", kind="goods", number=number)
        assert ledger.follow(header, "5", lambda: digest) == follows


@pytest.mark.parametrize(("number", "digest"), [(4, "same"), (5, "other"), (0, "x")])
def test_old_number_is_refused(store: MemoryStore, number: int, digest: str) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        ledger.advance(HEADER, "5", "same", 1)
        with pytest.raises(Reject, match=f"number {number} is old"):
            ledger.follow(Header(format="own", kind="goods", number=number), "5", lambda: digest)


def test_streams_are_of_source_kind_and_scope(store: MemoryStore) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        for source, kind, scope in itertools.product(("", "a"), ("goods", "prices"), ("", "5")):
            header = Header(format="own", kind=kind, source=source, number=1)
            assert ledger.stream(header, scope) is None
            ledger.advance(header, scope, "x", 1)
            assert ledger.stream(header, scope) == Stream(1, "x", 1)


def test_event_is_new_once(store: MemoryStore) -> None:
    with store.write() as txn:
        ledger = Ledger(txn)
        assert not ledger.was_seen("held/1")
        assert ledger.first_time("held/1")
        assert ledger.was_seen("held/1")
        assert not ledger.first_time("held/1")


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=40))
def test_name_of_a_file_is_known_again_whatever_is_in_it(name: str) -> None:
    one = Export.arrived(1, name, "", 0, 0.0)
    assert one.file_name == name
    assert one.name.isprintable()


def test_name_that_is_no_text_is_known_again() -> None:
    name = b"\xffprices.xml".decode("utf-8", "surrogateescape")
    store = MemoryStore()
    with store.write() as txn:
        Ledger(txn).save(Export.arrived(1, name, "", 0, 0.0))
    with store.read() as txn:
        found = Ledger(txn).export(1)
    assert found is not None
    assert found.file_name == name


def test_reason_is_kept_as_code_and_parts_and_told_in_any_language() -> None:
    kept = Told.of(Reason("feed.gap", number=5, last=2, missing=2))
    assert kept.text("en") == Reason("feed.gap", number=5, last=2, missing=2).text("en")
    assert kept.text("ru").startswith("номер 5")


def test_every_state_says_in_a_sentence_what_it_means() -> None:
    assert all(state.sentence for state in ExportState)
