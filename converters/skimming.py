"""Records as stretches of bytes: this file alone knows where one ends and the next begins without a parser.

A document whose records hold no comment, CDATA or processing instruction can be cut at the end tags of its records:
XML allows `<` nowhere else, so what is spelt like an end tag is one. What is cut is a record and the white space
before it; its *mark* is the digest of these bytes (XXH3, 128 bits). A mark is known only of a record that was cut so
before, and whoever read it then looked whether it was `sound`: so a document all of whose records are known, or sound,
was cut rightly.

A *place* stands for the line of a record: -1 less the offset at which it begins in the document's UTF-8.

Failures: Aside for a document that cannot be cut, or not safely; Reject from its encoding, see `encoding`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import BinaryIO, NamedTuple

import xxhash

from ..model import Aside, Head
from .encoding import utf8

LONGEST = 4 * 1024 * 1024  # bytes of a record; what is longer, a parser may judge

_ROOT = re.compile(
    rb"(?:<\?xml\s[^<>?]*\?>)?\s*"
    rb"(<(?P<name>[a-zA-Z]+)(?P<attributes>(?:\s+[a-zA-Z:]+\s*=\s*(?:\"[^\"<&]*\"|'[^'<&]*'))*)\s*>)"
)
_DECLARED = re.compile(rb"\sxmlns:(?!xsi\s*=)")  # prefixes that records might use, and other roots might not declare
_HIDING = (b"<!", b"<?", b"xsi:")  # what hides tags, or means something by the root's leave alone

mark = xxhash.xxh3_128_digest


class Cut(NamedTuple):
    """Records in a row, each without its end tag, and the offset of the first."""

    offset: int
    records: list[bytes]


class Cutting:
    """One document on its way."""

    def __init__(self, source: BinaryIO, head: Head, record: str) -> None:
        self._pieces = utf8(source, head.encoding)
        self._root = head.root.encode()
        self._start = f"<{record}".encode()
        self._end = f"</{record}>".encode()
        self._root_tag = b""

    def __iter__(self) -> Iterator[Cut]:
        """All of the document, in bounded memory. Raises Aside."""
        rest = next(self._pieces)
        offset = self._begin(rest)
        rest = rest[offset:]
        while True:
            *found, rest = rest.split(self._end)
            if found:
                yield Cut(offset, found)
                offset += sum(map(len, found)) + len(found) * len(self._end)
            piece = next(self._pieces, b"")
            if not piece:
                break
            if len(rest) > LONGEST:
                raise Aside
            rest += piece
        if not re.fullmatch(rb"\s*</%b\s*>\s*" % self._root, rest):
            raise Aside

    def _begin(self, first: bytes) -> int:
        """Where the records begin."""
        root = _ROOT.match(first)
        if root is None or root["name"] != self._root or _DECLARED.search(root["attributes"]):
            raise Aside
        self._root_tag = root[1]
        return root.end()

    def places(self, cut: Cut) -> list[int]:
        """The place of each record."""
        ends = accumulate((len(record) + len(self._end) for record in cut.records), initial=cut.offset)
        return [-1 - end - _blank(record) for end, record in zip(ends, cut.records, strict=False)]

    def document(self, records: Collection[bytes]) -> bytes:
        """The root with some of its records alone; those must be sound, or Aside is raised."""
        if not all(map(self._is_sound, records)):
            raise Aside
        return b"".join((self._root_tag, self._end.join((*records, b"")), b"</%b>" % self._root))

    def _is_sound(self, record: bytes) -> bool:
        """Whether it has one beginning, and no other end than the one at which it was cut."""
        return (
            record.startswith(self._start, _blank(record))
            and record.count(self._start) == 1
            and b"</" + self._start[1:] not in record
            and not any(hiding in record for hiding in _HIDING)
        )


def _blank(record: bytes) -> int:
    """How much white space stands before it."""
    return len(record) - len(record.lstrip())


def lines_at(source: BinaryIO, encoding: str, places: Collection[int]) -> dict[int, int]:
    """The lines of `places` in the same document."""
    found: dict[int, int] = {}
    wanted = sorted(places)  # the last first
    line, offset = 1, 0
    for piece in utf8(source, encoding):
        counted = 0
        while wanted and (end := -1 - wanted[-1] - offset) <= len(piece):
            line += piece.count(b"\n", counted, end)
            counted = end
            found[wanted.pop()] = line
        if not wanted:
            break
        line += piece.count(b"\n", counted)
        offset += len(piece)
    return found
