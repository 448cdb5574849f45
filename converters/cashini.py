"""A till's cash.ini: which of its lines say what, and how some are changed while every other byte stays as it is.

The file belongs to the till's people and to its vendor as much as to us. So it is never made anew: a property that is
there gets its value where it stands, one that is not goes to the end of the section. It is read as Python's
configparser does, which the vendor's agent is taken to use: sections by their exact name, properties in any letter
case, an indented line goes on with the value before it. What configparser makes of the lines before and after is
compared, so a file that is laid out in a way not thought of here is left alone instead of spoilt.

Source of the form: the vendor's page on the exchange of tills, section [Properties].

Failures: `Reject` (`cash.*`) for a file that is no text, that a till could not read, that has no such section or a
property of ours twice or over several lines, or whose encoding lacks a letter of ours.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from configparser import Error, MissingSectionHeaderError, ParsingError, RawConfigParser
from typing import NamedTuple

from ..errors import Fault, Reason, Reject
from ..model import Noun

SECTION = "Properties"

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_HEADER = re.compile(r"\[(.+)\]")
_PROPERTY = re.compile(r"(?P<head>\s*(?P<name>.*?)(?P<gap>\s*)[=:])(?P<pad>\s*)(?P<value>.*?)(?P<tail>\s*)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_ENCODINGS = ("utf-8", "cp1251")  # cp1251 reads nearly everything, so it comes last

Sections = dict[str, dict[str, str]]


class Change(Noun, frozen=True):
    """A property that got another value; `old` is None where it had none."""

    key: str
    old: str | None
    new: str


class Edited(NamedTuple):
    data: bytes
    changes: tuple[Change, ...]


def edited(data: bytes, wanted: Mapping[str, str], own: Collection[str] = ()) -> Edited:
    """`data` with the `wanted` properties; those of `own` are the till's where it has a value for them. Nothing but
    blanks becomes a file of our properties alone. Raises Reject."""
    mark, text, encoding = _decoded(data)
    if not text.strip():
        text = (text if not text or _end(text) else f"{text}\n") + f"[{SECTION}]\n"
    before = _meaning(text)
    if SECTION not in before:
        raise Reject(Reason("cash.no-section", section=SECTION), Fault.ERROR)
    changes = tuple(_changes(before[SECTION], wanted, own))
    after = _with(text, changes, {key.lower() for key in wanted})
    before[SECTION].update({change.key.lower(): change.new for change in changes})
    if _meaning(after) != before:
        raise Reject(Reason("cash.tangled"), Fault.ERROR)
    return Edited(mark + _encoded(after, encoding), changes)


def _changes(found: Mapping[str, str], wanted: Mapping[str, str], own: Collection[str]) -> Iterator[Change]:
    for key, value in wanted.items():
        old = found.get(key.lower())
        if old != value and not (key in own and old):
            yield Change(key, old, value)


# --- bytes and meaning


def _decoded(data: bytes) -> tuple[bytes, str, str]:
    """The byte order mark, the text behind it, its encoding."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    for encoding in _ENCODINGS[: 1 if mark else None]:
        try:
            text = data[len(mark) :].decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return mark, text, encoding
    raise Reject(Reason("cash.no-text"), Fault.ERROR)


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as cause:
        letters = text[cause.start : cause.end]
        raise Reject(Reason("cash.encoding", letters=letters, encoding=encoding), Fault.ERROR) from cause


def _meaning(text: str) -> Sections:
    """What a till reads of the file."""
    parser = RawConfigParser(strict=False)
    try:
        parser.read_file(io.StringIO(text, newline=None))  # every kind of line end, as a file that is opened
    except MissingSectionHeaderError as cause:
        raise Reject(Reason("cash.no-section", section=SECTION), Fault.ERROR) from cause
    except ParsingError as cause:
        raise Reject(Reason("cash.malformed", line=cause.errors[0][0]), Fault.ERROR) from cause
    except Error as cause:
        raise Reject(Reason("cash.tangled"), Fault.ERROR) from cause
    return {name: dict(parser.items(name)) for name in parser.sections()}


# --- lines


class _Entry(NamedTuple):
    """A section's header (its name is "") or a property, from its line to the last that goes on with it."""

    section: str
    name: str
    first: int
    last: int
    indent: str


def _entries(lines: Iterable[str]) -> list[_Entry]:
    """What the lines say; comments and blank lines say nothing, wherever they stand."""
    found: list[_Entry] = []
    section = ""
    for number, line in enumerate(lines):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        indent = line[: len(line) - len(line.lstrip())]
        if found and found[-1].name and len(indent) > len(found[-1].indent):
            found[-1] = found[-1]._replace(last=number)
            continue
        header = _HEADER.match(bare)
        section = header[1] if header else section
        found.append(_Entry(section, "" if header else _split(line)["name"].lower(), number, number, indent))
    return found


def _with(text: str, changes: Iterable[Change], ours: Collection[str]) -> str:
    """The text with each change where its property stands, else behind the last line of the section."""
    lines: list[str] = _LINE.findall(text)
    section = [entry for entry in _entries(lines) if entry.section == SECTION]
    places = {entry.name: entry for entry in section}
    _refuse_twice(entry for entry in section if entry.name in {"", *ours})
    last = section[-1]
    end = _end(lines[last.first]) or _end(lines[0]) or "\n"
    added = []
    for change in changes:
        place = places.get(change.key.lower())
        if place is None:
            added.append(f"{last.indent}{change.key} = {change.new}".rstrip() + end)
        elif place.first != place.last:
            raise Reject(Reason("cash.folded", key=place.name, line=place.first + 1), Fault.ERROR)
        else:
            lines[place.first] = _valued(lines[place.first], change.new)
    if added and not _end(lines[last.last]):
        lines[last.last] += end
    lines[last.last + 1 : last.last + 1] = added
    return "".join(lines)


def _refuse_twice(entries: Iterable[_Entry]) -> None:
    """A till may take the first of two, the last, or none."""
    seen: dict[str, _Entry] = {}
    for entry in entries:
        other = seen.setdefault(entry.name, entry)
        if other is not entry:
            what, lines = entry.name or f"[{SECTION}]", (other.first + 1, entry.first + 1)
            raise Reject(Reason("cash.twice", key=what, first=lines[0], second=lines[1]), Fault.ERROR)


def _valued(line: str, value: str) -> str:
    """The line with another value; its spelling, blanks and end stay."""
    parts = _split(line)
    pad = parts["pad"] if parts["value"] else parts["gap"]
    said = f"{parts['head']}{pad}{value}{parts['tail']}" if value else parts["head"]
    return said + _end(line)


def _split(line: str) -> re.Match[str]:
    """The parts of a line that holds a property."""
    parts = _PROPERTY.fullmatch(line.rstrip("\r\n"))
    if parts is None:  # configparser took it for one
        raise Reject(Reason("cash.tangled"), Fault.ERROR)
    return parts


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
