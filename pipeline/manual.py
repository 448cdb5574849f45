"""What the settings' own classes say about them: a list for tables and tests, and the file that `init` writes.

Failures: none.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

from ..errors import Reason
from .rootsettings import Settings, ShopSettings
from .sections import Section

WIDTH = 100
SHOP = "<shop>"  # stands for a shop's id where every shop is meant
HEAD = """\
Settings of this tillpost root. Every setting is here with its default; to change one, take the # from before it.
Keys that are not known are refused. `tillpost config show` tells what is in force."""


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
        return get_args(self.hint)[0]

    @property
    def meta(self) -> Meta:
        found: Meta = get_args(self.hint)[1]
        return found


def specs(section: type[Section]) -> dict[str, Spec]:
    """A section's own settings by name, without its sub-sections."""
    return {
        field.name: Spec(field.name, field.type, field.default)
        for field in msgspec.structs.fields(section)
        if get_origin(field.type) is Annotated
    }


def sections() -> dict[str, type[Section]]:
    """The tables of the file by name, without those of shops."""
    found = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Section)}


def describe() -> list[SettingDoc]:
    """Every setting there is, in the order of the file."""
    tables: dict[str, type[Section]] = {"": Settings, **sections(), f"shops.{SHOP}": ShopSettings}
    return [_doc(name, spec) for name, table in tables.items() for spec in specs(table).values()]


def _doc(table: str, spec: Spec) -> SettingDoc:
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
    else:
        yield Reason(FORMS[base])
    if meta.ge is not None and meta.le is None:
        yield Reason("takes.least", low=_number(meta.ge))
    elif meta.ge is not None:
        yield Reason("takes.range", low=_number(meta.ge), high=_number(meta.le))
    if meta.max_length is not None:
        yield Reason("takes.length", most=meta.max_length)
    if meta.examples:
        yield Reason("takes.example", examples=_quoted(meta.examples))


def _quoted(values: Iterable[Any]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _number(value: float | None) -> str:
    return f"{value:.15g}"


# --- the file


def template(shops: Iterable[str]) -> str:
    """The settings file of a new root: `shops` as they are, everything else commented out with its default."""
    lines = [f"# {line}" for line in HEAD.splitlines()]
    lines += _entries(specs(Settings).values())
    for name, table in sections().items():
        lines += ["", *_comment(table.__doc__ or ""), f"[{name}]", *_entries(specs(table).values())]
    lines += ["", *_shops(list(shops))]
    return "\n".join(lines) + "\n"


def _shops(shops: list[str]) -> Iterator[str]:
    """What a shop may say is explained at the first; with no shop, an example stands commented out."""
    yield from _comment(ShopSettings.__doc__ or "")
    yield f"[shops.{shops[0]}]" if shops else "# [shops.5]"
    yield from _entries(specs(ShopSettings).values())
    for shop in shops[1:]:
        yield from ("", f"[shops.{shop}]")
        yield from (_line(spec) for spec in specs(ShopSettings).values())


def _entries(settings: Iterable[Spec]) -> Iterator[str]:
    for spec in settings:
        doc = _doc("", spec)
        unit = f" [{doc.unit}]" if doc.unit else ""
        yield ""
        yield from _comment(f"{doc.text} ({doc.type}{unit})")
        yield _line(spec)


def _line(spec: Spec) -> str:
    return f"# {spec.name} = {toml(spec.default)}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), WIDTH)]


def toml(value: Any) -> str:
    """A setting's value as the file spells it; a JSON text is a TOML text as well."""
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)
