"""The few things that tillpost asks of a disk, and what each of the system's errors means to us.

Nothing else in the program creates, links, renames, removes or syncs a file. A name that was created, linked,
renamed or removed is certain after a power cut only once its folder was synced with `sync_dir`; a file's bytes
are certain when `write_new` returns. No symbolic link is followed at the end of a path.

Failures: as `troubles` sorts them. A failed sync is never tried again on the same file: what it kept is unknown,
so the file is removed and the caller writes it anew.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from ..errors import Halt
from ..model import Noun
from .troubles import NO_LINKS, Apart, Missing, Taken, is_held_open, told, trouble

T = TypeVar("T")


class FileKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"


class Entry(Noun, frozen=True):
    """What a folder says of one name; a symbolic link is described itself, not what it points to."""

    name: str
    kind: FileKind
    size: int
    mtime_ns: int
    inode: int
    device: int
    links: int


class Reading(Protocol):
    """What changes nothing."""

    def open(self, path: Path) -> BinaryIO: ...

    def read(self, path: Path) -> bytes: ...

    def stat(self, path: Path) -> Entry | None:
        """What lies at `path`; None where nothing does."""
        ...

    def entries(self, folder: Path) -> list[Entry]:
        """Everything in `folder`, in no order. Raises Missing."""
        ...


class Naming(Protocol):
    """What makes and unmakes names of files. Certain after `sync_dir` of each folder concerned."""

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        """A new file of exactly `pieces`, its bytes on the disk; the number of bytes. Raises Taken.

        Whatever fails leaves no file; only a kill can leave a torn one."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """A second name for the same file. Raises Missing, Taken, Apart."""
        ...

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        """Moves a file or folder in one step. Raises Missing, Apart and, unless `replace`, Taken."""
        ...

    def unlink(self, path: Path) -> bool:
        """Removes a name that is not a folder's; whether it was there."""
        ...


class Folders(Protocol):
    def mkdir(self, folder: Path, mode: int) -> bool:
        """Makes one folder with exactly `mode`; False where it is already. Its parent must be there."""
        ...

    def rmdir(self, folder: Path) -> bool:
        """Removes an empty folder; False where it is gone already or something lies in it."""
        ...

    def sync_dir(self, folder: Path) -> None:
        """Makes the names in `folder`, as they are now, outlast a power cut."""
        ...


class Disk(Reading, Naming, Folders, Protocol):
    """All of it. Twin without a disk: `memory.MemoryDisk`."""


def read_if_there(disk: Reading, path: Path) -> bytes | None:
    try:
        return disk.read(path)
    except Missing:
        return None


# --- the real disk -----------------------------------------------------------------------------------------

PAUSES = (0.01, 0.05, 0.2, 0.5)  # seconds between tries on a file that Windows says somebody holds open
_ALWAYS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = _ALWAYS | os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # a FIFO put in a file's place must not stop us
_CREATE = _ALWAYS | os.O_WRONLY | os.O_CREAT | os.O_EXCL
_NO_MODES = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})  # FAT and some shares; what we made is ours
_KINDS = {
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFDIR: FileKind.FOLDER,
    stat.S_IFLNK: FileKind.SYMLINK,
    stat.S_IFIFO: FileKind.FIFO,
    stat.S_IFSOCK: FileKind.SOCKET,
}


class LocalDisk:
    """The disk of this machine, or a share mounted on it.

    `system` as in `sys.platform`. On Windows folders cannot be synced, modes mean nothing (its one bit, read-only,
    would keep the tills from deleting), and a file that somebody holds open is tried again a few times.
    """

    def __init__(self, system: str = sys.platform, pause: Callable[[float], None] = time.sleep) -> None:
        self._posix = system != "win32"
        self._exclusive_rename = _renameat2 if system == "linux" else None
        self._pause = pause

    def open(self, path: Path) -> BinaryIO:
        return self._do(path, lambda: open(path, "rb", opener=_open))

    def read(self, path: Path) -> bytes:
        with self.open(path) as file, told(path):
            return file.read()

    def stat(self, path: Path) -> Entry | None:
        try:
            return _entry(path.name, self._do(path, path.lstat))
        except Missing:
            return None

    def entries(self, folder: Path) -> list[Entry]:
        found = []
        with self._do(folder, lambda: os.scandir(folder)) as names, told(folder):
            for name in names:
                with suppress(FileNotFoundError):  # a till may delete while we list
                    found.append(_entry(name.name, os.lstat(name.path)))
        return found

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        handle = self._do(path, lambda: os.open(path, _CREATE, 0o600))
        try:
            with told(path), os.fdopen(handle, "wb") as file:
                written = sum(file.write(piece) for piece in pieces)
                file.flush()
                self._set_mode(handle, mode)  # not by open(): the umask has no say in what tills may read
                os.fsync(handle)
        except BaseException:
            self.unlink(path)
            raise
        return written

    def link(self, source: Path, target: Path) -> None:
        try:
            self._do(target, lambda: _link(source, target))
        except Missing as missing:
            raise _missing_of(source, target) from missing
        except Halt as halt:
            cause = halt.__cause__
            if isinstance(cause, OSError) and cause.errno in NO_LINKS:
                raise Apart(target) from cause
            raise

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        try:
            self._do(target, lambda: source.replace(target) if replace else self._move(source, target))
        except Missing as missing:
            raise _missing_of(source, target) from missing

    def _move(self, source: Path, target: Path) -> None:
        exclusive = self._exclusive_rename
        if exclusive is None or not exclusive(source, target):
            # Windows never replaces here. Elsewhere only the folder's one owner, us, makes names in it.
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            source.rename(target)

    def unlink(self, path: Path) -> bool:
        try:
            self._do(path, path.unlink)
        except Missing:
            return False
        return True

    def mkdir(self, folder: Path, mode: int) -> bool:
        try:
            self._do(folder, lambda: folder.mkdir(mode=0o700))
        except Taken:
            return False
        with told(folder):
            self._set_mode(folder, mode)  # mkdir() would subtract the umask and drop the setgid bit
        return True

    def rmdir(self, folder: Path) -> bool:
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise trouble(error, folder) from error
        return True

    def sync_dir(self, folder: Path) -> None:
        if not self._posix:
            return
        handle = self._do(folder, lambda: os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # some shares have no such call
                raise trouble(error, folder) from error
        finally:
            os.close(handle)

    def _set_mode(self, ours: int | Path, mode: int) -> None:
        if not self._posix:
            return
        try:
            os.chmod(ours, mode)  # noqa: PTH101 - of an open file, too
        except OSError as error:
            if error.errno not in _NO_MODES:
                raise

    def _do(self, path: Path, move: Callable[[], T]) -> T:
        pauses = iter(PAUSES)
        while True:
            try:
                return move()
            except OSError as error:
                pause = next(pauses, None) if is_held_open(error) else None
                if pause is None:
                    raise trouble(error, path) from error
            self._pause(pause)


def _open(path: str, flags: int) -> int:
    return os.open(path, _READ)


def _entry(name: str, seen: os.stat_result) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(seen.st_mode), FileKind.DEVICE)
    return Entry(name, kind, seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_dev, seen.st_nlink)


def _missing_of(source: Path, target: Path) -> Missing:
    """The system says that one of two is not there, but not which."""
    return Missing(target.parent if os.path.lexists(source) else source)


def _link(source: Path, target: Path) -> None:
    os.link(source, target, follow_symlinks=os.link not in os.supports_follow_symlinks)


def _renameat2(source: Path, target: Path) -> bool:
    """Renames without ever replacing, in one step; False where kernel or file system cannot."""
    import ctypes  # noqa: PLC0415 - seldom needed, and felt at the start

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, no_replace = -100, 1  # AT_FDCWD, RENAME_NOREPLACE: <fcntl.h>, <linux/fs.h>
    if call is None or call(here, os.fsencode(source), here, os.fsencode(target), no_replace) == 0:
        return call is not None
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(target))
