"""Queues, item by item: put, then take and acknowledge, 1 KB each; ours beside queues that people use.

Items are put in batches of BATCH, then taken by the same process; what a batch took is divided by its items. `syncs`
counts, by strace, how often the kernel was asked to make something durable: a time without it says little.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contestants import BATCH, CONTESTANTS, Queue
from measuring import Failed

ITEM = b"x" * 1023 + b"\n"
BATCHES = 5
TRACED = 20  # items under strace
SYNCS = "fsync,fdatasync,msync,sync_file_range,syncfs,sync"


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
                raise Failed(f"{queue_of.__name__}: {taken} bytes came of {BATCH} items")
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


if __name__ == "__main__":
    main(*sys.argv[1:])
