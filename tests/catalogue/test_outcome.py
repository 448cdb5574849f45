"""What a booking tells of itself: what people and the guard read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tillpost.catalogue.outcome import LISTED, SAMPLES
from tillpost.model import Drop, Good, Kind, Price, Put, Variant

FIVE = Decimal("5.00")


def good(name: str, price: str | None = "5.00", **fields: Any) -> Put:
    amount = None if price is None else Decimal(price)
    return Put(Kind.GOOD, (name,), Good(name.upper(), price=amount, **fields), 1)


def diff(outcome: Any, shop: str = "5") -> Any:
    return next(diff for diff in outcome.shops if diff.shop == shop)


def test_diff_tells_what_comes_what_changes_and_what_goes(trial: Any) -> None:
    trial.book(good("a"), good("b"), good("c"))
    found = diff(trial.book(good("a", "6.00"), Drop(Kind.GOOD, ("b",), 1), good("d"), good("e", None)))
    assert (found.added, found.changed, found.deleted, found.commands) == (1, 1, 1, 3)
    assert (found.added_goods, found.deleted_goods) == ((("d", "D"),), (("b", "B"),))
    assert (found.sold_before, found.priced_before) == (3, 3)


def test_unchanged_booking_has_an_empty_diff_for_every_shop(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a"))
    outcome = trial.book(good("a"))
    assert [(found.shop, found.commands, found.changed) for found in outcome.shops] == [("5", 0, 0), ("6", 0, 0)]


def test_prices_that_move_too_far_are_counted_either_way(trial: Any) -> None:
    trial.book(good("a", "10.00"), good("b", "10.00"), good("c", "10.00"), good("d", "10.00"), good("e", "10.00"))
    moves = [good("a", "20.00"), good("b", "20.01"), good("c", "5.00"), good("d", "4.99"), good("e", "11.00")]
    found = diff(trial.book(*moves))
    assert found.moved == 2
    assert [(code, new) for code, _, _, new in found.price_moves] == [
        ("d", Decimal("4.99")),
        ("b", Decimal("20.01")),
        ("a", Decimal("20.00")),
        ("c", Decimal("5.00")),
        ("e", Decimal("11.00")),
    ]
    assert found.price_moves[0][:3] == ("d", "D", Decimal("10.00"))


def test_factor_is_the_callers(trial: Any) -> None:
    trial.book(good("a", "10.00"))
    assert diff(trial.book(good("a", "14.00"), factor=Decimal("1.3"))).moved == 1


def test_price_that_moves_by_a_prices_file_counts_like_any(trial: Any) -> None:
    trial.book(good("a", "10.00"))
    assert diff(trial.book(Put(Kind.PRICE, ("a",), Price(Decimal("50.00")), 1))).moved == 1


def test_lists_are_bounded_and_totals_are_not(trial: Any) -> None:
    many = LISTED + 50
    outcome = trial.book(*[good(f"g{number}", None, group="nowhere") for number in range(many)])
    assert (len(outcome.unsold), outcome.unsold_total) == (LISTED, many)
    outcome = trial.book(*[good(f"g{number}", group="nowhere") for number in range(many)])
    assert (len(outcome.remarks), outcome.remarks_total) == (LISTED, many)
    assert (len(diff(outcome).added_goods), diff(outcome).added) == (SAMPLES, many)
    outcome = trial.book(*[good(f"g{number}", f"{number + 6}.00") for number in range(many)])
    found = diff(outcome)
    assert (len(found.price_moves), found.price_moves[0][0]) == (SAMPLES, f"g{many - 1}")


def test_list_of_goods_is_counted_sold_or_not(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a", None), good("b", None), Put(Kind.VARIANT, ("a", "x"), Variant(), 1))
    trial.book(good("b"), good("c"), scope="6")
    outcome = trial.book(good("a"), full=[Kind.GOOD, Kind.VARIANT])
    assert [(found.goods_before, found.dropped) for found in outcome.shops] == [(3, 2), (4, 1)]
    outcome = trial.book(scope="6", full=[Kind.GOOD])
    assert [(found.goods_before, found.dropped) for found in outcome.shops] == [(3, 2)]
    outcome = trial.book()
    assert [found.goods_before for found in outcome.shops] == [1, 1]


def test_good_that_is_dropped_and_stated_again_is_not_dropped(trial: Any) -> None:
    trial.book(good("a"))
    found = diff(trial.book(Drop(Kind.GOOD, ("a",), 1), good("a", "6.00")))
    assert (found.dropped, found.goods_before, found.changed, found.deleted) == (0, 1, 1, 0)


def test_shops_list_is_counted_right_whatever_comes_first(trial: Any) -> None:
    trial.book(good("a"), scope="5")
    trial.book(good("a"))
    trial.book(Drop(Kind.GOOD, ("a",), 1), scope="5")
    assert diff(trial.book()).goods_before == 1
    trial.book(good("a"), scope="5")
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    assert diff(trial.book()).goods_before == 1


def test_touched_kinds_are_those_of_which_something_changed(trial: Any) -> None:
    trial.book(good("a"))
    outcome = trial.book(good("a"), Put(Kind.PRICE, ("a",), Price(FIVE), 1))
    assert outcome.touched == {Kind.PRICE}


def test_nothing_of_an_outcome_can_be_changed(trial: Any) -> None:
    outcome = trial.book(good("a"))
    with pytest.raises(AttributeError):
        outcome.skipped = 1
    assert msgspec.structs.asdict(outcome.shops[0])["added"] == 1
