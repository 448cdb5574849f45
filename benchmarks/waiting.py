"""How long tills wait for a change: from an export's rename into the inbox, with the service running, until all flags
are there; and beside it what the disk takes to sync one small file, which makes machines comparable.

The exports have ten records each, other ones each time. Before the next one comes, every till takes what it has.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generate import Exports
from measuring import Failed, tree
from roots import Root

LOOK_SECONDS = 0.0002
PATIENCE_SECONDS = 60
QUIET_SECONDS = 0.3  # after tills took, until the next export


@dataclass(frozen=True)
class Wait:
    """Milliseconds; `memory` in bytes, the most that the service's processes ever had resident."""

    median: float
    nine_of_ten: float
    least: float
    sync: float
    memory: int
    rounds: int


def waited(root: Root, size: int, rounds: int) -> Wait:
    """`root`: where `size` goods are loaded and taken."""
    exports = Exports(size)
    waits = []
    with _service(root) as service:
        for number in range(2, rounds + 3):  # one is the warm-up
            beside = root.path / f".few-{number}.xml"
            beside.write_text("".join(exports.few(number)), "utf-8")
            os.sync()
            waits.append(_until_flagged(root, beside, service))
            _take(root)
            time.sleep(QUIET_SECONDS)
        memory = sum(_resident(each) for each in tree(service.pid))
    del waits[0]
    tenths = statistics.quantiles(waits, n=10)
    return Wait(statistics.median(waits), tenths[-1], min(waits), _sync(root.path), memory, rounds)


def _until_flagged(root: Root, beside: Path, service: subprocess.Popen[bytes]) -> float:
    """Milliseconds from the rename of an export until a new flag stands at each till."""
    waiting = root.tills()
    target = root.path / "inbox" / beside.name.removeprefix(".")
    begun = time.perf_counter()
    beside.rename(target)
    while waiting:
        while waiting and root.flagged(waiting[-1]):
            waiting.pop()
        took = time.perf_counter() - begun
        if took > PATIENCE_SECONDS or service.poll() is not None:
            raise Failed(f"{len(waiting)} tills still wait after {took:.0f} s")
        time.sleep(LOOK_SECONDS)
    return took * 1000


def _take(root: Root) -> None:
    for folder in root.tills():
        for flag in root.flagged(folder):
            (folder / flag).with_suffix(".aif").unlink()
            (folder / flag).unlink()


@contextmanager
def _service(root: Root) -> Iterator[subprocess.Popen[bytes]]:
    command = root.command("run")
    with (root.path / "service.log").open("wb") as log:
        process = subprocess.Popen(
            list(map(str, command.words)),
            env={**os.environ, **command.environment},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _sync(folder: Path) -> float:
    """Milliseconds to make a file of 1 KB durable, with its name: the median of some."""
    took = []
    place = os.open(folder, os.O_RDONLY)
    for number in range(50):
        begun = time.perf_counter()
        with (folder / f".sync-{number}").open("wb") as file:
            file.write(bytes(1024))
            file.flush()
            os.fsync(file.fileno())
        os.fsync(place)
        took.append((time.perf_counter() - begun) * 1000)
        (folder / f".sync-{number}").unlink()
    os.close(place)
    return statistics.median(took)
