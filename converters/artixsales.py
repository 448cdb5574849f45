"""An Artix till's sales file: this file alone knows its sections and separators.

Not one JSON document but lines: `### sales data begin ###`, JSON objects with a line `---` between two of them, and
`### sales data end ###`; likewise `shift info` and `securitylog info`. A JSON string cannot hold a raw end of line, so
such lines are never part of an object. Sections come in any order, more than once, or empty; the last object of one may
lack its `---`. What stands between two separators is an object, or a list of objects.

What is wrong *between* objects breaks the file, for then nobody knows what is missing; what is wrong *in* one refuses
that one. A section of an unknown name, as a newer till may write, is no break: it is kept whole, as one refusal, so
that it does not weigh more than the sales beside it.

Failures: Reject `sales.empty`, `sales.torn`, `sales.outside`, `sales.marker`, `sales.object-too-large` for what is
wrong between objects; `text.*` and `xml.unknown-encoding` for bytes that are no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import Reason, Reject
from ..model import SalesEvent, SalesOptions
from .artixdocuments import SECTIONS, Objects
from .encoding import opened, plain
from .reading import shortened

LARGEST = 16 * 1024 * 1024  # bytes in which an object must end
SLAB = 1024 * 1024  # bytes of an unknown section that are kept as one
LONGEST_MARKER = 200  # characters
SEPARATOR = b"---"

_RULE = re.compile(rb"\n[ \t]*(---|###[^\n]*)(?=[ \t\r]*(?:\n|\Z))")
_MARKER = re.compile(r"### *(?P<name>[^ #].*?) +(?P<side>begin|end) *###")
_BEGIN, _END = "begin", "end"
_BLANK = b" \t\r\n"

Found = tuple[str, bytes, int]  # section, what stands between two separators, its line


class ArtixSales:
    """Implements `model.SalesConverter`."""

    name = "artix-sales"

    def claims(self, name: str, first: bytes) -> bool:
        """By its first line that is not blank, whatever the file is called: a renamed file is still the same."""
        return opened(first).lstrip().startswith("###")

    def read(self, source: BinaryIO, options: SalesOptions) -> Iterator[SalesEvent]:
        objects = Objects(options)
        for section, raw, line in _found(plain(source)):
            yield from objects.read(section, raw, line)


def _found(pieces: Iterator[bytes]) -> Iterator[Found]:
    place = _Place()
    for block in _whole_lines(pieces):
        at = 0
        for rule in _RULE.finditer(block):
            place.add(block[at : rule.start()])
            if rule[1] == SEPARATOR and place.keeps_on():
                place.add(rule[0])
            else:
                yield from place.closed()
                place.turn(rule[1].decode().strip())
            at = rule.end()
        place.add(block[at:])
    place.end()


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same in blocks, each of whole lines, and before each line its \\n. A line too long for anything is cut."""
    held, size = [b"\n"], 0
    for piece in pieces:
        cut = piece.rfind(b"\n")
        if cut < 0 and size <= LARGEST:
            held.append(piece)
            size += len(piece)
        else:
            yield b"".join((*held, piece[:cut] if cut >= 0 else piece))
            held = [piece[cut:] if cut >= 0 else b""]
            size = len(held[0])
    yield b"".join(held)


class _Place:
    """Where in the file we are, and what was seen since the last separator."""

    def __init__(self) -> None:
        self._section = ""  # "" = outside
        self._begun = 0  # in which line
        self._line = 0  # of the last separator
        self._held: list[bytes] = []
        self._size = 0
        self._is_empty = True  # no section was seen

    def add(self, data: bytes) -> None:
        """Goes on over what is no separator. Raises Reject where it is more than an object may be."""
        self._held.append(data)
        self._size += len(data)
        if self._size > LARGEST + 1:  # and the \n before it
            _, line = self._taken()
            raise Reject(Reason("sales.object-too-large", line=line, limit=LARGEST))

    def keeps_on(self) -> bool:
        """Whether what a `---` parts is kept together all the same: in a section of which nothing is known."""
        return bool(self._section) and self._section not in SECTIONS and self._size < SLAB

    def closed(self) -> Iterator[Found]:
        """What a separator closes; nothing where it is blank. Raises Reject where it stands outside of sections."""
        raw, line = self._taken()
        if raw and not self._section:
            raise self._outside(raw.decode(), line)
        is_blank = raw.startswith(SEPARATOR) and set(raw.split()) == {SEPARATOR}  # of an unknown section
        if raw and not is_blank:
            yield self._section, raw, line

    def turn(self, rule: str) -> None:
        """Goes over a separator. Raises Reject where it does not belong."""
        self._line += 1
        if rule == SEPARATOR.decode():
            if not self._section:
                raise self._outside(rule, self._line)
            return
        marker = _MARKER.fullmatch(rule) if len(rule) <= LONGEST_MARKER else None
        if self._section:
            expected = f"### {self._section} end ###"
            if marker is None or (marker["name"], marker["side"]) != (self._section, _END):
                raise self._misplaced(rule, expected)
            self._section = ""
        elif marker is None or marker["side"] != _BEGIN:
            raise self._misplaced(rule, "### … begin ###")
        else:
            self._section, self._begun, self._is_empty = marker["name"], self._line, False

    def end(self) -> None:
        """The file has ended. Raises Reject where it may not end here."""
        if self._section:
            raise Reject(Reason("sales.torn", section=shortened(self._section), line=self._begun))
        for _ in self.closed():  # refuses what is left over
            pass
        if self._is_empty:
            raise Reject(Reason("sales.empty"))

    def _taken(self) -> tuple[bytes, int]:
        """What was held, without blanks around it, and the line in which it begins."""
        data = b"".join(self._held)
        self._held, self._size = [], 0
        body = data.lstrip(_BLANK)
        line = self._line + data.count(b"\n", 0, len(data) - len(body))
        self._line += data.count(b"\n")
        return body.rstrip(_BLANK), line

    def _outside(self, text: str, line: int) -> Reject:
        return Reject(Reason("sales.outside", line=line, text=shortened(text)))

    def _misplaced(self, rule: str, expected: str) -> Reject:
        return Reject(Reason("sales.marker", line=self._line, text=shortened(rule), expected=shortened(expected)))
