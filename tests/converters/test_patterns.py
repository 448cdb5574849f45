from __future__ import annotations

import sys
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters.own import NAMESPACE, Own
from tillpost.converters.ownsight import GOOD_TEXTS, good_at_sight
from tillpost.converters.patterns import RecordPattern, meant
from tillpost.converters.reading import sniff
from tillpost.model import Extent, Put, ReadOptions, Remark, canonical

PATTERN = RecordPattern("goods.xsd", "good")


def parsed(records: list[str]) -> list[Put | object]:
    """What a parser and the schema make of records that are without their end tags, remarks aside."""
    text = f'<goods xmlns="{NAMESPACE}" fullness="F">{"</good>".join([*records, ""])}</goods>'
    data = text.encode("utf-8", "surrogatepass")
    events = Own().read(BytesIO(data), sniff(data, "x"), ReadOptions())
    return [event for event in events if not isinstance(event, Extent | Remark)]


def sighted(record: str) -> Put | None:
    texts = PATTERN.read(record)
    return None if texts is None else good_at_sight(PATTERN, texts, 1)


def good(name: str = "Сыр", rest: str = "") -> str:
    return f'<good code="1"><name>{name}</name>{rest}'


texts = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=12),
    st.text("аБ <>&\"'\t\u00a0\ufffe\u2028\x85x", max_size=8),
    st.sampled_from(
        ["&amp;", "a &quot;b&quot; c", "&#32;", "&#60;", "&unknown;", "x" * 200, "x" * 201, "&lt;" * 50, ""]
    ),
)
numbers = st.one_of(
    st.sampled_from(["1", "2", "3", "12.50", "4008429033452"]),
    st.from_regex(r"[+-]?[0-9]{0,16}(\.[0-9]{0,5})?", fullmatch=True),
    st.sampled_from(
        ["0", "00", "0.0", "0.000", "0.5", "007", "1e3", "150", "151", "99", "100", "100.01", "999999999", " 1 "]
    ),
)
VALUES = {
    "receiptName": texts,
    "article": texts,
    "barcode": st.one_of(numbers, st.from_regex(r"[0-9]{3,50}", fullmatch=True), texts),
    "group": st.one_of(st.sampled_from(["1", "a.b_c-d", "x" * 20, "x" * 21, ""]), texts),
    "mark": st.sampled_from(["tobacco", "dairy", "1x", "", "x" * 40, "x" * 41]),
    "flag": st.sampled_from(["noSale", "noReturn", "ageCheck", "other", " noSale"]),
}
ATTRIBUTES = {
    "barcode": ("quantity",),
    "extraPrice": ("code", "name"),
    "alcohol": ("code", "strength", "volume"),
    "plu": ("scaleGroup",),
}


@st.composite
def child(draw: st.DrawFn, name: str) -> str:
    said = "".join(
        f' {attribute}="{draw(texts if attribute == "name" else numbers)}"'
        for attribute in ATTRIBUTES.get(name, ())
        if draw(st.booleans())
    )
    if name == "alcohol":
        return f"<alcohol{said}/>"
    return f"<{name}{said}>{draw(VALUES.get(name, numbers))}</{name}>"


@st.composite
def record(draw: st.DrawFn) -> str:
    names = [name for name in GOOD_TEXTS[2:] if "." not in name]
    chosen = draw(st.lists(st.sampled_from(names), max_size=4))
    if draw(st.integers(0, 5)):
        chosen.sort(key=names.index)
    name = draw(st.one_of(st.just("Сыр"), texts))
    return good(name, draw(st.sampled_from(["", "\n  "])).join(["", *(draw(child(one)) for one in chosen), ""]))


@settings(max_examples=400, deadline=None)
@given(record())
def test_what_the_pattern_takes_the_schema_takes_and_says_the_same(text: str) -> None:
    put = sighted(text)
    if put is not None:
        (expected,) = parsed([text])
        assert isinstance(expected, Put)
        assert (expected.kind, expected.key, canonical(expected.body)) == (put.kind, put.key, canonical(put.body))


def test_every_character_that_the_pattern_takes_is_one_of_xml() -> None:
    taken = [f"a{chr(code)}b" for code in range(sys.maxunicode + 1) if PATTERN.read(good(f"a{chr(code)}b"))]
    assert 400 < len(taken) < 2000
    assert [event.body.name for event in parsed([good(name) for name in taken])] == taken  # type: ignore[union-attr]


def test_a_whole_record_is_taken() -> None:
    text = """
      <good code="4100010462"><name>Сок &quot;Добрый&quot; "1 л"</name><receiptName>Сок</receiptName>
        <article>A-7</article>
        <barcode>4008429033452</barcode> <barcode quantity="6.5">4008429033469</barcode>
        <group>37.03</group><unit>01</unit><tax>10</tax><department>2</department><price>52.5</price><minPrice>50</minPrice>
        <extraPrice code="2" name="МРЦ &lt;1&gt;">55.00</extraPrice><extraPrice code="3">56</extraPrice>
        <flag>noReturn</flag><flag>alcohol</flag><flag>noReturn</flag><age>18</age><mark>alcohol</mark>
        <alcohol code="240" strength="38.0" volume="0.5"/><paymentObject>10</paymentObject><plu scaleGroup="2">123</plu>
      """
    put = sighted(text)
    assert put is not None
    (expected,) = parsed([text])
    assert isinstance(expected, Put)
    assert (put.key, put.body) == (expected.key, expected.body)


def test_the_texts_come_in_the_order_in_which_they_are_read() -> None:
    assert PATTERN.names == GOOD_TEXTS


def test_a_text_that_fits_almost_is_refused_at_once() -> None:
    """No pattern may look for other ways to divide a text when its end does not fit."""
    assert PATTERN.read(good("слово " * 30 + "<", "<barcode>4008429033452</barcode>" * 200 + "<x/>")) is None


@pytest.mark.parametrize(("text", "means"), [("a", "a"), ("&amp;lt;", "&lt;"), ("&quot;&apos;&gt;", "\"'>")])
def test_entities_are_meant_once(text: str, means: str) -> None:
    assert meant(text) == means


def test_every_schema_with_patterns_can_be_read() -> None:
    """A type of which no pattern can be made is told when the pattern is, not when a file comes."""
    with pytest.raises(ValueError, match="date"):
        RecordPattern("prices.xsd", "price")
