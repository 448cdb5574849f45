"""How values are spelt in documents for the ERP: texts that XML can hold, numbers that are plain and exact."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.converters.erpspelling import NAMESPACE, amount, child, plain, price, root, written, xml_text

# Every character that a string can hold, and those that XML and its readers stumble over more often.
AWKWARD = st.sampled_from(
    [*"\x00\x01\x08\t\n\x0b\r\x1d\x1f \x7f\x85\xa0\ud800\udfff\ufffd\ufffe\uffff\U0010ffff<>&\"']"]
)
# Not st.text of both: it draws from the two as from one heap of characters, in which the few drown.
TEXTS = st.lists(AWKWARD | st.characters(exclude_categories=()), max_size=8).map("".join)
MONEY = st.decimals(-(10**15), 10**15, places=2) | st.decimals(-1000, 1000, places=5) | st.just(Decimal("-0"))
QUANTITIES = st.decimals(-(10**9), 10**9, places=6) | st.sampled_from(
    [Decimal("1E+3"), Decimal("-0.0"), Decimal("0E-9")]
)


@settings(deadline=None)
@given(TEXTS)
def test_text_for_xml_keeps_its_length_and_all_that_xml_holds(text: str) -> None:
    shown = xml_text(text)
    assert len(shown) == len(text)
    assert xml_text(shown) == shown
    for was, now in zip(text, shown, strict=True):
        assert now == (was if holds(ord(was)) else "\ufffd")


def holds(code: int) -> bool:
    """What XML 1.0 calls a Char."""
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


@settings(deadline=None)
@given(MONEY)
def test_amount_has_two_digits_and_nothing_has_no_sign(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]{2}", amount(value))
    assert amount(value) != "-0.00"
    assert abs(Decimal(amount(value)) - value) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("value", "spelt"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.004", "1.00"), ("1E+2", "100.00")]
)
def test_halves_of_a_cent_are_rounded_away_from_nothing(value: str, spelt: str) -> None:
    assert amount(Decimal(value)) == spelt


@settings(deadline=None)
@given(MONEY)
def test_price_is_exact_and_has_two_digits_at_least(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]{2,}", price(value))
    assert Decimal(price(value)) == value


@settings(deadline=None)
@given(QUANTITIES)
def test_quantity_is_plain_and_exact(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", plain(value))
    assert plain(value) != "-0"
    assert Decimal(plain(value)) == value


PAGES = st.recursive(
    st.tuples(TEXTS, st.dictionaries(st.sampled_from("abc"), TEXTS), st.just([])),
    lambda pages: st.tuples(st.just(""), st.dictionaries(st.sampled_from("abc"), TEXTS), st.lists(pages, max_size=3)),
    max_leaves=6,
)


@settings(deadline=None)
@given(PAGES)
def test_document_is_written_as_libxml2_writes_it(page: Any) -> None:
    text, attributes, children = page
    ours = root("page", **attributes)
    theirs = etree.Element(f"{{{NAMESPACE}}}page", nsmap={None: NAMESPACE})
    build(ours, theirs, ("", attributes, children or [(text, {}, [])]))
    etree.indent(theirs)
    expected = etree.tostring(theirs, encoding="UTF-8", xml_declaration=False)
    assert written(ours) == b'<?xml version="1.0" encoding="UTF-8"?>\n' + expected + b"\n"


def build(ours: Any, theirs: Any, page: Any) -> None:
    text, attributes, children = page
    for name, value in attributes.items():
        if value:
            theirs.set(name, xml_text(value))
    theirs.text = xml_text(text) or None
    for inner in children:
        build(child(ours, "line", inner[0], **inner[1]), etree.SubElement(theirs, f"{{{NAMESPACE}}}line"), inner)
