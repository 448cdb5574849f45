"""What the journal of cash is written on: a file that only grows at its end, each entry on the disk before the call
returns.

Room for what must be written after an irreversible command (its credits, its outcome) is made before: the file is kept
longer than what stands in it, by newlines, which later entries overwrite. So a disk that fills up refuses the next
intent, and nothing later. One process at a time writes: the file itself is its lock, which the kernel gives back.

Failures: `Retry` where the disk is full or fails, or another process has the journal; `Halt` where the file may not be
opened or is none.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from ...errors import Halt, Reason, Retry, Trouble

KEPT = 8  # older files that stay beside the journal: NAME.1 is the latest


class Paper(Protocol):
    """Twin without a disk: `simpaper.MemoryPaper`. `read` or `replace` comes first."""

    def read(self) -> bytes:
        """What was written, without the newlines that keep room; b"" where nothing was."""
        ...

    def append(self, data: bytes) -> None:
        """Writes `data` behind what was read or written last. On the disk when it returns; where it raises, some first
        part of it may be."""
        ...

    def reserve(self, size: int) -> None:
        """From now on the next `size` bytes can be appended however full the disk becomes."""
        ...

    def replace(self, data: bytes, *, keep: bool) -> None:
        """The journal is exactly `data`, on the disk when it returns; after a power cut it is that or what it was.
        `keep`: what it was stays beside it, as the latest of a few."""
        ...

    def close(self) -> None:
        """Lets another process have it."""
        ...


def written(raw: bytes) -> bytes:
    """The bytes of a journal without the newlines that keep room."""
    bare = raw.rstrip(b"\n")
    return raw[: len(bare) + 1] if bare else b""


_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG}
    | {errno.ESPIPE, errno.ENXIO}  # a FIFO or socket lies there
)
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class FilePaper:
    """A file of this machine. Its folder must be there."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._path = path
        self._kept = kept
        self._file: int | None = None
        self._end = 0  # where the next entry goes

    def read(self) -> bytes:
        with _told(self._path):
            file = self._opened()
            os.lseek(file, 0, os.SEEK_SET)
            with os.fdopen(os.dup(file), "rb") as reader:
                data = written(reader.read())
            self._end = len(data)
        return data

    def append(self, data: bytes) -> None:
        with _told(self._path):
            file = self._opened()
            _write(file, data, self._end)
            os.fsync(file)
        self._end += len(data)

    def reserve(self, size: int) -> None:
        with _told(self._path):
            file = self._opened()
            there = os.fstat(file).st_size
            if there - self._end < size:
                _write(file, b"\n" * (self._end + 2 * size - there), there)  # twice: seldom, rather than each time
                os.fsync(file)

    def replace(self, data: bytes, *, keep: bool) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        with _told(self._path):
            old = self._opened()
            file = os.open(new, _OPEN | os.O_TRUNC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # before it bears the name: nobody comes between
                _write(file, data, 0)
                os.fsync(file)
                if keep:
                    self._keep()
                new.replace(self._path)
            except BaseException:
                os.close(file)
                raise
            self._file, self._end = file, len(data)
            os.close(old)
            sync_folder(self._path.parent)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        while self._file is None:
            file = os.open(self._path, _OPEN, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                sync_folder(self._path.parent)
                ours = os.path.samestat(os.fstat(file), self._path.stat())
            except BlockingIOError as error:
                os.close(file)
                raise Retry(Reason("journal.taken", path=self._path)) from error
            except BaseException:
                os.close(file)
                raise
            if ours:
                self._file = file
            else:
                os.close(file)  # replaced between our two looks by the process that had it
        return self._file

    def _keep(self) -> None:
        """Names the present file NAME.1, and those before it one higher; the oldest goes."""
        names = [self._path.with_name(f"{self._path.name}.{number}") for number in range(1, self._kept + 1)]
        if names[0].exists() and names[0].samefile(self._path):
            return  # a power cut came after this and before the new file: it is kept already
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                newer.replace(older)
        try:
            os.link(self._path, names[0])
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            shutil.copyfile(self._path, names[0])


def sync_folder(path: Path) -> None:
    """The names in a folder are on the disk when it returns. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # some file systems have no such call
            raise
    finally:
        os.close(folder)


def _write(file: int, data: bytes, at: int) -> None:
    left = memoryview(data)
    while left:
        count = os.pwrite(file, left, at)
        left, at = left[count:], at + count


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns an error of the system into one of ours."""
    try:
        yield
    except OSError as error:
        raise _trouble(error, path) from error


def _trouble(error: OSError, path: Path) -> Trouble:
    detail = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return Retry(Reason("journal.no-room", path=path, detail=detail))
    if error.errno in _DENIED:
        return Halt(Reason("journal.denied", path=path, detail=detail))
    return Retry(Reason("journal.failing", path=path, detail=detail))
