"""What time alone changes: dated prices, hours, new shops, other settings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tillpost.model import Barcode, Drop, ExtraPrice, Good, Group, Kind, Price, Put, Shop, Stock, TypedPrice

TODAY = date(2026, 3, 10)
FIVE, SEVEN, NINE, NOTHING = Decimal("5.00"), Decimal("7.00"), Decimal("9.00"), Decimal("0.00")


def good(name: str = "a", price: Decimal | None = FIVE, **fields: Any) -> Put:
    return Put(Kind.GOOD, (name,), Good(name.upper(), price=price, **fields), 1)


def price(amount: Decimal, item: str = "a") -> Put:
    return Put(Kind.PRICE, (item,), Price(amount), 1)


def promo(amount: Decimal, first: int | None = None, last: int | None = None, item: str = "a") -> Put:
    return Put(Kind.PROMO, (item, day(first), day(last)), Price(amount), 4)


def day(days: int | None) -> str:
    return "" if days is None else (TODAY + timedelta(days=days)).isoformat()


def shown(trial: Any, shop: str = "5", name: str = "a") -> Decimal | None:
    found = trial.new_till(shop).goods.get(name)
    return found and found["price"]


def on(trial: Any, days: int, shop: str = "5") -> Any:
    """The shop's day is `days` after today; what time changes is done."""
    trial.shops[shop] = msgspec.structs.replace(trial.shops[shop], today=TODAY + timedelta(days=days))
    return trial.advance()


def change(trial: Any, shop: str = "5", **changes: Any) -> None:
    trial.shops[shop] = msgspec.structs.replace(trial.shops[shop], **changes)


# --- dated prices


def test_dated_price_holds_from_its_first_day_to_its_last(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, 2, 3))
    trial.advance()
    prices = []
    for days in range(6):
        on(trial, days)
        prices.append(shown(trial))
    assert prices == [FIVE, FIVE, SEVEN, SEVEN, FIVE, FIVE]


def test_dated_price_never_replaces_the_base_price(trial: Any) -> None:
    trial.book(good(price=None), price(FIVE), promo(SEVEN, 0, 0))
    trial.advance()
    assert shown(trial) == SEVEN
    trial.book(price(NINE))
    assert shown(trial) == SEVEN
    on(trial, 1)
    assert shown(trial) == NINE


def test_border_missed_while_nothing_ran_is_caught_up(trial: Any) -> None:
    trial.book(good(), good("b"), promo(SEVEN, 2, 3), promo(NINE, 5, None, "b"))
    trial.advance()
    head = trial.head()
    outcome = on(trial, 100)
    assert trial.commands(after=head) == ["addInventItem b"]
    assert (shown(trial), shown(trial, name="b")) == (FIVE, NINE)
    assert [(diff.changed, diff.commands) for diff in outcome.shops] == [(1, 1)]


def test_day_without_a_border_changes_nothing(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, 5))
    trial.advance()
    assert [on(trial, days) for days in (0, 1, 4)] == [None, None, None]
    assert on(trial, 5) is not None


def test_day_is_looked_at_once(trial: Any) -> None:
    trial.book(good())
    trial.advance()
    on(trial, 3)
    trial.book(promo(SEVEN, 2))
    assert (shown(trial), trial.advance()) == (SEVEN, None)


def test_later_from_wins_then_the_later_record(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, -1, 5), promo(NINE, -2, 6))
    assert shown(trial) == SEVEN
    trial.book(promo(Decimal("1.00"), -1, 4))
    assert shown(trial) == 1


def test_dated_price_of_the_shop_beats_the_chains(trial: Any) -> None:
    trial.book(good())
    trial.book(promo(SEVEN, -3), scope="5")
    trial.book(promo(NINE, -1))
    assert shown(trial) == SEVEN


def test_dated_price_beats_any_base_price(trial: Any) -> None:
    trial.book(good(), promo(SEVEN))
    trial.book(price(NINE), scope="5")
    assert shown(trial) == SEVEN


def test_dated_price_of_another_type_is_none_for_the_shop(trial: Any) -> None:
    bulk = Price(types=(TypedPrice("bulk", SEVEN),))
    change(trial, price_type="retail")
    trial.book(good(), Put(Kind.PROMO, ("a", "", ""), bulk, 1))
    assert shown(trial) == FIVE


def test_dated_price_of_zero_withdraws_the_good_for_its_days(trial: Any) -> None:
    trial.book(good(), promo(NOTHING, 1, 1))
    trial.advance()
    assert [(on(trial, days), shown(trial))[1] for days in range(3)] == [FIVE, None, FIVE]


def test_last_day_of_all_days_has_no_day_after(trial: Any) -> None:
    trial.book(good(), Put(Kind.PROMO, ("a", "2026-01-01", "9999-12-31"), Price(SEVEN), 1))
    assert shown(trial) == SEVEN


def test_dropped_dated_price_has_no_borders_left(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, 2, 3))
    trial.advance()
    trial.book(Drop(Kind.PROMO, ("a", day(2), day(3)), 1))
    assert on(trial, 9) is None


def test_overlap_of_two_dated_prices_is_told_once_when_booked(trial: Any) -> None:
    outcome = trial.book(good(), promo(SEVEN, 0, 5), promo(NINE, 3, 9), promo(NINE, 6, 8))
    told = [(remark.reason.code, remark.key, remark.line) for remark in outcome.remarks]
    assert told == [("catalogue.promos-overlap", "a", 4)]
    assert day(0) in outcome.remarks[0].reason.text("ru")
    assert trial.book(promo(SEVEN, 0, 5), promo(NINE, 3, 9)).remarks == ()


def test_day_that_jumped_back_does_nothing_until_it_is_passed_again(trial: Any) -> None:
    trial.book(good(), good("b"), promo(SEVEN, 2), promo(SEVEN, 2, item="b"))
    trial.advance()
    on(trial, 2)
    head = trial.head()
    assert on(trial, 1) is None
    assert trial.head() == head
    assert on(trial, 2) is None


def test_what_is_made_on_an_earlier_day_is_made_again_when_the_day_is_passed(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, 2))
    trial.advance()
    on(trial, 2)
    on(trial, 1)
    trial.book(good(department=2))
    assert shown(trial) == FIVE
    on(trial, 2)
    assert shown(trial) == SEVEN


def test_each_shop_has_its_own_day(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good(), promo(SEVEN, 1))
    trial.advance()
    outcome = on(trial, 1, "6")
    assert [diff.shop for diff in outcome.shops] == ["6"]
    assert (shown(trial, "5"), shown(trial, "6")) == (FIVE, SEVEN)


# --- hours


def test_price_waits_for_its_hours_and_the_rest_does_not(trial: Any) -> None:
    trial.book(good(min_price=FIVE, extra_prices=(ExtraPrice(1, FIVE),)))
    trial.advance()
    change(trial, prices_open=False)
    trial.book(good(price=SEVEN, min_price=SEVEN, barcodes=(Barcode("1"),)))
    till = trial.new_till()
    assert (till.goods["a"]["price"], till.goods["a"]["minprice"], till.barcodes.keys()) == (FIVE, FIVE, {"1"})
    assert till.extra_prices.keys() == {("a", 1)}
    assert trial.advance() is None
    change(trial, prices_open=True)
    assert [diff.changed for diff in trial.advance().shops] == [1]
    till = trial.new_till()
    assert (till.goods["a"]["price"], till.goods["a"]["minprice"], till.extra_prices) == (SEVEN, SEVEN, {})
    assert trial.advance() is None


def test_new_good_waits_for_no_hours(trial: Any) -> None:
    change(trial, prices_open=False)
    trial.book(good())
    assert shown(trial) == FIVE


def test_good_without_a_price_is_withdrawn_at_any_hour(trial: Any) -> None:
    trial.book(good())
    trial.advance()
    change(trial, prices_open=False)
    trial.book(good(price=SEVEN))
    trial.book(good(price=None))
    assert shown(trial) is None
    change(trial, prices_open=True)
    assert trial.advance() is None


def test_price_that_went_back_waits_for_nothing(trial: Any) -> None:
    trial.book(good())
    trial.advance()
    change(trial, prices_open=False)
    trial.book(good(price=SEVEN))
    trial.book(good())
    change(trial, prices_open=True)
    assert trial.advance() is None


def test_booking_in_hours_settles_what_waited(trial: Any) -> None:
    trial.book(good())
    trial.advance()
    change(trial, prices_open=False)
    trial.book(good(price=SEVEN))
    change(trial, prices_open=True)
    trial.book(good(price=SEVEN, department=2))
    assert (shown(trial), trial.advance()) == (SEVEN, None)


def test_dated_price_waits_for_its_hours_too(trial: Any) -> None:
    trial.book(good(), promo(SEVEN, 1))
    trial.advance()
    change(trial, prices_open=False)
    on(trial, 1)
    assert shown(trial) == FIVE
    change(trial, prices_open=True)
    trial.advance()
    assert shown(trial) == SEVEN


def test_price_that_waits_is_counted_when_it_is_asked_for_and_not_again(trial: Any) -> None:
    trial.book(good())
    trial.advance()
    change(trial, prices_open=False)
    outcome = trial.book(good(price=Decimal("50.00")))
    assert outcome.shops[0].moved == 1
    assert trial.book(good(price=Decimal("50.00"), department=2)).shops[0].moved == 0
    change(trial, prices_open=True)
    assert trial.advance().shops[0].moved == 0


# --- shops


def test_new_shop_gets_everything(trial: Any) -> None:
    trial.book(good(), good("b b"), Put(Kind.GROUP, ("1",), Group("G"), 1))
    trial.advance()
    trial.shops["6"] = Shop("6", TODAY)
    outcome = trial.advance()
    assert [(diff.shop, diff.added, diff.commands) for diff in outcome.shops] == [("6", 2, 3)]
    assert trial.new_till("6").state() == trial.new_till("5").state()
    assert trial.advance() is None


@pytest.mark.parametrize("changes", [{"price_type": "bulk"}, {"warehouses": ("w",)}, {"send_stock": False}])
def test_shop_that_wants_other_things_gets_what_differs(trial: Any, changes: dict[str, Any]) -> None:
    types = Price(types=(TypedPrice("retail", FIVE), TypedPrice("bulk", SEVEN)))
    stock = Stock((("w", Decimal(1)), ("v", Decimal(2))))
    trial.book(good("b"), good(price=None), Put(Kind.PRICE, ("a",), types, 1), Put(Kind.STOCK, ("a",), stock, 1))
    trial.advance()
    head = trial.head()
    change(trial, **changes)
    assert trial.advance() is not None
    assert trial.commands(after=head) == ["addInventItem a"]
    assert trial.advance() is None


def test_wish_that_was_changed_and_changed_back_leaves_nothing_behind(trial: Any) -> None:
    trial.book(good(), Put(Kind.STOCK, ("a",), Stock((("w", Decimal(1)),)), 1))
    trial.advance()
    change(trial, send_stock=False)
    trial.book(good(department=2))
    change(trial, send_stock=True)
    trial.advance()
    assert trial.new_till().goods["a"]["remain"] == 1


def test_shop_that_was_away_is_made_whole_when_it_is_back(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    group = Put(Kind.GROUP, ("1",), Group("G"), 1)
    trial.book(good(barcodes=(Barcode("1"),)), good("b"), group)
    trial.advance()
    gone = Drop(Kind.GOOD, ("a",), 1), Drop(Kind.GROUP, ("1",), 1)
    trial.book(*gone, good("b", barcodes=(Barcode("1"),)), shops=["5"])
    trial.book(good("c"))
    assert trial.new_till("6").state() == trial.new_till("5").state()
    assert trial.advance() is None


def test_shop_that_no_export_missed_needs_nothing_after_being_away(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good())
    trial.advance()
    trial.book(good(price=SEVEN), scope="5", shops=["5"])
    trial.book(good(), shops=["5"])
    assert trial.advance() is None
