"""A file is read as what its bytes are, whatever its first line says, and never as two things at once."""

from __future__ import annotations

import codecs
import encodings.aliases
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.converters.encoding import PIECE, Spelling, opening, spelling, utf8
from tillpost.errors import Reject

TEXT = "Корм Перфект Фит 190 г — «ёлка» №1"


def declaring(encoding: str, text: str = TEXT) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<a>{text}</a>'


def code(data: bytes) -> str:
    with pytest.raises(Reject) as rejected:
        opening(data, spelling(data).encoding)
    return rejected.value.reason.code


def through(data: bytes, encoding: str) -> bytes:
    return b"".join(utf8(io.BytesIO(data), encoding))


# --- what is believed


@pytest.mark.parametrize(
    ("declared", "mark", "codec", "expected"),
    [
        ("UTF-8", b"", "utf-8", Spelling("utf-8")),
        ("utf8", b"", "utf-8", Spelling("utf-8")),
        ("UTF-8", codecs.BOM_UTF8, "utf-8", Spelling("utf-8")),
        ("windows-1251", b"", "cp1251", Spelling("windows-1251")),
        ("CP1251", b"", "cp1251", Spelling("windows-1251")),
        ("KOI8-R", b"", "koi8-r", Spelling("koi8-r")),
        ("UTF-16", codecs.BOM_UTF16_LE, "utf-16-le", Spelling("utf-16-le")),
        ("UTF-16", codecs.BOM_UTF16_BE, "utf-16-be", Spelling("utf-16-be")),
        ("UTF-16LE", b"", "utf-16-le", Spelling("utf-16-le")),
        ("UTF-16", b"", "utf-16-be", Spelling("utf-16-be")),
    ],
)
def test_right_declaration_is_followed(declared: str, mark: bytes, codec: str, expected: Spelling) -> None:
    text = declaring(declared, "Корм Перфект Фит")
    assert spelling(mark + text.encode(codec)) == expected


@pytest.mark.parametrize(
    ("declared", "mark", "codec", "expected"),
    [
        ("windows-1251", b"", "utf-8", "utf-8"),
        ("us-ascii", b"", "utf-8", "utf-8"),
        ("UTF-16", b"", "utf-8", "utf-8"),
        ("windows-1251", codecs.BOM_UTF8, "utf-8", "utf-8"),
        ("nonsense", codecs.BOM_UTF8, "utf-8", "utf-8"),
        ("UTF-8", codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
        ("windows-1251", codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
        ("UTF-16BE", codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    ],
)
def test_mark_and_bytes_beat_a_stale_declaration(declared: str, mark: bytes, codec: str, expected: str) -> None:
    assert spelling(mark + declaring(declared).encode(codec)) == Spelling(expected, declared)


@pytest.mark.parametrize("size", range(1, 120))
def test_character_cut_by_the_end_of_the_head_changes_nothing(size: int) -> None:
    stale = declaring("windows-1251", TEXT * 3).encode()
    shortest = len(declaring("windows-1251", "").encode())
    start = stale[: shortest + size]
    assert spelling(start).encoding == "utf-8"
    assert declaring("windows-1251", TEXT * 3).startswith(opening(start, "utf-8"))


def test_nothing_declared_is_utf8() -> None:
    assert spelling(f"<a>{TEXT}</a>".encode()) == Spelling("utf-8")


# --- what is refused


@pytest.mark.parametrize("blank", [b"", b" \r\n\t", b"\0\0"])
def test_nothing_is_empty(blank: bytes) -> None:
    assert code(blank) == "xml.empty"


def known(declared: bytes) -> bool:
    """Whether a file that declares so is read; otherwise it is refused, and nothing else happens."""
    data = b'<?xml version="1.0" encoding="' + declared + b'"?><a>tea</a>'
    try:
        chosen = spelling(data).encoding
    except Reject as rejected:
        return rejected.reason.code != "xml.unknown-encoding"
    return opening(data, chosen).endswith("<a>tea</a>")


def test_every_codec_that_python_has_is_read_by_our_list_or_refused() -> None:
    """Some of them decompress or compute: what a file declares must never choose one of those."""
    names = {*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "idna", "punycode", "undefined"}
    read = {name for name in names if known(name.encode())}
    assert {"utf_8", "cp1251", "windows_1251", "koi8_r", "cp866", "iso8859_5"} <= read
    assert not read & {"zlib", "bz2", "hex", "base64", "rot13", "uu", "quopri", "idna", "punycode", "undefined"}


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_any_declared_name_is_known_or_refused(name: str) -> None:
    known(name.encode())


def test_bytes_that_are_not_the_utf8_they_should_be_are_named_with_their_line() -> None:
    data = f"<a>\n\n{TEXT}</a>".encode("cp1251")
    with pytest.raises(Reject) as rejected:
        opening(data, "utf-8")
    assert rejected.value.reason.code == "xml.looks-like-1251"
    assert rejected.value.reason.parts["line"] == 3


def test_bytes_like_nothing_known_are_not_guessed_at() -> None:
    assert code(b"<a>\x80\x81\x82</a>") == "xml.not-utf8"


@pytest.mark.parametrize("data", [codecs.BOM_UTF32_LE + b"<\0\0\0", codecs.BOM_UTF32_BE, b"<\0\0\0?\0\0\0", b"\0\0\0<"])
def test_utf32_is_refused(data: bytes) -> None:
    assert code(data) == "xml.unknown-encoding"


def test_byte_that_the_code_page_lacks_is_refused_with_its_line() -> None:
    data = declaring("windows-1251", "\n\n?").encode("cp1251").replace(b"?</a>", b"\x98</a>")
    with pytest.raises(Reject) as rejected:
        through(data, "windows-1251")
    assert rejected.value.reason.code == "xml.wrong-bytes"
    assert rejected.value.reason.parts["line"] == 4


def test_utf16_torn_inside_a_character_is_refused() -> None:
    with pytest.raises(Reject) as rejected:
        through(declaring("UTF-16").encode("utf-16")[:-1], "utf-16-le")
    assert rejected.value.reason.code == "xml.wrong-bytes"


def test_text_that_turns_utf8_behind_a_plain_beginning_is_refused() -> None:
    """Read as declared it would be garbage at the tills; read as UTF-8 it might be, too."""
    data = declaring("windows-1251", "a\n" * PIECE + TEXT).encode()
    with pytest.raises(Reject) as rejected:
        through(data, "windows-1251")
    assert rejected.value.reason.code == "xml.doubtful"
    assert rejected.value.reason.parts["line"] == PIECE + 2


def test_code_page_behind_a_plain_beginning_is_read() -> None:
    text = declaring("windows-1251", "a" * PIECE + TEXT)
    assert through(text.encode("cp1251"), "windows-1251").decode() == text


# --- the law


@given(
    text=st.text(st.characters(codec="cp1251"), max_size=200),
    mark_and_codec=st.sampled_from(
        [
            (codecs.BOM_UTF8, "utf-8", "utf-8"),
            (b"", "utf-8", "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
        ]
    ),
)
def test_every_way_to_write_a_text_gives_the_same_bytes(text: str, mark_and_codec: tuple[bytes, str, str]) -> None:
    mark, codec, encoding = mark_and_codec
    assert through(mark + f"<a>{text}</a>".encode(codec), encoding) == f"<a>{text}</a>".encode()
