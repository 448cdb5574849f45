"""How a file's bytes become UTF-8: this file alone knows marks, declarations and code pages.

A byte order mark is believed first, then what the bytes prove, then the declaration, then UTF-8 is assumed. A
declaration that the mark or the bytes prove wrong is *stale*: somebody saved the file anew and left its first line as
it was. Such a file is read as what it is, and remarked.

Failures: Reject `xml.empty`; `xml.unknown-encoding`; `xml.not-utf8` and `xml.looks-like-1251` for bytes that are not
the UTF-8 they should be; `xml.wrong-bytes` for bytes that the encoding does not have; `xml.doubtful` where a code page
is declared and text far into the file is UTF-8: read either way, some names would be spoilt; and of files that declare
nothing, `text.*`. Errors of the stream belong to whoever opened it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from ..errors import Reason, Reject

PIECE = 256 * 1024  # bytes of UTF-8 at once
UTF8 = "utf-8"
UTF16 = ("utf-16-le", "utf-16-be")
CODE_PAGE = "windows-1251"  # what Russian files are in that are not UTF-8 and declare nothing

_MARKS = ((b"\xef\xbb\xbf", UTF8), (b"\xff\xfe", UTF16[0]), (b"\xfe\xff", UTF16[1]))
_UTF32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<")
_UNMARKED = ((b"<\0", UTF16[0]), (b"\0<", UTF16[1]))
_DECLARED = re.compile(r"<\?xml\s[^>]*?\bencoding\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")
# Codecs that map one byte to one character; Python also has some that decompress, which no stranger may choose.
_CODE_PAGE = re.compile(r"ascii|cp125[0-8]|cp866|koi8-[ru]|iso8859-\d+|mac-cyrillic")
_CYRILLIC = bytes([0xA8, 0xB8, *range(0xC0, 0x100)])  # Ё, ё, А to я in windows-1251
_ASCII = bytes(range(0x80))
_TYPOGRAPHY = bytes([0x84, 0x85, *range(0x91, 0x98), 0xA0, 0xAB, 0xB0, 0xB9, 0xBB])  # „ … ' " – — « » ° №
_BLANK = b" \t\r\n\0"


class Spelling(NamedTuple):
    """How a file is written."""

    encoding: str  # the one to read with
    stale: str = ""  # the one declared, where it is wrong


def spelling(start: bytes) -> Spelling:
    """The encoding of a file that begins with `start`. Raises Reject."""
    sure = _sure(start)
    declared = _declared(start, sure)
    if sure:
        return Spelling(sure, declared if declared and _known(declared) not in (sure, sure[:6]) else "")
    meant = _known(declared or UTF8)
    if meant == UTF8:
        return Spelling(UTF8)
    if not meant:
        raise Reject(Reason("xml.unknown-encoding", encoding=declared))
    if meant.startswith("utf-16") or (not start.isascii() and _is_utf8(start)):
        return Spelling(UTF8, declared)
    return Spelling(meant)


def opening(start: bytes, encoding: str) -> str:
    """`start` as text without its mark; its last character may be cut. Raises Reject."""
    if not start.strip(_BLANK):
        raise Reject(Reason("xml.empty"))
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start).removeprefix("\ufeff")
    except UnicodeDecodeError as cause:
        raise _undecodable(cause, encoding, 1) from cause


def utf8(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The file in pieces of UTF-8, without its mark. UTF-8 itself passes unchecked: its parser checks it."""
    if encoding != UTF8:
        yield from _transcoded(source, encoding)
        return
    yield _piece(source, PIECE).removeprefix(_MARKS[0][0])
    while piece := _piece(source, PIECE):
        yield piece


def opened(start: bytes) -> str:
    """How a file that declares no encoding begins, as far as its first bytes tell; no check of anything."""
    encoding = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), UTF8)
    return start.decode(encoding, "ignore").removeprefix("\ufeff")


def plain(source: BinaryIO) -> Iterator[bytes]:
    """A file that has nowhere to declare its encoding, in pieces of UTF-8 without its mark: what the mark says, else
    UTF-8, else windows-1251, by the first piece that is not ASCII. All of it is one of them, or it is refused; zero
    bytes, which a power cut leaves in place of text, are no text."""
    first = _piece(source, PIECE)
    if first.startswith(_UTF32[:2]):
        raise Reject(Reason("xml.unknown-encoding", encoding="UTF-32"))
    encoding = next((encoding for mark, encoding in _MARKS if first.startswith(mark)), "")
    return _decoded(chain((first,), _pieces(source)), encoding)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := _piece(source, PIECE):
        yield piece


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """`pieces` in `encoding`; "" = it is yet to be found."""
    decoder = codecs.getincrementaldecoder(encoding or UTF8)()
    line, mark = 1, _MARKS[0][0]
    for piece in chain(pieces, (b"",)):
        if not encoding and not piece.isascii():
            encoding = _guessed(piece, line)
            decoder = codecs.getincrementaldecoder(encoding)()
        elif encoding == CODE_PAGE and not piece.isascii() and _is_utf8(piece):
            raise Reject(Reason("text.mixed", line=line + _plain_lines(piece), encoding=encoding))
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as cause:
            before = cause.object[: cause.start].decode(encoding or UTF8, "ignore")
            raise Reject(Reason("text.mixed", line=line + before.count("\n"), encoding=encoding or UTF8)) from cause
        if "\0" in text:
            raise Reject(Reason("text.zeros", line=line + text.count("\n", 0, text.index("\0"))))
        line += text.count("\n")
        found = piece if encoding in ("", UTF8) else text.encode()
        if found:
            yield found.removeprefix(mark)
            mark = b""


def _guessed(piece: bytes, line: int) -> str:
    """What a piece in no declared encoding is written in. Raises Reject: UTF-8 in which a byte is wrong is not read as
    a code page, where half of its bytes would pass for Russian letters, too."""
    try:
        codecs.getincrementaldecoder(UTF8)().decode(piece)
    except UnicodeDecodeError as cause:
        odd = len(piece.translate(None, _ASCII))
        sound = len(piece.decode(errors="ignore").encode()) - (len(piece) - odd)
        if 5 * sound > odd:
            wrong = line + piece.count(b"\n", 0, cause.start)
            raise Reject(Reason("text.mixed", line=wrong, encoding=UTF8)) from cause
        letters = piece.translate(None, _TYPOGRAPHY)
        if letters.isascii() or _looks_like_1251(letters):
            return CODE_PAGE
        raise Reject(Reason("text.unknown", line=line + _plain_lines(piece))) from cause
    return UTF8


def _plain_lines(piece: bytes) -> int:
    """How many lines end before the first byte that is not ASCII."""
    before = re.match(rb"[\0-\x7f]*", piece)
    return before[0].count(b"\n") if before else 0


def _piece(source: BinaryIO, size: int) -> bytes:
    """The next `size` bytes; fewer only at the end, though a stream may give less at once than it is asked for: where
    the root is, and whether a text is UTF-8, is judged by whole pieces."""
    parts = []
    while size > 0 and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def not_utf8(piece: bytes, line: int) -> Reject:
    """The refusal of bytes that should be UTF-8, with a guess at what they are."""
    code = "xml.looks-like-1251" if _looks_like_1251(piece) else "xml.not-utf8"
    return Reject(Reason(code, line=line))


def _sure(start: bytes) -> str:
    """The encoding that a mark, or zero bytes beside the first `<`, prove; "" = none is proved."""
    if start.startswith(_UTF32):
        raise Reject(Reason("xml.unknown-encoding", encoding="UTF-32"))
    return next((encoding for mark, encoding in (*_MARKS, *_UNMARKED) if start.startswith(mark)), "")


def _declared(start: bytes, sure: str) -> str:
    text = start[:1024].decode(sure if sure in UTF16 else "ascii", "ignore").removeprefix("\ufeff")
    match = _DECLARED.match(text)
    return (match[1] or match[2] or "").strip() if match else ""


def _known(declared: str) -> str:
    """Our name of a declared encoding; "" = one that is not read here."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return ""
    if name == UTF8 or name in ("utf-16", *UTF16):
        return name
    if not _CODE_PAGE.fullmatch(name):
        return ""
    return f"windows-{name[2:]}" if name.startswith("cp125") else name


def _is_utf8(start: bytes) -> bool:
    """Whether `start` can be UTF-8, perhaps cut inside its last character. Russian text of a code page never is."""
    try:
        codecs.getincrementaldecoder(UTF8)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_1251(piece: bytes) -> bool:
    """Whether most of what is not ASCII would be Cyrillic letters in windows-1251."""
    rest = piece.translate(None, _ASCII)
    return bool(rest) and 10 * len(rest.translate(None, _CYRILLIC)) < 3 * len(rest)


def _transcoded(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    is_plain = encoding not in UTF16  # a code page, and nothing but ASCII so far
    line, mark = 1, "\ufeff"
    piece = _piece(source, PIECE // 2)
    while True:
        if is_plain and not piece.isascii():
            is_plain = False
            _refuse_utf8(piece, encoding, line)
        try:
            text = decoder.decode(piece, final=not piece).removeprefix(mark)
        except UnicodeDecodeError as cause:
            raise _undecodable(cause, encoding, line) from cause
        yield text.encode()
        if not piece:
            return
        line, mark = line + text.count("\n"), ""
        piece = _piece(source, PIECE // 2)


def _refuse_utf8(piece: bytes, encoding: str, line: int) -> None:
    if _is_utf8(piece):
        raise Reject(Reason("xml.doubtful", line=line + _plain_lines(piece), encoding=encoding))


def _undecodable(cause: UnicodeDecodeError, encoding: str, line: int) -> Reject:
    """`line` is the one in which the bytes that were looked at begin."""
    before = cause.object[: cause.start].decode(encoding, "ignore")
    if encoding == UTF8:
        return not_utf8(cause.object, line + before.count("\n"))
    return Reject(Reason("xml.wrong-bytes", line=line + before.count("\n"), encoding=encoding))
