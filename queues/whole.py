"""Whether a file's last bytes are an end: in XML, that they close the root element that the first bytes open; in a
till's sales file, that the last line ends a section.

That is no proof of anything but this: whoever wrote the file to its end has written its end. Behind a root nothing
more can come; behind a section another one may. Blanks, comments and processing instructions may stand behind the
root (XML 1.0, "document"), and blanks behind the last line; NUL bytes may not: they are room that was reserved and not
yet filled.

Failures: none; what cannot be seen through (another format, a DOCTYPE, a longer preamble) is not whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

_HEAD, _TAIL = 16 << 10, 4 << 10  # bytes looked at
_BLANK = " \t\r\n"
_ASIDE = (("<?", "?>"), ("<!--", "-->"))
_ROOT = re.compile(r"<([^\s<>/!?&\"'=]+)(?=[\s/>])")
_CLOSE = re.compile(r"</([^\s<>/]+)[ \t\r\n]*>")
_MARKER = re.compile(r"###[ \t]+[^#\r\n]+[ \t]end[ \t]+###")


def is_whole(file: BinaryIO) -> bool:
    """Whether an XML file's last bytes close its root."""
    return _closes(*_ends(file))


def ends_section(file: BinaryIO) -> bool:
    """Whether the last line of a till's sales file that is not blank ends a section, of whatever name."""
    _, tail = _ends(file)
    lines = tail.rstrip(_BLANK).splitlines()
    return bool(lines) and _MARKER.fullmatch(lines[-1].strip(_BLANK)) is not None


class End(NamedTuple):
    """How files of a kind end."""

    stands_in: Callable[[BinaryIO], bool]  # whether it stands at the end of a file
    is_last: bool  # nothing can follow it, whoever writes


XML = End(is_whole, is_last=True)
SALES = End(ends_section, is_last=False)


def _ends(file: BinaryIO) -> tuple[str, str]:
    """The first and the last part of a file."""
    head = file.read(_HEAD)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL) & ~1)  # even: UTF-16 is read two by two
    tail = file.read(_TAIL + 1)
    encoding = _encoding(head)
    return head.decode(encoding, "replace"), tail.decode(encoding, "replace")


def _encoding(head: bytes) -> str:
    """Enough of it to find tags and lines: in all but UTF-16 brackets, blanks and hashes are ASCII, and equal names
    have equal bytes."""
    if head.startswith((b"\xff\xfe", b"<\0", b"#\0")):
        return "utf-16-le"
    if head.startswith((b"\xfe\xff", b"\0<", b"\0#")):
        return "utf-16-be"
    return "latin-1"


def _closes(head: str, tail: str) -> bool:
    root = _ROOT.match(head, _past_asides(head, _past_mark(head)))
    end = _before_asides(tail)
    last = end[max(end.rfind("<"), 0) :]
    if root is None:
        return False
    close = _CLOSE.fullmatch(last)
    if close is None:
        return last.endswith("/>") and head.startswith(last, root.start())
    return close[1] == root[1]


def _past_mark(head: str) -> int:
    """Behind the byte order mark, as either encoding shows it."""
    return next((len(mark) for mark in ("\ufeff", "\xef\xbb\xbf") if head.startswith(mark)), 0)


def _past_asides(head: str, at: int) -> int:
    """Where the first thing begins that is neither blank, comment nor processing instruction."""
    while True:
        at += len(head[at:]) - len(head[at:].lstrip(_BLANK))
        closing = next((closing for opening, closing in _ASIDE if head.startswith(opening, at)), None)
        if closing is None or (end := head.find(closing, at)) < 0:
            return at
        at = end + len(closing)


def _before_asides(tail: str) -> str:
    """What is left when blanks, comments and processing instructions at the end are taken off."""
    while True:
        tail = tail.rstrip(_BLANK)
        opening = next((opening for opening, closing in _ASIDE if tail.endswith(closing)), None)
        if opening is None or opening not in tail:
            return tail
        tail = tail[: tail.rfind(opening)]
