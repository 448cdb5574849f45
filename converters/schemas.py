"""The schemas of `xsd/` as a person reads them: this file alone knows how they are written.

A `Shape` is a type: which children and attributes it takes, and in words, in both languages, what its value must be:
its `xs:documentation`. Our schemas use named and nested types, sequences, choices, lists, attribute groups, includes
beside themselves, and simple content that extends a type; nothing else is looked for.

Failures: none; a schema that is not written so is a programming error, and a test reads each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

from lxml import etree

from .. import xsd
from ..errors import LANGUAGES

_XS = "{http://www.w3.org/2001/XMLSchema}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_FACETS = {
    "pattern": "pattern",
    "longest": "maxLength",
    "digits": "totalDigits",
    "above": "minExclusive",
    "most": "maxInclusive",
}
_PARTICLES = (f"{_XS}sequence", f"{_XS}choice")

Words = Mapping[str, str]  # by language


@dataclass(frozen=True)
class Child:
    """An element that a type takes among its children."""

    name: str
    shape: Shape
    least: int
    most: int | None  # None = any number


class Facets(NamedTuple):
    """What a simple type allows, as the schema spells it; "" = it says nothing of that."""

    base: str
    pattern: str = ""
    choices: tuple[str, ...] = ()
    longest: str = ""
    digits: str = ""
    above: str = ""  # the bound that it excludes
    most: str = ""


class Shape:
    """A type; `node` is its definition, None for one of XML Schema's own."""

    def __init__(self, node: etree._Element | None, types: Mapping[str, etree._Element]) -> None:
        self._node = node
        self._types = types

    @cached_property
    def words(self) -> Words:
        """What a value must be; of an element with attributes, what its text must be. {} = nobody says."""
        base = self._extended
        return self._of(base).words if base is not None else _documentation(self._node)

    @cached_property
    def children(self) -> dict[str, Child]:
        """By name, in their order."""
        found = (child for part in self._parts(*_PARTICLES) for child in part.iter(f"{_XS}element"))
        return {str(node.get("name")): self._child(node) for node in found}

    @cached_property
    def attributes(self) -> dict[str, Shape]:
        nodes = [*self._parts(f"{_XS}attribute"), *self._grouped()]
        return {str(node.get("name")): self._of(node) for node in nodes}

    @cached_property
    def required(self) -> frozenset[str]:
        """The attributes that must be there."""
        nodes = [*self._parts(f"{_XS}attribute"), *self._grouped()]
        return frozenset(str(node.get("name")) for node in nodes if node.get("use") == "required")

    @cached_property
    def facets(self) -> Facets | None:
        """Of its text; None where it may have none, or nobody says which."""
        base = self._extended
        if base is not None:
            return self._of(base).facets
        rules = None if self._node is None else self._node.find(f"{_XS}restriction")
        if rules is None:
            return None
        said = {name: str(node.get("value")) for name in _FACETS for node in rules.iterfind(f"{_XS}{_FACETS[name]}")}
        choices = tuple(str(node.get("value")) for node in rules.iterfind(f"{_XS}enumeration"))
        return Facets(str(rules.get("base")).rpartition(":")[2], choices=choices, **said)

    def _child(self, node: etree._Element) -> Child:
        most = node.get("maxOccurs", "1")
        least = 0 if _is_choice(node) else int(node.get("minOccurs", "1"))
        return Child(str(node.get("name")), self._of(node), least, None if most == "unbounded" else int(most))

    def _of(self, node: etree._Element) -> Shape:
        """The type of an element or attribute, or the one that an extension extends; named, or written inside it."""
        name = str(node.get("type") or node.get("base") or "").rpartition(":")[2]
        inner = node.find(f"{_XS}complexType")
        return Shape(inner if inner is not None else self._types.get(name), self._types)

    @cached_property
    def _extended(self) -> etree._Element | None:
        return None if self._node is None else self._node.find(f"{_XS}simpleContent/{_XS}extension")

    def _parts(self, *tags: str) -> Iterator[etree._Element]:
        content = self._extended if self._extended is not None else self._node
        return iter(()) if content is None else content.iterchildren(*tags)

    def _grouped(self) -> Iterator[etree._Element]:
        for group in self._parts(f"{_XS}attributeGroup"):
            yield from self._types[str(group.get("ref"))].iterchildren(f"{_XS}attribute")


@cache
def shape_of_root(schema: str) -> Shape:
    """The type of the one element that the schema declares for roots."""
    top = _top(schema)
    root = next(node for node in top if node.tag == f"{_XS}element")
    types = {str(node.get("name")): node for node in top if node.tag != f"{_XS}element"}
    return Shape(None, types)._of(root)


@cache
def compiled(schema: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path(schema)))


@cache
def fingerprint(schema: str) -> str:
    """Another one whenever the schema, or one that it includes, says anything else."""
    summed = hashlib.sha256()
    for node in _top(schema):
        summed.update(etree.tostring(node, method="c14n"))
    return summed.hexdigest()[:16]


def path(schema: str) -> str:
    """Where the schema lies; what it includes lies beside it."""
    return str(files(xsd).joinpath(schema))


def _top(schema: str) -> list[etree._Element]:
    """What stands at the top of a schema, and of those it includes."""
    found: list[etree._Element] = []
    for node in etree.parse(path(schema)).getroot().iterchildren("{*}*"):
        if node.tag == f"{_XS}include":
            found.extend(_top(str(node.get("schemaLocation"))))
        elif node.get("name"):
            found.append(node)
    return found


def _is_choice(node: etree._Element) -> bool:
    parent = node.getparent()
    return parent is not None and parent.tag == f"{_XS}choice"


def _documentation(node: etree._Element | None) -> Words:
    notes = () if node is None else node.iterfind(f"{_XS}annotation/{_XS}documentation")
    said = {str(note.get(_LANG)): " ".join((note.text or "").split()) for note in notes}
    return {language: said[language] for language in LANGUAGES if language in said}
