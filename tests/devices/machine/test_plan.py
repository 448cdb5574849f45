"""What is asked for of a total that the smallest piece does not make."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.machine.nouns import Phase
from tillpost.devices.machine.plan import Rounding, payable
from tillpost.devices.nouns import Misuse
from tillpost.devices.rehearsal.world import World, roubles

ROUNDED = {
    Rounding.DOWN: {1_001: 1_000, 1_050: 1_000, 1_051: 1_000, 1_099: 1_000, 99: 0},
    Rounding.UP: {1_001: 1_100, 1_050: 1_100, 1_051: 1_100, 1_099: 1_100, 99: 100},
    Rounding.NEAREST: {1_001: 1_000, 1_050: 1_000, 1_051: 1_100, 1_099: 1_100, 50: 0},
}


@pytest.mark.parametrize("rule", ROUNDED)
def test_kopecks_are_rounded_by_the_rule_that_is_set(rule: Rounding) -> None:
    plan = msgspec.structs.replace(roubles(), rounding=rule)
    assert {total: payable(total, plan) for total in ROUNDED[rule]} == ROUNDED[rule]


def test_kopecks_are_refused_where_no_rule_is_set() -> None:
    with pytest.raises(Misuse) as refused:
        payable(1_050, roubles())
    assert refused.value.reason.code == "machine.total-step"
    assert refused.value.reason.parts == {"total": "10.50", "step": "1"}


@given(st.integers(0, 10**7), st.sampled_from(Rounding))
def test_what_the_machine_can_take_exactly_is_never_changed_and_nothing_by_a_whole_step(
    total: int, rule: Rounding
) -> None:
    plan = msgspec.structs.replace(roubles(), rounding=rule)
    step = plan.terms.step
    assert payable(total // step * step, plan) == total // step * step
    if rule is not Rounding.REFUSE:
        assert abs(payable(total, plan) - total) < step
        assert payable(total, plan) % step == 0


def test_a_sale_asks_for_the_rounded_total() -> None:
    world = World(msgspec.structs.replace(roubles(), rounding=Rounding.NEAREST))
    world.machine.begin_deposit(1_051)
    assert world.machine.status.wanted == 1_100


def test_a_total_of_which_nothing_is_left_is_refused() -> None:
    world = World(msgspec.structs.replace(roubles(), rounding=Rounding.DOWN))
    for amount, code in ((99, "machine.nothing-left"), (-100, "machine.no-amount")):
        with pytest.raises(Misuse) as refused:
            world.machine.begin_deposit(amount)
        assert refused.value.reason.code == code
    assert world.machine.phase is Phase.IDLE


def test_a_unit_that_is_not_there_is_refused_with_those_that_are() -> None:
    plan = roubles()
    assert plan.unit("ten").denomination == 1_000
    with pytest.raises(Misuse) as refused:
        plan.unit("drum")
    assert refused.value.reason.parts["units"] == "ten, five, one, mixer, box"
