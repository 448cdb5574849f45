"""What makes a correct export suspicious."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.pipeline.guard import suspicions
from tillpost.pipeline.ledger import ShopPlan
from tillpost.pipeline.sections import Guard


def codes(plan: ShopPlan, guard: Guard | None = None, *, full: bool = True) -> list[str]:
    return [reason.code for reason in suspicions([plan], guard or Guard(), full=full)]


@pytest.mark.parametrize(("gone", "held"), [(0, False), (20, False), (21, True), (100, True)])
def test_full_export_may_delete_its_share_and_no_more(gone: int, held: bool) -> None:
    assert codes(ShopPlan("5", goods=100, dropped=gone)) == ["guard.deletes"] * held


@pytest.mark.parametrize(("moved", "held"), [(0, False), (10, False), (11, True), (100, True)])
def test_full_export_may_move_its_share_of_prices_and_no_more(moved: int, held: bool) -> None:
    assert codes(ShopPlan("5", priced=100, moved=moved)) == ["guard.moves"] * held


def test_changes_are_not_weighed_unless_the_settings_say_so() -> None:
    plan = ShopPlan("5", goods=10, dropped=10, priced=10, moved=10)
    assert codes(plan, full=False) == []
    assert codes(plan, Guard(changes=True), full=False) == ["guard.moves"]


def test_first_load_is_not_suspicious() -> None:
    assert codes(ShopPlan("5", added=1000)) == []


def test_share_of_one_switches_a_guard_off() -> None:
    plan = ShopPlan("5", goods=10, dropped=10, priced=10, moved=10)
    assert codes(plan, Guard(deleted_share=1, moved_share=1)) == []


def test_every_shop_is_weighed_by_itself() -> None:
    plans = [ShopPlan("5", goods=1000, dropped=1), ShopPlan("6", goods=2, dropped=1)]
    (reason,) = suspicions(plans, Guard(), full=True)
    assert reason.parts["shop"] == "6"


def test_reason_tells_the_numbers_in_both_languages() -> None:
    (reason,) = suspicions([ShopPlan("5", goods=200, dropped=50)], Guard(), full=True)
    assert reason.text("en") == "shop 5: 50 of 200 goods would go (25%; more than 20% wants a person's yes)"
    assert "исчезнет 50 из 200" in reason.text("ru")


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 1), st.booleans())
def test_more_deletions_are_never_less_suspicious(goods: int, gone: int, share: float, full: bool) -> None:
    guard = Guard(deleted_share=share)
    fewer, more = (codes(ShopPlan("5", goods=goods, dropped=count), guard, full=full) for count in (gone, gone + 1))
    assert len(fewer) <= len(more)
