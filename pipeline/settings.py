"""The settings of a root: read from `tillpost.toml`, judged, and told in words.

What settings there are stands in `sections` and `rootsettings`, what they ask of each other in `settingsrules`. Here
is what the file may look like. Nothing is guessed: a key that is not known stops the program and names the nearest
that is.

Failures: `Halt` (`settings.*`) for a root without settings, a file that is not TOML, an unknown key, a wrong value;
else as `settingsrules`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from ..errors import Halt, Reason
from ..model.forms import Section, SettingDoc, Spec, Words, expected, shortened, specs
from .hours import Hours
from .manual import SHOP, describe, sections, template, toml
from .masking import masked, shown
from .rootsettings import Settings, ShopSettings
from .sections import Arrival, Feed, Guard, Notify, Queue
from .settingsrules import ID, check, check_id

__all__ = [
    "FILE_NAME",
    "ID",
    "Arrival",
    "Feed",
    "Guard",
    "Hours",
    "Notify",
    "Queue",
    "SettingDoc",
    "Settings",
    "ShopSettings",
    "check_id",
    "describe",
    "load",
    "show",
    "template",
]

FILE_NAME = "tillpost.toml"


def load(root: Path) -> Settings:
    """The settings of `root`, whole and fitting together."""
    raw = _parse(_text(root))
    _check_table(raw, Settings, "")
    settings = msgspec.convert(raw, Settings)
    check(settings, root)
    return settings


def show(root: Path) -> list[dict[str, object]]:
    """Every setting as it is in `root`: its value there, without passwords, its default, what it takes and means."""
    settings = load(root)
    rows: list[dict[str, object]] = []
    for doc in describe():
        for shop in settings.shops if SHOP in doc.path else ("",):
            path = doc.path.replace(SHOP, shop)
            rows.append(
                {
                    "setting": path,
                    "value": masked(toml(_value(settings, path))),
                    "default": toml(doc.default),
                    "type": doc.type,
                    "unit": doc.unit,
                    "text": doc.text,
                }
            )
    return rows


def _value(settings: Settings, path: str) -> Any:
    found: Any = settings
    for step in path.split("."):
        found = found[step] if isinstance(found, Mapping) else getattr(found, step)
    return found


# --- the file


def _text(root: Path) -> str:
    path = root / FILE_NAME
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as cause:
        raise Halt(Reason("settings.no-root", root=root)) from cause
    except OSError as cause:
        raise Halt(Reason("settings.unreadable", file=path, detail=cause.strerror or cause)) from cause
    except UnicodeDecodeError as cause:
        line = cause.object[: cause.start].count(b"\n") + 1
        raise Halt(Reason("settings.not-utf8", line=line)) from cause


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise Halt(Reason("settings.not-toml", detail=cause)) from cause


# --- known keys, right values


def _check_table(raw: Mapping[str, Any], table: type[Section], path: str) -> None:
    """Refuses the first key of `raw` that is not known, or whose value is not what it takes."""
    leaves = specs(table)
    inner: dict[str, type[Section]] = {**sections(), "shops": ShopSettings} if table is Settings else {}
    for key, value in raw.items():
        where = f"{path}{key}"
        if key in leaves:
            _check_value(leaves[key], value, where)
        elif key not in inner:
            raise Halt(_unknown(where, (*leaves, *inner)))
        elif key == "shops":
            for shop, own in _table(value, where).items():
                _check_table(_table(own, f"shops.{shop}"), ShopSettings, f"shops.{shop}.")
        else:
            _check_table(_table(value, where), inner[key], f"{where}.")


def _table(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        table = Words.of(Reason("takes.table"))
        raise Halt(Reason("settings.wrong-value", key=path, got=shortened(value), expected=table))
    return value


def _check_value(spec: Spec, value: Any, path: str) -> None:
    try:
        msgspec.convert(value, spec.hint)
    except msgspec.ValidationError as cause:
        reason = Reason("settings.wrong-value", key=path, got=shown(path, shortened(value)), expected=expected(spec))
        raise Halt(reason) from cause


def _unknown(path: str, known_here: Iterable[str]) -> Reason:
    """The nearest known key: by name in the same table, else of the same name in another, else by name anywhere."""
    table, _, name = path.rpartition(".")
    everywhere: dict[str, str] = {}
    for doc in describe():
        everywhere.setdefault(doc.path.rpartition(".")[2], doc.path)
    here = {known: f"{table}.{known}" if table else known for known in known_here}
    for known in (here, everywhere):
        if near := get_close_matches(name, known, 1):
            return Reason("settings.unknown-near", key=path, near=known[near[0]])
    return Reason("settings.unknown", key=path)
