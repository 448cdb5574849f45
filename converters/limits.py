"""How much one XML document may ask of us: this file alone knows the bounds that are not the parser's own.

They are told before memory is: a text by the bytes in which no element begins or ends, whatever they are (attributes
and comments count alike); a depth by what is being read. The parser's own bounds (256 levels, 10 MB of text) come
after them.

Failures: Reject `xml.too-large`, `xml.text-too-long`, `xml.too-deep`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from lxml import etree

from ..errors import Reason, Reject
from .encoding import PIECE

LARGEST = 64 * 1024 * 1024  # bytes in which a record, or whatever stands between two, must end
LEAST_LONGEST = PIECE  # a shorter bound would have to be looked for inside of pieces


class Limits(NamedTuple):
    """`deepest`: levels of elements, the root's included. `longest`: bytes of UTF-8 without a `<`, at least
    LEAST_LONGEST."""

    deepest: int = 100
    longest: int = 1_000_000


class Bounds:
    """The limits, watched along one document."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._deeper = _deeper_than(limits.deepest)
        self._quiet = 0
        self._look_at = 0  # of what is quiet: what is held has to grow twofold before it is looked through again
        self._stretch = 0  # bytes since the last `<`
        self._line = 1

    def feed(self, piece: bytes) -> None:
        """Looks at the document's next bytes, before a parser holds them."""
        self._quiet += len(piece)
        if self._quiet > LARGEST:
            raise Reject(Reason("xml.too-large", limit=LARGEST))
        first = piece.find(b"<")
        self._stretch += len(piece) if first < 0 else first
        if self._stretch > self._limits.longest:
            raise Reject(Reason("xml.text-too-long", line=self._line, limit=self._limits.longest))
        if first >= 0:
            self._stretch = len(piece) - piece.rfind(b"<") - 1
        self._line += piece.count(b"\n")

    def rest(self) -> None:
        """Something was finished: what counts against LARGEST begins anew."""
        self._quiet = self._look_at = 0

    def look(self, root: etree._Element, *, leaving: bool) -> None:
        """Looks at what was read and is still held; where nothing is about to leave, not each time."""
        if not leaving and self._quiet < self._look_at:
            return
        self._look_at = 2 * self._quiet
        if self._deeper(root):
            raise Reject(Reason("xml.too-deep", limit=self._limits.deepest))


@cache
def _deeper_than(levels: int) -> etree.XPath:
    """Whether an element, level 1, holds one that is deeper. A flat document is asked for a few levels alone."""
    return etree.XPath(f"boolean({'/'.join('*' * levels)})")
