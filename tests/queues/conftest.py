"""A root in small: a disk (the real one or its twin), a chunk store, a marker, and a till with its queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tillpost.queues.chunks import ChunkStore
from tillpost.queues.disk import Disk, LocalDisk
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.till import Marker, TillQueue, TillState

NOW = 1_700_000_000.0


@dataclass(frozen=True)
class Terms:
    window: int = 4
    share: str = "links"
    data_suffix: str = ".aif"
    flag_suffix: str = ".flz"


class PowerCut(BaseException):
    """Nobody catches it: there is nobody left."""


class Cut:
    """Lets `steps` of a disk's steps pass, then stops everything; None = never."""

    def __init__(self) -> None:
        self.steps: int | None = None
        self.passed: list[tuple[str, Path]] = []

    def __call__(self, step: str, path: Path) -> None:
        if self.steps is not None:
            if self.steps <= 0:
                raise PowerCut(step)
            self.steps -= 1
        self.passed.append((step, path))


class Office:
    """One installation with one till, and a till that reads its folder as tills do."""

    now = NOW

    def __init__(self, disk: Disk, root: Path, terms: Terms | None = None, till: str = "1") -> None:
        self.disk, self.root, self.terms = disk, root, terms or Terms()
        self.folder = root / "queues" / "5" / till
        self.state = TillState("5", till, epoch=1, wants_full=False)
        self.start()

    def create(self) -> Office:
        for folder in (self.root / "queues", self.root / "state"):
            self.disk.mkdir(folder, 0o755)
        self.disk.sync_dir(self.root)
        self.chunks.create()
        Marker.create(self.disk, self.root / "queues", "id")
        assert self.queue.create()
        return self

    def start(self) -> None:
        """A process begins: it remembers nothing but the committed state."""
        self.chunks = ChunkStore(self.disk, self.root / "state" / "chunks")
        self.marker = Marker(self.disk, self.root / "queues", "id")
        self.queue = TillQueue(self.disk, self.folder, self.chunks, self.marker, self.terms)

    def offer(self, *contents: bytes) -> TillState:
        for data in contents:
            chunk = self.chunks.put(data, 1)
            self.state = self.queue.offer(self.state, chunk, self.state.cursor + 1, self.now)
        return self.state

    def hand_over(self, *contents: bytes) -> TillState:
        self.offer(*contents)
        self.state = self.queue.flag(self.state, self.now)
        return self.state

    def recover(self) -> TillState:
        self.state = self.queue.recover(self.state, self.now)
        return self.state

    def data(self, number: int) -> Path:
        return self.folder / f"pos{number:010d}.aif"

    def flag(self, number: int) -> Path:
        return self.folder / f"pos{number:010d}.flz"

    def take(self, *numbers: int) -> None:
        for number in numbers:
            assert self.disk.unlink(self.data(number))
            assert self.disk.unlink(self.flag(number))

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.disk.entries(self.folder))


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Disk, Path]:
    """A disk and an empty folder on it."""
    if request.param == "local":
        return LocalDisk(), tmp_path
    disk = MemoryDisk()
    disk.mkdir(Path("/root"), 0o755)
    disk.sync_dir(Path("/"))
    return disk, Path("/root")


@pytest.fixture
def office(place: tuple[Disk, Path]) -> Office:
    return Office(*place).create()


@pytest.fixture
def new_office() -> Callable[..., Office]:
    return Office


@pytest.fixture
def new_terms() -> Callable[..., Terms]:
    return Terms


@pytest.fixture
def memory_office() -> Callable[..., tuple[Office, MemoryDisk, Cut]]:
    """Makes an office on a disk whose power can be cut at any step."""

    def make(kind: type[MemoryDisk] = MemoryDisk, **terms: object) -> tuple[Office, MemoryDisk, Cut]:
        cut = Cut()
        disk = kind(cut)
        disk.mkdir(Path("/root"), 0o755)
        disk.sync_dir(Path("/"))
        return Office(disk, Path("/root"), Terms(**terms)).create(), disk, cut

    return make


@pytest.fixture
def power_cut() -> type[PowerCut]:
    return PowerCut
