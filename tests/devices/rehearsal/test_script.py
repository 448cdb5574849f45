"""Lines of a script: what they say, and what is told of those that say nothing sensible."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.nouns import Misuse
from tillpost.devices.rehearsal import ccnet, cctalk, glory, ssp
from tillpost.devices.rehearsal.currencies import amount, pieces, spelt
from tillpost.devices.rehearsal.script import Words, listed, order, orders
from tillpost.devices.rehearsal.stage import COMMON

TABLES: dict[str, Words] = {
    name: {**scene.WORDS, **COMMON}
    for name, scene in {"ccnet": ccnet, "cctalk": cctalk, "ssp": ssp, "glory": glory}.items()
}
KINDS = pytest.mark.parametrize("kind", TABLES)


@given(st.integers(1, 10**9))
def test_an_amount_is_read_as_it_is_spelt(minor: int) -> None:
    assert amount(spelt(minor)) == amount(spelt(minor).replace(".", ",")) == minor


@pytest.mark.parametrize("text", ["", "0", "0.00", "-5", "1.234", "1e3", "٥", "5.", "inf", "5000000000000"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text or "^$"):
        amount(text)


def test_pieces_are_counted_by_denomination() -> None:
    assert pieces([50_000, 50, 50_000]) == "1 x 0.50, 2 x 500"
    assert pieces({100: 0}) == "nothing"


@pytest.mark.parametrize(
    ("line", "name", "values"),
    [
        ("coin 10", "coin", (1000, 1)),
        ("  coin   0.50 x 5 # a remark", "coin", (50, 5)),
        ("coin 0,50 x5", "coin", (50, 5)),
        ("jam", "jam", ()),
        ("jam hopper 1", "jam hopper", (100,)),
        ("error 0x10", "error", (16,)),
        ("wait 2s", "wait", (2.0,)),
        ("wait 1.5m", "wait", (90.0,)),
        ("wait 250ms", "wait", (0.25,)),
    ],
)
def test_a_line_is_a_word_and_what_belongs_to_it(line: str, name: str, values: tuple[object, ...]) -> None:
    said = order(line, TABLES["cctalk"])
    assert said
    assert (said.name, said.values) == (name, values)


@pytest.mark.parametrize("line", ["", "   ", "# nothing but a remark"])
def test_a_line_may_say_nothing(line: str) -> None:
    assert order(line, COMMON) is None


@pytest.mark.parametrize(
    "line", ["coin", "coin ten", "coin 10 5", "coin 10 x 0", "coin 10 x 5 x 5", "wait 2", "wait", "jam 5", "jam hopper"]
)
def test_a_word_said_wrongly_is_told_how_it_is_said(line: str) -> None:
    with pytest.raises(Misuse) as caught:
        order(line, TABLES["cctalk"])
    assert caught.value.reason.code == "rehearsal.usage"
    assert caught.value.reason.parts["usage"] in listed(TABLES["cctalk"])


@KINDS
def test_a_wrong_word_is_told_what_there_is(kind: str) -> None:
    with pytest.raises(Misuse) as caught:
        order("zzz 500", TABLES[kind])
    assert caught.value.reason.code == "rehearsal.no-word"
    assert str(caught.value.reason.parts["known"]).split(", ") == sorted(TABLES[kind])


@KINDS
@given(line=st.text(max_size=30))
def test_no_line_is_worse_than_refused(kind: str, line: str) -> None:
    for said in (line, *(f"{word} {line}" for word in TABLES[kind])):
        with suppress(Misuse):
            order(said, TABLES[kind])


def test_a_file_is_told_by_its_line() -> None:
    with pytest.raises(Misuse) as caught:
        orders("jam\n\n# that was easy\njam tomorrow\n", TABLES["ccnet"])
    assert (caught.value.reason.code, caught.value.reason.parts["line"]) == ("rehearsal.script", 4)
    assert [one.text for one in orders("jam\n\n clear # now\n", TABLES["ccnet"])] == ["jam", "clear"]


@KINDS
def test_each_word_is_listed_with_a_sentence(kind: str) -> None:
    rows = listed(TABLES[kind])
    assert len(rows) == len(TABLES[kind])
    assert all(sentence and not sentence.endswith(".") for sentence in rows.values())
