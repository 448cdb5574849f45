"""An Artix till's file between its objects: sections, separators, encodings, and what breaks a file."""

from __future__ import annotations

import codecs
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost import converters
from tillpost.converters import artixsales, claim_sales, encoding
from tillpost.converters.artixsales import LARGEST, LONGEST_MARKER, SLAB, ArtixSales
from tillpost.errors import LANGUAGES, Fault, Reject
from tillpost.model import Document, LogOn, RefusedSale, SalesEvent, SalesOptions, ShiftRecord

SHIFT = '{"cashCode": "1", "shift": 12, "timeBeg": "2026-11-19T08:55:10"}'
LOG_ON = '{"cashcode": "1", "opcode": 3, "optime": "2026-11-19T08:54:00"}'


def receipt(number: int = 1, **fields: object) -> str:
    named = {"cashCode": "1", "shift": 12, "docNum": number, "docType": 1, "userCode": "Вера"} | fields
    return json.dumps(named, ensure_ascii=False)


def section(name: str, *objects: str, last: bool = True) -> str:
    inside = "\n---\n".join(objects) + ("\n---" if last and objects else "")
    return f"### {name} begin ###\n{inside}\n### {name} end ###\n"


def sales(*objects: str, last: bool = True) -> str:
    return section("sales data", *objects, last=last)


def read(data: bytes | str, source: Any = None) -> list[SalesEvent]:
    whole = data if isinstance(data, bytes) else data.encode()
    converter = claim_sales("sale_1.json", whole[:65536])
    return list(converter.read(source or io.BytesIO(whole), SalesOptions()))


def rejected(data: bytes | str) -> Any:
    """Why `data` is rejected; said in every language without a slip."""
    with pytest.raises(Reject) as caught:
        read(data)
    assert caught.value.fault is Fault.BROKEN
    assert all(caught.value.reason.text(language) for language in LANGUAGES)
    return caught.value.reason


def numbers(events: list[SalesEvent]) -> list[int]:
    return [event.number for event in events if isinstance(event, Document)]


def refusals(events: list[SalesEvent]) -> list[RefusedSale]:
    """What was refused; every refusal can be told."""
    found = [event for event in events if isinstance(event, RefusedSale)]
    assert all(refused.why.text(language) for refused in found for language in LANGUAGES)
    return found


# --- sections and separators


def test_each_section_has_its_own_kind_of_object() -> None:
    data = section("shift info", SHIFT) + sales(receipt()) + section("securitylog info", LOG_ON)
    assert [type(event) for event in read(data)] == [ShiftRecord, Document, LogOn]


def test_sections_come_in_any_order_more_than_once_and_empty() -> None:
    data = sales(receipt(2)) + section("securitylog info") + sales() + section("shift info", SHIFT) + sales(receipt(1))
    assert [type(event) for event in read(data)] == [Document, ShiftRecord, Document]


@pytest.mark.parametrize("last", [True, False])
def test_last_object_is_taken_with_and_without_a_separator(last: bool) -> None:
    assert numbers(read(sales(receipt(1), receipt(2), last=last))) == [1, 2]


def test_blank_objects_are_skipped() -> None:
    assert numbers(read(sales("", receipt(1), "  \t", "\n\n", receipt(2), ""))) == [1, 2]


def test_objects_may_be_written_over_several_lines() -> None:
    pretty = json.dumps(json.loads(receipt(7)), indent=4)
    assert numbers(read(sales(pretty, receipt(8)))) == [7, 8]


def test_separator_inside_a_text_separates_nothing() -> None:
    (event,) = read(sales(receipt(1, backReason="--- белые\n---\n### sales data end ###")))
    assert isinstance(event, Document)
    assert event.reason == "--- белые\n---\n### sales data end ###"


def test_separators_may_have_blanks_around_them_and_any_end_of_line() -> None:
    data = sales(receipt(1), receipt(2)).replace("---", " ---\t").replace("\n", "\r\n")
    assert numbers(read(data)) == [1, 2]


def test_file_without_an_end_of_line_at_its_end_is_whole() -> None:
    assert numbers(read(sales(receipt()).rstrip("\n"))) == [1]


def test_list_in_the_place_of_an_object_stands_for_its_items() -> None:
    events = read(sales(f"[{receipt(1)},\n {receipt(2)} ,\n 5, {receipt(3)}]", receipt(4), "[]"))
    assert numbers(events) == [1, 2, 3, 4]
    (refused,) = refusals(events)
    assert (refused.code, refused.line, refused.raw) == ("sales.not-object", 4, b"5")
    documents = [event for event in events if isinstance(event, Document)]
    assert documents[1].raw == receipt(2).encode()


def test_unknown_section_is_kept_whole_and_told_once() -> None:
    """However many objects stand in it, they do not outweigh the sales."""
    new = section("loyalty info", '{"a": 1}', '[{"b": 2}]', "no JSON")
    new += section("odd info", "----")
    events = read(sales(receipt(1)) + new + section("empty info", "", "", "---") + sales(receipt(2)))
    assert numbers(events) == [1, 2]
    refused, odd = refusals(events)
    assert (odd.section, odd.raw) == ("odd info", b"----\n---")
    assert (refused.code, refused.section, refused.line) == ("sales.unknown-section", "loyalty info", 6)
    assert refused.raw == b'{"a": 1}\n---\n[{"b": 2}]\n---\nno JSON\n---'


def test_unknown_section_of_any_length_is_kept_in_slabs() -> None:
    objects = [receipt(n, x="x" * 1000) for n in range(3000)]
    events = read(section("loyalty info", *objects) + sales(receipt(1)))
    *kept, last = events
    assert isinstance(last, Document)
    assert [refused.code for refused in refusals(kept)] == ["sales.unknown-section"] * 4
    assert all(len(event.raw) < SLAB + 2000 for event in kept)
    assert b"\n---\n".join(event.raw for event in kept) == "\n---\n".join([*objects, ""]).rstrip().encode()


def test_wrong_object_is_refused_alone_with_its_line_and_its_own_text() -> None:
    torn = '{"shift": 12,\n "docNum": 2,\n "docType": 1 1}'
    events = read("\n\n" + sales(receipt(1), "\n" + torn, receipt(3)))
    assert numbers(events) == [1, 3]
    (refused,) = refusals(events)
    assert (refused.line, refused.section, refused.code) == (7, "sales data", "sales.malformed")
    assert refused.parts["line"] == 9
    assert refused.raw == torn.encode()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("----", "sales.malformed"),
        ("5", "sales.not-object"),
        ("null", "sales.not-object"),
        ('"text"', "sales.not-object"),
        ("[1, 2", "sales.malformed"),
        ("{}{}", "sales.malformed"),
        ('{"docNum": NaN}', "sales.malformed"),
        ('{"docNum": 1,}', "sales.malformed"),
        ('{"docNum": 01}', "sales.malformed"),
        ("{'docNum': 1}", "sales.malformed"),
        (r'{"userCode": "\ud800"}', "sales.malformed"),
        (r'{"userCode": "\udc00\ud800"}', "sales.malformed"),
        ('{"userCode": "a\tb"}', "sales.malformed"),
        ('{"x": 1e99999999999999999999}', "sales.malformed"),
        ('{"x": %s}' % ("9" * 5000), "sales.malformed"),
        ('{"x": 0.%s}' % ("9" * 5000), "sales.malformed"),
        ('{"x": %s}' % ("[" * 100 + "]" * 100), "sales.deep"),
        ('{"x": %s}' % ("[" * 100_000 + "]" * 100_000), "sales.deep"),
        ("[" * 100_000, "sales.deep"),
        ('{"x":' * 100_000, "sales.deep"),
    ],
)
def test_what_is_no_sound_json_object_is_refused_alone(wrong: str, code: str) -> None:
    events = read(sales(receipt(1), wrong, receipt(3)))
    assert numbers(events) == [1, 3]
    assert [refused.code for refused in refusals(events)] == [code]


# --- what breaks a file


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("### sales data begin ###\n" + receipt(), "sales.torn"),
        ("### sales data begin ###\n" + receipt() + "\n---\n", "sales.torn"),
        ("### sales data begin ###\n" + receipt()[:20], "sales.torn"),
        ("### sales data begin ###\n### sales da", "sales.marker"),
        (sales(receipt()) + "### sales data begin ###\n", "sales.torn"),
        (sales(receipt()) + 'tail": 1}\n---\n### sales data end ###\n', "sales.outside"),
        (sales(receipt()) + 'tail": 1}', "sales.outside"),
        (sales(receipt()) + "---\n", "sales.outside"),
        (sales(receipt()).rstrip("\n") + 'tail": 1}\n', "sales.marker"),
        (sales(receipt()) + "### sales data end ###\n", "sales.marker"),
        ("### sales data end ###\n", "sales.marker"),
        ("### sales data begin ###\n### shift info begin ###\n### shift info end ###\n", "sales.marker"),
        ("### sales data begin ###\n" + receipt() + "\n### shift info end ###\n", "sales.marker"),
        ("### \n", "sales.marker"),
        ("###  begin ###\n", "sales.marker"),
        ("### a" + " " * LONGEST_MARKER + "begin ###\n", "sales.marker"),
        ("", "xml.empty"),
        (" \r\n\t\n", "xml.empty"),
        (receipt(), "sales.none"),
        ("<?xml version='1.0'?><goods/>", "sales.none"),
    ],
)
def test_what_is_wrong_between_objects_breaks_the_file(data: str, code: str) -> None:
    assert rejected(data).code == code


def test_break_is_told_with_its_line_and_what_was_expected() -> None:
    reason = rejected(sales(receipt(1), receipt(2)) + '\nrest": 5}\n### sales data end ###\n')
    assert reason.parts == {"line": 8, "text": 'rest": 5}'}
    reason = rejected("\n### sales data begin ###\n\n### shift info end ###\n")
    assert reason.parts == {"line": 4, "text": "### shift info end ###", "expected": "### sales data end ###"}
    reason = rejected("\n\n### sales data begin ###\n" + receipt())
    assert reason.parts == {"line": 3, "section": "sales data"}


def test_file_without_any_section_is_refused_by_whoever_reads_it_unclaimed() -> None:
    with pytest.raises(Reject) as caught:
        list(ArtixSales().read(io.BytesIO(b"\n\n"), SalesOptions()))
    assert caught.value.reason.code == "sales.empty"


def padded(size: int) -> bytes:
    """A receipt of `size` bytes."""
    before, after = receipt(5, x="@").encode().split(b"@")
    return before + b"x" * (size - len(before) - len(after)) + after


def test_largest_object_is_taken_and_a_larger_one_breaks_the_file() -> None:
    before, after = b"\n### sales data begin ###\n", b"\n### sales data end ###\n"
    (event,) = read(before + padded(LARGEST) + after)
    assert isinstance(event, Document)
    assert len(event.raw) == LARGEST
    reason = rejected(before + padded(LARGEST + 1) + after)
    assert (reason.code, reason.parts["line"]) == ("sales.object-too-large", 3)


class Endless(io.BytesIO):
    """A file of endless text without an end of line; counts what is read of it."""

    def __init__(self, start: bytes, filling: bytes) -> None:
        super().__init__(start)
        self._filling = filling
        self.taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size) or self._filling * ((size or 0) // len(self._filling))
        self.taken += len(piece)
        return piece


@pytest.mark.parametrize("filling", [b"x", b'{"a": [1, 2]}, \n', b" ", b"\n"])
@pytest.mark.parametrize("start", [b"### sales data begin ###\n{", b"### sales data begin ###\n", b"### x"])
def test_no_more_of_a_file_is_held_than_one_object_may_take(
    monkeypatch: pytest.MonkeyPatch, start: bytes, filling: bytes
) -> None:
    limit = 1 << 20
    monkeypatch.setattr(artixsales, "LARGEST", limit)
    source = Endless(start, filling)
    with pytest.raises(Reject):
        for _ in ArtixSales().read(source, SalesOptions()):
            pass
    assert source.taken < limit + 4 * encoding.PIECE


# --- encodings

CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1251")


def encoded(text: str, codec: str) -> bytes:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(codec, b"")
    return mark + text.encode(codec)


@pytest.mark.parametrize("codec", CODECS)
def test_file_is_the_same_in_every_encoding_of_the_field(codec: str) -> None:
    text = sales(receipt(1, backReason="Брак «упаковки» № 5"), receipt(2)) + section("shift info", SHIFT)
    assert read(encoded(text, codec)) == read(text)


@pytest.mark.parametrize("said", ["№", "«»", "Ж", "ЧЕК", "кофе «Тихое утро» № 5", "A\u00a0B", "…"])
def test_a_few_letters_tell_the_code_page(said: str) -> None:
    text = sales(receipt(1, userCode="1", backReason=said))
    assert read(text.encode("windows-1251")) == read(text)


@pytest.mark.parametrize("codec", CODECS)
def test_text_that_comes_late_is_read_as_well(codec: str) -> None:
    late = [*(receipt(n, userCode="1", x="y" * 1000) for n in range(600)), receipt(600, userCode="Жанна Ёлкина")]
    events = read(encoded(sales(*late), codec))
    assert len(events) == 601
    assert isinstance(events[-1], Document)
    assert events[-1].cashier == "Жанна Ёлкина"


def test_bytes_that_are_no_text_break_the_file() -> None:
    start, end = "### sales data begin ###\n", "\n### sales data end ###\n"
    filler = ("\n".join(["{}", *(receipt(n) for n in range(5))]) + "\n") * 1000
    utf8_first = (start + filler).encode() + receipt().encode("windows-1251") + end.encode()
    assert rejected(utf8_first).code == "text.mixed"
    page_first = (start + filler).encode("windows-1251") + filler.encode() * 2 + end.encode()
    assert rejected(page_first).code == "text.mixed"
    assert rejected(start.encode() + receipt().encode()[:-3]).code == "text.mixed"
    assert rejected(start.encode() + receipt().encode()[:-3] + "Ж".encode()[:1]).code == "text.mixed"
    assert rejected((start + "{}").encode() + b"\x80\x81\xff" + end.encode()).code == "text.unknown"
    assert rejected(codecs.BOM_UTF16_LE + start.encode("utf-16-le") + b"\x00\xd8{\x00").code == "text.mixed"
    assert rejected(codecs.BOM_UTF16_LE + start.encode("utf-16-le") + b"{").code == "text.mixed"
    with pytest.raises(Reject) as caught:
        list(ArtixSales().read(io.BytesIO(start.encode("utf-32")), SalesOptions()))
    assert caught.value.reason.code == "xml.unknown-encoding"


def test_zero_bytes_of_a_power_cut_break_the_file_with_their_line() -> None:
    reason = rejected(sales(receipt()).encode() + b"\0" * 4096)
    assert (reason.code, reason.parts["line"]) == ("text.zeros", 5)
    reason = rejected("### sales data begin ###\n{}\n" + "\0" * 9)
    assert (reason.code, reason.parts["line"]) == ("text.zeros", 3)


def test_wrong_bytes_are_told_with_their_line() -> None:
    reason = rejected(b"### sales data begin ###\n" + "Жанна\n".encode() + b"\n\n\xc6\n")
    assert (reason.code, reason.parts["line"]) == ("text.mixed", 5)
    reason = rejected(b"### sales data begin ###\n\n{\x80\xff}\n")
    assert (reason.code, reason.parts["line"]) == ("text.unknown", 3)


# --- whose a file is


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("start", ["", "\n \r\n"])
def test_file_is_claimed_by_its_first_line_whatever_its_name(codec: str, start: str) -> None:
    assert claim_sales("renamed.bin", encoded(start + sales(receipt()), codec)).name == "artix-sales"


def test_two_converters_that_claim_a_file_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converters, "SALES_CONVERTERS", (ArtixSales(), ArtixSales()))
    assert rejected(sales()).code == "sales.two"


# --- any cut, any bytes


class Dribble(io.BytesIO):
    """A source that gives fewer bytes than it is asked for."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = list(sizes)

    def read(self, size: int | None = -1, /) -> bytes:
        self._sizes.append(self._sizes.pop(0))
        return super().read(min(self._sizes[-1], size or 0))


WHOLE = (
    section("shift info", SHIFT)
    + sales(receipt(1), json.dumps(json.loads(receipt(2)), indent=1), "{", receipt(3))
    + section("news", "{}")
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(CODECS),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.sampled_from([3, 4, 5, 16, 100, encoding.PIECE]),
)
def test_file_is_the_same_however_it_is_cut(codec: str, sizes: list[int], piece: int) -> None:
    data = encoded(WHOLE, codec)
    with pytest.MonkeyPatch.context() as patch:
        if codec != "windows-1251":  # which is guessed by the first piece that has letters
            patch.setattr(encoding, "PIECE", piece)
        assert read(data, Dribble(data, sizes)) == read(WHOLE)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"### sales data begin ###\n", *map(codecs.BOM_UTF8.__add__, [b""])])
)
def test_any_bytes_give_events_or_a_reject(data: bytes, start: bytes) -> None:
    read_or_reject(start + data)


LINES = st.sampled_from(
    [
        "### sales data begin ###",
        "### sales data end ###",
        "### shift info begin ###",
        "### shift info end ###",
        "### x begin ###",
        "### x end ###",
        "###",
        "---",
        " --- ",
        "----",
        "",
        receipt(1),
        receipt(2),
        "[" + receipt(3) + "]",
        SHIFT,
        "{",
        "}",
        "null",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_any_lines_give_events_or_a_reject_and_lose_no_document(lines: list[str], end: str) -> None:
    events = read_or_reject(end.join(["### sales data begin ###", *lines]).encode())
    if events is not None:
        told = b"\n".join(event.raw for event in events).decode()  # the items of a list are told one by one
        assert all(line.strip("[]") in told for line in lines if line.startswith(("{", "[", "}", "null", "----")))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_a_file_gives_events_or_a_reject(data: st.DataObject) -> None:
    whole = bytearray(encoded(WHOLE, data.draw(st.sampled_from(CODECS))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.sampled_from([0, 1, 2, 30]))] = data.draw(st.binary(max_size=3))
    read_or_reject(bytes(whole))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE.encode())))
def test_file_cut_short_is_never_taken_unless_between_sections(length: int) -> None:
    data = WHOLE.encode()[:length]
    if read_or_reject(data) is not None:
        assert data.rstrip().endswith(b" end ###")


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 2))
def test_tail_of_an_older_longer_file_is_never_taken_with_the_new_one(length: int, kind: int) -> None:
    """A file written over a longer one in place: what was behind its end stays."""
    older = (sales(*(receipt(n) for n in range(10))) + section("shift info", SHIFT)).encode()
    newer = (sales(receipt(1)), sales(receipt(1)).rstrip("\n"), sales())[kind].encode()
    tail = older[len(newer) :][-length:]
    events = read_or_reject(newer + tail)
    if events is not None:  # the tail is whole sections, or nothing
        assert tail.lstrip().startswith(b"### shift info begin") or not tail.strip()


def read_or_reject(data: bytes) -> list[SalesEvent] | None:
    """The events, or None where the file is rejected; any other exception passes."""
    try:
        events = read(data)
    except Reject as reject:
        [reject.reason.text(language) for language in LANGUAGES]
        return None
    refusals(events)
    for event in events:
        event.raw.decode()
    return events
