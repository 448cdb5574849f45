"""The queues that are compared: each asked as its own manual says, with what it offers against loss switched on.

What ours does for an item is what a till gets: a chunk stored and synced, its name in the till's folder, two commits of
the till's state, and a third when the till has deleted it; with a chunk for a hundred items, the same for a hundred.
"""

from __future__ import annotations

import mailbox
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import litequeue
from dirq.QueueSimple import QueueSimple
from huey.storage import SqliteStorage
from measuring import Failed
from persistqueue import SQLiteAckQueue
from tillpost.catalogue.lmdbstore import LmdbStore
from tillpost.pipeline.ledger import Ledger
from tillpost.queues.chunks import ChunkStore
from tillpost.queues.disk import LocalDisk
from tillpost.queues.till import Marker, TillQueue, TillState

BATCH = 200  # items that are put before they are taken


class Queue(Protocol):
    def put(self, items: list[bytes]) -> None: ...

    def take(self, count: int) -> int:
        """Takes and acknowledges so many items; how many bytes they had."""
        ...


class Ours:
    def __init__(self, folder: Path, together: int = 1) -> None:
        disk = LocalDisk()
        state, queues = folder / "state", folder / "queues"
        state.mkdir(parents=True)
        queues.mkdir()
        self._store = LmdbStore.open(state / "catalogue")
        self._chunks = ChunkStore(disk, state / "chunks")
        self._chunks.create()
        self._folder = queues / "5" / "1"
        self._queue = TillQueue(disk, self._folder, self._chunks, Marker.create(disk, queues, "id"), _HandOver())
        self._queue.create()
        self._state = TillState("5", "1", epoch=1, wants_full=False)
        self._together = together
        self._put = 0

    def put(self, items: list[bytes]) -> None:
        for first in range(0, len(items), self._together):
            part = items[first : first + self._together]
            self._put += 1
            # no two chunks alike: the same bytes would be stored once
            chunk = self._chunks.put(b"".join([b"%d" % self._put, *part]), len(part))
            now = time.time()
            self._save(self._queue.offer(self._state, chunk, self._put, now))
            self._save(self._queue.flag(self._state, now))

    def take(self, count: int) -> int:
        taken = 0
        for flag in sorted(self._folder.glob("*.flz")):
            data = flag.with_suffix(".aif")
            taken += len(data.read_bytes()) // 1024 * 1024
            data.unlink()
            flag.unlink()
            self._save(self._queue.observe(self._state, time.time()))
        return taken

    def _save(self, state: TillState) -> None:
        if state.halted:
            raise Failed(f"the till stands still: {state.halted}")
        self._state = state
        with self._store.write() as txn:
            Ledger(txn).save_tills([state])


@dataclass(frozen=True)
class _HandOver:
    window: int = BATCH
    share: str = "links"
    data_suffix: str = ".aif"
    flag_suffix: str = ".flz"


class Dirq:
    def __init__(self, folder: Path) -> None:
        self._queue = QueueSimple(str(folder))

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._queue.add(item.decode())

    def take(self, count: int) -> int:
        taken = 0
        for name in self._queue:
            if self._queue.lock(name):
                taken += len(self._queue.get(name))
                self._queue.remove(name)
        return taken


class PersistQueue:
    def __init__(self, folder: Path) -> None:
        self._queue = SQLiteAckQueue(str(folder))

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._queue.put(item)

    def take(self, count: int) -> int:
        taken = 0
        for _ in range(count):
            item = self._queue.get()
            taken += len(item)
            self._queue.ack(item)
        return taken


class LiteQueue:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._queue = litequeue.LiteQueue(str(folder / "queue.sqlite"))

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._queue.put(item.decode())

    def take(self, count: int) -> int:
        taken = 0
        for _ in range(count):
            message = self._queue.pop()
            taken += len(message.data)
            self._queue.done(message.message_id)
        return taken


class Huey:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._queue = SqliteStorage(filename=str(folder / "huey.sqlite"), fsync=True)

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._queue.enqueue(item)

    def take(self, count: int) -> int:
        return sum(len(self._queue.dequeue()) for _ in range(count))


class Maildir:
    def __init__(self, folder: Path) -> None:
        self._box = mailbox.Maildir(folder)

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._box.add(item)

    def take(self, count: int) -> int:
        taken = 0
        for key in self._box.keys():  # noqa: SIM118 - a mailbox is no dict
            taken += len(self._box.get_bytes(key))
            self._box.remove(key)
        return taken


class PlainSqlite:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._database = sqlite3.connect(folder / "queue.sqlite", isolation_level=None)
        for line in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE queue (id INTEGER PRIMARY KEY, item BLOB NOT NULL, taken INTEGER NOT NULL DEFAULT 0)",
        ):
            self._database.execute(line)

    def put(self, items: list[bytes]) -> None:
        for item in items:
            self._database.execute("INSERT INTO queue (item) VALUES (?)", (item,))

    def take(self, count: int) -> int:
        taken = 0
        for _ in range(count):
            row, item = self._database.execute(
                "UPDATE queue SET taken = 1 WHERE id = (SELECT min(id) FROM queue WHERE NOT taken) RETURNING id, item"
            ).fetchone()
            taken += len(item)
            self._database.execute("DELETE FROM queue WHERE id = ?", (row,))
        return taken


class _OursTogether(Ours):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, together=100)


@dataclass(frozen=True)
class Contestant:
    title: str
    queue: type
    survives: str


A_KILL = "a kill; a power cut may take the latest items"
A_CUT = "a power cut"
CONTESTANTS = {
    "ours": Contestant("tillpost, a chunk for each item", Ours, A_CUT),
    "together": Contestant("tillpost, a chunk for 100 items", _OursTogether, A_CUT),
    "sqlite": Contestant("SQLite, WAL, synchronous FULL", PlainSqlite, A_CUT),
    "persistqueue": Contestant("persist-queue, SQLiteAckQueue", PersistQueue, A_CUT),
    "huey": Contestant("huey, SqliteStorage, fsync on", Huey, f"{A_CUT}; what was taken by who was killed is gone"),
    "litequeue": Contestant("litequeue", LiteQueue, A_KILL),
    "dirq": Contestant("dirq, QueueSimple", Dirq, A_KILL),
    "maildir": Contestant("Maildir (mailbox)", Maildir, "a kill; after a power cut an item may lie in tmp/"),
}
