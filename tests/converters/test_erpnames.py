"""Names of documents for the ERP: as promised, one for each document for ever, and safe wherever a file may lie."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters.erpnames import ErpKind, file_name, stem
from tillpost.model import ShiftPlace
from tillpost.pipeline.servicesections import DOCUMENTS
from tillpost.pipeline.settings import ID
from tillpost.queues.names import LONGEST, is_safe_on_windows, is_unfinished

OPENED = datetime.fromisoformat("2026-11-20T23:59:59")
PLACE = ShiftPlace("5", "1", 12, OPENED)
NUMBERED = (ErpKind.RECEIPT, ErpKind.CASHBOX)

IDS = st.from_regex(ID, fullmatch=True).filter(lambda name: ID.fullmatch(name) is not None)
PLACES = st.builds(
    ShiftPlace,
    shop=IDS | st.sampled_from(["a_b", "a", "b", "-", "_", "__"]),
    till=IDS | st.sampled_from(["a_b", "a", "b", "1_v2"]),
    number=st.integers(0, 10**9),
    opened=st.none() | st.datetimes(),
)


@st.composite
def named(draw: st.DrawFn) -> tuple[ErpKind, ShiftPlace, int | None, int | None, int]:
    kind = draw(st.sampled_from(ErpKind))
    type_, number = draw(st.tuples(st.integers(0, 99), st.integers(0, 10**9))) if kind in NUMBERED else (None, None)
    return kind, draw(PLACES), type_, number, draw(st.integers(1, 3))


def identity(of: tuple[ErpKind, ShiftPlace, int | None, int | None, int]) -> tuple[object, ...]:
    """What makes a document that document: the shift's day, not its hour."""
    kind, place, type_, number, version = of
    opened: date | None = place.opened.date() if place.opened else None
    return kind, place.shop, place.till, place.number, opened, type_, number, version


def test_documents_are_named_as_promised() -> None:
    assert file_name(ErpKind.RECEIPT, PLACE, 1, 7) == "receipt_5_1_12_2026-11-20_1_7.xml"
    assert file_name(ErpKind.CASHBOX, PLACE, 3, 8) == "cashbox_5_1_12_2026-11-20_3_8.xml"
    assert file_name(ErpKind.SHIFT_OPEN, PLACE) == "shiftOpen_5_1_12_2026-11-20.xml"
    assert file_name(ErpKind.SHIFT, PLACE) == "shift_5_1_12_2026-11-20.xml"


def test_correction_bears_its_version() -> None:
    assert file_name(ErpKind.RECEIPT, PLACE, 1, 7, version=2) == "receipt_5_1_12_2026-11-20_1_7_v2.xml"
    assert file_name(ErpKind.SHIFT, PLACE, version=10) == "shift_5_1_12_2026-11-20_v10.xml"


def test_shift_whose_opening_nobody_told_is_named_unopened() -> None:
    assert file_name(ErpKind.RECEIPT, ShiftPlace("5", "1", 12), 1, 7) == "receipt_5_1_12_unopened_1_7.xml"


def test_underscore_of_an_id_is_a_point_in_the_name() -> None:
    one, other = ShiftPlace("a_b", "c", 1, OPENED), ShiftPlace("a", "b_c", 1, OPENED)
    assert file_name(ErpKind.SHIFT, one) == "shift_a.b_c_1_2026-11-20.xml"
    assert file_name(ErpKind.SHIFT, other) == "shift_a_b.c_1_2026-11-20.xml"


def test_no_id_holds_a_point() -> None:
    assert not ID.fullmatch("a.b")


def test_kinds_are_those_that_the_setting_names() -> None:
    assert set(ErpKind) == set(DOCUMENTS)


@pytest.mark.parametrize("kind", ErpKind)
def test_kind_without_what_its_name_needs_is_a_mistake(kind: ErpKind) -> None:
    wrong = [(None, None), (1, None), (None, 1)] if kind in NUMBERED else [(1, 1)]
    for type_, number in wrong:
        with pytest.raises(ValueError, match=kind):
            file_name(kind, PLACE, type_, number)


@settings(deadline=None)
@given(named(), named())
def test_different_documents_have_different_names_whatever_the_case_of_letters(
    one: tuple[ErpKind, ShiftPlace, int | None, int | None, int],
    other: tuple[ErpKind, ShiftPlace, int | None, int | None, int],
) -> None:
    """Shops and tills that differ by the case of letters alone are refused where they are set up."""

    def folded(of: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(part.casefold() if isinstance(part, str) else part for part in of)

    alike = file_name(*one).casefold() == file_name(*other).casefold()
    assert alike == (folded(identity(one)) == folded(identity(other)))


@settings(deadline=None)
@given(named())
def test_name_tells_the_document_again(of: tuple[ErpKind, ShiftPlace, int | None, int | None, int]) -> None:
    parts = file_name(*of).removesuffix(".xml").split("_")
    version = int(parts.pop()[1:]) if re.fullmatch("v[0-9]+", parts[-1]) else 1
    kind = ErpKind(parts[0])
    opened = None if parts[4] == "unopened" else date.fromisoformat(parts[4])
    type_, number = map(int, parts[5:]) if kind in NUMBERED else (None, None)
    shop, till = (part.replace(".", "_") for part in parts[1:3])
    assert (kind, shop, till, int(parts[3]), opened, type_, number, version) == identity(of)


@settings(deadline=None)
@given(named())
def test_name_is_safe_everywhere_and_leaves_room_for_a_name_while_it_is_written(
    of: tuple[ErpKind, ShiftPlace, int | None, int | None, int],
) -> None:
    name = file_name(*of)
    assert is_safe_on_windows(name)
    assert not is_unfinished(name)
    assert name.isascii()
    assert len(name) <= LONGEST // 2


@settings(deadline=None)
@given(named())
def test_all_versions_share_their_stem(of: tuple[ErpKind, ShiftPlace, int | None, int | None, int]) -> None:
    assert file_name(*of).startswith(stem(*of[:4]))
