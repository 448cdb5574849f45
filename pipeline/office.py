"""An opened root: its settings, paths, store, chunk store and clock.

Whoever changes anything holds the root's lock (`locks`): a verb for as long as it runs, the service for each of its
rounds, so that other verbs find their turn beside it.

Failures: `Halt` where there is no root, its settings are wrong or its state cannot be read; `Retry` where another
process holds the root for longer than is waited for (`office.locked` names it).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..catalogue import Catalogue, LmdbStore, Store, Transaction
from ..converters.aif import Aif
from ..errors import Reason
from ..model import Shop
from ..queues.chunks import ChunkStore
from ..queues.disk import Disk, LocalDisk
from ..queues.givennumbers import GivenNumbers
from ..queues.layout import Layout
from ..queues.marker import NAME, OUTBOX, Marker
from ..queues.moving import Moves
from ..queues.rooms import Rooms
from ..queues.till import TillQueue, TillState
from . import events, locks
from .clock import Clock, SystemClock
from .ledger import Ledger
from .logs import Log, configure
from .notices import Event, Notices
from .settings import Settings, load

Progress = Callable[[str, int, int], None]  # name, bytes read, bytes in all


def still() -> None:
    """Nobody watches."""


def no_progress(name: str, done: int, size: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Office:
    """What every verb works with; made by `open_office`."""

    root: Path
    settings: Settings
    layout: Layout
    disk: Disk
    store: Store
    chunks: ChunkStore
    rooms: Rooms
    marker: Marker
    given: GivenNumbers
    outbox_marker: Marker
    clock: Clock
    log: Log
    notices: Notices
    progress: Progress = no_progress
    moving: Callable[[], None] = still  # called in the middle of long work that cannot say how long
    random_password: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(12))

    def catalogue(self, txn: Transaction) -> Catalogue:
        return Catalogue(txn, Aif(), self.random_password, self.moving)

    def shops(self, ignore_hours: bool = False) -> list[Shop]:
        """Every shop of the settings as it is at this moment."""
        now = datetime.fromtimestamp(self.clock.now(), UTC)
        return [self.settings.shop_view(shop, now, ignore_hours=ignore_hours) for shop in self.settings.shops]

    def queue(self, state: TillState) -> TillQueue:
        folder, hand_over = self.layout.till(state.shop, state.till), self.settings.queue
        return TillQueue(self.disk, folder, self.chunks, self.marker, hand_over, mode=hand_over.chunk_bits)

    def tell(self, event: Event, key: str, reason: Reason) -> None:
        """Writes `event` down, counts it where it is an error, and calls the configured command about it: once per
        `key`, ever."""
        events.note(self.store, self.clock, self.log, event, key, reason, self.settings.language)
        self.notices.tell(event, key, reason)

    def new_till(self, shop: str, till: str) -> TillState:
        """A till's state and its folders; the state is the caller's to commit."""
        state, rights, layout = TillState(shop, till), self.settings.rights, self.layout
        mode, around = self.settings.queue.folder_bits, rights.shared_bits
        same_disk = self.queue(state).create(mode=mode, shop_mode=around)
        folder, online = layout.till_sales(shop, till)
        Moves(self.disk, folder_mode=around).make(folder.parent, layout.sales)
        for one in (folder, online):
            Moves(self.disk, folder_mode=mode).make(one, one.parent)
        Moves(self.disk, folder_mode=rights.folder_bits).make(layout.shop_inbox(shop), layout.inbox)
        return msgspec.structs.replace(state, same_disk=same_disk)

    def jitter(self) -> float:
        """A factor of 0.5 to 1 for a pause, so that many do not come back at one moment."""
        return 1.0 - secrets.randbelow(500) / 1000

    @contextmanager
    def turn(self, patience: locks.Patience) -> Iterator[None]:
        """The lock, for one round of an office that is `serving`. What others did meanwhile is seen from here on."""
        with locks.work(self.layout, patience):
            self.store.refresh()
            yield


class SeenInStore:
    """Which notices were already given, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, key: str) -> bool:
        with self._store.read() as txn:
            if Ledger(txn).was_seen(key):
                return False
        with self._store.write() as txn:
            return Ledger(txn).first_time(key)


@contextmanager
def open_office(
    root: Path,
    *,
    ours: bool = False,
    serving: bool = False,
    weighing: bool = False,
    verbose: bool | None = None,
    clock: Clock | None = None,
    progress: Progress = no_progress,
    moving: Callable[[], None] = still,
    disk: Disk | None = None,
    settings: Settings | None = None,
    patience: locks.Patience | None = None,
) -> Iterator[Office]:
    """Opens a root to look on. `ours`: with its lock, for which it waits as `patience` says, to move files and change
    what is known; `serving`: the same, but the lock is let go once all is open, and taken for each `turn`; `weighing`:
    to try transactions that are never committed, beside whoever has the lock. `settings`: those that were read already.
    """
    clock = clock or SystemClock()
    settings = settings or load(root)
    layout = Layout.of(root, settings.layout_overrides())
    disk = disk or LocalDisk(layout.tops())
    changing = ours or serving
    if changing:
        layout.create(disk, settings.rights.folder_bits)
    log = configure(settings.log_file(root), settings.log.level, verbose, clock)
    with closing(log), ExitStack() as lock:
        if changing:
            lock.enter_context(locks.work(layout, patience or locks.Patience()))
        with closing(LmdbStore.open(layout.state / "catalogue", readonly=not (changing or weighing))) as store:
            rights = settings.rights
            chunks = ChunkStore(
                disk, layout.chunks, mode=settings.queue.chunk_bits, folder_mode=rights.shared_bits
            )
            if changing:
                chunks.create()
            office = Office(
                root=root,
                settings=settings,
                layout=layout,
                disk=disk,
                store=store,
                chunks=chunks,
                rooms=Rooms(disk, layout, flag_suffix=settings.arrival.flag_suffix, **rights.of_rooms),
                given=GivenNumbers(disk, layout.queues),
                marker=_marker(store, disk, layout.queues, changing),
                outbox_marker=_marker(store, disk, layout.outbox, changing, OUTBOX, "outbox "),
                clock=clock,
                log=log,
                notices=Notices(settings.notify, settings.language, root, SeenInStore(store), log, clock),
                progress=progress,
                moving=moving,
            )
            if serving:
                lock.close()
            yield office


def _marker(store: Store, disk: Disk, folder: Path, ours: bool, name: str = NAME, whose: str = "") -> Marker:
    """The marker in the queues' root, or another's; made with the root, and never again: one that went missing means
    that the folder is not where it was. Its id is noted before it is made, and that it was made after."""
    with store.read() as txn:
        known, made = Ledger(txn).noted(f"{whose}marker"), Ledger(txn).noted(f"{whose}marker made")
    if made or not ours:
        return Marker(disk, folder, known, name)
    drawn = known or secrets.token_hex(16)
    if not known:
        _note(store, f"{whose}marker", drawn)
    marker = Marker.create(disk, folder, drawn, name)
    _note(store, f"{whose}marker made", "yes")
    return marker


def _note(store: Store, name: str, value: str) -> None:
    with store.write() as txn:
        Ledger(txn).note(name, value)
