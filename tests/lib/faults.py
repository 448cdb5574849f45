"""What can go wrong at each step: a process that is killed, a disk that says no.

A `Fuse` counts the steps that change something, on the disk or in the store, and goes off at one of them. A killed
process does nothing more, not even in the handlers of its exceptions; what it was writing is left half.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tillpost.books import Books
from tillpost.books import Transaction as Booking
from tillpost.catalogue import Store, Transaction
from tillpost.errors import Reason, Retry, Trouble
from tillpost.queues.disk import Entry, LocalDisk
from tillpost.queues.promises import fan_out_singly, sync_singly


class Stopped(BaseException):
    """The process was killed."""


def full(path: Path) -> Retry:
    return Retry(Reason("disk.full", path=path, detail="No space left on device"))


class Fuse:
    """Goes off at the step `at` (from 1; 0 = never): once, raising `trouble`; or for good, where that is None. With
    `only`, steps at other paths do not count."""

    def __init__(
        self,
        at: int = 0,
        trouble: Callable[[Path], Exception] | None = None,
        only: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        self.at = at
        self.count = 0
        self.armed = False
        self.dead = False
        self._trouble = trouble
        self._only = only

    @property
    def went_off(self) -> bool:
        return bool(self.at) and self.count >= self.at

    def step(self, path: Path) -> None:
        if not self.armed or not self._only(path):
            return
        if self.dead:
            raise Stopped
        self.count += 1
        if self.count == self.at:
            if self._trouble:
                raise self._trouble(path)
            self.dead = True
            raise Stopped


class FaultyDisk:
    """The real disk behind a fuse."""

    def __init__(self, fuse: Fuse) -> None:
        self._disk = LocalDisk()
        self._fuse = fuse

    def open(self, path: Path) -> BinaryIO:
        return self._disk.open(path)

    def read(self, path: Path) -> bytes:
        return self._disk.read(path)

    def stat(self, path: Path) -> Entry | None:
        return self._disk.stat(path)

    def entries(self, folder: Path) -> list[Entry]:
        return self._disk.entries(folder)

    def names(self, folder: Path) -> list[str]:
        return self._disk.names(folder)

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        data = b"".join(pieces)
        killed = self._fuse.dead
        try:
            self._fuse.step(path)
        except Stopped:
            if not killed:
                self._disk.write_new(path, (data[: len(data) // 2],), mode)
            raise
        return self._disk.write_new(path, (data,), mode)

    def link(self, source: Path, target: Path) -> None:
        self._fuse.step(target)
        self._disk.link(source, target)

    def fan_out(self, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
        return fan_out_singly(self, sources, folders)

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        self._fuse.step(target)
        self._disk.rename(source, target, replace=replace)

    def unlink(self, path: Path) -> bool:
        self._fuse.step(path)
        return self._disk.unlink(path)

    def mkdir(self, folder: Path, mode: int) -> bool:
        self._fuse.step(folder)
        return self._disk.mkdir(folder, mode)

    def rmdir(self, folder: Path) -> bool:
        self._fuse.step(folder)
        return self._disk.rmdir(folder)

    def sync_dir(self, folder: Path) -> None:
        """Changes nothing that a killed process would leave."""
        if self._fuse.dead:
            raise Stopped

    def sync_dirs(self, folders: Collection[Path]) -> dict[Path, Trouble]:
        return sync_singly(self, folders)


class FaultyStore:
    """A store whose commits are steps."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse

    def read(self) -> AbstractContextManager[Transaction]:
        return self._store.read()

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._store.write() as txn:
            yield txn
            self._fuse.step(Path("commit"))

    def refresh(self) -> None:
        self._store.refresh()

    def close(self) -> None:
        self._store.close()


class FaultyBooks:
    """Books each of whose commits is two steps: before it, and after it, when it has happened and nobody was told."""

    def __init__(self, books: Books, fuse: Fuse) -> None:
        self._books = books
        self._fuse = fuse

    def read(self) -> AbstractContextManager[Booking]:
        return self._books.read()

    @contextmanager
    def write(self) -> Iterator[Booking]:
        if self._fuse.dead:
            raise Stopped
        with self._books.write() as txn:
            yield txn
            self._fuse.step(Path("commit"))
        self._fuse.step(Path("committed"))

    def close(self) -> None:
        self._books.close()
