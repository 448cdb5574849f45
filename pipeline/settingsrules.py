"""What settings ask of each other, and of what cannot be said in a form: names, places, pairs, addresses.

Failures: `Halt` (`settings.*`), the first rule that is broken; `layout.nested` for folders in each other.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from ..errors import Halt, Reason
from ..queues.layout import Layout
from .masking import MASK, shown
from .rootsettings import Settings, ShopSettings, pairs
from .servicesections import DOCUMENTS, MOMENT, OF_EACH_TILL

# Shops and tills are folders, on Windows as well, where some names are devices.
ID = re.compile(r"(?!(?:con|nul|aux|prn|com\d|lpt\d)\Z)[0-9a-z_-]{1,20}", re.IGNORECASE | re.ASCII)
WRONG_ID = {"shop": "settings.shop-id", "till": "settings.till-id"}
# A database in memory would forget what was sold; a relative path would depend on where the program was started.
BOOKS_URL = re.compile(r"sqlite(\+[a-z0-9]+)?:///(/|[A-Za-z]:[\\/]).*|(?!sqlite)[a-z][a-z0-9]*(\+[a-z0-9]+)?:///?[^/].*")
PROPERTY = re.compile(r"[^\s=:\[#;][^=:]*")  # what a line of cash.ini can begin with


def check(settings: Settings, root: Path) -> None:
    """Raises Halt where the settings do not fit together."""
    _check_shops(settings)
    _check_zones(settings)
    _check_queue(settings)
    _check_places(settings, root)
    _check_command(settings)
    _check_collect(settings)
    _check_books(settings)
    _check_web(settings)
    _check_cash(settings)


def check_id(what: str, name: str) -> None:
    """Raises Halt where `name` cannot be the id of `what`: a shop or a till."""
    if not ID.fullmatch(name):
        raise Halt(Reason(WRONG_ID[what], got=name))


def folder_around(layout: Layout, file: Path) -> str:
    """The folder, as the settings call it, in which `file` would lie: one that others read, or whose files come to
    an archive. "" where it lies apart, or in the state."""
    found = (name for name, folder in layout.folders().items() if name != "state" and file.is_relative_to(folder))
    return next((f"paths.{name}" for name in found), "")


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


def _check_command(settings: Settings) -> None:
    try:
        shlex.split(settings.notify.command)
    except ValueError as cause:
        raise Halt(Reason("settings.command", got=MASK, detail=cause)) from cause  # an argument may be a secret


# --- places


def _check_places(settings: Settings, root: Path) -> None:
    """The folders lie apart, and what we write for others to read in none of them, nor in one file."""
    layout = Layout.of(root, settings.layout_overrides())
    metrics = settings.monitor.metrics_file
    if metrics and not metrics.endswith(".prom"):
        raise Halt(Reason("settings.metrics-name", got=metrics))
    taken = {layout.root / "tillpost.toml": "tillpost.toml"}
    for key, place in _written(settings, root):
        file = Path(os.path.abspath(layout.root / place))  # noqa: PTH100 - as the layout does it: links are left alone
        if folder := folder_around(layout, file):
            raise Halt(Reason("settings.file-place", key=key, file=file, folder=folder))
        if file in taken:
            raise Halt(Reason("settings.file-twice", key=key, other=taken[file], file=file))
        taken[file] = key


def _written(settings: Settings, root: Path) -> Iterator[tuple[str, Path | str]]:
    """The files that lie where the settings say, and which setting says it."""
    yield "log.file", settings.log_file(root)
    for key in ("metrics_file", "errors_file"):
        if place := getattr(settings.monitor, key):
            yield f"monitor.{key}", place
    for shop in settings.shops:
        yield "cash.file", settings.cash.file.replace("{shop}", shop)


# --- the way back


def _check_collect(settings: Settings) -> None:
    collect = settings.collect
    for at in collect.request_at:
        if not re.match(MOMENT, at):
            raise Halt(Reason("settings.moment", key="collect.request_at", got=at))
    for document in collect.documents:
        if document not in DOCUMENTS:
            raise Halt(Reason("settings.document", got=document, known=", ".join(DOCUMENTS)))
    meaning: dict[int, str] = {}
    for key in ("cash", "card", "gift"):
        for code in getattr(collect, key):
            other = meaning.setdefault(code, key)
            if other != key:
                raise Halt(Reason("settings.payment-twice", code=code, one=other, other=key))


def _check_books(settings: Settings) -> None:
    url = settings.books.url
    if url and not BOOKS_URL.fullmatch(url):
        raise Halt(Reason("settings.books-url", got=url.partition(":")[0]))  # what follows may hold a password


# --- the pages


def _check_web(settings: Settings) -> None:
    web = settings.web
    if bool(web.tls_cert) != bool(web.tls_key):
        raise Halt(Reason("settings.tls-pair"))


# --- cash.ini


def _check_cash(settings: Settings) -> None:
    cash = settings.cash
    if not all(part in cash.file for part in ("{shop}", "{till}")):
        raise Halt(Reason("settings.cash-file", got=cash.file))
    _check_value("cash.filequeueroot", cash.filequeueroot)
    _check_pairs("cash.properties", cash.properties, "dept.broker.ip = 10.0.0.1")
    seen = set(OF_EACH_TILL)
    for key, value in _split(cash.properties):
        if not PROPERTY.fullmatch(key):
            raise Halt(Reason("settings.property", got=key))
        if key.lower() in seen:
            raise Halt(Reason("settings.property-twice", got=key))
        seen.add(key.lower())
        _check_value("cash.properties", value)
    for shop, own in settings.shops.items():
        _check_value(f"shops.{shop}.store_id", own.store_id)
        _check_cash_codes(shop, own)


def _check_cash_codes(shop: str, own: ShopSettings) -> None:
    """Each till has one name, and no two the same: tills that are not named here sign with their ids."""
    key = f"shops.{shop}.cash_codes"
    _check_pairs(key, own.cash_codes, "1 = _cash_8_99dec44a")
    tills: set[str] = set()
    signs: dict[str, str] = {}
    for till, code in _split(own.cash_codes):
        check_id("till", till)
        if not code:
            raise Halt(Reason("settings.not-a-pair", key=key, got=f"{till} =", form="1 = _cash_8_99dec44a"))
        if till.lower() in tills:
            raise Halt(Reason("settings.cash-code-again", shop=shop, till=till))
        tills.add(till.lower())
        _check_value(key, code)
        if code in signs:
            raise Halt(Reason("settings.cash-code-twice", shop=shop, till=till, other=signs[code], got=code))
        signs[code] = till


def _check_pairs(key: str, lines: Iterable[str], form: str) -> None:
    for line in lines:
        name, equals, _ = line.partition("=")
        if not (equals and name.strip() and line.isprintable()):
            raise Halt(Reason("settings.not-a-pair", key=key, got=shown(key, line), form=form))


def _split(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """As `pairs`, but what is named twice comes twice."""
    for line in lines:
        yield from pairs((line,)).items()


def _check_value(key: str, value: str) -> None:
    """A till's reader takes % for the beginning of another property's name, and drops blanks around a value."""
    if "%" in value or value != value.strip() or not value.isprintable():
        raise Halt(Reason("settings.cash-value", key=key, got=shown(key, value)))
