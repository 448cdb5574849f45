"""The whole way out on a disk and a store in memory: an installation whose process may end at any step.

Everything is the house's own but for what lies below it: the disk is `MemoryDisk`, which knows what a power cut leaves,
the store its twin in memory, the clock stands still until told. The kernel's locks, leases and the log's file are left
out: no other process is there. Each step that changes something, on the disk or in the store, may be the last.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from faults import full
from post_office import FakeClock, good, goods
from simulated_till import SimulatedTill
from tillpost.catalogue.memory import MemoryStore
from tillpost.errors import Retry
from tillpost.pipeline import office as offices
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.ledger import Export, ExportState, Ledger
from tillpost.pipeline.office import Office, open_office
from tillpost.pipeline.root import add_tills
from tillpost.pipeline.settings import Settings
from tillpost.queues.lease import Answer, Lease
from tillpost.queues.memory import Keep, MemoryDisk
from tillpost.queues.till import TillState

ROOT = Path("/root")
SHOP, TILLS = "5", ("1", "2")
AWAY = Path("/away")  # where a till's folder is that vanished


class Kill(BaseException):
    """The process ends; what the system was told stays."""


class PowerCut(BaseException):
    """The machine ends; what was not synced may be gone."""


Ending = type[BaseException] | None  # None = the disk is full, once


class Silent:
    """A log that keeps what nobody foresaw."""

    def __init__(self) -> None:
        self.not_understood: list[dict[str, object]] = []

    def _event(self, event: str, **fields: object) -> None:
        if event == "not_understood":
            self.not_understood.append(fields)

    debug = info = warning = error = _event

    def close(self) -> None:
        """Nothing is held."""


class _Store(MemoryStore):
    """A commit is a step, and so is the moment after it: it has happened, and nobody was told."""

    def __init__(self, step: Callable[[str, Path], None]) -> None:
        super().__init__()
        self._step = step

    @contextmanager
    def write(self) -> Iterator[Any]:
        with super().write() as txn:
            yield txn
            self._step("commit", ROOT)
        self._step("committed", ROOT)

    def end(self) -> None:
        """The process that wrote is gone."""
        self._writing = False


@dataclass
class Till:
    """A till, and a witness of what it was given."""

    folder: Path
    shows: SimulatedTill = field(default_factory=SimulatedTill)
    seen: dict[int, bytes] = field(default_factory=dict)  # what stood under a flag
    loaded: list[int] = field(default_factory=list)

    @property
    def away(self) -> Path:
        return AWAY / self.folder.name


class Installation:
    def __init__(self, settings: Settings, kind: type[MemoryDisk] = MemoryDisk) -> None:
        self._settings = settings
        self._left: int | None = None  # steps until the end; None = there is none
        self._ending: Ending = None
        self._dead = False
        self.clock, self.log = FakeClock(), Silent()
        self.disk = kind(self._step)
        self.store = _Store(self._step)
        self.tills = {name: Till(ROOT / "queues" / SHOP / name) for name in TILLS}
        for folder in (ROOT, AWAY):
            self.disk.mkdir(folder, 0o755)
        self.disk.sync_dir(Path("/"))
        self.work(lambda office: add_tills(office, SHOP, TILLS))

    # --- the server

    def _step(self, name: str, path: Path) -> None:
        if self._dead:
            raise self._ending or Kill
        if self._left is None:
            return
        if self._left == 0:
            if self._ending is None:
                self._left = None
                raise full(path)
            self._dead = True
            raise self._ending
        self._left -= 1

    def work(self, act: Callable[[Office], object]) -> None:
        """One process that does one thing, and lives."""
        with (
            patch.object(offices.LmdbStore, "open", lambda *_, **__: self.store),
            patch.object(offices.locks, "work", lambda *_: nullcontext()),
            patch.object(offices, "configure", lambda *_: self.log),
            patch.object(Lease, "of", lambda *_: Answer.NOBODY),
            open_office(ROOT, ours=True, clock=self.clock, disk=self.disk, settings=self._settings) as office,
        ):
            act(office)
        assert not self.log.not_understood

    def ended(self, act: Callable[[Office], object], steps: int, ending: Ending, keep: Keep) -> None:
        """One process that ends after so many steps, unless it is through before; or is told that the disk is full."""
        self._left, self._ending = steps, ending
        try:
            self.work(act)
        except (Kill, PowerCut):
            self.restart(cut=ending is PowerCut, keep=keep)
        except Retry:
            assert ending is None, "a verb that nothing disturbed was refused"
        finally:
            self._left, self._dead = None, False

    def restart(self, *, cut: bool, keep: Keep) -> None:
        self._left, self._dead = None, False
        self.store.end()
        if cut:
            self.disk.crash(keep)

    def exports(self) -> list[Export]:
        with self.store.read() as txn:
            return sorted(Ledger(txn).exports(), key=lambda export: export.arrival)

    def held(self) -> list[int]:
        return [export.arrival for export in self.exports() if export.state is ExportState.HELD]

    def state(self, name: str) -> TillState:
        with self.store.read() as txn:
            return next(state for state in Ledger(txn).tills(SHOP) if state.till == name)

    # --- the ERP

    def send(self, name: str, body: bytes) -> None:
        self.disk.plant(ROOT / "inbox" / name, data=body)

    # --- the tills

    def waiting(self, till: Till) -> list[int]:
        if self.disk.stat(till.folder) is None:
            return []
        names = {entry.name for entry in self.disk.entries(till.folder)}
        return sorted(
            int(name[3:13]) for name in names if name.endswith(".aif") and name.replace(".aif", ".flz") in names
        )

    def take(self, name: str, at_most: int, *, flag_first: bool = False, dies: bool = False) -> None:
        """Loads and deletes, and nobody syncs that; `dies`: between the two deletions of its last pair."""
        till = self.tills[name]
        numbers = self.waiting(till)[:at_most]
        for number in numbers:
            data, flag = (till.folder / f"pos{number:010}{suffix}" for suffix in (".aif", ".flz"))
            bytes_ = self.disk.read(data)
            assert till.seen.setdefault(number, bytes_) == bytes_, f"the bytes of {number} changed"
            assert number > self.state(name).acked, f"{number} was known as taken and came back"
            assert number <= max(till.loaded, default=0) + 1, f"{number} came after {till.loaded}"
            till.shows.load(bytes_)
            till.loaded.append(number)
            first, second = (flag, data) if flag_first else (data, flag)
            self.disk.unlink(first)
            if not (dies and number == numbers[-1]):
                self.disk.unlink(second)

    def vanish(self, name: str) -> None:
        """Its folder is elsewhere, as a share is that is not mounted."""
        self._move(self.tills[name].folder, self.tills[name].away)

    def return_(self, name: str) -> None:
        self._move(self.tills[name].away, self.tills[name].folder)

    def _move(self, source: Path, target: Path) -> None:
        if self.disk.stat(source) is not None:
            self.disk.sync_dir(source.parent)
            self.disk.rename(source, target)
            self.disk.sync_dir(target.parent)

    def poured(self, folder: Path) -> Path:
        """What lies on the disk now, as real files."""
        for path, data in self._files(ROOT):
            real = folder / path.relative_to(ROOT)
            real.parent.mkdir(parents=True, exist_ok=True)
            real.write_bytes(data)
        return folder

    def _files(self, folder: Path) -> Iterator[tuple[Path, bytes]]:
        for entry in self.disk.entries(folder):
            path = folder / entry.name
            if entry.kind == "folder":
                yield from self._files(path)
            else:
                yield path, self.disk.read(path)


def feed(office: Office) -> None:
    Feed(office).round(once=True)


def keeps(seed: int) -> Keep:
    """All, nothing, or something of what a power cut may keep."""
    if seed < 2:
        return lambda: seed == 1
    chance = random.Random(seed)
    return lambda: chance.random() < 0.7


def listed(prices: dict[str, str], number: int, *, whole: bool) -> bytes:
    """An export of these goods with their prices."""
    return goods(*(good(*one) for one in prices.items()), full=whole, number=number).encode()
