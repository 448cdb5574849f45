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

from lxml import etree

from ..model import NOTHING, money, quantity

Element = etree._Element
Value = str | int | bool | datetime | None  # an attribute's; amounts and quantities are spelt by who knows which it is

NAMESPACE = "urn:tillpost:document:1"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"


def root(name: str, **attributes: Value) -> Element:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    return _dressed(element, attributes)


def child(parent: Element, name: str, text: str = "", **attributes: Value) -> Element:
    """A new last child, with these attributes in their order; those that are None or "" are left out."""
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = xml_text(text) or None
    return _dressed(element, attributes)


def told(parent: Element, name: str, text: str) -> None:
    """A child where there is something to tell."""
    if text:
        child(parent, name, text)


def scanned(parent: Element, name: str, code: str) -> None:
    """A child for a code as a scanner gave it; in base64 (of its UTF-8) too, where XML cannot hold it."""
    kept = xml_text(code) == code
    child(parent, name, code, base64=None if kept else _base64(code))


def written(root: Element) -> bytes:
    """The document: UTF-8, declared, an element a line, a newline at the end."""
    etree.indent(root)
    return DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False) + b"\n"


# --- values ------------------------------------------------------------------------------------------------


def xml_text(text: str) -> str:
    """`text` as XML can hold it; as long as it was."""
    return _NOT_XML.sub(_REPLACEMENT, text)


def amount(value: Decimal) -> str:
    return f"{money(value) or NOTHING:.2f}"  # nothing has no sign


def amount_if_told(value: Decimal | None) -> str:
    return "" if value is None else amount(value)


def price(value: Decimal) -> str:
    return amount(value) if money(value) == value else plain(value)


def plain(value: Decimal) -> str:
    return f"{quantity(value or NOTHING):f}"


def _dressed(element: Element, attributes: dict[str, Value]) -> Element:
    for name, value in attributes.items():
        spelt = _spelt(value)
        if spelt:
            element.set(name, spelt)
    return element


def _spelt(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case _:
            return xml_text(str(value))


def _base64(code: str) -> str:
    return base64.b64encode(code.encode("utf-8", "surrogatepass")).decode("ascii")
