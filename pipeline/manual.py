"""What the settings' own classes say about them: a list for tables and tests, and the file that `init` writes.

Failures: none.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..model.forms import Section, SettingDoc, Spec, documented, number, specs
from .rootsettings import Settings, ShopSettings

WIDTH = 100
SHOP = "<shop>"  # stands for a shop's id where every shop is meant
HEAD = """\
Settings of this tillpost root. Every setting is here with its default; to change one, take the # from before it.
Keys that are not known are refused. `tillpost config show` tells what is in force."""


def sections() -> dict[str, type[Section]]:
    """The tables of the file by name, without those of shops."""
    found = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Section)}


def describe() -> list[SettingDoc]:
    """Every setting there is, in the order of the file."""
    tables: dict[str, type[Section]] = {"": Settings, **sections(), f"shops.{SHOP}": ShopSettings}
    return [documented(name, spec) for name, table in tables.items() for spec in specs(table).values()]


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
        doc = documented("", spec)
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
        return number(value)
    return json.dumps(value, ensure_ascii=False)
