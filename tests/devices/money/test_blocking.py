"""Cash is blocked before change runs short: early by the reference's rule, as late as is safe by the exact one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tillpost.devices.money.blocking import Block, Rule, Terms, blocks, reserves, short, spelt
from tillpost.devices.money.change import make_change
from tillpost.devices.money.units import Condition, Unit, UnitKind, dispensable
from tillpost.devices.nouns import Pieces, Standing

R = 100  # kopecks
COINS = (R, 2 * R, 5 * R, 10 * R)
DRUMS = (50 * R, 100 * R, 500 * R)
NOTES = (50 * R, 100 * R, 500 * R, 1000 * R, 5000 * R)
NEEDED = {500: 9, 100: 4, 50: 1, 10: 4, 5: 1, 2: 2, 1: 1}
PLENTY = {500: 8, 100: 20, 50: 10, 10: 40, 5: 20, 2: 40, 1: 20}


def units(counts: dict[int, int], scale: int = R) -> list[Unit]:
    return [
        Unit(f"unit {piece}", UnitKind.HOPPER, piece * scale, holds=(Pieces(piece * scale, count),) if count else ())
        for piece, count in counts.items()
    ]


def terms(rule: Rule = Rule.RESERVE, accepted: tuple[int, ...] = (*COINS, *NOTES)) -> Terms:
    return Terms(accepted, R, rule)


def codes(found: tuple[Block, ...]) -> list[str]:
    return [block.staff.code for block in found]


# --- the reference's rule


def test_reserve_is_what_the_reference_says_nine_500s_and_four_100s() -> None:
    """Nine 500s, because a 5000 note may come for a small purchase; four 100s, because the fifth is a 500."""
    assert reserves((*COINS, *DRUMS), (*COINS, *NOTES)) == {piece * R: need for piece, need in NEEDED.items()}


def test_reserve_of_the_greatest_follows_the_greatest_note_that_is_accepted() -> None:
    assert reserves(DRUMS, [*DRUMS, 1000 * R])[500 * R] == 1
    assert reserves(DRUMS, DRUMS)[500 * R] == 0
    assert reserves(DRUMS, [50 * R, 100 * R]) == {50 * R: 1, 100 * R: 0, 500 * R: 0}
    assert reserves(DRUMS, []) == {50 * R: 0, 100 * R: 0, 500 * R: 0}


@pytest.mark.parametrize("piece", list(NEEDED))
def test_cash_is_blocked_as_soon_as_one_piece_of_a_reserve_lacks(piece: int) -> None:
    assert blocks(units(NEEDED), terms(), {}) == ()
    lacking = units({**NEEDED, piece: NEEDED[piece] - 1})
    assert short(lacking, terms()) == (piece * R,)
    (block,) = blocks(lacking, terms(), {})
    assert (block.staff.code, block.denomination) == ("blocking.short", piece * R)
    assert block.staff.parts == {"denomination": str(piece), "count": NEEDED[piece] - 1, "need": NEEDED[piece]}


def test_change_that_no_unit_could_give_is_short() -> None:
    """Only drums of 50 and more, and totals in whole roubles."""
    assert short(units({50: 99, 100: 99, 500: 99}), terms()) == (R,)
    assert short([], terms()) == (R,)


def test_unit_that_is_jammed_does_not_count() -> None:
    stuck = [
        each
        if each.denomination != 100 * R
        else Unit(each.id, each.kind, each.denomination, each.holds, condition=Condition.JAMMED)
        for each in units(PLENTY | {500: 9})
    ]
    assert short(stuck, terms()) == (100 * R,)


# --- the exact rule


def test_exact_rule_allows_what_the_reference_blocks_too_early() -> None:
    assert short(units(PLENTY), terms(Rule.RESERVE)) == (500 * R,)
    assert short(units(PLENTY), terms(Rule.EXACT)) == ()
    assert blocks(units(PLENTY), terms(Rule.EXACT), {}) == ()


def test_exact_rule_says_which_change_lacks_and_what_to_fill_up() -> None:
    (block,) = blocks(units(PLENTY | {1: 0}), terms(Rule.EXACT), {})
    assert block.staff.text("en") == "change of 1 cannot be made; fill up pieces of 1"
    (block,) = blocks(units(PLENTY | {500: 0, 100: 4}), terms(Rule.EXACT), {})
    assert (block.staff.code, block.denomination) == ("blocking.gap", 500 * R)
    assert short(units(PLENTY | {500: 0, 100: 4}), terms(Rule.EXACT)) == (500 * R,)


def test_exact_rule_names_the_step_where_no_unit_could_help() -> None:
    assert short(units({50: 99}), terms(Rule.EXACT)) == (R,)


STEPS = st.sampled_from([1, 2, 5, 10])
COUNTS = st.dictionaries(st.integers(1, 20), st.integers(0, 12), max_size=5)
ACCEPTED = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@given(COUNTS, ACCEPTED, STEPS)
def test_what_the_reference_allows_the_exact_rule_allows(
    counts: dict[int, int], accepted: list[int], step: int
) -> None:
    having = units(counts, step)
    both = [Terms(tuple(each * step for each in accepted), step, rule) for rule in (Rule.RESERVE, Rule.EXACT)]
    assume(not short(having, both[0]))
    assert not short(having, both[1])


@given(COUNTS, ACCEPTED, STEPS, st.data())
def test_exact_rule_is_safe_whoever_puts_in_what(
    counts: dict[int, int], accepted: list[int], step: int, data: st.DataObject
) -> None:
    """A customer puts in accepted pieces until it is enough: the change can be made, of what was there before."""
    counts = {**counts, 1: counts.get(1, 0) + data.draw(st.integers(0, 40))}  # so that it often allows
    allowed = Terms(tuple(each * step for each in accepted), step, Rule.EXACT)
    having = units(counts, step)
    assume(not short(having, allowed))
    total, paid = data.draw(st.integers(1, 100)) * step, 0
    while paid < total:
        paid += data.draw(st.sampled_from(allowed.accepted))
    assert make_change(paid - total, dispensable(having)) is not None


@given(COUNTS, ACCEPTED)
def test_exact_rule_blocks_only_where_some_change_really_lacks(counts: dict[int, int], accepted: list[int]) -> None:
    having = units(counts, 1)
    lacks = [amount for amount in range(1, max(accepted)) if make_change(amount, dispensable(having)) is None]
    assert bool(short(having, Terms(tuple(accepted), 1, Rule.EXACT))) is bool(lacks)


# --- everything else that stands in the way


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.OFFLINE, "blocking.offline"),
        (Standing.FAULTY, "blocking.faulty"),
        (Standing.JAMMED, "blocking.jammed"),
        (Standing.OPEN, "blocking.open"),
        (Standing.FULL, "blocking.full"),
        (Standing.STARTING, "blocking.starting"),
    ],
)
def test_device_that_cannot_take_cash_blocks_it(standing: Standing, code: str) -> None:
    (block,) = blocks(units(NEEDED), terms(), {"validator": standing})
    assert (block.staff.code, block.unit) == (code, "validator")


@pytest.mark.parametrize("standing", [Standing.DISABLED, Standing.ACCEPTING, Standing.BUSY])
def test_device_that_works_does_not_block(standing: Standing) -> None:
    assert blocks(units(NEEDED), terms(), {"validator": standing}) == ()


@pytest.mark.parametrize("kind", [UnitKind.CASSETTE, UnitKind.MIXER])
@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Condition.MISSING, "blocking.missing"),
        (Condition.UNCOUNTED, "blocking.uncounted"),
        (Condition.JAMMED, "blocking.jammed"),
        (Condition.UNAVAILABLE, "blocking.faulty"),
    ],
)
def test_cassette_or_mixer_that_is_not_ready_blocks(kind: UnitKind, condition: Condition, code: str) -> None:
    (block,) = blocks([*units(NEEDED), Unit("box", kind, condition=condition)], terms(), {})
    assert (block.staff.code, block.unit) == (code, "box")


@pytest.mark.parametrize(("count", "found"), [(89, []), (90, ["blocking.full"]), (100, ["blocking.full"])])
def test_cassette_near_full_blocks(count: int, found: list[str]) -> None:
    box = Unit("cassette", UnitKind.CASSETTE, holds=(Pieces(5000 * R, count),), capacity=100)
    assert codes(blocks([*units(NEEDED), box], terms(), {})) == found


def test_all_reasons_are_told_gravest_first() -> None:
    box = Unit("cassette", UnitKind.CASSETTE, condition=Condition.MISSING)
    standings = {"coins": Standing.STARTING, "notes": Standing.OFFLINE}
    found = blocks([box, *units(NEEDED | {500: 1, 2: 0})], terms(), standings)
    assert codes(found) == [
        "blocking.offline",
        "blocking.starting",
        "blocking.missing",
        "blocking.short",
        "blocking.short",
    ]
    for block in found:
        for language in ("en", "ru"):
            assert block.staff.text(language)
            assert "500" not in block.customer.text(language)


@pytest.mark.parametrize(
    ("amount", "digits", "text"), [(50000, 2, "500"), (50, 2, "0.50"), (105, 2, "1.05"), (7, 0, "7"), (0, 2, "0")]
)
def test_amounts_are_spelt_for_people(amount: int, digits: int, text: str) -> None:
    assert spelt(amount, digits) == text
