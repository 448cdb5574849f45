"""An installation in the middle of its life, for faults: yesterday's work is done, today's lies there and waits.

The ERP and the tills are played here, and remember what they got; what must hold in the end is `fault_checker`'s.
"""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import sales_pages
from commerceml_pages import page
from fault_calls import LISTED, Ended, Site, Worker, sites
from post_office import PostOffice, good, goods
from simulated_till import SimulatedTill
from tillpost.pipeline.duties import by_hand, named

DAY = 86_400.0
TILLS = {"5": ["1", "2"]}
# The jobs with hours come due between yesterday and today, whatever hour it is: the service catches them up.
SETTINGS = """
[arrival]
scan_seconds = 0.2
settle_seconds = 0
set_quiet_seconds = 0
retry_seconds = 0.1
[feed]
chunk_size = 6
[queue]
window = 4
[collect]
request_at = ["04:00"]
[trim]
at = "03:00"
"""
LATER = "2026-11-20T10:05:00"
MANY = [good(str(code), barcodes=(f"2{code:012}",)) for code in range(100, 116)]


@dataclass
class World:
    root: Path
    tills: dict[tuple[str, str], SimulatedTill]
    given: list[tuple[str, bytes]] = field(default_factory=list)  # documents that the ERP took, in their order

    def fresh(self, root: Path) -> Self:
        """Another one that is as this one is now."""
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root, symlinks=True)
        return type(self)(root, copy.deepcopy(self.tills), list(self.given))

    def others_take(self) -> None:
        """The tills take what is flagged, and the ERP every document that it sees."""
        for (shop, till), simulated in self.tills.items():
            simulated.take(self.root / "queues" / shop / till)
        for document in sorted((self.root / "outbox").glob("[!.]*")):
            self.given.append((document.name, document.read_bytes()))
            document.unlink()


def begun(root: Path) -> World:
    """Shop 5. Till 1 has taken all of yesterday's chunks but the last, and died between its two deletions; till 2 has
    taken nothing. The ERP has taken yesterday's documents but for one, and has a correction to come."""
    office = PostOffice(root, TILLS, SETTINGS)
    office.clock.at = time.time() - DAY
    office.send("old.xml", goods(*MANY, number=2))
    office.tills["5", "1"].take(office.folder("5", "1"), stop_between=True)
    office.send("torn yesterday.xml", goods(*MANY)[:-30])
    office.send("too old.xml", goods(MANY[0], number=1))
    office.sell("sale_11.json", sales_pages.page([sales_pages.shift(11)], [sales_pages.receipt(1, shift=11)]))
    office.sell("torn.json", sales_pages.page([sales_pages.shift(11)], [])[:-10])
    office.collect()
    world = World(root, office.tills)
    for document in sorted((root / "outbox").glob("[!.]*"))[1:]:
        world.given.append((document.name, document.read_bytes()))
        document.unlink()
    with office.open() as opened:
        for duty in ("requests", "trim"):  # they had their turn; the next is due by today
            with by_hand(opened, named(duty)):
                pass
    _today(office)
    return world


def _today(office: PostOffice) -> None:
    """One export of each fate, a set of parts, and sales of both tills."""
    office.drop("good.xml", goods(good("100", "10.50", barcodes=("4008429033452",)), full=False, number=3))
    office.drop("torn.xml", goods(good("2"))[:-20])
    office.drop("held.xml", goods(good("100"), number=4))
    office.drop("refused.xml", goods(good("103", "7.00"), good("104", "-1"), full=False, number=5))
    office.drop("import0_1.xml", page("abc"))
    office.drop("import0_2.xml", page("de"))
    office.drop("import0.flz", b"")
    receipt, cash, shift = sales_pages.receipt, sales_pages.cash, sales_pages.shift
    office.sell("sale_12.json", sales_pages.page([shift(gain=62.5)], [receipt(1), cash(2), receipt(3, 10)]))
    office.sell("sale_11_again.json", sales_pages.page([], [receipt(1, 60, shift=11, at=LATER)]))
    office.sell("sale_12_1.json", sales_pages.page([], [receipt(7, cashCode="2")]), till="2", live=True)
    office.sell("broken.json", "### sales data begin ###\n{\n", till="2")


FEED, COLLECT, TRIM, ASK = ("feed",), ("collect",), ("trim",), ("jobs", "run", "requests")
RESYNC = ("till", "resync", "5", "1", "--now", "--yes")


def _nothing(world: World) -> None:
    """It waits as it is."""


@dataclass(frozen=True)
class Verb:
    """What is cut short; and what brings the world to rest after it, the tills and the ERP taking after each."""

    arguments: tuple[str, ...]
    rest: tuple[tuple[str, ...], ...]
    before: Callable[[World], None] = _nothing
    is_done: Callable[[World], bool] | None = None  # it is a service: when it has done one of each

    def run(self, worker: Worker, world: World, trace: str = "") -> Ended:
        done = self.is_done
        return worker.run(*_at(world, self.arguments), trace=trace, until=partial(done, world) if done else None)

    def sites(self, worker: Worker, world: World) -> list[Site]:
        """The calls that it may be cut short at; it has run then."""
        return sites(self.run(worker, world, LISTED).traced, world.root)

    def settle(self, worker: Worker, world: World) -> list[Ended]:
        """The next processes do their work, until nothing is left."""
        world.others_take()
        ended = []
        for arguments in self.rest:
            ended.append(worker.run(*_at(world, arguments)))
            world.others_take()
        return ended


def _at(world: World, arguments: tuple[str, ...]) -> tuple[str, ...]:
    return ("--root", str(world.root), *arguments)


def _served(world: World) -> bool:
    """The service has read the last export and the last sales file, told the ERP, asked both tills, and trimmed."""
    root = world.root
    return (
        not any(path for home in ("inbox", "sales") for path in (root / home).rglob("*.[xj][ms][lo]*"))
        and len(list((root / "sales" / "5").glob("*/sale.req"))) == len(TILLS["5"])
        and any((root / "outbox").glob("receipt_5_1_11_*_v2.xml"))
        and any((root / "backup").rglob("*.tgz"))
    )


# The last full load shows what the catalogue holds: a till that followed everything must show the same.
VERBS = {
    "feed": Verb(FEED, (FEED, FEED, RESYNC, FEED)),
    "collect": Verb(COLLECT, (COLLECT, COLLECT)),
    "trim": Verb(TRIM, (TRIM, TRIM)),
    "resync": Verb(RESYNC, (RESYNC, FEED, FEED), World.others_take),
    "run": Verb(("run",), (FEED, COLLECT, TRIM, ASK, COLLECT, RESYNC, FEED), is_done=_served),
}
