"""What strangers send is read safely: whole or not at all, in bounded memory, with the lines a person would count."""

from __future__ import annotations

import codecs
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from lxml import etree
from tillpost.converters import encoding, limits
from tillpost.converters.reading import elements, line_of, records, shortened, sniff
from tillpost.errors import Reject
from tillpost.model import Head

PLAIN = Head("x.xml", "utf-8")
NAMES = ("good", "delete")


def document(body: str, root: str = "goods") -> bytes:
    return f'<?xml version="1.0"?>\n<{root}>{body}</{root}>'.encode()


def read(data: bytes, head: Head | None = None) -> list[tuple[int, str, str]]:
    """(line, name, text) of every record."""
    batches = records(io.BytesIO(data), head or sniff(data[:65536], "x.xml"), NAMES)
    return [(line, str(record.tag), record.text or "") for batch in batches for line, record in batch]


def refused(data: bytes) -> Reject:
    with pytest.raises(Reject) as rejected:
        read(data)
    return rejected.value


# --- the head


def test_head_tells_name_root_namespace_and_attributes() -> None:
    data = b"<?xml version='1.0'?><!-- a > b --><?pi ?>\n<t:prices xmlns:t='urn:x' a='1>2' b=\"'\"/>"
    assert sniff(data, "p.xml") == Head("p.xml", "utf-8", "prices", "urn:x", {"a": "1>2", "b": "'"})


def test_hints_for_validators_are_left_out_and_foreign_attributes_keep_their_namespace() -> None:
    xsi = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"'
    data = b'<a ' + xsi + b' xmlns:f="f" f:x="1" x="2"/>'
    assert sniff(data, "x").attributes == {"{f}x": "1", "x": "2"}


def test_head_cut_behind_the_root_tells_all() -> None:
    data = document("<good>Чай</good>" * 20)
    whole = sniff(data, "x")
    assert all(sniff(data[:size], "x") == whole for size in range(data.index(b">", 30) + 1, len(data)))


def test_head_does_not_look_behind_the_root_tag() -> None:
    assert sniff(b"<a b='1'><<<&&&", "x").attributes == {"b": "1"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml.empty"),
        (b"  \n", "xml.empty"),
        (codecs.BOM_UTF8, "xml.empty"),
        (codecs.BOM_UTF16_LE, "xml.empty"),
        (b'{"goods": []}', "xml.not-xml"),
        (b"PK\x03\x04\x14\x00\xff\xfe", "xml.not-xml"),
        (b"%PDF-1.7\n\xe2\xe3", "xml.not-xml"),
        ("код;цена\n1;2".encode("cp1251"), "xml.not-xml"),
        (b"<", "xml.no-root"),
        (b"<goods fullness='F", "xml.no-root"),
        (b"<!-- never closed", "xml.no-root"),
        (b"<?xml version='1.0'?>", "xml.no-root"),
        (b"<a b=1>", "xml.malformed"),
        (b"<a b='1' b='2'>", "xml.malformed"),
        (b"<t:a>", "xml.malformed"),
        (b"<a x:b='1'/>", "xml.malformed"),
        (b"</a>", "xml.malformed"),
        (b"\n<?xml version='1.0'?><a/>", "xml.malformed"),
        (b"<!DOCTYPE a><a/>", "xml.doctype"),
    ],
)
def test_what_cannot_be_the_beginning_of_an_export_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Reject) as rejected:
        sniff(data, "x")
    assert rejected.value.reason.code == code
    for language in ("en", "ru"):
        assert rejected.value.reason.text(language).isprintable()


# --- document types, entities, and what else strangers try


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE goods>",
        '<!DOCTYPE goods SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE goods SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE goods [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE goods [<!ENTITY l0 "ha">{BILLION}]>',
        f'<!DOCTYPE goods [<!ENTITY x "{"x" * 10000}">]>',
        '<!DOCTYPE goods [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>',
        '<!DOCTYPE goods [<!ATTLIST goods fullness CDATA "F">]>',
        "<!-- <goods> --> <?pi?>\n<!DOCTYPE goods>",
    ],
)
def test_any_document_type_is_refused(before: str) -> None:
    data = f"{before}<goods><good>&x;&l9;</good></goods>".encode()
    assert refused(data).reason.code == "xml.doctype"
    with pytest.raises(Reject) as rejected:  # by the stream itself, too, whatever the head said
        list(elements(io.BytesIO(data), PLAIN, NAMES))
    assert rejected.value.reason.code == "xml.doctype"


def test_document_type_behind_a_long_comment_is_refused() -> None:
    """Nothing is fed to a parser before the root's own start tag was found."""
    data = f"<!-- {'x' * 300_000} --><!DOCTYPE goods><goods/>".encode()
    with pytest.raises(Reject, match="no root"):
        sniff(data[:65536], "x")
    with pytest.raises(Reject, match="no root"):
        list(records(io.BytesIO(data), PLAIN, NAMES))


def test_entity_that_nobody_declared_is_refused() -> None:
    assert refused(document("\n<good>&nbsp;</good>")).reason.parts["line"] == 3


def test_inclusions_are_inert() -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    ((_, name, text),) = read(document(include))
    assert (name, text) == ("{http://www.w3.org/2001/XInclude}include", "")


@pytest.mark.parametrize(
    "body",
    [
        "<a>" * 300 + "</a>" * 300,
        "<good><![CDATA[" + "<" * 11_000_000 + "]]></good>",
        "<!--" + "<" * 11_000_000 + "-->",
    ],
    ids=["depth", "text", "comment"],
)
def test_more_than_a_parser_should_hold_is_refused(body: str) -> None:
    assert refused(document(body)).reason.code == "xml.limit"


def test_record_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST", 1_000_000)
    assert refused(document("<good>" + "<a>x</a>" * 400_000 + "</good>")).reason.code == "xml.too-large"
    with pytest.raises(Reject) as rejected:
        list(elements(io.BytesIO(document("<good>" + "<a>x</a>" * 400_000 + "</good>")), PLAIN, NAMES))
    assert rejected.value.reason.code == "xml.too-large"


def test_many_records_may_be_larger_than_one_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST", 300_000)
    data = document("<good>x</good>" * 30_000)
    assert len(read(data)) == 30_000
    assert sum(event == "end" for event, _ in elements(io.BytesIO(data), PLAIN, NAMES)) == 30_000


# --- what is not well-formed


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (document("\n<good>\n</god>"), 4),
        (document("") + b"\n\nx", 4),
        (document("") + b"\n<goods/>", 3),
        (document("\n<good>\0</good>"), 3),
        (document("\n<good>\x01</good>"), 3),
        (document("\n<good>\ufffe</good>"), 3),
        (document("\n<good a='1' a='2'/>"), 3),
        (document("\n<good>a & b</good>"), 3),
        (document("\n<good>a < b</good>"), 3),
        (document("\n<x:good/>"), 3),
        (document("") + b"\0", 2),
        (b"<goods>\n<good>", 2),
    ],
)
def test_malformed_document_is_refused_with_its_line(data: bytes, line: int) -> None:
    reason = refused(data).reason
    assert (reason.code, reason.parts["line"]) == ("xml.malformed", line)
    assert str(reason.parts["detail"]).isprintable()


def test_bytes_that_turn_out_not_to_be_utf8_are_refused_with_their_line() -> None:
    data = document("<good>x</good>\n" * 50_000 + "<good>Чай</good>").decode().encode("cp1251")
    reason = refused(data).reason
    assert (reason.code, reason.parts["line"]) == ("xml.looks-like-1251", 50_002)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_document_torn_at_any_byte_is_refused(encoding: str) -> None:
    declared = {"cp1251": "windows-1251", "utf-16": "UTF-16"}.get(encoding, "UTF-8")
    body = "<goods a='ё'><good b='1'>Чай &amp;</good>\n<!-- ё --><delete/></goods>"
    whole = f"<?xml version='1.0' encoding='{declared}'?>\n{body}".encode(encoding)
    assert [record[1:] for record in read(whole)] == [("good", "Чай &"), ("delete", "")]
    for size in range(len(whole)):
        with pytest.raises(Reject):
            read(whole[:size])


@pytest.mark.parametrize("body", ["x<good/>", "<good/>x<good/>", "<good/>x", "x", "<good/>\u00a0<good/>"])
def test_text_between_records_is_refused(body: str) -> None:
    assert refused(document(body)).reason.code == "xml.text-between"


def test_blanks_comments_and_instructions_between_records_are_nothing() -> None:
    body = " \r\n\t<good>a<!-- b -->c<?d?><![CDATA[ & ]]>e</good>\n<!-- f -->\n<?g?><delete/> "
    assert [record[1:] for record in read(document(body))] == [("good", "ac & e"), ("delete", "")]


# --- encodings


CODECS = ("utf-8", "utf-8-sig", "utf-16", "cp1251")


@pytest.mark.parametrize("declared", ["UTF-8", "windows-1251", "UTF-16"])
@pytest.mark.parametrize("encoding", [*CODECS, "utf-16-be marked"])
def test_records_are_the_same_in_every_encoding(encoding: str, declared: str) -> None:
    body = "<good>Корм «Ёж» №1</good>\n" * 30_000
    text = f"<?xml version='1.0' encoding='{declared}'?>\n<goods>{body}</goods>"
    data = text.encode(encoding) if encoding in CODECS else codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    if encoding == "cp1251" and declared != "windows-1251":
        with pytest.raises(Reject):
            read(data)
        return
    assert read(data) == [(line, "good", "Корм «Ёж» №1") for line in range(2, 30_002)]


# --- lines


@pytest.mark.parametrize(
    "record",
    [
        "<good>x</good>\n",
        "<good/>\n",
        "<good\n  a='1'\n  b='2'>\nx\n</good>\n",
        "<good>\n<name>x</name>\n\n</good>\n<!-- <good> \n -->\n",
        "<good><name/></good>",
        "\n\n<good>\n<![CDATA[<good>\n]]></good>",
    ],
)
def test_lines_are_right_in_long_files(record: str) -> None:
    """libxml2 itself counts lines of elements up to 65535, and gives that of the tag's end."""
    times = 100_000 // max(1, record.count("\n"))
    data = document("\n" + record * times)
    before, height = record.index("<good"), record.count("\n")
    expected = [3 + record[:before].count("\n") + n * height for n in range(times)]
    assert [line for line, _, _ in read(data)] == expected
    started = [line_of(element) for event, element in elements(io.BytesIO(data), PLAIN, ("good",)) if event == "end"]
    assert started == expected


def test_line_of_what_is_malformed_is_right_in_a_long_file() -> None:
    assert refused(document("\n" * 100_000 + "<good>")).reason.parts["line"] == 100_002


def test_lines_of_prefixed_elements_are_right() -> None:
    data = b"<t:goods xmlns:t='u'>\n" + b"<t:good\n>x</t:good>\n" * 50_000 + b"</t:goods>"
    assert [line for line, _, _ in read(data)] == list(range(2, 100_002, 2))


# --- the stream


def seen(body: str, names: tuple[str, ...]) -> list[str]:
    marks = {"start": "+", "end": "-"}
    stream = elements(io.BytesIO(document(body, "r")), PLAIN, names)
    return [marks[event] + etree.QName(element).localname for event, element in stream]


def test_elements_are_found_at_any_depth_and_in_any_namespace() -> None:
    body = "<a><c/><b xmlns='u'><a/></b></a><x:b xmlns:x='v'/>"
    assert seen(body, ("a", "b")) == ["+a", "+b", "+a", "-a", "-b", "-a", "+b", "-b"]


def test_root_is_an_element_like_others() -> None:
    assert seen("<a/>", ("r", "a")) == ["+r", "+a", "-a", "-r"]
    assert seen("<a/>", ("z",)) == []


def test_element_is_whole_at_its_end_and_its_surroundings_are_there() -> None:
    body = "<head><id>7</id></head><list>" + "<good><name>x</name><list><good/></list>y</good>\n" * 30_000 + "</list>"
    depths = {1: 0, 2: 0}
    for event, element in elements(io.BytesIO(document(f"<part><id>7</id>{body}</part>")), PLAIN, ("part", "good")):
        if event == "end" and element.tag == "good" and len(element):
            depths[1] += 1
            assert element.findtext("name") == "x"
            part = element.getparent().getparent()  # type: ignore[union-attr]
            assert part is not None
            assert part.findtext("id") == "7"
        elif event == "end" and element.tag == "good":
            depths[2] += 1
    assert depths == {1: 30_000, 2: 30_000}


def growth(stream: Iterator[object]) -> int:
    """The most memory that Python holds while a stream runs; libxml2's own tree shows in the proxies kept alive."""
    tracemalloc.start()
    for _ in stream:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


class Endless(io.RawIOBase):
    """A document made while it is read, so that the test holds none of it."""

    def __init__(self, record: bytes, times: int, before: bytes = b"", after: bytes = b"") -> None:
        self._pieces = iter([b"<goods>" + before, *[record * 1000] * times, after + b"</goods>"])

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


@pytest.mark.parametrize("wrapped", [(b"", b""), (b"<part><good/>", b"</part>")], ids=["flat", "inside a container"])
@pytest.mark.parametrize("record", [b"<good><name>x</name></good>\n", b"<other><name>x</name></other>\n"])
def test_memory_does_not_grow_with_the_file(
    monkeypatch: pytest.MonkeyPatch, record: bytes, wrapped: tuple[bytes, bytes]
) -> None:
    """The tree must stay small: its elements are counted whenever one of them shows up."""
    monkeypatch.setattr(encoding, "PIECE", 16 * 1024)  # less than `Endless` gives at once
    largest = 0
    source = Endless(record + b"<good/>" * (b"other" in record), 60, *wrapped)
    for event, element in elements(source, PLAIN, ("part", "good")):  # type: ignore[arg-type]
        parent = element.getparent()
        if event == "end" and parent is not None:
            largest = max(largest, len(parent))
    assert 0 < largest <= 4100  # what two pieces hold


def test_memory_of_records_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "PIECE", 16 * 1024)  # small beside what a tree that is kept would hold
    record = b"<good><name>x</name></good>\n"
    few = growth(records(Endless(record, 8), PLAIN, NAMES))  # type: ignore[arg-type]
    many = growth(records(Endless(record, 24), PLAIN, NAMES))  # type: ignore[arg-type]
    assert many < 1.5 * few  # three times the file


def test_records_belong_to_the_caller() -> None:
    source = io.BytesIO(document("<good>x</good>" * 50_000))
    kept = [record for batch in records(source, PLAIN, NAMES) for _, record in batch]
    assert {record.text for record in kept} == {"x"}
    assert all(record.getparent() is None for record in kept)


def test_errors_of_the_stream_are_the_callers() -> None:
    class Failing(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        list(records(Failing(), PLAIN, NAMES))  # type: ignore[arg-type]


# --- words


@pytest.mark.parametrize(
    ("text", "short"),
    [("", ""), ("a\n  b", "a b"), ("x" * 60, "x" * 60), ("x" * 61, "x" * 59 + "…"), ("x " * 10_000, "x " * 29 + "x…")],
)
def test_text_is_shortened_to_one_line(text: str, short: str) -> None:
    assert shortened(text) == short
