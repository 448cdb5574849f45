"""Faults at the level of the system's calls, by strace: a process is killed before a call, or the call fails.

A first run, in which nothing goes wrong, lists the calls that change something under a root; each is known by its name
and its place among the calls of that name, for so strace counts them. What the program loads, and what it says to its
terminal, does not count.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

CALLS = (
    "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
    "unlinkat", "mkdir", "mkdirat", "openat", "ftruncate", "syncfs",
)  # fmt: skip
LISTED = f"trace={','.join(CALLS)}"  # every one of them, and what it was about
KILL = "SIGKILL"
_BYTES = ("write", "pwrite64", "fsync", "fdatasync", "syncfs", "ftruncate")
_NAMES = ("rename", "renameat", "renameat2", "link", "linkat")
_MADE = ("mkdir", "mkdirat", "openat")
_GONE = ("unlink", "unlinkat")
# Which call may fail how: what its man page lists, and what a quota or a network share adds.
MAY_FAIL: dict[str, tuple[str, ...]] = {
    "EIO": (*_BYTES, *_NAMES, *_MADE, *_GONE),
    "ESTALE": (*_BYTES, *_NAMES, *_MADE, *_GONE),
    "ENOSPC": (*_BYTES, *_NAMES, *_MADE),
    "EDQUOT": (*_BYTES, *_NAMES, *_MADE),
    "EACCES": (*_NAMES, *_MADE, *_GONE, "ftruncate"),
    "EXDEV": _NAMES,
    "EMLINK": (*_NAMES, "mkdir", "mkdirat"),
}
FAULTS = (KILL, *MAY_FAIL)
PATIENCE = 60.0  # seconds after which a verb counts as hanging
_LINE = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT")


@dataclass(frozen=True)
class Site:
    """The `place`-th call of this name; `shows` what it was about, for people."""

    call: str
    place: int
    shows: str


@dataclass(frozen=True)
class Fault:
    """What befalls a call: it is never made, because the process is killed; or it fails."""

    kind: str
    site: Site

    @property
    def injected(self) -> str:
        how = f"signal={KILL}" if self.kind == KILL else f"error={self.kind}"
        return f"inject={self.site.call}:{how}:when={self.site.place}"

    def __str__(self) -> str:
        return f"{self.kind} at {self.site.call} {self.site.place}: {self.site.shows}"


def faults_at(sites: list[Site], kind: str) -> list[Fault]:
    return [Fault(kind, site) for site in sites if kind == KILL or site.call in MAY_FAIL[kind]]


@dataclass
class Ended:
    """How a verb ended."""

    code: int  # minus the signal that ended it
    said: str
    traced: list[str] = field(default_factory=list)  # lines of strace


class Worker:
    """Runs verbs, each in a process of its own. `folder` keeps what they say."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._said, self._log = folder / "said", folder / "calls"
        place = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        script = Path(__file__).with_name("fault_worker.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(self._said)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=place,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with self._process:
            self._to().close()

    def _to(self) -> IO[str]:
        assert self._process.stdin
        return self._process.stdin

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def run(self, *arguments: str, trace: str = "", until: Callable[[], object] | None = None) -> Ended:
        """One verb, from its start to its end. `trace`: what strace does with it; `until`: it is a service, and told
        to stop when that is so."""
        self._to().write(json.dumps(arguments) + "\n")
        self._to().flush()
        process = self._answer()
        with _traced(process, trace, self._log) if trace else _untraced():
            os.kill(process, signal.SIGCONT)
            if until is not None:
                _stopped(process, until)
            code = self._answer()
        lines = self._log.read_text("utf-8", "replace").splitlines() if trace else []
        return Ended(code, self._said.read_text("utf-8", "replace"), lines)


@contextmanager
def _untraced() -> Iterator[None]:
    yield


@contextmanager
def _traced(process: int, what: str, log: Path) -> Iterator[None]:
    """Under strace, which lets go of the process at its end."""
    log.unlink(missing_ok=True)
    # -y names the file of each descriptor, which costs a look at /proc: only where calls are listed
    shown = ["-y", "-s", "8"] if what == LISTED else ["-e", f"trace={what.partition('=')[2].partition(':')[0]}"]
    command = ["strace", "-f", "-p", str(process), "-o", str(log), *shown, "-e", what]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr
        first = tracer.stderr.readline()
        if "attached" not in first:
            os.kill(process, signal.SIGKILL)
            raise Untraceable(first.strip())
        yield


class Untraceable(Exception):
    """This machine lets nobody trace."""


def _stopped(process: int, until: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not until() and _lives(process):
        time.sleep(0.02)
    if _lives(process):
        os.kill(process, signal.SIGTERM)


def _lives(process: int) -> bool:
    """Nobody waits for it but the worker: a process that has ended is there no more, or a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def sites(lines: list[str], root: Path) -> list[Site]:
    """Every call that changes something under `root`, of a run that strace has listed."""
    counts: dict[str, int] = {}
    found = []
    main = lines[0].split(" ", 1)[0] if lines else ""
    for line in lines:
        match = _LINE.match(line)
        if match is None or match["thread"] != main or match["call"] not in CALLS:
            continue
        call, rest = match["call"], match["rest"]
        counts[call] = counts.get(call, 0) + 1
        if str(root) in rest and (call != "openat" or any(word in rest for word in _WRITING)):
            found.append(Site(call, counts[call], rest.replace(str(root), "")[:120]))
    return found
