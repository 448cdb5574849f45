"""Whole processes, measured: their time, the processor's time, and the memory of all of them together.

A program is always set beside a yardstick that runs just before it on the same file, and every figure is a ratio to
it: so they can be compared between machines, and trouble that lasts hits both. What was written before is synced before
the clock starts, so nobody waits for another's bytes.

Memory is read while the warm-up runs, since reading it takes time: `Pss` of each process of the tree each 10 ms, so a
page that two of them share counts once, and a page of a mapped file counts while it is mapped; and `Pss_Anon`, what of
it the kernel could not take back.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOK_SECONDS = 0.01  # between two looks at the memory


@dataclass(frozen=True)
class Command:
    words: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spent:
    seconds: float
    processor: float  # seconds of all its processes


@dataclass
class Peak:
    """Bytes."""

    pss: int = 0
    anonymous: int = 0


class Failed(Exception):
    """A program that was to be measured did not do its work."""


def run(command: Command, log: Path, peak: Peak | None = None) -> Spent:
    """Runs a program to its end. Raises Failed with what it said when it does not end well."""
    os.sync()
    with log.open("wb") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command.words)),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **command.environment},
        )
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, over)) if peak else None
        if watcher:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)  # else it would be waited for again
    over.set()
    if watcher:
        watcher.join()
    if process.returncode != 0:
        said = log.read_text("utf-8", "replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command.words))}: {process.returncode}\n{said}")
    return Spent(seconds, usage.ru_utime + usage.ru_stime)


def _watch(pid: int, peak: Peak, over: threading.Event) -> None:
    while not over.wait(LOOK_SECONDS):
        together = [_memory(each) for each in tree(pid)]
        peak.pss = max(peak.pss, sum(pss for pss, _ in together))
        peak.anonymous = max(peak.anonymous, sum(anonymous for _, anonymous in together))


def tree(pid: int) -> Iterator[int]:
    """The process and all that it started, as far as they live."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text("ascii").split()
        except OSError:  # the thread has ended
            continue
        for child in found:
            yield from tree(int(child))


def _memory(pid: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:  # it has ended
        return 0, 0
    told = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    return told.get("Pss", 0), told.get("Pss_Anon", 0)


# --- one beside the other ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """A program's work: `prepare` makes what it finds and tells how it is called, `check` raises Failed when the work
    was not done, `clear` removes what it left."""

    prepare: Callable[[], Command]
    check: Callable[[], None]
    clear: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Result:
    """Medians; times in seconds, memory in bytes. `ratio` is the median of each round's own ratio."""

    ratio: float
    least: float
    most: float
    processor_ratio: float
    seconds: float
    yardstick_seconds: float
    pss: int
    anonymous: int
    rounds: int


def compared(trial: Trial, yardstick: Command, rounds: int, log: Path) -> Result:
    """Yardstick and trial in turn: a warm-up in which memory is read, then so many rounds."""
    peak = Peak()
    _tried(trial, yardstick, log, peak)
    pairs = [_tried(trial, yardstick, log) for _ in range(rounds)]
    ratios = [ours.seconds / known.seconds for known, ours in pairs]
    return Result(
        ratio=statistics.median(ratios),
        least=min(ratios),
        most=max(ratios),
        processor_ratio=statistics.median(ours.processor / known.processor for known, ours in pairs),
        seconds=statistics.median(ours.seconds for _, ours in pairs),
        yardstick_seconds=statistics.median(known.seconds for known, _ in pairs),
        pss=peak.pss,
        anonymous=peak.anonymous,
        rounds=rounds,
    )


def _tried(trial: Trial, yardstick: Command, log: Path, peak: Peak | None = None) -> tuple[Spent, Spent]:
    try:
        command = trial.prepare()
        pair = run(yardstick, log), run(command, log, peak)
        trial.check()
        return pair
    finally:
        trial.clear()


# --- the machine -------------------------------------------------------------------------------------------


def machine() -> str:
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    name = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {memory / 2**20:.0f} GB, {platform.system()} {platform.release()}"


def file_system(folder: Path) -> str:
    """The kind of file system that `folder` lies on."""
    mounts = [line.split() for line in _lines("/proc/mounts")]
    place = folder.resolve()
    around = [(point, kind) for _, point, kind, *_ in mounts if place.is_relative_to(point)]
    return max(around, key=lambda each: len(each[0]))[1] if around else "an unknown file system"


def version(*command: str) -> str:
    """The first line that a program says of its version; "" where there is no such program."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return next(iter((done.stdout or done.stderr).splitlines()), "")


def python() -> str:
    return f"Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []
