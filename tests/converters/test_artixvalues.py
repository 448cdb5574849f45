"""Values as an Artix till spells them: numbers of either kind and as text, texts, local times."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters.artixjson import canonical_json, decoded
from tillpost.converters.artixvalues import (
    LARGEST,
    LONGEST,
    Unfit,
    amount,
    amount_or_none,
    mark,
    measure,
    moment,
    rows,
    text,
    whole,
    whole_or_none,
)
from tillpost.model import NOTHING

D = Decimal


def tree(written: str) -> dict[str, Any]:
    """An object whose field x is spelt as `written`."""
    found = decoded(f'{{"x": {written}}}'.encode())
    assert isinstance(found, dict)
    return found


# --- amounts and quantities


@pytest.mark.parametrize(
    ("written", "money", "quantity"),
    [
        ("52.50", "52.50", "52.5"),
        ("52.5", "52.50", "52.5"),
        ("52", "52.00", "52"),
        ("52.0", "52.00", "52"),
        ('"52,5"', "52.50", "52.5"),
        ('"52."', "52.00", "52"),
        ('",5"', "0.50", "0.5"),
        ('" 1.250 "', "1.25", "1.25"),
        ('"+1"', "1.00", "1"),
        ("-80.99", "-80.99", "-80.99"),
        ("1e2", "100.00", "100"),
        ("5E-1", "0.50", "0.5"),
        ("0.452", "0.452", "0.452"),
        ("0.123456", "0.123456", "0.123456"),
        ("299.99999999999994", "300.00", "300"),
        ("0.30000000000000004", "0.30", "0.3"),
        ("0.0000005", "0.000001", "0.000001"),
        ("0.0000004", "0", "0"),
        ("-0.0000005", "-0.000001", "-0.000001"),
        ("-0.0", "0", "0"),
        ("1e-999999999", "0", "0"),
        ("999999999999999.99", "999999999999999.99", "999999999999999.99"),
    ],
)
def test_number_is_the_same_from_every_spelling(written: str, money: str, quantity: str) -> None:
    assert str(amount(tree(written), "x")) == money
    assert str(amount_or_none(tree(written), "x")) == money
    assert str(measure(tree(written), "x")) == quantity


@pytest.mark.parametrize("written", ["null", '""', '"null"', '" "'])
def test_absent_number_is_nothing(written: str) -> None:
    assert amount(tree(written), "x") is NOTHING
    assert measure(tree(written), "x") is NOTHING
    assert amount_or_none(tree(written), "x") is None
    assert amount(tree("1"), "y") is NOTHING


def test_nothing_is_the_one_object_that_nouns_leave_out() -> None:
    for written in ("0", "0.00", '"0,00"', "0e5"):
        assert amount(tree(written), "x") is NOTHING
        assert measure(tree(written), "x") is NOTHING


@settings(max_examples=200, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14, places=9))
def test_amounts_are_exact_to_six_digits_and_rounded_beyond(value: Decimal) -> None:
    found = amount(tree(f"{value:f}"), "x")
    assert found == value.quantize(D("0.000001"), ROUND_HALF_UP)
    assert found == amount(tree(f'"{value:f}"'), "x") == measure(tree(f"{value:E}"), "x")


@pytest.mark.parametrize("written", ["1e15", "-1e15", "1e400", "1" + "0" * 15, "1" * 4000, "1e999999999"])
def test_absurd_magnitudes_are_refused(written: str) -> None:
    for read in (amount, amount_or_none, measure, whole, whole_or_none):
        with pytest.raises(Unfit):
            read(tree(written), "x")


# --- whole numbers


@pytest.mark.parametrize(
    ("written", "number"), [("7", 7), ("7.0", 7), ("7e0", 7), ('"7"', 7), ('" 007 "', 7), ("-7", -7)]
)
def test_whole_number_is_the_same_from_every_spelling(written: str, number: int) -> None:
    assert whole(tree(written), "x") == number
    assert type(whole(tree(written), "x")) is int


def test_whole_number_has_bounds_and_may_have_a_default() -> None:
    assert whole(tree(str(LARGEST)), "x") == LARGEST
    assert whole(tree("null"), "x", 5) == 5
    assert whole_or_none(tree('"null"'), "x") is None
    for wrong in (str(LARGEST + 1), str(-LARGEST - 1), "1.5", '"1.5"', "true", "[]", "{}", '"９"'):
        with pytest.raises(Unfit):
            whole(tree(wrong), "x", 5)
    with pytest.raises(Unfit):
        whole(tree("-1"), "x", least=0)


# --- texts


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('" 1001 "', "1001"),
        ("1001", "1001"),
        ("1001.0", "1001"),
        ("12345678901234567890", "12345678901234567890"),
        ('"null"', ""),
        ("null", ""),
        ('"a\\u0000b"', "a�b"),
        ('"\\u001d01"', "\x1d01"),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_text_is_without_blanks_around_it_and_numbers_pass_for_one(written: str, said: str) -> None:
    assert text(tree(written), "x") == said


def test_longest_text_is_taken_and_a_longer_one_refused() -> None:
    assert text({"x": "ж" * LONGEST}, "x") == mark("ж" * LONGEST, "x") == "ж" * LONGEST
    for wrong in ("ж" * (LONGEST + 1), int("1" * (LONGEST + 1)), True, D("1.5"), []):
        with pytest.raises(Unfit):
            text({"x": wrong}, "x")


# --- times


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-11-19T08:55:10", "2026-11-19T08:55:10"),
        ("2026-11-19 08:55:10", "2026-11-19T08:55:10"),
        (" 2026-11-19T08:55:10 ", "2026-11-19T08:55:10"),
        ("2026-11-19T08:55:10.5", "2026-11-19T08:55:10.500000"),
        ("2026-11-19T08:55:10,123456789", "2026-11-19T08:55:10.123456"),
        ("2026-11-19T08:55:10+03:00", "2026-11-19T08:55:10"),
        ("2026-11-19T08:55:10.000+0300", "2026-11-19T08:55:10"),
    ],
)
def test_time_is_what_the_tills_clock_showed(written: str, said: str) -> None:
    found = moment({"x": written}, "x")
    assert found == datetime.fromisoformat(said)
    assert found.tzinfo is None


@pytest.mark.parametrize("absent", [None, "null", "", " "])
def test_absent_time_is_none(absent: str | None) -> None:
    assert moment({"x": absent}, "x") is None


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-19T08:55:10Z",
        "2026-11-19T08:55",
        "2026-11-19",
        "20261119T085510",
        "2026-W47-4T08:55:10",
        "2026-11-31T08:55:10",
        "2026-11-19T24:00:01",
        "2026-11-19T23:59:60",
        "0000-00-00T00:00:00",
        "1979-12-31T23:59:59",
        "2200-01-01T00:00:00",
        "９026-11-19T08:55:10",
        "2026-11-19T08:55:10\n2026",
        20261119,
        True,
        [],
    ],
)
def test_what_is_no_local_time_is_refused(wrong: object) -> None:
    with pytest.raises(Unfit) as caught:
        moment({"x": wrong}, "x")
    assert caught.value.reason.code == "sales.not-time"


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2199-12-31")))
def test_any_local_time_is_read_as_it_is_written(time: datetime) -> None:
    assert moment({"x": time.isoformat()}, "x") == time
    assert moment({"x": time.isoformat(" ", "seconds")}, "x") == time - timedelta(microseconds=time.microsecond)


# --- rows, and JSON as a whole


def test_wrong_value_in_a_row_is_told_with_the_way_to_it() -> None:
    def inner(row: dict[str, Any], place: int) -> tuple[Decimal, ...]:
        return rows(row, "b", lambda deep, _: amount(deep, "c"))

    with pytest.raises(Unfit) as caught:
        rows({"a": [{}, {"b": [{"c": 1}, {"c": "x"}]}]}, "a", inner)
    assert caught.value.field == "a[2].b[2].c"
    assert caught.value.reason.parts["field"] == "a[2].b[2].c"


def test_depth_is_bounded_alike_for_lists_and_objects() -> None:
    for opening, closing in (("[", "]"), ('{"x":', "}")):
        within = opening * 64 + "1" + closing * 64
        assert canonical_json(decoded(within.encode())) == within.encode()
        for depth in (65, 500, 5000):
            with pytest.raises(RecursionError):
                decoded((opening * depth + "1" + closing * depth).encode())


def test_last_of_two_values_of_one_name_counts() -> None:
    assert amount(decoded(b'{"x": "wrong", "x": 5}'), "x") == D(5)


def test_truth_value_is_no_number_though_python_takes_it_for_one_that_is_remembered() -> None:
    assert amount({"sum": 1}, "sum") == 1
    with pytest.raises(Unfit, match="not-number"):
        amount({"sum": True}, "sum")
