"""How values stand in documents for the ERP: this file alone knows their spelling, and how a document becomes bytes.

Amounts have two digits, halves rounded up; a price keeps every digit it has, or quantity times price would not be the
sum; quantities are plain decimals without needless zeros; times are the till's own local ones, without a zone. A value
that nobody told is left out. What XML 1.0 cannot hold (control characters, lone surrogates, U+FFFE, U+FFFF) is replaced
by U+FFFD, character by character; a scanned code, where such a character means something (marks are cut by U+001D), is
given in base64 besides.

Equal nouns give equal bytes: nothing here depends on a clock, a locale or an order that is not told.

Failures: none; readers refuse numbers that are none, or of more digits than money has, before a noun is made.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from decimal import Decimal

from ..model import NOTHING, money, quantity

Value = str | int | bool | datetime | None  # an attribute's; amounts and quantities are spelt by who knows which it is

NAMESPACE = "urn:tillpost:document:1"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_NOT_PLAIN = re.compile("[^\x20!#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what is not written as it is
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})
_STEP = "  "


class Element:
    """One of a document: what its start tag holds, and its text or its children, never both. No tree of a library: a
    receipt's document is made for every receipt, and libxml2's trees take ten times as long to build and to write."""

    __slots__ = ("_children", "_name", "_start", "_text")

    def __init__(self, name: str, attributes: str = "", text: str = "") -> None:
        """`attributes`: as they are written, a blank before each."""
        self._name = name
        self._start = f"<{name}{attributes}"
        self._text = _escaped(text, _IN_TEXT) if text else ""
        self._children: list[Element] = []

    def add(self, child: Element) -> Element:
        self._children.append(child)
        return child

    def write(self, lines: list[str], indent: str = "") -> None:
        """Adds its lines."""
        if self._children:
            lines.append(f"{indent}{self._start}>")
            deeper = indent + _STEP
            for child in self._children:
                child.write(lines, deeper)
            lines.append(f"{indent}</{self._name}>")
        elif self._text:
            lines.append(f"{indent}{self._start}>{self._text}</{self._name}>")
        else:
            lines.append(f"{indent}{self._start}/>")


def root(name: str, **attributes: Value) -> Element:
    return Element(name, written_attributes({"xmlns": NAMESPACE, **attributes}))


def child(parent: Element, name: str, text: str = "", **attributes: Value) -> Element:
    """A new last child, with these attributes in their order; those that are None or "" are left out."""
    return parent.add(Element(name, written_attributes(attributes), text))


def written_attributes(attributes: dict[str, Value]) -> str:
    return "".join([f' {name}="{spelt}"' for name, value in attributes.items() if (spelt := _spelt(value))])


def attribute(name: str, text: str) -> str:
    """One as it is written; nothing where there is nothing to tell."""
    return f' {name}="{_escaped(text, _IN_ATTRIBUTE)}"' if text else ""


def told(parent: Element, name: str, text: str) -> None:
    """A child where there is something to tell."""
    if text:
        parent.add(Element(name, text=text))


def scanned(parent: Element, name: str, code: str) -> None:
    """A child for a code as a scanner gave it; in base64 (of its UTF-8) too, where XML cannot hold it."""
    kept = xml_text(code) == code
    child(parent, name, code, base64=None if kept else _base64(code))


def written(root: Element) -> bytes:
    """The document: UTF-8, declared, an element a line, a newline at the end."""
    lines: list[str] = []
    root.write(lines)
    return f"{DECLARATION}{chr(10).join(lines)}\n".encode()


# --- values ------------------------------------------------------------------------------------------------


def xml_text(text: str) -> str:
    """`text` as XML can hold it; as long as it was."""
    return _NOT_XML.sub(_REPLACEMENT, text)


def amount(value: Decimal) -> str:
    if not value:
        return "0.00"
    text = str(value)
    if text[-3:-2] == "." and text[0] != "-":  # nearly all are spelt so already
        return text
    return f"{money(value) or NOTHING:.2f}"  # nothing has no sign


def amount_if_told(value: Decimal | None) -> str:
    return "" if value is None else amount(value)


def price(value: Decimal) -> str:
    text = str(value)
    if text[-3:-2] == "." and text[0] != "-":
        return text
    return amount(value) if money(value) == value else plain(value)


def plain(value: Decimal) -> str:
    text = str(value)
    if text[0] != "-" and "E" not in text and (text[-1] != "0" or "." not in text):
        return text
    return f"{quantity(value or NOTHING):f}"


def _spelt(value: Value) -> str:
    if type(value) is str:
        return _escaped(value, _IN_ATTRIBUTE)
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case _:
            return _escaped(str(value), _IN_ATTRIBUTE)


def _escaped(text: str, escapes: dict[int, str]) -> str:
    """As it stands in a document, with what XML cannot hold replaced."""
    return xml_text(text).translate(escapes) if _NOT_PLAIN.search(text) else text


def _base64(code: str) -> str:
    return base64.b64encode(code.encode("utf-8", "surrogatepass")).decode("ascii")
