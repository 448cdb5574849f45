"""What counts as a change, what a full export deletes, and what an aborted booking leaves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tillpost.catalogue import Booking, Store
from tillpost.errors import Reason
from tillpost.model import (
    Barcode,
    BarcodeOf,
    Drop,
    Extent,
    Good,
    Group,
    Kind,
    Price,
    Put,
    Refused,
    Restriction,
    Seller,
    Stock,
    Unit,
    Variant,
)

FIVE, SEVEN = Decimal("5.00"), Decimal("7.00")


def good(name: str, price: Decimal | None = FIVE, **fields: Any) -> Put:
    origin = fields.pop("origin", "")
    return Put(Kind.GOOD, (name,), Good(name.upper(), price=price, **fields), 1, origin)


def price(item: str, amount: Decimal = SEVEN) -> Put:
    return Put(Kind.PRICE, (item,), Price(amount), 1)


def promo(item: str, first: str = "", last: str = "", amount: Decimal = SEVEN) -> Put:
    return Put(Kind.PROMO, (item, first, last), Price(amount), 1)


# --- delta by content


def test_export_sent_again_changes_nothing_and_queues_nothing(trial: Any) -> None:
    records = [good("a"), good("b", barcodes=(Barcode("1"),)), price("a"), Put(Kind.UNIT, ("1",), Unit("pc"), 1)]
    trial.book(*records, full=[Kind.GOOD, Kind.PRICE, Kind.UNIT])
    head = trial.head()
    outcome = trial.book(*records, full=[Kind.GOOD, Kind.PRICE, Kind.UNIT])
    assert (outcome.put, outcome.deleted) == ({}, {})
    assert outcome.unchanged == {Kind.GOOD: 2, Kind.PRICE: 1, Kind.UNIT: 1}
    assert outcome.touched == frozenset()
    assert [diff.commands for diff in outcome.shops] == [0]
    assert trial.head() == head


def test_only_what_differs_becomes_a_command(trial: Any) -> None:
    trial.book(good("a"), good("b"), good("c"), full=[Kind.GOOD])
    head = trial.head()
    outcome = trial.book(good("a"), good("b", SEVEN), good("c"), full=[Kind.GOOD])
    assert outcome.put == {Kind.GOOD: 1}
    assert trial.commands(after=head) == ["addInventItem b"]


def test_a_then_b_then_a_again_are_changes(trial: Any) -> None:
    trial.book(good("a", FIVE))
    for amount in (SEVEN, FIVE):
        head = trial.head()
        assert trial.book(good("a", amount)).put == {Kind.GOOD: 1}
        assert trial.commands(after=head) == ["addInventItem a"]


def test_record_replaces_the_record_whole(trial: Any) -> None:
    trial.book(good("a", article="x", age=18))
    trial.book(good("a"))
    shown = trial.new_till().goods["a"]
    assert (shown["articul"], "age" in shown) == ("a", False)


def test_fact_that_no_command_says_is_a_change_without_commands(trial: Any) -> None:
    trial.book(good("a", SEVEN), price("a", SEVEN))
    outcome = trial.book(good("a", FIVE))
    assert (outcome.put, outcome.shops[0].commands) == ({Kind.GOOD: 1}, 0)


def test_export_of_changes_deletes_only_what_it_says(trial: Any) -> None:
    trial.book(good("a"), good("b"), full=[Kind.GOOD])
    outcome = trial.book(Drop(Kind.GOOD, ("a",), 1), good("c"))
    assert outcome.deleted == {Kind.GOOD: 1}
    assert trial.new_till().goods.keys() == {"b", "c"}


def test_drop_of_what_is_not_there_counts_as_unchanged(trial: Any) -> None:
    outcome = trial.book(Drop(Kind.GOOD, ("a",), 1), Drop(Kind.PRICE, ("a",), 2))
    assert (outcome.deleted, outcome.unchanged) == ({}, {Kind.GOOD: 1, Kind.PRICE: 1})


def test_dropped_good_leaves_its_price_for_its_return(trial: Any) -> None:
    trial.book(good("a", None), price("a"))
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    assert trial.new_till().goods == {}
    trial.book(good("a", None))
    assert trial.new_till().goods["a"]["price"] == SEVEN


def test_drop_of_a_price_takes_its_dated_prices_along(trial: Any) -> None:
    trial.book(good("a", None), price("a"), promo("a"), promo("a", "2026-01-01"), promo("b"))
    trial.book(promo("a", amount=FIVE), scope="5")
    outcome = trial.book(Drop(Kind.PRICE, ("a",), 1))
    assert outcome.deleted == {Kind.PRICE: 1, Kind.PROMO: 2}
    assert trial.new_till().goods["a"]["price"] == FIVE


def test_drop_of_a_price_that_has_dated_ones_alone_is_a_deletion(trial: Any) -> None:
    trial.book(good("a", None), promo("a"))
    outcome = trial.book(Drop(Kind.PRICE, ("a",), 1))
    assert (outcome.deleted, outcome.unchanged) == ({Kind.PROMO: 1}, {})


# --- claims to be complete


def test_full_export_deletes_what_it_does_not_name(trial: Any) -> None:
    trial.book(good("a"), good("b"), good("c"), full=[Kind.GOOD])
    outcome = trial.book(good("b"), full=[Kind.GOOD])
    assert outcome.deleted == {Kind.GOOD: 2}
    assert trial.new_till().goods.keys() == {"b"}


def test_full_export_deletes_only_its_own_kind(trial: Any) -> None:
    trial.book(good("a", None), price("a"), Put(Kind.GROUP, ("1",), Group("G"), 1))
    trial.book(good("a", None), full=[Kind.GOOD])
    assert trial.new_till().goods.keys() == {"a"}
    assert trial.new_till().groups.keys() == {"1"}


def test_full_export_of_a_shop_deletes_nothing_of_the_chain(trial: Any) -> None:
    trial.book(good("a"), good("b"))
    trial.book(good("b", SEVEN), good("c"), scope="5", full=[Kind.GOOD])
    trial.book(good("c"), scope="5", full=[Kind.GOOD])
    till = trial.new_till()
    assert till.goods.keys() == {"a", "b", "c"}
    assert till.goods["b"]["price"] == FIVE


def test_full_export_deletes_only_its_own_origin(trial: Any) -> None:
    trial.book(good("a", origin="one"), Extent(Kind.GOOD, "one"))
    trial.book(good("b", origin="two"), Extent(Kind.GOOD, "two"))
    trial.book(good("c", origin="two"), Extent(Kind.GOOD, "two"))
    assert trial.new_till().goods.keys() == {"a", "c"}


def test_long_origins_are_told_apart(trial: Any) -> None:
    one, two = "я" * 70_000 + "1", "я" * 70_000 + "2"
    trial.book(good("a", origin=one), good("b", origin=two), keep_names=True)
    trial.book(Extent(Kind.GOOD, one), keep_names=True)
    assert trial.new_till().goods.keys() == {"b"}


def test_fact_belongs_to_the_origin_that_named_it_last(trial: Any) -> None:
    trial.book(good("a", origin="one"))
    outcome = trial.book(good("a", origin="two"))
    assert outcome.unchanged == {Kind.GOOD: 1}
    trial.book(Extent(Kind.GOOD, "one"))
    assert trial.new_till().goods.keys() == {"a"}
    trial.book(Extent(Kind.GOOD, "two"))
    assert trial.new_till().goods == {}


def test_claim_may_come_before_the_records(trial: Any) -> None:
    trial.book(good("a"), good("b"))
    trial.book(Extent(Kind.GOOD), good("b"))
    assert trial.new_till().goods.keys() == {"b"}


def test_end_of_a_set_keeps_what_its_parts_named(trial: Any) -> None:
    trial.book(good("a"), good("b"), good("c"))

    def close(booking: Booking) -> None:
        booking.extent(Extent(Kind.GOOD), lambda key: key == ("a",))

    outcome = trial.book(good("c"), prepare=close)
    assert outcome.deleted == {Kind.GOOD: 1}
    assert trial.new_till().goods.keys() == {"a", "c"}


@pytest.mark.parametrize(("kind", "key"), [("good", "a"), ("price", "a"), ("goods", "a")])
def test_refused_record_keeps_its_old_value_in_a_full_export(trial: Any, kind: str, key: str) -> None:
    trial.book(good("a"), good("b"), promo("a"))
    refused = Refused(3, kind, key, "name", Reason("xml.malformed"))
    trial.book(refused, full=[Kind.GOOD, Kind.PROMO])
    assert trial.new_till().goods["a"]["price"] == SEVEN
    assert trial.new_till().goods.keys() == {"a"}


def test_record_refused_at_booking_keeps_its_old_value_in_a_full_export(trial: Any) -> None:
    trial.book(good("a"), good("x" * 150))
    trial.book(good("x" * 150, barcodes=(Barcode("9" * 300),)), full=[Kind.GOOD])
    assert [answer.reason.code for answer in trial.refused] == ["catalogue.key-too-long"]
    assert len(trial.new_till().goods) == 1


def test_variant_refused_is_spared_by_its_item(trial: Any) -> None:
    variant = Put(Kind.VARIANT, ("a", "x"), Variant(), 1)
    trial.book(good("a"), variant, Put(Kind.VARIANT, ("a", "y"), Variant(), 1))
    trial.book(Refused(3, "variant", "a#x", "name", Reason("xml.malformed")), full=[Kind.VARIANT])
    assert [good["articul"] for good in trial.new_till().goods.values()].count("a") == 1
    assert len(trial.new_till().goods) == 2


# --- all or nothing


def test_aborted_booking_leaves_nothing(trials: Any, store: Store) -> None:
    trial = trials(store)
    trial.book(good("a"), good("b b"), price("a"))

    def everything() -> list[object]:
        with store.read() as txn:
            tables = ["lines", "log", "shops", "catalogue", "codes", "code numbers", "named", "listed", "waiting"]
            tables += [f"facts {kind}" for kind in Kind] + ["index claim", "index named", "index border"]
            return [list(txn.table(table).scan()) for table in tables]

    before = everything()
    with pytest.raises(ZeroDivisionError), store.write() as txn:  # noqa: PT012 the block is what is tested
        booking = trial.catalogue(txn).booking(9, "", list(trial.shops.values()), keep_names=True)
        for record in (good("c c"), good("a", SEVEN), promo("a"), Put(Kind.BARCODE, ("1",), BarcodeOf("a"), 1)):
            booking.put(record)
        booking.drop(Drop(Kind.GOOD, ("b b",), 1))
        booking.complete(Decimal(2))
        raise ZeroDivisionError
    assert everything() == before


def test_long_key_is_refused_with_its_record(trial: Any) -> None:
    trial.book(good("я" * 101), good("я" * 90), good("b"))
    assert [(answer.line, answer.reason.code) for answer in trial.refused] == [(1, "catalogue.key-too-long")]
    assert len(trial.new_till().goods) == 2


def test_barcode_of_a_good_with_a_long_id_is_refused_alone(trial: Any) -> None:
    long = Put(Kind.BARCODE, ("1",), BarcodeOf("я" * 101), 1)
    trial.book(long, Put(Kind.BARCODE, ("2",), BarcodeOf("a"), 2), good("a"))
    assert [answer.line for answer in trial.refused] == [1]
    assert trial.new_till().barcodes.keys() == {"2"}


@pytest.mark.parametrize("day", ["2026-02-30", "20260201", "2026-02-01+03:00", "tomorrow"])
def test_dated_price_without_plain_dates_is_refused(trial: Any, day: str) -> None:
    trial.book(good("a"), promo("a", day), promo("a", "", day))
    assert [answer.reason.code for answer in trial.refused] == ["catalogue.bad-day"] * 2


def test_reference_too_long_for_any_key_is_unknown(trial: Any) -> None:
    outcome = trial.book(good("a", group="я" * 500))
    assert [remark.reason.code for remark in outcome.remarks] == ["catalogue.unknown-reference"]


def test_id_with_a_sharp_is_refused(trial: Any) -> None:
    trial.book(good("a#x"), Put(Kind.VARIANT, ("a#", "x"), Variant(), 2))
    assert [answer.reason.code for answer in trial.refused] == ["catalogue.sharp-in-id"] * 2


# --- what has no command


def test_what_has_no_command_is_told_once_per_kind_with_a_count(trial: Any) -> None:
    sellers = [Put(Kind.SELLER, (str(number),), Seller("S"), number) for number in range(3)]
    hours = Put(Kind.RESTRICTION, ("r",), Restriction("saleDenied", "good", "a", since="22:00"), 1)
    group = Put(Kind.RESTRICTION, ("s",), Restriction("saleDenied", "group", "1"), 1)
    fine = Put(Kind.RESTRICTION, ("t",), Restriction("saleDenied", "good", "a"), 1)
    outcome = trial.book(*sellers, hours, group, fine)
    told = [(remark.reason.code, remark.reason.parts) for remark in outcome.remarks]
    assert told == [
        ("catalogue.no-command", {"kind": "restriction", "count": 2}),
        ("catalogue.no-command", {"kind": "seller", "count": 3}),
    ]
    assert outcome.put == {Kind.SELLER: 3, Kind.RESTRICTION: 3}


def test_price_for_an_unknown_good_is_told_and_kept(trial: Any) -> None:
    outcome = trial.book(price("a"), Put(Kind.BARCODE, ("1",), BarcodeOf("b"), 1))
    told = [(remark.reason.code, remark.key) for remark in outcome.remarks]
    assert told == [("catalogue.unknown-good", "a"), ("catalogue.unknown-good", "b")]
    outcome = trial.book(good("a", None))
    assert (outcome.remarks, trial.new_till().goods["a"]["price"]) == ((), SEVEN)


def test_stock_of_unknown_goods_is_no_news(trial: Any) -> None:
    assert trial.book(Put(Kind.STOCK, ("a",), Stock((("", Decimal(1)),)), 1)).remarks == ()
