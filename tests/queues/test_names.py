"""Names as systems of every kind give them."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.queues.names import (
    LONGEST,
    back,
    fit,
    is_safe_on_windows,
    is_unfinished,
    kept,
    natural,
    printable,
)

any_bytes = st.binary(min_size=1, max_size=LONGEST).filter(lambda raw: not {0, ord("/")} & set(raw))
names = any_bytes.map(os.fsdecode)


def test_ordinary_name_is_shown_as_it_is() -> None:
    assert printable("Товары – -5 (2).xml") == "Товары – -5 (2).xml"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.xml", r"a\nb.xml"),
        ("a\x1b[31m.xml", r"a\x1b[31m.xml"),
        ("a\u202egpj.xml", r"a\u202egpj.xml"),  # would turn the rest of the line round
        (os.fsdecode(b"\xd2\xee\xe2.xml"), r"\xd2\xee\xe2.xml"),  # windows-1251
        ("a\\nb.xml", r"a\\nb.xml"),
    ],
)
def test_name_that_cannot_be_shown_is_escaped(name: str, shown: str) -> None:
    assert printable(name) == shown


@given(names)
def test_shown_name_is_one_printable_line_that_json_takes(name: str) -> None:
    shown = printable(name)
    assert shown.isprintable()
    assert json.loads(json.dumps(shown).encode("utf-8")) == shown


@given(names, names)
def test_different_names_are_shown_differently(one: str, other: str) -> None:
    assert (printable(one) == printable(other)) == (one == other)


@given(names)
def test_kept_name_comes_back_and_is_utf8(name: str) -> None:
    assert back(kept(name).encode("utf-8").decode("utf-8")) == name


def test_unicode_forms_of_one_word_are_two_names() -> None:
    composed, decomposed = "\u0439.xml", "\u0438\u0306.xml"
    assert len({kept(composed), kept(decomposed)}) == 2
    assert len({printable(composed), printable(decomposed)}) == 2


def test_short_name_gets_its_suffix() -> None:
    assert fit("goods.xml", ".why") == "goods.xml.why"


@given(names, st.sampled_from([".why", ".json", ".0000000017.json"]))
def test_fitted_name_is_within_the_limit_and_keeps_its_suffix(name: str, suffix: str) -> None:
    fitted = fit(name, suffix)
    assert len(os.fsencode(fitted)) <= LONGEST
    assert fitted.endswith(suffix)
    assert fitted != name


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=100, max_size=255))
def test_fitted_text_is_still_valid_utf8(name: str) -> None:
    fit(name, ".json").encode("utf-8")


def test_long_names_that_differ_in_the_middle_stay_different() -> None:
    one, other = "a" * 120 + "1" + "b" * 134, "a" * 120 + "2" + "b" * 134
    assert fit(one, ".json") != fit(other, ".json")


@pytest.mark.parametrize("name", [".goods.xml", "..xml", "goods.xml.part", "goods.TMP", "x.filepart"])
def test_unfinished_name_is_known(name: str) -> None:
    assert is_unfinished(name)


@pytest.mark.parametrize("name", ["goods.xml", "-rf", "tmp", "part.xml", "a..xml"])
def test_finished_name_is_known(name: str) -> None:
    assert not is_unfinished(name)


def test_parts_are_sorted_as_people_count() -> None:
    counted = ["5", "import", "Import0_1.xml", "import0_2.xml", "import0_10.xml", "import1_1.xml"]
    assert sorted(sorted(counted), key=natural) == counted


@given(st.lists(names, unique=True))
def test_any_names_have_one_order(some: list[str]) -> None:
    forwards = sorted(some, key=natural)
    some.reverse()
    assert sorted(some, key=natural) == forwards


@pytest.mark.parametrize("name", ["goods.xml", "Товары.xml", "console.xml", "a b.xml"])
def test_safe_name_is_safe_on_windows(name: str) -> None:
    assert is_safe_on_windows(name)


@pytest.mark.parametrize(
    "name", ["", "a:b", "con", "NUL.xml", "com1.tar.gz", "LPT¹", "a.", "a ", "a\nb", "a?", "\udcff"]
)
def test_name_that_windows_cannot_hold_is_known(name: str) -> None:
    assert not is_safe_on_windows(name)
