"""Kills and refusals at every step of the way back.

Laws, once the next process has done its work: each sales file lies in one room with one verdict; the books are what
they would have been; the ERP was given each document once, byte for byte, and no other; each person is told once;
nothing temporary is left.

A run of the default suite tries some of the steps, drawn by a fixed seed; TILLPOST_FAULTS=1 tries every one.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from faults import FaultyBooks, Fuse, Stopped, full
from post_office import PostOffice
from sales_pages import cash, log_on, page, receipt, shift
from tillpost.books import Books
from tillpost.errors import Retry
from tillpost.pipeline.collect import Collect, open_books
from tillpost.pipeline.notices import Event, Notices
from tillpost.pipeline.office import Office, SeenInStore

pytestmark = [pytest.mark.usefixtures("unsynced"), pytest.mark.sweep]

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
SAMPLE = 3  # steps of each scenario in the default suite
TILLS = {"5": ["1", "2"]}
SETTINGS = "[notify]\ncommand = '/bin/true'"
LATER = "2026-11-20T10:05:00"


class Heard(Notices):
    """Notices that reach a list in place of a command."""

    heard: list[str]

    def _call(self, event: Event, key: str, page: bytes) -> None:
        self.heard.append(key)


@dataclass
class World:
    """An installation, the ERP that takes its documents, and the person who is told of trouble."""

    office: PostOffice
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def fresh(self, name: str) -> World:
        """Another one that is as this one is now."""
        office = copy.copy(self.office)
        office.root = self.office.root.with_name(name)
        office.clock = copy.copy(self.office.clock)
        shutil.copytree(self.office.root, office.root)
        return World(office, list(self.taken), list(self.heard))

    def erp_takes(self) -> None:
        self.taken += self.office.erp_takes().items()

    @contextmanager
    def process(self, fuse: Fuse | None = None) -> Iterator[Collect]:
        """One process, from its start to its end. With a `fuse`, each changing step counts."""
        with self.office.open(fuse) as opened, open_books(opened) as books:
            self._listen(opened)
            yield Collect(opened, _behind(fuse, books))

    def _listen(self, opened: Office) -> None:
        seen = SeenInStore(opened.store)
        notices = Heard(opened.settings.notify, "en", self.office.root, seen, opened.log, opened.clock)
        notices.heard = self.heard
        object.__setattr__(opened, "notices", notices)

    def settle(self) -> None:
        """Process after process does its work, and the ERP takes what there is, until nothing happens any more."""
        for _ in range(5):
            self.office.clock.pass_(hours=1)
            self.erp_takes()
            with self.process() as collect:
                done = collect.round(once=True)
            quiet = not (done.files or done.waiting or done.outgone.written or done.outgone.taken)
            if quiet and not self.office.outbox():
                return
        raise AssertionError(done)


def _behind(fuse: Fuse | None, books: Books) -> Any:
    return FaultyBooks(books, fuse) if fuse else books


class EagerErp(Fuse):
    """A fuse beside which an ERP takes whatever it sees before each step."""

    world: World

    def step(self, path: Path) -> None:
        if self.armed and not self.dead:
            self.world.erp_takes()
        super().step(path)


# --- what must be as if nothing had happened

BOOKS = {
    "files": "SELECT name, shop, till, live, size, digest, state, reason, put_away FROM files",
    "shifts": "SELECT shop, till, number, opened, closed, first, last, untimed, told"
    " FROM shifts JOIN tills ON tills.id = till_id",
    "records": "SELECT till, number, digest, opened, closed, live, counts, gain"
    " FROM shift_records JOIN tills ON tills.id = till_id",
    "documents": "SELECT till, shift_number, opened, type, documents.number, digest, live, counts, sum, cash, cashless"
    " FROM documents JOIN shifts ON shifts.id = shift_id JOIN tills ON tills.id = documents.till_id",
    "positions": "SELECT code, quantity, positions.sum, digest FROM positions JOIN documents ON id = document_id",
    "payments": "SELECT code, payments.sum, digest FROM payments JOIN documents ON id = document_id",
    "log": "SELECT operation, at, digest FROM log_ons",
    "refused": "SELECT name, place, line, key, field, code, raw FROM refused JOIN files USING (arrival)",
    "told": "SELECT kind, stem, version, name, content, state, body FROM deliveries",
}


def outcome(world: World) -> dict[str, Any]:
    root = world.office.root
    with closing(sqlite3.connect(root / "state" / "books.sqlite")) as books:
        rows = {name: sorted(books.execute(query), key=repr) for name, query in BOOKS.items()}
        lies = {root / where for (where,) in books.execute('SELECT "where" FROM files WHERE put_away')}
    rooms = [path for room in ("processed", "error", "broken", "held") for path in _files(root / room)]
    files = [path for path in rooms if path.suffix != ".why"]
    return {
        **rows,
        "rooms": sorted((path.relative_to(root).parts[0], path.name) for path in rooms),
        "records say so": lies == set(files),
        "sales": sorted(str(path.relative_to(root)) for path in _files(root / "sales")),
        "outbox": world.office.outbox(),
        "given": sorted(world.taken),
        "told a person": sorted(key.rpartition("/")[0] for key in world.heard),
        "litter": [path.name for path in root.rglob("*") if path.suffix in (".tmp", ".part")],
        "empty": sorted(str(path.relative_to(root)) for path in (root / "sales" / ".claimed").glob("*")),
    }


def tallies(world: World) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(world.office.root / "state" / "books.sqlite")) as books:
        return sorted(books.execute("SELECT name, tally FROM files"))


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


# --- what is cut short


def sells_a_day(world: World) -> None:
    world.office.sell(
        "sale_12.json", page([shift(gain=42.5)], [receipt(1), cash(2), receipt(3, 10, kind=2)], [log_on()])
    )


def sells_live_and_closes(world: World) -> None:
    live = page([shift(gain=None, closed=None)], [receipt(1)])
    world.office.sell("sale_12_1.json", live, live=True)
    world.office.sell("sale_12.json", page([shift(gain=105)], [receipt(1), receipt(2)]))


def corrects(world: World) -> None:
    """A receipt of a day that the ERP has in part."""
    sells_a_day(world)
    with world.process() as collect:
        collect.round(once=True)
    first = world.office.outbox()[0]
    path = world.office.root / "outbox" / first
    world.taken.append((first, path.read_bytes()))
    path.unlink()
    closed = shift(gain=50, closed="2026-11-20T22:05:00")
    world.office.sell("sale_12_again.json", page([closed], [receipt(1, 60, at=LATER)]))


def sells_what_nobody_takes(world: World) -> None:
    """A torn file, a till that nobody knows, another till's file, a file with one bad object."""
    day = page([shift()], [receipt(1)])
    world.office.sell("torn.json", day[:-30])
    (world.office.root / "sales" / "5" / "9").mkdir()
    world.office.sell("unknown.json", day, till="9")
    world.office.sell("other.json", day, till="2")
    world.office.sell("half.json", page([shift()], [receipt(1), {**receipt(2), "docNum": None}]))


def sells_at_both_tills(world: World) -> None:
    world.office.sell("sale_12.json", page([shift()], [receipt(1)]))
    world.office.sell("sale_12.json", page([shift(cashCode="2")], [receipt(1, cashCode="2")]), till="2")


SCENARIOS: dict[str, tuple[Callable[[World], None], type[Fuse]]] = {
    "a day": (sells_a_day, Fuse),
    "a live receipt, then its shift": (sells_live_and_closes, Fuse),
    "a correction": (corrects, Fuse),
    "files that are refused": (sells_what_nobody_takes, Fuse),
    "two tills": (sells_at_both_tills, Fuse),
    "a day, and an eager ERP": (sells_a_day, EagerErp),
    "a correction, and an eager ERP": (corrects, EagerErp),
}


def steps(count: int, seed: str) -> list[int]:
    every = range(1, count + 1)
    return list(every) if ALL else sorted(random.Random(seed).sample(every, min(SAMPLE, count)))


def prepared(folder: Path, scenario: str) -> World:
    """The installation in which it has not happened yet; its books are there."""
    world = World(PostOffice(folder / "begun", TILLS, SETTINGS))
    with world.process() as collect:
        collect.round(once=True)
    SCENARIOS[scenario][0](world)
    return world


def fused(world: World, scenario: str, *how: Any) -> Fuse:
    fuse = SCENARIOS[scenario][1](*how)
    if isinstance(fuse, EagerErp):
        fuse.world = world
    return fuse


def whole(begun: World, scenario: str) -> tuple[World, int]:
    """What comes of it where nothing goes wrong, and in how many steps."""
    world = begun.fresh("whole")
    fuse = fused(world, scenario)
    with world.process(fuse) as collect:
        collect.round(once=True)
    world.settle()
    return world, fuse.count


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_process_may_be_killed_at_any_step(tmp_path: Path, scenario: str) -> None:
    begun = prepared(tmp_path, scenario)
    calm, count = whole(begun, scenario)
    wanted = outcome(calm)
    assert [name for name in ("sales", "outbox", "litter", "empty") if wanted[name]] == []
    assert wanted["records say so"]
    assert max(Counter(name for name, _ in calm.taken).values()) == 1
    for at in steps(count, scenario):
        cut = begun.fresh(f"cut{at}")
        with pytest.raises(Stopped), cut.process(fused(cut, scenario, at)) as collect:
            collect.round(once=True)
        cut.settle()
        assert differences(outcome(cut), wanted) == {}, at
        assert tallies(cut) == tallies(calm), at
        shutil.rmtree(cut.office.root)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_disk_or_books_may_refuse_any_step_and_the_same_process_goes_on(tmp_path: Path, scenario: str) -> None:
    """Books that do not answer may have committed all the same."""
    begun = prepared(tmp_path, scenario)
    calm, count = whole(begun, scenario)
    wanted = outcome(calm)
    for at in steps(count, f"refused {scenario}"):
        office = begun.fresh(f"refused{at}")
        with office.process(fused(office, scenario, at, full)) as collect:
            for _ in range(3):
                with suppress(Retry):
                    collect.round(once=True)
                office.erp_takes()
            assert office.office.outbox() == []
            assert collect.round(once=True).outgone.written == 0
            assert sorted(office.taken) == sorted(calm.taken), at
        office.settle()
        assert differences(outcome(office), wanted) == {}, at
        shutil.rmtree(office.office.root)
