"""XML as it may be read from strangers: what the first bytes say, and elements in a stream.

No entity is expanded, no DTD and nothing from the network is read; a document type is refused before a parser sees
the root. Documents are fed in pieces and finished elements are let go, so memory does not grow with the file.

What is finished may be let go, except the last child of anything: it may still be open, and libxml2 goes on writing
into the text behind it. Therefore elements are freed between pieces, when every event was looked at.

Failures: Reject `xml.*` for what is no XML, not well-formed, has a document type, is written in another encoding than
it should be (see `encoding`), or is larger, deeper or longer than it may be (see `limits`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Literal, cast

from lxml import etree

from ..errors import Reason, Reject
from ..model import Head
from .encoding import not_utf8, opening, spelling, utf8
from .limits import Bounds, Limits
from .lines import Lines

LIMITS = Limits()
BLANK = " \t\r\n"  # what XML calls white space; a no-break space is text

_PROLOG = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_START_TAG = re.compile(r"<[^<>\"'!?][^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>")
_PADDING = "    "  # libxml2 looks at nothing before it has more bytes than the shortest of roots
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"  # hints for validators, such as schemaLocation

Event = tuple[str, etree._Element]
Record = tuple[int, etree._Element]  # line, element


# --- what the first bytes say ------------------------------------------------------------------------------


def sniff(start: bytes, name: str) -> Head:
    """What the first bytes of a file say. Attributes of the root that have a namespace keep it in their names, and
    those for validators are left out. Raises Reject where the bytes cannot be the beginning of XML."""
    written = spelling(start)
    _refuse_other(start[:256].decode(written.encoding, "ignore").removeprefix("\ufeff"))
    root = _root(opening(start, written.encoding))
    tag = etree.QName(root)
    attributes = {str(key): str(value) for key, value in root.attrib.items() if not str(key).startswith(_XSI)}
    return Head(name, written.encoding, tag.localname, tag.namespace or "", attributes, written.stale)


def _refuse_other(text: str) -> None:
    """Told before anything is said of encodings: a picture is not XML in a wrong one."""
    if text.strip() and not text.lstrip().startswith("<"):
        raise Reject(Reason("xml.not-xml", start=shortened(text, 20)))


def _root(text: str) -> etree._Element:
    """The root element, as far as its start tag tells it. Raises Reject for a document type, and where there is no
    root in `text`."""
    if not text.strip():
        raise Reject(Reason("xml.empty"))
    prolog = _PROLOG.match(text)
    body = prolog.end() if prolog else 0
    if text.startswith("<!DOCTYPE", body):
        raise Reject(Reason("xml.doctype"))
    tag = _START_TAG.match(text, body)
    parser = _parser(("start",))
    _feed(parser, (text[: tag.end() if tag else len(text)] + _PADDING).encode())
    for _, element in cast("Iterator[Event]", parser.read_events()):
        return element
    raise Reject(Reason("xml.no-root", limit=len(text)))


# --- elements in a stream ----------------------------------------------------------------------------------


def elements(source: BinaryIO, head: Head, names: Collection[str], limits: Limits = LIMITS) -> Iterator[Event]:
    """("start" or "end", element) for every element whose local name is in `names`, in the order of the document.

    At its end an element is whole; soon after, it is gone. One that holds others of `names` is a container: when the
    first of those has ended, only its own children without children are kept of it, besides what is still open.
    Raises Reject where the document is not well-formed, possibly after many elements."""
    stream = _Stream(source, head, names, ("start", "end"), limits)
    wanted = frozenset(names)
    open_: list[_Open] = []
    for events in stream:
        for event, element in events:
            if _local(element) not in wanted:
                continue
            if event == "start":
                _locate(element, stream.line(element))
                open_.append(_Open(element))
            else:
                _close(open_)
            yield event, element
            stream.bounds.rest()
        _free(stream.root, open_, wanted)


def records(source: BinaryIO, head: Head, names: Collection[str], limits: Limits = LIMITS) -> Iterator[list[Record]]:
    """The children of the root, whole and each with its line, in batches in the order of the document. They are
    detached, and the caller's. Lines are exact for those whose local name is in `names`.

    Raises Reject for text between them, and where the document is not well-formed, possibly after many records."""
    stream = _Stream(source, head, names, ("start",), limits)
    wanted = frozenset(names)
    lines: deque[int] = deque()
    for events in stream:
        root = stream.root
        for _, element in events:
            if _local(element) in wanted:
                line = stream.line(element)
                if element.getparent() is root:
                    lines.append(line)
        batch = _detached(root, list(root) if stream.is_over else list(root)[:-1])
        if batch:
            stream.bounds.rest()
            yield [(lines.popleft() if _local(child) in wanted else _tag_end(child), child) for child in batch]


@dataclass
class _Open:
    """An element that has begun; held, so that it stays the same object until its end."""

    element: etree._Element
    is_container: bool = False


def _close(open_: list[_Open]) -> None:
    open_.pop()
    if open_:
        open_[-1].is_container = True


class _Stream:
    """A document on its way through the parser: iterate for the events of one piece after another."""

    root: etree._Element  # from the first events on

    def __init__(
        self,
        source: BinaryIO,
        head: Head,
        names: Collection[str],
        events: tuple[Literal["start", "end"], ...],
        limits: Limits,
    ) -> None:
        self._pieces = utf8(source, head.encoding)
        self._first = next(self._pieces)
        root = _root(self._first.decode("utf-8", "ignore"))
        self._prefix = root.prefix or ""
        self._lines = Lines(names, self._prefix)
        self._parser = _parser(events, [str(root.tag), *(f"{{*}}{name}" for name in names)])
        self.bounds = Bounds(limits)
        self.is_over = False

    def __iter__(self) -> Iterator[list[Event]]:
        for piece in chain((self._first,), self._pieces):
            self._lines.feed(piece)
            self.bounds.feed(piece)
            if piece:
                _feed(self._parser, piece)
            yield from self._events()
        _feed(self._parser, b"")
        self.is_over = True
        yield from self._events()

    def line(self, element: etree._Element) -> int:
        """The line of the start tag; to be asked for every element of `names`, once, in their order."""
        is_spelt_so = element.prefix is None or element.prefix == self._prefix
        return (self._lines.next() if is_spelt_so else 0) or _tag_end(element)

    def _events(self) -> Iterator[list[Event]]:
        """What the last piece brought; nothing before the root, whose start tag is always the first event."""
        events = cast("list[Event]", list(self._parser.read_events()))
        if events and not hasattr(self, "root"):
            self.root = events[0][1]
        if hasattr(self, "root"):
            self.bounds.look(self.root, leaving=bool(events) or self.is_over)
            yield events


def _free(root: etree._Element, open_: list[_Open], names: frozenset[str]) -> None:
    """Lets go of what is finished and nobody waits for, along the way to where the parser stands."""
    element, depth = root, 0
    holder: _Open | None = None
    while len(element):
        if depth < len(open_) and open_[depth].element is element:
            holder, depth = open_[depth], depth + 1
        elif _local(element) in names:
            return
        for child in list(element)[:-1]:
            if holder is None or _local(child) in names or _is_spare(child, element, holder):
                element.remove(child)
        element = element[-1]


def _is_spare(child: etree._Element, parent: etree._Element, holder: _Open) -> bool:
    return holder.is_container and (parent is not holder.element or len(child) > 0)


def _detached(root: etree._Element, children: list[etree._Element]) -> list[etree._Element]:
    """`children` taken out of the root, between which there may be no text."""
    _refuse_text(root.text, root)
    for child in children:
        _refuse_text(child.tail, child)
        root.remove(child)
    return children


def _refuse_text(text: str | None, where: etree._Element) -> None:
    if text and text.strip(BLANK):
        raise Reject(Reason("xml.text-between", line=_tag_end(where), text=shortened(text)))


# --- the parser --------------------------------------------------------------------------------------------


class _Located(etree.ElementBase):
    """An element that knows its line, as long as somebody holds it."""

    line: int


def _locate(element: etree._Element, line: int) -> None:
    if isinstance(element, _Located):
        element.line = line


def line_of(element: etree._Element) -> int:
    """The line in which an element of `elements` begins; of its children, about so."""
    return getattr(element, "line", 0) or _tag_end(element)


def _tag_end(element: etree._Element) -> int:
    """The line as libxml2 has it, see `lines`; 0 where it has none."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _parser(events: tuple[Literal["start", "end"], ...], tags: list[str] | None = None) -> etree.XMLPullParser:
    parser = etree.XMLPullParser(
        events=events,
        tag=tags,
        encoding="utf-8",  # beats whatever the document declares
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=_Located))
    return parser


def _feed(parser: etree.XMLPullParser, piece: bytes) -> None:
    """Feeds `piece`; nothing = the end. Raises Reject, also for what libxml2 would tell at the end only: a prefix that
    nobody declared comes through as part of a name."""
    cause: etree.XMLSyntaxError | None = None
    try:
        if piece:
            parser.feed(piece)
        else:
            parser.close()
    except etree.XMLSyntaxError as raised:
        cause = raised
    log: Any = parser.feed_error_log
    found = next((entry for entry in log if entry.level >= etree.ErrorLevels.ERROR), None)
    if found is not None or cause is not None:
        raise _broken(found, piece, str(cause)) from cause


def _broken(found: Any, piece: bytes, otherwise: str) -> Reject:
    """The first thing that was wrong; lxml's exception tells the last, or nothing at all."""
    if found is None:
        return Reject(Reason("xml.malformed", line=1, detail=shortened(otherwise, 200)))
    if found.type == etree.ErrorTypes.ERR_INVALID_ENCODING:
        return not_utf8(piece, found.line)
    if found.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT or "too big" in found.message:
        return Reject(Reason("xml.limit", line=found.line))
    return Reject(Reason("xml.malformed", line=found.line, detail=shortened(found.message, 200)))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def shortened(text: str, limit: int = 60) -> str:
    """`text` as it may stand in a message: on one line, at most `limit` characters."""
    line = " ".join(text[: 10 * limit].split())
    return line if len(line) <= limit and len(text) <= 10 * limit else f"{line[: limit - 1]}…"
