"""The settings of a root: read from `tillpost.toml`, judged, and told in words.

What settings there are stands in `sections` and `rootsettings`. Here is what the file may look like, and what its
settings ask of each other. Nothing is guessed: a key that is not known stops the program and names the nearest
that is.

Failures: `Halt` (`settings.*`) for a root without settings, a file that is not TOML, an unknown key, a wrong value;
`layout.nested` for folders in each other.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from ..errors import Halt, Reason
from ..queues.layout import Layout
from .hours import Hours
from .manual import SHOP, SettingDoc, Spec, Words, describe, expected, sections, specs, template, toml
from .rootsettings import Settings, ShopSettings, pairs
from .sections import Arrival, Feed, Guard, Notify, Queue, Section
from .servicesections import DOCUMENTS, MOMENT

__all__ = [
    "FILE_NAME",
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
# Shops and tills are folders, on Windows as well, where some names are devices.
ID = re.compile(r"(?!(?:con|nul|aux|prn|com\d|lpt\d)\Z)[0-9a-z_-]{1,20}", re.IGNORECASE)
WRONG_ID = {"shop": "settings.shop-id", "till": "settings.till-id"}


def load(root: Path) -> Settings:
    """The settings of `root`, whole and fitting together."""
    raw = _parse(_text(root))
    _check_table(raw, Settings, "")
    settings = msgspec.convert(raw, Settings)
    _check_shops(settings)
    _check_zones(settings)
    _check_queue(settings)
    _check_places(settings, root)
    _check_command(settings)
    _check_collect(settings)
    _check_cash(settings)
    return settings


def show(root: Path) -> list[dict[str, object]]:
    """Every setting as it is in `root`: its value there, its default, what it takes and means."""
    settings = load(root)
    rows: list[dict[str, object]] = []
    for doc in describe():
        for shop in settings.shops if SHOP in doc.path else ("",):
            path = doc.path.replace(SHOP, shop)
            rows.append(
                {
                    "setting": path,
                    "value": toml(_value(settings, path)),
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


def check_id(what: str, name: str) -> None:
    """Raises Halt where `name` cannot be the id of `what`: a shop or a till."""
    if not ID.fullmatch(name):
        raise Halt(Reason(WRONG_ID[what], got=name))


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
        raise Halt(Reason("settings.wrong-value", key=path, got=_shortened(value), expected=table))
    return value


def _check_value(spec: Spec, value: Any, path: str) -> None:
    try:
        msgspec.convert(value, spec.hint)
    except msgspec.ValidationError as cause:
        reason = Reason("settings.wrong-value", key=path, got=_shortened(value), expected=expected(spec))
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


def _shortened(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:59] + "…"


# --- what settings ask of each other


def _check_shops(settings: Settings) -> None:
    seen: dict[str, str] = {}
    for shop in settings.shops:
        check_id("shop", shop)
        if shop.lower() in seen:
            raise Halt(Reason("settings.shop-twice", shop=shop, other=seen[shop.lower()]))
        seen[shop.lower()] = shop


def _check_zones(settings: Settings) -> None:
    zones = {"timezone": settings.timezone}
    zones |= {f"shops.{shop}.timezone": own.timezone for shop, own in settings.shops.items() if own.timezone}
    for key, zone in zones.items():
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as cause:  # unknown; a path; a folder of zones, such as Europe
            near = get_close_matches(zone, available_timezones(), 1) or ["Europe/Moscow"]
            raise Halt(Reason("settings.timezone", key=key, got=zone, near=near[0])) from cause


def _check_queue(settings: Settings) -> None:
    queue = settings.queue
    if queue.data_suffix.lower() == queue.flag_suffix.lower():
        raise Halt(Reason("settings.same-suffix", got=queue.data_suffix))


def _check_places(settings: Settings, root: Path) -> None:
    """The folders lie apart, and the log in none that others read or that comes to an archive."""
    layout = Layout.of(root, settings.layout_overrides())
    log = Path(os.path.abspath(settings.log_file(root)))  # noqa: PTH100 - as the layout does it: links are left alone
    for name, folder in layout.folders().items():
        if name != "state" and log.is_relative_to(folder):
            raise Halt(Reason("settings.log-place", log=log, folder=f"paths.{name}"))


def _check_command(settings: Settings) -> None:
    try:
        shlex.split(settings.notify.command)
    except ValueError as cause:
        raise Halt(Reason("settings.command", got=settings.notify.command, detail=cause)) from cause


def _check_collect(settings: Settings) -> None:
    for at in settings.collect.request_at:
        if not re.match(MOMENT, at):
            raise Halt(Reason("settings.moment", key="collect.request_at", got=at))
    for document in settings.collect.documents:
        if document not in DOCUMENTS:
            raise Halt(Reason("settings.document", got=document, known=", ".join(DOCUMENTS)))
    for shop, own in settings.shops.items():
        _check_pairs(f"shops.{shop}.cash_codes", own.cash_codes, "1 = _cash_8_99dec44a")
        signs: dict[str, str] = {}
        for till, code in pairs(own.cash_codes).items():
            check_id("till", till)
            other = signs.setdefault(code, till)
            if other != till:
                raise Halt(Reason("settings.cash-code-twice", shop=shop, till=till, other=other, got=code))


def _check_cash(settings: Settings) -> None:
    _check_pairs("cash.properties", settings.cash.properties, "dept.broker.ip = 10.0.0.1")
    if not all(part in settings.cash.file for part in ("{shop}", "{till}")):
        raise Halt(Reason("settings.cash-file", got=settings.cash.file))


def _check_pairs(key: str, lines: Iterable[str], form: str) -> None:
    for line in lines:
        name, equals, _ = line.partition("=")
        if not (equals and name.strip() and line.isprintable()):
            raise Halt(Reason("settings.not-a-pair", key=key, got=line, form=form))
