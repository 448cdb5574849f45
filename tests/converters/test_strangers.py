"""Strangers' files through sniffing, claim and reading: the same from every encoding and at every cut, or refused."""

from __future__ import annotations

import codecs
import contextlib
import io
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.converters import claim
from tillpost.converters.own import NAMESPACE, Own
from tillpost.converters.reading import elements, line_of, records, sniff
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import Drop, Event, Good, Put, ReadOptions, Refused, Remark

HEAD = 65536  # bytes that a caller shows to `sniff`
OPEN = f'<goods xmlns="{NAMESPACE}" fullness="I">'
DECLARED = '<?xml version="1.0" encoding="{}"?>\n'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def good(code: int | str = 1, name: str = "Хлеб") -> str:
    return f'<good code="{code}"><name>{name}</name></good>'


def goods(inside: str) -> str:
    return f"{OPEN}{inside}</goods>"


def read(data: bytes | str, source: Any = None) -> list[Event]:
    data = data.encode() if isinstance(data, str) else data
    head = sniff(data[:HEAD], "x.xml")
    converter = claim(head)
    converter.header(head)
    return list(converter.read(source or io.BytesIO(data), head, ReadOptions()))


def rejected(data: bytes | str, source: Any = None) -> Any:
    """Why `data` is rejected; said in every language without a slip."""
    with pytest.raises(Reject) as caught:
        read(data, source)
    assert all(caught.value.reason.text(language) for language in LANGUAGES)
    return caught.value.reason


def names(events: Iterable[Event]) -> list[str]:
    return [put.body.name for put in events if isinstance(put, Put) and isinstance(put.body, Good)]


def lines(events: Iterable[Event]) -> list[int]:
    return [event.line for event in events if isinstance(event, (Put, Drop, Refused))]


class Dribble(io.BytesIO):
    """A source that gives fewer bytes than it is asked for."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = list(sizes)

    def read(self, size: int | None = -1, /) -> bytes:
        self._sizes.append(self._sizes.pop(0))
        return super().read(min(self._sizes[-1], size or 0))


# --- cuts --------------------------------------------------------------------------------------------------

SHAPES = (
    good("{n}", "Б<!-- x -->"),
    '<delete code="{n}"/>',
    '<good\n code="{n}"\n>\n<name\n>А</name>\n</good>',
    "<good/>",
)
BETWEEN = ("", "\n", " <!-- ж\n<good> --> ", "<?x\ny?>\n\n")


@settings(max_examples=60)
@given(
    shapes=st.lists(st.sampled_from(SHAPES), max_size=12),
    between=st.sampled_from(BETWEEN),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1251"]),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
)
def test_source_that_gives_little_at_once_gives_the_same_events(
    shapes: list[str], between: str, encoding: str, sizes: list[int]
) -> None:
    inside = between.join(shape.replace("{n}", str(n)) for n, shape in enumerate(shapes))
    declared = DECLARED.format("windows-1251") if encoding == "cp1251" else ""
    data = (declared + goods(between + inside + between)).encode(encoding)
    assert read(data, Dribble(data, sizes)) == read(data)


def test_text_outside_of_records_is_refused_however_the_file_is_cut() -> None:
    data = goods(f"{good(1)}\n{good(2)}x{good(3)}").encode()
    assert {rejected(data, Dribble(data, [size])).code for size in range(1, len(data))} == {"xml.text-between"}


def test_late_utf8_is_refused_however_the_file_is_cut() -> None:
    data = (DECLARED.format("windows-1251") + goods(good(name="A") * 3000 + good())).encode()
    assert {rejected(data, Dribble(data, [size])).code for size in (1, 2, 7, 4096)} == {"xml.doubtful"}


@settings(max_examples=200)
@given(place=st.integers(0, 130), spoilt=st.binary(max_size=3), drop=st.integers(0, 3))
def test_spoilt_bytes_never_do_worse_than_a_refusal(place: int, spoilt: bytes, drop: int) -> None:
    data = (f'<?xml version="1.0"?>{goods(good())}').encode()
    with contextlib.suppress(Reject):
        read(data[:place] + spoilt + data[place + drop :])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("shift", range(4))
def test_head_may_cut_a_character_in_two(encoding: str, shift: int) -> None:
    data = goods("<!--" + "x" * shift + "😀Ж" * 20_000 + "-->" + good()).encode(encoding)
    assert names(read(data)) == ["Хлеб"]


# --- what stands where it should not -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '<t:goods fullness="I"/>',
        goods("<t:x/>"),
        goods("<t:good/>"),
        goods(good() + '<good code="1"><name>A</name><t:x/></good>'),
        goods('<good code="1"><t:name>A</t:name></good>'),
        goods('<good code="1" t:x=""><name>A</name></good>'),
        goods('<good code="1"><name>A</name><a:b:c/></good>'),
    ],
)
def test_prefix_that_nobody_declared_is_refused(text: str) -> None:
    assert rejected(text).code == "xml.malformed"


@pytest.mark.parametrize(
    "text",
    [
        goods(good(name="a&nbsp;b")),
        goods(good(code="&nbsp;")),
        goods("&nbsp;" + good()),
        f'<goods xmlns="{NAMESPACE}" fullness="I" source="&nbsp;"/>',
    ],
)
def test_entity_that_nobody_declared_is_named_and_never_dropped(text: str) -> None:
    assert all("nbsp" in rejected(text).text(language) for language in LANGUAGES)


@pytest.mark.parametrize("inside", ["a\0b", "a\x01b", "a\ufffeb", "&#0;", "&#xD800;", "a & b", "a < b"])
def test_what_xml_forbids_in_a_text_is_refused_with_its_line(inside: str) -> None:
    reason = rejected(goods("\n" + good(name=inside)))
    assert (reason.code, reason.parts["line"]) == ("xml.malformed", 2)


def test_hints_for_validators_are_let_pass() -> None:
    root = f'<goods xmlns="{NAMESPACE}" {XSI} xsi:schemaLocation="{NAMESPACE} goods.xsd" fullness="I">'
    assert read(f"{root}{good()}</goods>") == read(goods(good()))


def test_attribute_of_another_namespace_never_stands_for_ours() -> None:
    root = f'<goods xmlns="{NAMESPACE}" xmlns:q="urn:q" fullness="I" q:fullness="F">'
    assert rejected(f"{root}{good()}</goods>").code.startswith("own.root")
    events = read(goods('<good xmlns:q="urn:q" q:code="2"><name>A</name></good>'))
    assert [type(event) for event in events] == [Refused]


def test_prefix_of_our_namespace_changes_nothing() -> None:
    prefixed = f'<t:goods xmlns:t="{NAMESPACE}" fullness="I"><t:good code="1"><t:name>Хлеб</t:name></t:good></t:goods>'
    assert read(prefixed) == read(goods(good()))


def test_references_in_the_root_are_read_as_what_they_stand_for() -> None:
    root = f'<goods xmlns="{NAMESPACE}" source="&lt;1С&#33; > &quot;" fullness="I"/>'
    assert Own().header(sniff(root.encode(), "x.xml")).source == '<1С! > "'


@pytest.mark.parametrize("text", ["<r/>", "<r></r>", "<r>", "<ж/>", " <a b=''>"])
def test_shortest_roots_are_found(text: str) -> None:
    assert sniff(text.encode(), "x.xml").root == text.strip()[1]


@pytest.mark.parametrize("inside", ["\u00a0", "\u2028\u2003", "\u0085"])
def test_name_that_nobody_can_see_is_refused(inside: str) -> None:
    assert [type(event) for event in read(goods(good(name=inside)))] == [Refused]


@pytest.mark.parametrize("digits", ["0" * 5000 + "1", "9" * 5000, "１", "1_000"])
@pytest.mark.parametrize("field", ["unit", "tax", "department", "price", "age", "paymentObject", "plu"])
def test_numbers_that_only_python_would_take_or_choke_on_are_refused(field: str, digits: str) -> None:
    events = read(goods(f'<good code="1"><name>A</name><{field}>{digits}</{field}></good>'))
    assert [(type(event), event.field) for event in events if isinstance(event, Refused)] == [(Refused, field)]


# --- lines -------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=12),
    far=st.sampled_from([0, 65_530, 65_534, 65_535, 200_000]),
    between=st.sampled_from(BETWEEN),
)
def test_line_is_the_one_in_which_the_record_begins(shapes: list[str], far: int, between: str) -> None:
    text, expected = OPEN + "\n" * far, []
    for n, shape in enumerate(shapes):
        expected.append(text.count("\n") + 1)
        text += shape.replace("{n}", str(n)) + between
    assert lines(read(f"{text}</goods>")) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_lines_are_right_in_a_long_file_of_every_encoding(encoding: str) -> None:
    text, expected = [], []
    line = 3
    for n in range(40_000):
        text.append(SHAPES[n % 3].replace("{n}", str(n)))
        expected.append(line)
        line += text[-1].count("\n") + 1
    assert line > 90_000
    declared = DECLARED.format("windows-1251") if encoding == "cp1251" else "\n"
    data = (declared + "\n".join([OPEN, *text, "</goods>"])).encode(encoding)
    assert lines(read(data)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_line_of_what_is_broken_is_right_in_a_long_file(encoding: str) -> None:
    assert rejected((OPEN + "\n" * 100_000 + "<good>&</goods>").encode(encoding)).parts["line"] == 100_001


# --- elements ----------------------------------------------------------------------------------------------

TREE = """<tree>
<list>
<id>7</id>
<item>a<b>1</b></item><item/>
<junk><deep>x</deep></junk>
<item>c</item>
</list></tree>"""


def walked(wanted: tuple[str, ...], sizes: list[int]) -> list[tuple[str, str, int, str]]:
    data = TREE.encode()
    return [
        (event, str(element.tag), line_of(element), "".join(map(str, element.itertext())) if event == "end" else "")
        for event, element in elements(Dribble(data, sizes), sniff(data, "x.xml"), wanted)
    ]


def test_elements_are_told_at_their_start_and_whole_at_their_end() -> None:
    assert walked(("item",), [len(TREE)]) == [
        ("start", "item", 4, ""),
        ("end", "item", 4, "a1"),
        ("start", "item", 4, ""),
        ("end", "item", 4, ""),
        ("start", "item", 6, ""),
        ("end", "item", 6, "c"),
    ]


def test_elements_are_the_same_however_the_file_is_cut() -> None:
    expected = walked(("list", "item"), [len(TREE)])
    assert all(walked(("list", "item"), [size]) == expected for size in range(1, len(TREE)))


# --- bounds ------------------------------------------------------------------------------------------------


class Endless:
    """A root, and behind it elements without end."""

    def __init__(self, start: bytes, forever: bytes) -> None:
        self._next = start
        self._forever = forever
        self.given = 0

    def read(self, size: int) -> bytes:
        piece, self._next = self._next, self._forever * (size // len(self._forever))
        self.given += len(piece)
        return piece


@pytest.mark.parametrize("forever", [b"<a>some text, and more text, and more</a>", b"some text, and more text, "])
def test_record_without_end_is_refused(forever: bytes) -> None:
    start = (OPEN + "<good>").encode()
    source: Any = Endless(start, forever)
    with pytest.raises(Reject) as caught:
        list(records(source, sniff(start, "x.xml"), ("good",)))
    assert caught.value.reason.code in ("xml.too-large", "xml.text-too-long")
    assert source.given < 1 << 28


def test_unknown_elements_without_end_are_refused() -> None:
    source: Any = Endless(OPEN.encode(), b"<x>some text</x>")
    with pytest.raises(Reject) as caught:
        list(Own().read(source, sniff(OPEN.encode(), "x.xml"), ReadOptions()))
    assert caught.value.reason.code == "own.unknown-record"
    assert source.given < 1 << 22


def test_stale_mark_is_remarked_once() -> None:
    data = codecs.BOM_UTF16_BE + (DECLARED.format("UTF-8") + goods(good())).encode("utf-16-be")
    assert [type(event) for event in read(data)] == [Remark, Put]
