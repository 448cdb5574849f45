"""Queues, item by item: put, then take and acknowledge, 1 KB each; ours beside queues that people use.

Each contestant is asked as its own manual says, with what it offers against loss switched on. Items are put in
batches of BATCH, then taken by the same process; what a batch took is divided by its items. `syncs` counts, by strace,
how often the kernel was asked to make something durable: a time without it says little.

What ours does for an item is what a till gets: a chunk stored and synced, its name in the till's folder, two commits of
the till's state, and a third when the till has deleted it; with a chunk for a hundred items, the same for a hundred.
"""

from __future__ import annotations

import mailbox
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import litequeue
from dirq.QueueSimple import QueueSimple
from huey.storage import SqliteStorage
from persistqueue import SQLiteAckQueue
from tillpost.catalogue.lmdbstore import LmdbStore
from tillpost.pipeline.ledger import Ledger
from tillpost.queues.chunks import ChunkStore
from tillpost.queues.disk import LocalDisk
from tillpost.queues.till import Marker, TillQueue, TillState

ITEM = b"x" * 1023 + b"\n"
BATCH = 200
BATCHES = 5
TRACED = 20  # items under strace
SYNCS = "fsync,fdatasync,msync,sync_file_range,syncfs,sync"


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
            raise RuntimeError(f"the till stands still: {state.halted}")
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


@dataclass(frozen=True)
class Pace:
    """Microseconds an item, and syncs an item (None where there is no strace)."""

    put: float
    take: float
    put_syncs: float | None
    take_syncs: float | None


def pace(key: str, work: Path) -> Pace:
    folder = work / "queue"
    times = list(_timed(CONTESTANTS[key].queue, folder))
    syncs: tuple[float, float] | tuple[None, None] = (None, None)
    if shutil.which("strace"):
        syncs = _traced(key, folder, work / "strace.log")
    puts, takes = zip(*times, strict=True)
    return Pace(statistics.median(puts), statistics.median(takes), *syncs)


def _timed(queue_of: type, folder: Path) -> Iterator[tuple[float, float]]:
    """Microseconds an item for each batch, after one that warms up."""
    try:
        queue: Queue = queue_of(folder)
        for batch in range(BATCHES + 1):
            os.sync()
            begun = time.perf_counter()
            queue.put([ITEM] * BATCH)
            between = time.perf_counter()
            taken = queue.take(BATCH)
            ended = time.perf_counter()
            if taken != BATCH * len(ITEM):
                raise RuntimeError(f"{queue_of.__name__}: {taken} bytes came of {BATCH} items")
            if batch:
                yield (between - begun) / BATCH * 1e6, (ended - between) / BATCH * 1e6
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _traced(key: str, folder: Path, log: Path) -> tuple[float, float]:
    """Syncs an item of put and of take. `getpriority`, which nobody else calls, parts one from the other."""
    count = 100 if key == "together" else TRACED
    words = [sys.executable, __file__, key, str(folder), str(count)]
    try:
        subprocess.run(
            ["strace", "-f", "-qq", "-e", f"trace={SYNCS},getpriority", "-o", str(log), *words],
            check=True,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _, put, take, _ = log.read_text("utf-8").split("getpriority(")
    return _count(put) / count, _count(take) / count


def _count(calls: str) -> int:
    return len(re.findall(rf"\b(?:{SYNCS.replace(',', '|')})\(", calls))


def _mark() -> None:
    os.getpriority(os.PRIO_PROCESS, 0)


def main(key: str, folder: str, count: str) -> None:
    """What runs under strace."""
    queue: Queue = CONTESTANTS[key].queue(Path(folder))
    _mark()
    queue.put([ITEM] * int(count))
    _mark()
    queue.take(int(count))
    _mark()


def paces(work: Path, keys: Iterable[str] = CONTESTANTS) -> Iterator[tuple[str, Pace]]:
    for key in keys:
        yield key, pace(key, work)


if __name__ == "__main__":
    main(*sys.argv[1:])
