"""What a setting is: its type, limits, default and meaning, said once, in the class that holds it; and what it takes,
in words.

Whoever reads settings, writes a file of them or lists them in a document makes it from these.

Failures: none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

from ..errors import Reason

PLAIN = r"^[^\x00-\x1f\x7f]*\Z"  # one line, no control characters
LONGEST = 60  # characters of a value in a message


def setting(text: str, unit: str = "", **limits: Any) -> Meta:
    """What a setting means, in what it is counted, and which values it takes."""
    return Meta(description=text, extra={"unit": unit}, **limits)


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the settings file; values only."""


def place(text: str) -> Meta:
    """A path: what lies there."""
    return setting(text, pattern=PLAIN)


class SettingDoc(msgspec.Struct, frozen=True):
    """One setting: `path` as its tables and key with dots between, `unit` in what it is counted ("" = nothing)."""

    path: str
    type: str  # what it takes, in words
    default: Any
    unit: str
    text: str


class Spec(msgspec.Struct, frozen=True):
    """One setting as its class declares it."""

    name: str
    hint: Any  # the annotation as msgspec reads it
    default: Any

    @property
    def base(self) -> Any:
        """Without the None that stands for what is not there: no file can say it."""
        base = get_args(self.hint)[0]
        known = [kind for kind in get_args(base) if kind is not type(None)]
        return known[0] if get_origin(base) is UnionType and len(known) == 1 else base

    @property
    def meta(self) -> Meta:
        found: Meta = get_args(self.hint)[1]
        return found


def specs(section: type[Section]) -> dict[str, Spec]:
    """A section's own settings by name, without its sub-sections."""
    return {
        field.name: Spec(field.name, field.type, _default(field))
        for field in msgspec.structs.fields(section)
        if get_origin(field.type) is Annotated
    }


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def documented(table: str, spec: Spec) -> SettingDoc:
    """`table`: the path of its section, "" = the first."""
    path = f"{table}.{spec.name}" if table else spec.name
    unit = (spec.meta.extra or {}).get("unit", "")
    return SettingDoc(path, expected(spec).en, spec.default, unit, spec.meta.description or "")


# --- what a setting takes, in words

FORMS: dict[Any, str] = {
    bool: "takes.yes-no",
    int: "takes.whole",
    float: "takes.number",
    str: "takes.text",
    tuple[str, ...]: "takes.texts",
    tuple[int, ...]: "takes.wholes",
    int | str: "takes.amount",
    tuple[int | str, ...]: "takes.amounts",
    dict[str, str]: "takes.names",
}


class Words(NamedTuple):
    """The same in both languages, to fill the {part.en} and {part.ru} of a reason's texts."""

    en: str
    ru: str

    @classmethod
    def of(cls, *reasons: Reason) -> Words:
        return cls(*(", ".join(reason.text(language) for reason in reasons) for language in cls._fields))


def expected(spec: Spec) -> Words:
    """What values a setting takes, for people."""
    return Words.of(*_expectations(spec.base, spec.meta))


def _expectations(base: Any, meta: Meta) -> Iterator[Reason]:
    if get_origin(base) is Literal:
        yield Reason("takes.choice", choices=_quoted(get_args(base)))
    elif isinstance(base, type) and issubclass(base, StrEnum):
        yield Reason("takes.choice", choices=_quoted(base))
    else:
        yield Reason(FORMS[base])
    if meta.ge is not None and meta.le is None:
        yield Reason("takes.least", low=number(meta.ge))
    elif meta.ge is not None:
        yield Reason("takes.range", low=number(meta.ge), high=number(meta.le))
    if meta.max_length is not None:
        yield Reason("takes.length", most=meta.max_length)
    if meta.examples:
        yield Reason("takes.example", examples=_quoted(meta.examples))


def _quoted(values: Iterable[Any]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def number(value: float | None) -> str:
    """Without the zeros that say nothing."""
    return f"{value:.15g}"


def shortened(value: Any) -> str:
    """What stands in a file, for a message about it."""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
