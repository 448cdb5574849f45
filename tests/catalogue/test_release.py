"""A held export that is let through late: the later word wins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tillpost.catalogue import MemoryStore
from tillpost.catalogue.facts import Facts
from tillpost.model import Barcode, Drop, Extent, Good, Kind, Price, Put

FIVE, SEVEN = Decimal("5.00"), Decimal("7.00")
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def good(name: str, price: Decimal | None = FIVE, origin: str = "") -> Put:
    return Put(Kind.GOOD, (name,), Good(name.upper(), price=price), 1, origin)


def promo(item: str, amount: Decimal = SEVEN) -> Put:
    return Put(Kind.PROMO, (item, "", ""), Price(amount), 1)


def hold(trial: Any) -> int:
    """An export arrives and is held: its number is given, nothing is booked."""
    trial.arrival += 1
    return int(trial.arrival)


def release(trial: Any, held: int, *records: Any, **named: Any) -> Any:
    return trial.book(*records, arrival=held, release_of=held, keep_names=True, **named)


def test_released_export_leaves_alone_what_a_later_one_changed(trial: Any) -> None:
    trial.book(good("a"), good("b"))
    held = hold(trial)
    trial.book(good("a", SEVEN), keep_names=True)
    outcome = release(trial, held, good("a", Decimal(1)), good("b", Decimal(1)), Drop(Kind.GOOD, ("a",), 1))
    assert (outcome.skipped, outcome.put) == (2, {Kind.GOOD: 1})
    assert [found["price"] for found in trial.new_till().goods.values()] == [SEVEN, 1]


def test_released_export_leaves_alone_what_a_later_one_named_unchanged(trial: Any) -> None:
    trial.book(good("a"), good("b"))
    held = hold(trial)
    trial.book(good("a"), keep_names=True)
    outcome = release(trial, held, good("a", SEVEN), full=[Kind.GOOD])
    assert (outcome.skipped, outcome.deleted) == (1, {Kind.GOOD: 1})
    assert {code: found["price"] for code, found in trial.new_till().goods.items()} == {"a": FIVE}


def test_released_export_does_not_bring_back_what_a_later_one_withdrew(trial: Any) -> None:
    trial.book(good("a"))
    held = hold(trial)
    trial.book(Drop(Kind.GOOD, ("a",), 1), Drop(Kind.PRICE, ("b",), 1), keep_names=True)
    outcome = release(trial, held, good("a"), good("b"), promo("b"))
    assert (outcome.skipped, trial.new_till().goods["b"]["price"]) == (2, FIVE)


def test_released_export_brings_nothing_that_a_later_full_export_left_out(trial: Any) -> None:
    held = hold(trial)
    trial.book(good("b"), full=[Kind.GOOD], keep_names=True)
    outcome = release(trial, held, good("a"), good("b", SEVEN), full=[Kind.GOOD])
    assert outcome.skipped == 2
    assert trial.new_till().goods.keys() == {"b"}


def test_released_record_is_older_than_what_came_meanwhile(trial: Any) -> None:
    def with_barcode(name: str) -> Put:
        return Put(Kind.GOOD, (name,), Good("A", price=FIVE, barcodes=(Barcode("1"),)), 1)

    held = hold(trial)
    trial.book(with_barcode("b"), keep_names=True)
    outcome = release(trial, held, with_barcode("a"))
    assert trial.new_till().barcodes["1"]["code"] == "b"
    assert [remark.reason.code for remark in outcome.remarks] == ["catalogue.barcode-moved"]


def test_later_change_wins_even_where_nobody_kept_names(trial: Any) -> None:
    held = hold(trial)
    trial.book(good("a", SEVEN))
    assert release(trial, held, good("a"), full=[Kind.GOOD]).skipped == 1
    assert trial.new_till().goods["a"]["price"] == SEVEN


def test_names_are_forgotten_when_nothing_is_held(trial: Any) -> None:
    trial.book(good("a"), full=[Kind.GOOD], keep_names=True)
    with trial.store.write() as txn:
        assert txn.table("named").count() == txn.table("named extents").count() == 1
        trial.catalogue(txn).forget_names()
        assert txn.table("named").count() == txn.table("named extents").count() == 0


def test_names_are_kept_only_while_something_is_held(trial: Any) -> None:
    trial.book(good("a"), Drop(Kind.GOOD, ("b",), 1), full=[Kind.GOOD])
    with trial.store.read() as txn:
        assert txn.table("named").count() == txn.table("named extents").count() == 0


names = st.sampled_from("ab")
prices = st.sampled_from([FIVE, SEVEN])


def exports_from(origin: str) -> st.SearchStrategy[Any]:
    """What one catalogue of an ERP may say at once: scope, records, claims to be complete."""
    records = st.one_of(
        st.builds(lambda name, price: good(name, price, origin), names, prices),
        st.builds(promo, names, prices),
        st.builds(lambda name, amount: Put(Kind.PRICE, (name,), Price(amount), 1), names, prices),
        st.builds(lambda kind, name: Drop(kind, (name,), 1), st.sampled_from([Kind.GOOD, Kind.PRICE]), names),
        st.builds(lambda name: Drop(Kind.PROMO, (name, "", ""), 1), names),
    )
    extents = st.builds(lambda kind: Extent(kind, origin), st.sampled_from([Kind.GOOD, Kind.PRICE, Kind.PROMO]))
    return st.tuples(st.sampled_from(["", "5"]), st.lists(records, max_size=3), st.lists(extents, max_size=2))


exports = exports_from("one")  # goods do not wander between the catalogues of two ERPs


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(before=exports, held=exports, after=st.lists(exports, max_size=3))
def test_export_released_late_leaves_the_facts_as_if_it_had_never_been_held(
    trials: Any, before: Any, held: Any, after: Any
) -> None:
    """As far as records are concerned, that is: of who came last, only what was changed meanwhile tells."""
    timely, late = trials(MemoryStore()), trials(MemoryStore())
    for scope, stated, claims in (before, held, *after):
        timely.book(*stated, *claims, scope=scope)
    scope, stated, claims = before
    late.book(*stated, *claims, scope=scope)
    number = hold(late)
    for scope, stated, claims in after:
        late.book(*stated, *claims, scope=scope, keep_names=True)
    scope, stated, claims = held
    release(late, number, *stated, *claims, scope=scope)
    assert facts_of(late) == facts_of(timely)


def facts_of(trial: Any) -> dict[Any, bytes]:
    with trial.store.read() as txn:
        facts = Facts(txn)
        return {(kind, key, scope): fact.data for kind in Kind for key, scope, fact in facts.scan(kind)}


def test_later_word_on_a_price_leaves_the_held_drop_of_dated_ones(trial: Any) -> None:
    trial.book(good("a"), promo("a", FIVE))
    held = hold(trial)
    trial.book(Put(Kind.PRICE, ("a",), Price(SEVEN), 1), keep_names=True)
    outcome = release(trial, held, Drop(Kind.PRICE, ("a",), 1))
    assert outcome.skipped == 1
    assert outcome.deleted == {Kind.PROMO: 1}
    assert trial.new_till().goods["a"]["price"] == SEVEN
