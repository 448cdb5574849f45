"""An opened root: its settings, paths, store, chunk store and clock, and the lock that says whose it is.

Failures: `Halt` where there is no root, its settings are wrong or its state cannot be read; `Retry` where another
process holds the root (`office.locked` names it).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from ..catalogue import Catalogue, LmdbStore, Store, Transaction
from ..converters.aif import Aif
from ..errors import Reason, Retry
from ..model import Shop
from ..queues.chunks import ChunkStore
from ..queues.disk import Disk, LocalDisk
from ..queues.layout import Layout
from ..queues.moving import Moves
from ..queues.rooms import Rooms
from ..queues.till import Marker, TillQueue, TillState
from ..queues.troubles import told
from .clock import Clock, SystemClock
from .ledger import Ledger
from .logs import Log, configure
from .notices import Event, Notices
from .settings import Settings, load

LOCK = "lock"

Progress = Callable[[str, int, int], None]  # name, bytes read, bytes in all


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
    clock: Clock
    log: Log
    notices: Notices
    progress: Progress = no_progress
    random_password: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(12))

    def catalogue(self, txn: Transaction) -> Catalogue:
        return Catalogue(txn, Aif(), self.random_password)

    def shops(self, ignore_hours: bool = False) -> list[Shop]:
        """Every shop of the settings as it is at this moment."""
        now = datetime.fromtimestamp(self.clock.now(), UTC)
        return [self.settings.shop_view(shop, now, ignore_hours=ignore_hours) for shop in self.settings.shops]

    def queue(self, state: TillState) -> TillQueue:
        folder, hand_over = self.layout.till(state.shop, state.till), self.settings.queue
        return TillQueue(self.disk, folder, self.chunks, self.marker, hand_over, mode=hand_over.chunk_bits)

    def tell(self, event: Event, key: str, reason: Reason) -> None:
        """Calls the configured command about `event`, once per `key`, ever."""
        self.notices.tell(event, key, reason)

    def new_till(self, shop: str, till: str) -> TillState:
        """A till's state and its folders; the state is the caller's to commit."""
        state, mode = TillState(shop, till), self.settings.queue.folder_bits
        same_disk = self.queue(state).create(mode=mode)
        moves = Moves(self.disk, folder_mode=mode)
        for folder in self.layout.till_sales(shop, till):
            moves.make(folder, self.layout.sales)
        Moves(self.disk).make(self.layout.shop_inbox(shop), self.layout.inbox)
        return msgspec.structs.replace(state, same_disk=same_disk)

    def jitter(self) -> float:
        """A factor of 0.5 to 1 for a pause, so that many do not come back at one moment."""
        return 1.0 - secrets.randbelow(500) / 1000


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
    weighing: bool = False,
    verbose: bool | None = None,
    clock: Clock | None = None,
    progress: Progress = no_progress,
    disk: Disk | None = None,
) -> Iterator[Office]:
    """Opens a root to look on; `ours`: with its lock, to move files and change what is known; `weighing`: to try
    transactions that are never committed, beside whoever has the lock."""
    clock = clock or SystemClock()
    settings = load(root)
    layout = Layout.of(root, settings.layout_overrides())
    disk = disk or LocalDisk()
    if ours:
        layout.create(disk)
    log = configure(settings.log_file(root), settings.log.level, verbose, clock)
    with (
        closing(log),
        _locked(layout, ours),
        closing(LmdbStore.open(layout.state / "catalogue", readonly=not (ours or weighing))) as store,
    ):
        chunks = ChunkStore(disk, layout.chunks, mode=settings.queue.chunk_bits)
        if ours:
            chunks.create()
        yield Office(
            root=root,
            settings=settings,
            layout=layout,
            disk=disk,
            store=store,
            chunks=chunks,
            rooms=Rooms(disk, layout, flag_suffix=settings.arrival.flag_suffix),
            marker=_marker(store, disk, layout, ours),
            clock=clock,
            log=log,
            notices=Notices(settings.notify, settings.language, root, SeenInStore(store), log, clock),
            progress=progress,
        )


def _marker(store: Store, disk: Disk, layout: Layout, ours: bool) -> Marker:
    """The marker in the queues' root; made with the root, and never again: one that went missing means that the
    queues are not where they were. Its id is noted before it is made, and that it was made after."""
    with store.read() as txn:
        known, made = Ledger(txn).noted("marker"), Ledger(txn).noted("marker made")
    if made or not ours:
        return Marker(disk, layout.queues, known)
    drawn = known or secrets.token_hex(16)
    if not known:
        _note(store, "marker", drawn)
    marker = Marker.create(disk, layout.queues, drawn)
    _note(store, "marker made", "yes")
    return marker


def _note(store: Store, name: str, value: str) -> None:
    with store.write() as txn:
        Ledger(txn).note(name, value)


# --- whose the root is -------------------------------------------------------------------------------------


@contextmanager
def _locked(layout: Layout, ours: bool) -> Iterator[None]:
    """The lock is the kernel's: it ends with the process, however that ends."""
    if not ours:
        yield
        return
    path = layout.state / LOCK
    with told(path):
        lock = path.open("a+", encoding="utf-8")
    with lock:
        # again: somebody may just have looked whose it is
        if not (_take(lock, fcntl.LOCK_EX) or _take(lock, fcntl.LOCK_EX)):
            raise Retry(Reason("office.locked", holder=holder(layout) or "another process"))
        with suppress(OSError):  # a full disk: the lock holds all the same, and names nobody
            os.truncate(lock.fileno(), 0)
            os.write(lock.fileno(), _ourselves().encode("utf-8", "backslashreplace"))
        try:
            yield
        finally:
            with suppress(OSError):
                os.truncate(lock.fileno(), 0)


def _ourselves() -> str:
    return f"{' '.join(sys.argv[:6])} (process {os.getpid()} on {socket.gethostname()})"


def _take(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder(layout: Layout) -> str:
    """Who works in the root just now; "" when nobody does, whatever a process that was killed left written there."""
    try:
        with (layout.state / LOCK).open(encoding="utf-8") as lock:
            return "" if _take(lock, fcntl.LOCK_SH) else lock.read() or "another process"
    except OSError:
        return ""
