"""A whole installation for tests, driven through its directories: the test plays the ERP, the tills and the clock."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faults import FaultyDisk, FaultyStore, Fuse
from simulated_till import SimulatedTill
from tillpost.pipeline.collect import Collect, Collected, open_books
from tillpost.pipeline.feed import Account, Feed
from tillpost.pipeline.office import Office, open_office
from tillpost.pipeline.root import make

NAMESPACE = "urn:tillpost:export:1"
NOON = 1_795_255_200.0  # 2026-11-21T10:00:00Z, 13:00 in Moscow


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self, at: float = NOON) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def pass_(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> None:
        self.at += seconds + 3600 * hours + 86400 * days


def export(kind: str, records: str, *, full: bool = True, **attributes: object) -> str:
    """An export in our own format."""
    told = "".join(f' {name}="{value}"' for name, value in attributes.items() if value is not None)
    root = f'{kind} xmlns="{NAMESPACE}" fullness="{"F" if full else "I"}"{told}'
    return f'<?xml version="1.0"?>\n<{root}>\n{records}\n</{kind}>\n'


def good(code: str, price: str | None = "10.00", name: str = "Корм", barcodes: tuple[str, ...] = ()) -> str:
    codes = "".join(f"<barcode>{barcode}</barcode>" for barcode in barcodes)
    priced = f"<price>{price}</price>" if price is not None else ""
    return f'<good code="{code}"><name>{name}</name>{codes}{priced}</good>'


def goods(*records: str, full: bool = True, **attributes: object) -> str:
    return export("goods", "\n".join(records), full=full, **attributes)


class PostOffice:
    def __init__(self, root: Path, tills: dict[str, list[str]], settings: str = "") -> None:
        self.root = root
        self.clock = FakeClock()
        self.tills: dict[tuple[str, str], SimulatedTill] = {}
        make(root, tills)
        for shop, names in tills.items():
            for name in names:
                self.tills[shop, name] = SimulatedTill()
        if settings:
            self.settings(settings)

    def settings(self, text: str) -> None:
        """Settings put before those that `init` wrote."""
        file = self.root / "tillpost.toml"
        file.write_text(
            text + "\n" + "\n".join(f"[shops.{shop}]" for shop in sorted({s for s, _ in self.tills})), "utf-8"
        )

    @contextmanager
    def open(self, fuse: Fuse | None = None, **changes: Any) -> Iterator[Office]:
        """The root, opened to work in; with a `fuse`, each changing step from then on counts."""
        disk = FaultyDisk(fuse) if fuse else None
        with open_office(self.root, ours=True, clock=self.clock, disk=disk) as office:
            if fuse:
                object.__setattr__(office, "store", FaultyStore(office.store, fuse))
                fuse.armed = True
            for name, value in changes.items():
                object.__setattr__(office, name, value)
            try:
                yield office
            finally:
                if fuse:
                    fuse.armed = False

    @contextmanager
    def restored(self, *folders: str) -> Iterator[None]:
        """What is done meanwhile is forgotten by these folders of the root, as by a backup that is brought back."""
        copies = {name: self.root.parent / f"copy of {name}" for name in folders}
        for name, copy in copies.items():
            shutil.copytree(self.root / name, copy)
        yield
        for name, copy in copies.items():
            shutil.rmtree(self.root / name)
            copy.rename(self.root / name)

    # --- the ERP

    def drop(self, name: str, content: str | bytes, shop: str = "") -> Path:
        """Renamed into the inbox, whole."""
        folder = self.root / "inbox" / shop
        folder.mkdir(exist_ok=True)
        fresh = self.root / "inbox" / f".{os.getpid()}.fresh"
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)
        return fresh.rename(folder / name)

    def reply(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "replies" / name).read_text("utf-8"))
        return found

    def feed(self, *, once: bool = True, ignore_hours: bool = False) -> Account:
        with self.open() as office:
            return Feed(office).round(once=once, ignore_hours=ignore_hours)

    def send(self, name: str, content: str | bytes, shop: str = "") -> str:
        """Drops one file, feeds, and says what became of it."""
        self.drop(name, content, shop)
        account = self.feed()
        return next(export.state.value for export in account.exports if export.file_name == name)

    # --- the tills

    def folder(self, shop: str, till: str) -> Path:
        return self.root / "queues" / shop / till

    def queue(self, shop: str = "5", till: str = "1") -> list[str]:
        return sorted(file.name for file in self.folder(shop, till).iterdir())

    def take(self, shop: str = "5", till: str = "1") -> SimulatedTill:
        """The till takes everything that is flagged; its state."""
        simulated = self.tills[shop, till]
        simulated.take(self.folder(shop, till))
        return simulated

    def take_all(self) -> None:
        for shop, till in self.tills:
            self.take(shop, till)

    # --- the tills' sales, and what the ERP gets of them

    def sell(self, name: str, content: str | bytes, shop: str = "5", till: str = "1", *, live: bool = False) -> Path:
        """A till drops a sales file, whole."""
        folder = self.root / "sales" / shop / till / ("online" if live else "")
        fresh = self.root / "sales" / f".{os.getpid()}.fresh"
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)
        return fresh.rename(folder / name)

    def collect(self, *, once: bool = True) -> Collected:
        with self.open() as office, open_books(office) as books:
            return Collect(office, books).round(once=once)

    def outbox(self) -> list[str]:
        """The documents that lie there for the ERP."""
        return sorted(file.name for file in (self.root / "outbox").iterdir() if not file.name.startswith("."))

    def erp_takes(self) -> dict[str, bytes]:
        """The ERP reads every document and deletes it."""
        taken = {name: (self.root / "outbox" / name).read_bytes() for name in self.outbox()}
        for name in taken:
            (self.root / "outbox" / name).unlink()
        return taken

    # --- rooms

    def where(self, name: str) -> list[str]:
        """The rooms in which files of this name lie."""
        rooms = ("inbox", "processed", "error", "broken", "held")
        return sorted(room for room in rooms for _ in (self.root / room).rglob(name))
