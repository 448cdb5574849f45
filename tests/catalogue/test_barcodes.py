"""Whose a barcode is, and that what left a good leaves its tills, wherever they stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tillpost.model import Barcode, BarcodeOf, Drop, ExtraPrice, Good, Kind, Price, Put, Variant

FIVE, NOTHING = Decimal("5.00"), Decimal("0.00")


def good(name: str, *barcodes: str, price: Decimal | None = FIVE, **fields: Any) -> Put:
    body = Good(name.upper(), barcodes=tuple(map(Barcode, barcodes)), price=price, **fields)
    return Put(Kind.GOOD, (name,), body, 1)


def given(barcode: str, item: str, quantity: int = 1) -> Put:
    return Put(Kind.BARCODE, (barcode,), BarcodeOf(item, Decimal(quantity)), 1)


def owners(trial: Any, shop: str = "5") -> dict[str, str]:
    return {code: record["code"] for code, record in trial.new_till(shop).barcodes.items()}


def told(outcome: Any) -> list[tuple[str, str, str]]:
    parts = [remark.reason.parts for remark in outcome.remarks if remark.reason.code == "catalogue.barcode-moved"]
    return [(part["barcode"], part["loser"], part["winner"]) for part in parts]


# --- one good


def test_barcode_that_left_is_deleted_before_the_good_is_told(trial: Any) -> None:
    trial.book(good("a", "1", "2"))
    head = trial.head()
    trial.book(good("a", "2"))
    assert trial.commands(after=head) == ["deleteBarcode 1", "addInventItem a"]


def test_withdrawn_good_takes_its_barcodes_along(trial: Any) -> None:
    trial.book(good("a", "1", "2"))
    head = trial.head()
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    assert trial.commands(after=head) == ["deleteBarcode 1", "deleteBarcode 2", "deleteInventItem a"]


def test_goods_own_barcodes_come_first_then_those_given(trial: Any) -> None:
    trial.book(given("3", "a"), given("1", "a", 6), good("a", "2", "1"), given("0", "a"))
    shown = trial.new_till().goods["a"]
    assert shown["barcode"] == "2"
    assert list(trial.new_till().barcodes) == ["2", "1", "3", "0"]
    assert trial.new_till().barcodes["1"]["quantdefault"] == 6


def test_barcode_listed_twice_is_told_once(trial: Any) -> None:
    trial.book(good("a", "1", "1", "2"))
    assert owners(trial) == {"1": "a", "2": "a"}


def test_barcode_given_in_a_shop_beats_the_one_given_in_the_chain(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a"), good("b"), given("1", "a"))
    trial.book(given("1", "b"), scope="6")
    assert (owners(trial, "5"), owners(trial, "6")) == ({"1": "a"}, {"1": "b"})
    trial.book(Drop(Kind.BARCODE, ("1",), 1), scope="6")
    assert owners(trial, "6") == {"1": "a"}


def test_barcode_given_to_an_unknown_good_in_a_shop_is_nobodys_there(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a"), given("1", "a"))
    trial.book(given("1", "not yet there"), scope="6")
    assert (owners(trial, "5"), owners(trial, "6")) == ({"1": "a"}, {})


# --- two goods


def test_barcode_on_two_goods_goes_to_the_later_record_and_is_told(trial: Any) -> None:
    outcome = trial.book(good("b", "1"), good("a", "1"))
    assert (owners(trial), told(outcome)) == ({"1": "a"}, [("1", "b", "a")])
    assert "barcode" not in trial.new_till().goods["b"]


def test_barcode_moves_with_a_later_export_and_is_told(trial: Any) -> None:
    trial.book(good("a", "1"))
    head = trial.head()
    outcome = trial.book(good("b", "1"))
    assert told(outcome) == [("1", "a", "b")]
    assert trial.commands(after=head)[0] == "deleteBarcode 1"
    assert set(trial.commands(after=head)[1:]) == {"addInventItem a", "addInventItem b"}
    assert owners(trial) == {"1": "b"}


def test_old_conflict_is_no_news(trial: Any) -> None:
    trial.book(good("a", "1"), good("b", "1"))
    assert told(trial.book(Put(Kind.PRICE, ("a",), Price(Decimal("6.00")), 1))) == []


def test_same_record_again_claims_nothing_anew(trial: Any) -> None:
    trial.book(good("a", "1"))
    trial.book(good("b", "1"))
    outcome = trial.book(good("a", "1"))
    assert (outcome.unchanged, told(outcome), owners(trial)) == ({Kind.GOOD: 1}, [], {"1": "b"})


@pytest.mark.parametrize("away", ["drop", "list", "price"])
def test_barcode_goes_back_when_the_winner_lets_go(trial: Any, away: str) -> None:
    trial.book(good("a", "1"))
    trial.book(good("b", "1"))
    head = trial.head()
    records = {"drop": Drop(Kind.GOOD, ("b",), 1), "list": good("b"), "price": good("b", "1", price=NOTHING)}
    trial.book(records[away])
    assert owners(trial) == {"1": "a"}
    assert trial.commands(after=head)[0] == "deleteBarcode 1"
    assert trial.commands(after=head)[-1].startswith("addInventItem")


def test_good_that_is_not_sold_takes_no_barcode(trial: Any) -> None:
    outcome = trial.book(good("a", "1"), good("b", "1", price=None))
    assert (owners(trial), told(outcome)) == ({"1": "a"}, [])
    outcome = trial.book(Put(Kind.PRICE, ("b",), Price(FIVE), 1))
    assert (owners(trial), told(outcome)) == ({"1": "b"}, [("1", "a", "b")])


def test_barcode_belongs_to_different_goods_in_different_shops(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a", "1"), good("b", "1", price=None))
    trial.book(Put(Kind.PRICE, ("b",), Price(FIVE), 1), scope="6")
    assert (owners(trial, "5"), owners(trial, "6")) == ({"1": "a"}, {"1": "b"})


def test_variants_barcodes_are_its_own_alone(trial: Any) -> None:
    variant = Put(Kind.VARIANT, ("a", "x"), Variant("V", barcodes=(Barcode("2"),)), 1, "", "V")
    trial.book(good("a", "1"), variant)
    assert owners(trial) == {"1": "a", "2": "V"}


def test_barcodes_moving_in_a_ring_end_where_they_should(trial: Any) -> None:
    trial.book(good("a", "1"), good("b", "2"), good("c", "3"))
    before = trial.head()
    trial.book(good("a", "2"), good("b", "3"), good("c", "1"))
    assert owners(trial) == {"2": "a", "3": "b", "1": "c"}
    assert trial.commands(after=before)[:3] == ["deleteBarcode 1", "deleteBarcode 2", "deleteBarcode 3"]


def test_barcode_of_a_thousand_goods_is_decided_once(trial: Any) -> None:
    trial.book(*[good(f"g{number}", "1") for number in range(1000)])
    assert owners(trial) == {"1": "g999"}
    trial.book(Drop(Kind.GOOD, ("g999",), 1))
    assert owners(trial) == {"1": "g998"}


# --- tills in between


def test_till_between_two_moves_ends_with_the_last_owner(trial: Any, tills: Any) -> None:
    trial.book(good("a", "1"), good("b"))
    till = tills("5")
    trial.drain(till)
    trial.book(good("b", "1"))
    trial.cut(till, 1)  # the deletion of the barcode, and nothing more
    trial.book(good("a", "1"), good("b"))
    trial.drain(till)
    assert {code: record["code"] for code, record in till.till.barcodes.items()} == {"1": "a"}


def test_extra_price_leaves_a_till_that_missed_two_changes_of_the_main_barcode(trial: Any, tills: Any) -> None:
    """A till finds a good by a barcode it has at that moment: the one of then is gone, the one of now not yet there."""
    trial.book(good("a", "1", extra_prices=(ExtraPrice(2, FIVE),)))
    till = tills("5")
    trial.drain(till)
    trial.book(good("a", "2", extra_prices=(ExtraPrice(2, FIVE),)))
    trial.book(good("a", "2"))
    trial.book(good("a", "3"))
    assert trial.drain(till).extra_prices == {}


def test_extra_price_that_left_is_named_by_the_main_barcode_of_now(trial: Any) -> None:
    trial.book(good("a", "1", "2", extra_prices=(ExtraPrice(2, FIVE),)))
    head = trial.head()
    trial.book(good("a", "2", "1"))
    assert trial.commands(after=head) == ["addInventItem a", "deleteAdditionalPrice 2 2"]
    trial.book(good("a", "1"))
    assert trial.commands(after=head) == ["deleteBarcode 2", "addInventItem a", "deleteAdditionalPrice 1 2"]


def test_extra_price_that_left_never_takes_another_goods(trial: Any, tills: Any) -> None:
    trial.book(good("a", "1", extra_prices=(ExtraPrice(2, FIVE),)), good("b", extra_prices=(ExtraPrice(2, FIVE),)))
    till = tills("5")
    trial.drain(till)
    trial.book(good("a"), good("b", "1", extra_prices=(ExtraPrice(2, FIVE),)))
    assert trial.drain(till).extra_prices.keys() == {("b", 2)}


def test_good_that_came_back_is_not_deleted_again(trial: Any, tills: Any) -> None:
    trial.book(good("a", "1"))
    till = tills("5")
    trial.drain(till)
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    trial.book(good("a", "1"))
    assert trial.commands() == ["deleteBarcode 1", "deleteInventItem a", "addInventItem a"]
    assert trial.drain(till).goods.keys() == {"a"}
    assert trial.drain(till).barcodes.keys() == {"1"}
