"""A root's settings as one value: the tables of `sections`, the shops, and what the rest of the house asks of them.

Failures: `Halt` (`settings.no-shop`) where a shop is asked for that the settings do not name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from ..errors import Halt, Reason
from ..model import ReadOptions, SalesOptions, Shop
from ..model.forms import PLAIN, Section, setting
from .hours import HOURS, Hours
from .sections import Arrival, Erp, Feed, Guard, Log, Notify, Paths, Queue, Replies
from .servicesections import Books, Cash, Collect, Monitor, Outbox, Rights, Trim, Web

SQLITE = "books.sqlite"  # in the state, where no other sales database is named


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """Settings of the form `key = value`."""
    split = (line.partition("=") for line in lines)
    return {key.strip(): value.strip() for key, _, value in split}


class ShopSettings(Section, frozen=True):
    """One shop, by its id: 1 to 20 of 0-9 A-Z a-z _ -. Ids that differ in case alone are the same."""

    name: Annotated[str, setting("What people call the shop.", pattern=PLAIN, max_length=200)] = ""
    timezone: Annotated[
        str, setting("The shop's own time zone; empty = the general one.", examples=["Asia/Omsk"])
    ] = ""
    price_type: Annotated[str, setting("The shop's own price type; empty = erp.price_type.", pattern=PLAIN)] = ""
    price_hours: Annotated[
        str,
        setting(
            "Price changes reach the tills in these hours of the shop's time only; empty = always.",
            "hours of the day",
            pattern=HOURS,
            examples=["22:00-08:00"],
        ),
    ] = ""
    clear_hours: Annotated[
        str,
        setting(
            "Tills are emptied for a full load in these hours of the shop's time only; empty = always.",
            "hours of the day",
            pattern=HOURS,
            examples=["22:00-08:00"],
        ),
    ] = ""
    warehouses: Annotated[
        tuple[str, ...], setting("Ids of the warehouses whose stock the shop sells from; empty = all.")
    ] = ()
    send_stock: Annotated[bool, setting("Tell tills how much of each good is left.")] = True
    cash_codes: Annotated[
        tuple[str, ...],
        setting(
            "By which name (cashCode) a till signs its sales, where that is not its id: till = name.",
            examples=["1 = _cash_8_99dec44a"],
        ),
    ] = ()
    store_id: Annotated[
        str, setting("The shop's id at its tills (storeid); empty = the shop's id here.", pattern=PLAIN)
    ] = ""

    def cash_code(self, till: str) -> str:
        """By which name the till signs its sales."""
        return pairs(self.cash_codes).get(till, till)


class Settings(Section, frozen=True):
    """All settings of a root."""

    language: Annotated[Literal["en", "ru"], setting("The language of replies, .why files and notices.")] = "en"
    timezone: Annotated[
        str, setting("The time zone of shops that name none of their own (IANA).", examples=["Europe/Moscow"])
    ] = "Europe/Moscow"
    paths: Paths = Paths()
    arrival: Arrival = Arrival()
    feed: Feed = Feed()
    guard: Guard = Guard()
    queue: Queue = Queue()
    rights: Rights = Rights()
    erp: Erp = Erp()
    notify: Notify = Notify()
    log: Log = Log()
    replies: Replies = Replies()
    collect: Collect = Collect()
    outbox: Outbox = Outbox()
    books: Books = Books()
    trim: Trim = Trim()
    monitor: Monitor = Monitor()
    web: Web = Web()
    cash: Cash = Cash()
    shops: dict[str, ShopSettings] = msgspec.field(default_factory=dict)

    def shop(self, shop: str) -> ShopSettings:
        """Raises Halt where the settings name no such shop."""
        try:
            return self.shops[shop]
        except KeyError as cause:
            raise Halt(Reason("settings.no-shop", shop=shop, known=", ".join(self.shops) or "-")) from cause

    def zone(self, shop: str) -> ZoneInfo:
        """The shop's own time zone."""
        return ZoneInfo(self.shop(shop).timezone or self.timezone)

    def shop_view(self, shop: str, now: datetime, *, ignore_hours: bool = False) -> Shop:
        """The shop at the moment `now`, which must know its time zone. `ignore_hours`: everything may be sent."""
        own = self.shop(shop)
        local = now.astimezone(self.zone(shop))
        return Shop(
            id=shop,
            today=local.date(),
            prices_open=ignore_hours or Hours.parse(own.price_hours).open(local.time()),
            clears_open=ignore_hours or Hours.parse(own.clear_hours).open(local.time()),
            price_type=own.price_type or self.erp.price_type,
            warehouses=own.warehouses,
            send_stock=own.send_stock,
        )

    def read_options(self) -> ReadOptions:
        """What converters are told about the ERP."""
        erp = self.erp
        return ReadOptions(
            decimal_comma=erp.decimal_comma,
            till_code=erp.till_code,
            default_tax=erp.default_tax,
            without_vat=erp.without_vat,
            deepest=self.feed.max_depth,
            longest=self.feed.max_text_bytes,
        )

    def sales_options(self) -> SalesOptions:
        """What the converters of sales files are told about the tills."""
        return SalesOptions(cash=self.collect.cash, card=self.collect.card, gift=self.collect.gift)

    def books_url(self, state: Path) -> str:
        """Where the books lie, `state` being the state's folder."""
        return self.books.url or f"sqlite:///{state / SQLITE}"

    def layout_overrides(self) -> dict[str, str]:
        """The paths that lie elsewhere, by the names of [paths]."""
        return {name: place for name, place in msgspec.structs.asdict(self.paths).items() if place}

    def log_file(self, root: Path) -> Path:
        """Where the log is written."""
        return root / (self.log.file or Path(self.paths.state or "state", "tillpost.log"))
