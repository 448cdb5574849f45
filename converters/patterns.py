"""Regular expressions made from a schema: they take a part of what it allows, and read it in the same pass.

A `RecordPattern` is made from the type of a record. It takes less than the schema does, never more: attributes and
children in the schema's order, double quotes, numbers without a sign, texts of common letters with single blanks. What
it does not take is no verdict; a parser gives that. A test has libxml2 judge what patterns take: not every letter is a
character of XML (U+FFFE is none).

Failures: ValueError for a type that no pattern can be made of.
"""

from __future__ import annotations

import re

from .schemas import Child, Facets, Shape, shape_of_root

Texts = tuple[str | None, ...]

_BLANK = r"[ \t\r\n]*"
_LETTERS = "!#-%'-;=?-~\u00a1-\u00ac\u00ae-\u00ff\u0400-\u04ff\u2010-\u2027\u2030-\u205e\u20ac\u2116"
_PLAIN = re.compile(r"(?:\[[0-9A-Za-z._\\\-]+\](?:\{\d+(?:,\d+)?\})?)+")  # no blank, no sign of markup
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
_WHOLE = {"nonNegativeInteger": "[0-9]", "positiveInteger": "[1-9]"}  # and how they may begin
_ENTITY = re.compile("&(?:amp|quot|lt|gt|apos);")
_MEANT = {"&amp;": "&", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&apos;": "'"}


class RecordPattern:
    """Of the children `record` of a schema's root. `names` says what `read` gives, in the order in which it
    stands there; an attribute of a child is `child.attribute`."""

    def __init__(self, schema: str, record: str) -> None:
        shape = shape_of_root(schema).children[record].shape
        self.names = tuple(_names(shape))
        self._match = re.compile(
            _BLANK + _start(record, shape) + ">" + "".join(map(_child, shape.children.values())) + _BLANK
        )
        self._repeated = {
            name: re.compile(_element(child)) for name, child in shape.children.items() if child.most != 1
        }

    def read(self, record: str) -> Texts | None:
        """The texts of a record, which is without its end tag; None where the pattern does not take it. Of an
        attribute, its value; of a child, its text, or its name where it has none; of one that may repeat, all of them
        as they are spelt, for `repeated`; None = not there."""
        found = self._match.fullmatch(record)
        if found is None:
            return None
        texts = found.groups()
        return _spelt_out(texts) if "&" in record else texts

    def repeated(self, name: str, spelt: str | None) -> list[tuple[str, ...]]:
        """The children that `read` gave as they are spelt: of each its attributes ("" = not there), and its text."""
        found = self._repeated[name].findall(spelt) if spelt else []
        return [(one,) if isinstance(one, str) else one for one in found]


def meant(text: str) -> str:
    """What a text means that is spelt with entities."""
    return _ENTITY.sub(lambda entity: _MEANT[entity[0]], text) if "&" in text else text


def _spelt_out(texts: Texts) -> Texts:
    return tuple(text and (text if text.lstrip().startswith("<") else meant(text)) for text in texts)


# --- structure ---------------------------------------------------------------------------------------------


def _names(shape: Shape) -> list[str]:
    found = list(shape.attributes)
    for name, child in shape.children.items():
        attributes = [f"{name}.{attribute}" for attribute in child.shape.attributes if child.most == 1]
        found += [name, *attributes] if child.shape.facets is None else [*attributes, name]
    return found


def _child(child: Child) -> str:
    element = _BLANK + _element(child)
    if child.most != 1:
        return f"((?:{_GROUP.sub('(?:', element)})*)"
    return element if child.least else f"(?:{element})?"


def _element(child: Child) -> str:
    facets = child.shape.facets
    if facets is None:
        return f"<({child.name}){_attributes(child.shape)}/>"
    text = f">({_value(facets, _LETTERS + chr(34))})</{child.name}>"
    return _start(child.name, child.shape) + text


def _start(name: str, shape: Shape) -> str:
    return f"<{name}{_attributes(shape)}"


def _attributes(shape: Shape) -> str:
    spelt = {name: f' {name}="({_value(_of(value), _LETTERS)})"' for name, value in shape.attributes.items()}
    return "".join(one if name in shape.required else f"(?:{one})?" for name, one in spelt.items())


def _of(shape: Shape) -> Facets:
    if shape.facets is None:
        raise ValueError("an attribute without a simple type")
    return shape.facets


# --- values ------------------------------------------------------------------------------------------------


def _value(facets: Facets, letters: str) -> str:
    """Texts of a simple type. Where it takes any text, such as are made of `letters`."""
    if facets.choices:
        return "|".join(map(re.escape, facets.choices))
    if facets.base in _WHOLE:
        digits = _longest(facets.pattern)
        if facets.most:
            digits = min(digits, _below(facets.most))
        return f"{_WHOLE[facets.base]}[0-9]{{0,{digits - 1}}}"
    if facets.base == "decimal":
        return _decimal(facets)
    if r"\p" in facets.pattern:
        word = f"(?=[^ <>])[{letters}]*(?:{_ENTITY.pattern}[{letters}]*)*"
        return f"(?=[^<>]{{1,{facets.longest}}}[<>]){word}(?: {word})*"
    forms = [form for form in facets.pattern.split("|") if _PLAIN.fullmatch(form)]
    if not forms or (facets.longest and max(map(_longest, forms)) > int(facets.longest)):
        raise ValueError(facets)
    return "|".join(forms)


def _decimal(facets: Facets) -> str:
    after = int(re.findall(r"\{0,(\d+)\}", facets.pattern)[0])
    before = int(facets.digits or 15) - after
    if facets.most:
        before = min(before, len(facets.most) - 1)
    if not facets.above:
        return rf"[0-9]{{1,{before}}}(?:\.[0-9]{{1,{after}}})?"
    return rf"(?:[1-9][0-9]{{0,{before - 1}}}(?:\.[0-9]{{1,{after}}})?|0\.[1-9][0-9]{{0,{after - 1}}})"


def _below(bound: str) -> int:
    """How many digits a whole number may have, for it to be no greater, whatever they are."""
    return len(bound) if set(bound) == {"9"} else len(bound) - 1


def _longest(pattern: str) -> int:
    return sum(int(most) for most in re.findall(r"\{\d+,(\d+)\}", pattern)) or 1
