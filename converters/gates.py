"""Schemas as gates for records: which records of a batch break the schema, and in which words that is told.

libxml2 says quickly that a record breaks its schema, and where. What that means for the one who wrote the record is
worked out from the schema itself (see `schemas`): something is missing, unknown, twice there or in the wrong place,
or a value is not what its type says in words. What is none of these, `xmlschema` explains.

What stands in a password is never told, nor text where none belongs: it could be one.

Failures: none for records. A schema that does not compile is a programming error; a test compiles each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from lxml import etree

from ..errors import Reason
from .reading import shortened
from .schemas import Shape, compiled, path, shape_of_root

SECRETS = frozenset({"password"})

Break = tuple[str, Reason]  # field, why

_ATTRIBUTE = re.compile(r"attribute '(?:(?P<foreign>\{[^}]*\}))?(?P<name>[^']+)'")
_STEP = re.compile(r"(?P<name>[^\[]+)(?:\[(?P<place>\d+)\])?")
_MISSING_ATTRIBUTE = "SCHEMAV_CVC_COMPLEX_TYPE_4"
_WRONG_CHILD = "SCHEMAV_ELEMENT_CONTENT"
_PLAIN = {
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "gate.empty",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": "gate.nested",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "gate.text",
    "SCHEMAV_CVC_TYPE_3_1_2": "gate.nested",
}
_VALUE = re.compile(r"SCHEMAV_CVC_(DATATYPE|\w*_VALID)")


class Gate:
    """One schema, and the element in which its records stand."""

    def __init__(self, schema: str, root: str) -> None:
        self._name = schema
        self._root = root
        self._schema = compiled(schema)

    def breaks(
        self, forms: Sequence[etree._Element], attributes: Mapping[str, str] | None = None
    ) -> dict[int, Break]:
        """Which of `forms`, by place, break the schema. They are moved into a root with `attributes`."""
        if not forms or self._schema.validate(self._shell(forms, attributes)):
            return {}
        found = {}
        for place, form in enumerate(forms):
            if not self._schema.validate(self._shell([form], attributes)):
                found[place] = self._explained(form)
        return found

    def breaks_of_root(self, attributes: Mapping[str, str]) -> Break | None:
        """What is wrong with the root itself, told of a root without records."""
        shell = self._shell([], attributes)
        return None if self._schema.validate(shell) else self._explained(shell)

    def break_of(self, form: etree._Element) -> Break | None:
        """What is wrong with a whole document, first."""
        return None if self._schema.validate(form) else self._explained(form)

    def _shell(self, forms: Iterable[etree._Element], attributes: Mapping[str, str] | None) -> etree._Element:
        shell = etree.Element(self._root, dict(attributes or {}))
        shell.extend(forms)
        return shell

    # --- in words

    def _explained(self, form: etree._Element) -> Break:
        """The first break in the schema's log; `form` is the record, or a root without any."""
        log: Any = self._schema.error_log
        entry = log[0]
        kind, at = entry.type_name, _found(form, str(entry.path or ""))
        shape, field = self._shape(at), _local(at)
        if attribute := _ATTRIBUTE.search(entry.message):
            known = {} if attribute["foreign"] or shape is None else shape.attributes
            return _attribute(at, attribute["name"], kind, known)
        if kind == _WRONG_CHILD:
            return self._wrong_child(at, shape)
        if kind in _PLAIN:
            return field, Reason(_PLAIN[kind], field=field)
        if _VALUE.match(kind) and shape is not None and shape.words:
            return field, _wrong_value(field, at.text or "", shape)
        return field, self._second_opinion(form, field, entry.message)

    def _wrong_child(self, at: etree._Element, shape: Shape | None) -> Break:
        """libxml2 names the element that lacks children, or the first child that it did not expect."""
        parent = at.getparent()
        above = None if parent is None else self._shape(parent)
        if shape is not None and (lacking := _lacking(at, shape)):
            return lacking, Reason("gate.missing", field=lacking)
        if parent is None or above is None:
            return _local(at), Reason("gate.unexpected", field=_local(at), expected="-")
        return _misplaced(at, parent, above)

    def _shape(self, at: etree._Element) -> Shape | None:
        """The type of an element of a record; None for one that the schema does not know."""
        way = [at, *at.iterancestors()][::-1]
        shape = shape_of_root(self._name)
        for element in way[1:]:
            child = shape.children.get(_local(element))
            if child is None:
                return None
            shape = child.shape
        return shape

    def _second_opinion(self, form: etree._Element, field: str, first: str) -> Reason:
        """What xmlschema says of a record; libxml2's own words where it says nothing."""
        if SECRETS & {_local(element) for element in form.iter(etree.Element)}:
            return Reason("gate.other", field=field, detail="-")
        parent = form.getparent()
        said = _second(self._name, form if parent is None else parent) or first
        return Reason("gate.other", field=field, detail=shortened(said, 200))


def _attribute(at: etree._Element, name: str, kind: str, known: Mapping[str, Shape]) -> Break:
    if kind == _MISSING_ATTRIBUTE:
        return name, Reason("gate.missing", field=name)
    if name in known:
        return name, _wrong_value(name, at.get(name, ""), known[name])
    return name, Reason("gate.unknown-attribute", field=name)


def _wrong_value(field: str, got: str, shape: Shape) -> Reason:
    shown = "***" if field in SECRETS else shortened(got)
    said = {f"expected_{language}": words for language, words in shape.words.items()}
    return Reason("gate.value", field=field, got=shown, **said)


def _lacking(at: etree._Element, shape: Shape) -> str:
    """The first child that must be there and is not; "" = none."""
    names = {_local(child) for child in at}
    return next((child.name for child in shape.children.values() if child.least and child.name not in names), "")


def _misplaced(at: etree._Element, parent: etree._Element, above: Shape) -> Break:
    """What is wrong with a child that nobody expected where it stands."""
    name, known = _local(at), above.children
    if name not in known or _namespace(at) != _namespace(parent):
        return name, Reason("gate.unexpected", field=name, expected=", ".join(known) or "-")
    if lacking := _lacking(parent, above):
        return lacking, Reason("gate.missing", field=lacking)
    most = known[name].most
    if most is not None and sum(_local(child) == name for child in parent) > most:
        return name, Reason("gate.repeated", field=name)
    return name, Reason("gate.order", field=name, expected=", ".join(known))


def _found(form: etree._Element, way: str) -> etree._Element:
    """The element at libxml2's path, counted from the root: `/*/*[2]`, `*` counting all elements and a name those
    with the same name. `form` where the way leads nowhere."""
    parent = form.getparent()
    at = form if parent is None else parent
    for step in way.split("/")[2:]:
        match = _STEP.fullmatch(step)
        place = int(match["place"] or 1) if match else 0
        alike = [child for child in at if match and match["name"] in ("*", _spelt(child))]
        if not 0 < place <= len(alike):
            return form
        at = alike[place - 1]
    return at


def _spelt(element: etree._Element) -> str:
    return f"{element.prefix}:{_local(element)}" if element.prefix else _local(element)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[0]


def _second(schema: str, shell: etree._Element) -> str:
    """Why xmlschema would refuse `shell`; "" where it would not, or cannot say. It takes long to import."""
    import xmlschema  # noqa: PLC0415

    try:
        error = next(_explainer(schema).iter_errors(etree.tostring(shell, encoding="unicode")), None)
    except xmlschema.XMLSchemaException:
        return ""
    return "" if error is None else str(error.reason or "")


@cache
def _explainer(schema: str) -> Any:
    import xmlschema  # noqa: PLC0415

    return xmlschema.XMLSchema10(path(schema))


def wrong_check_digit(barcode: str) -> bool:
    """Whether a barcode of 8, 12, 13 or 14 digits has a check digit that does not fit them."""
    if not (barcode.isascii() and barcode.isdecimal() and len(barcode) in (8, 12, 13, 14)):
        return False
    # By sums of bytes, not of digits: a catalogue has millions of barcodes. A test compares it with a library.
    digits = barcode.encode()
    odd, even = digits[-2::-2], digits[-1::-2]
    return (3 * (sum(odd) - 48 * len(odd)) + sum(even) - 48 * len(even)) % 10 != 0
