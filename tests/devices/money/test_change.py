"""Change is exact, never from what is not there, and of the fewest pieces."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.money.change import first_gap, make_change, most_makeable
from tillpost.devices.nouns import Pieces

Stock = list[Pieces]

ROUBLES = {500: 8, 100: 20, 50: 10, 10: 40, 5: 20, 2: 40, 1: 20}
STOCKS = st.lists(
    st.builds(Pieces, st.integers(1, 12), st.integers(0, 7)), max_size=3, unique_by=lambda pieces: pieces.denomination
)
SCALES = st.sampled_from([1, 5, 100])


def stock(counts: dict[int, int]) -> Stock:
    return [Pieces(denomination, count) for denomination, count in counts.items()]


def amount_of(pieces: tuple[Pieces, ...]) -> int:
    return sum(each.amount for each in pieces)


def choices(having: Stock) -> list[tuple[Pieces, ...]]:
    """Every handful there is, each from the greatest piece down."""
    ordered = sorted(having, key=lambda pieces: -pieces.denomination)
    return [
        tuple(Pieces(pieces.denomination, count) for pieces, count in zip(ordered, counts, strict=True) if count)
        for counts in product(*(range(pieces.count + 1) for pieces in ordered))
    ]


def best(amount: int, having: Stock) -> tuple[Pieces, ...] | None:
    """Fewest pieces, then most of the greatest: by looking at them all."""
    fitting = [choice for choice in choices(having) if amount_of(choice) == amount]
    denominations = sorted({pieces.denomination for pieces in having}, reverse=True)

    def rank(choice: tuple[Pieces, ...]) -> tuple[int, list[int]]:
        counts = {pieces.denomination: pieces.count for pieces in choice}
        return sum(counts.values()), [-counts.get(denomination, 0) for denomination in denominations]

    return min(fitting, key=rank, default=None)


@pytest.mark.parametrize(
    ("amount", "counts", "change"),
    [
        (6, {5: 1, 2: 3}, {2: 3}),
        (60, {50: 1, 20: 3}, {20: 3}),
        (0, {}, {}),
        (0, {5: 1}, {}),
        (8, {5: 1, 4: 2, 3: 1}, {5: 1, 3: 1}),
        (30, {25: 1, 10: 3, 1: 5}, {10: 3}),
    ],
)
def test_change_is_found_where_the_greatest_piece_first_would_fail(
    amount: int, counts: dict[int, int], change: dict[int, int]
) -> None:
    assert make_change(amount, stock(counts)) == tuple(stock(change))


@pytest.mark.parametrize(("amount", "counts"), [(1, {}), (3, {2: 5}), (10, {5: 1}), (7, {5: 1, 2: 0}), (150, {100: 5})])
def test_what_cannot_be_made_is_none(amount: int, counts: dict[int, int]) -> None:
    assert make_change(amount, stock(counts)) is None


@given(STOCKS, st.integers(0, 80), SCALES)
def test_change_is_the_best_of_all_choices(having: Stock, amount: int, scale: int) -> None:
    scaled = [Pieces(pieces.denomination * scale, pieces.count) for pieces in having]
    assert make_change(amount * scale, scaled) == best(amount * scale, scaled)


@given(STOCKS, st.integers(0, 80))
def test_what_can_be_given_of_an_amount_is_the_greatest_that_can_be_made(having: Stock, amount: int) -> None:
    assert most_makeable(amount, having) == max(made for made in map(amount_of, choices(having)) if made <= amount)


@given(STOCKS, st.integers(1, 12), st.integers(0, 60))
def test_first_gap_is_the_smallest_step_that_cannot_be_made(having: Stock, step: int, below: int) -> None:
    made = set(map(amount_of, choices(having)))
    gaps = [amount for amount in range(step, below, step) if amount not in made]
    assert first_gap(having, step, below) == min(gaps, default=None)


@given(st.lists(st.builds(Pieces, st.integers(1, 60_000), st.integers(0, 300)), max_size=10), st.integers(0, 500_000))
def test_change_of_any_size_is_exact_and_never_what_is_not_there(having: Stock, amount: int) -> None:
    change = make_change(amount, having)
    if change is None:
        assert most_makeable(amount, having) < amount
        return
    assert amount_of(change) == amount
    for given_ in change:
        assert 0 < given_.count <= sum(p.count for p in having if p.denomination == given_.denomination)


def test_units_of_one_denomination_count_together() -> None:
    assert make_change(30, [Pieces(10, 1), Pieces(10, 2)]) == (Pieces(10, 3),)


def test_counts_below_nothing_give_nothing() -> None:
    assert make_change(10, [Pieces(10, -1)]) is None
    assert most_makeable(10, [Pieces(10, -1)]) == 0


def test_stock_with_eight_500s_still_makes_every_change_of_a_5000_note() -> None:
    roubles = stock({denomination * 100: count for denomination, count in ROUBLES.items()})
    assert first_gap(roubles, 100, 5000_00) is None
    assert all(make_change(roubles_ * 100, roubles) is not None for roubles_ in range(1, 5000, 7))


def test_amounts_and_denominations_below_nothing_are_mistakes() -> None:
    with pytest.raises(ValueError, match="-1"):
        make_change(-1, [])
    with pytest.raises(ValueError, match="denomination=0"):
        make_change(1, [Pieces(0, 1)])
    with pytest.raises(ValueError, match="0"):
        first_gap([], 0, 10)
