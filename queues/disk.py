"""The disk of this machine: the few things that tillpost asks of it (`promises`), each without following a link.

Nothing else in the program creates, links, renames, removes or syncs a file. A name that was created, linked,
renamed or removed is certain after a power cut only once its folder was synced with `sync_dir`; a file's bytes
are certain when `write_new` returns. No symbolic link is followed at the end of a path, and none on the way to it
below the tops that the disk was told (`ways`).

Failures: as `troubles` sorts them. A failed sync is never tried again on the same file: what it kept is unknown,
so the file is removed and the caller writes it anew.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from ..errors import Halt, Trouble
from .promises import (
    Disk,
    Entry,
    FileKind,
    Folders,
    Naming,
    Reading,
    fan_out_singly,
    read_if_there,
    sync_singly,
)
from .syncing import Wholes, link_all, sync_whole
from .troubles import NO_LINKS, Apart, Missing, Taken, is_held_open, told, trouble
from .ways import FOLDER, STEP, Place, Ways, rename_new

__all__ = ["Disk", "Entry", "FileKind", "Folders", "LocalDisk", "Naming", "Reading", "read_if_there"]

T = TypeVar("T")

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

    Below each of `tops` no symbolic link is followed, wherever it stands in a path. `system` as in `sys.platform`. On
    Windows folders cannot be synced, modes mean nothing (its one bit, read-only, would keep the tills from deleting),
    and a file that somebody holds open is tried again a few times.
    """

    def __init__(
        self,
        tops: Iterable[Path] = (),
        *,
        system: str = sys.platform,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._posix = system != "win32"
        self._rename_new = rename_new if system == "linux" else None
        self._ways = Ways(tops, system)
        self._wholes = Wholes(system)
        self._pause = pause

    def open(self, path: Path) -> BinaryIO:
        return self._do(path, lambda: open(path, "rb", opener=self._opened))

    def _opened(self, path: str, flags: int) -> int:
        return self._ways.open(Path(path), _READ)

    def read(self, path: Path) -> bytes:
        with self.open(path) as file, told(path):
            return file.read()

    def stat(self, path: Path) -> Entry | None:
        try:
            return _entry(path.name, self._at(path, _look))
        except Missing:
            return None

    def entries(self, folder: Path) -> list[Entry]:
        found = []
        with self._listed(folder) as names, told(folder):
            for name in names:
                with suppress(FileNotFoundError):  # a till may delete while we list
                    found.append(_entry(name.name, self._seen(name)))
        return found

    def names(self, folder: Path) -> list[str]:
        with self._listed(folder) as names, told(folder):
            return [name.name for name in names]

    @contextmanager
    def _listed(self, folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        if not self._posix:
            with self._do(folder, lambda: os.scandir(folder)) as names:
                yield names
            return
        with self._folder(folder) as handle, self._do(folder, lambda: os.scandir(handle)) as names:
            yield names

    def _seen(self, name: os.DirEntry[str]) -> os.stat_result:
        return name.stat(follow_symlinks=False) if self._posix else os.lstat(name.path)  # Windows' has no inode

    @contextmanager
    def _folder(self, folder: Path) -> Iterator[int]:
        handle = self._do(folder, lambda: self._ways.open(folder, os.O_RDONLY | FOLDER))
        try:
            yield handle
        finally:
            os.close(handle)

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        handle = self._at(path, lambda place: os.open(place[0], _CREATE, 0o600, dir_fd=place[1]))
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
            self._between(source, target, _link)
        except Missing as missing:
            raise self._missing_of(source, target) from missing
        except Halt as halt:
            cause = halt.__cause__
            if isinstance(cause, OSError) and cause.errno in NO_LINKS:
                raise Apart(target) from cause
            raise

    def fan_out(self, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
        if not self._posix:
            return fan_out_singly(self, sources, folders)
        return link_all(self._ways, sources, folders)

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        try:
            self._between(source, target, _replace if replace else self._move)
        except Missing as missing:
            raise self._missing_of(source, target) from missing

    def _move(self, source: Place, target: Place) -> None:
        if self._rename_new is None or not self._rename_new(source, target):
            # Windows never replaces here. Elsewhere only the folder's one owner, us, makes names in it.
            with suppress(FileNotFoundError):
                _look(target)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target[0])
            os.rename(source[0], target[0], src_dir_fd=source[1], dst_dir_fd=target[1])

    def _missing_of(self, source: Path, target: Path) -> Missing:
        """The system says that one of two is not there, but not which."""
        return Missing(target.parent if self.stat(source) else source)

    def unlink(self, path: Path) -> bool:
        try:
            self._at(path, lambda place: os.unlink(place[0], dir_fd=place[1]))
        except Missing:
            return False
        return True

    def mkdir(self, folder: Path, mode: int) -> bool:
        try:
            self._at(folder, lambda place: os.mkdir(place[0], 0o700, dir_fd=place[1]))
        except Taken:
            self._check_folder(folder)
            return False
        # By a handle, which no link can lead away; mkdir() itself would subtract the umask and drop the setgid bit.
        if self._posix:
            with self._folder(folder) as handle, told(folder):
                self._set_mode(handle, mode)
        return True

    def _check_folder(self, folder: Path) -> None:
        """Raises Halt where what bears the name is no folder, nor a top that the administrator linked to one."""
        if self._posix:
            with suppress(Missing):
                os.close(self._do(folder, lambda: self._ways.open(folder, STEP)))

    def rmdir(self, folder: Path) -> bool:
        try:
            self._at(folder, lambda place: os.rmdir(place[0], dir_fd=place[1]))
        except (Missing, Taken):
            return False
        except Halt as halt:
            if isinstance(halt.__cause__, OSError) and halt.__cause__.errno == errno.ENOTEMPTY:
                return False
            raise
        return True

    def sync_dir(self, folder: Path) -> None:
        if not self._posix:
            return
        with self._folder(folder) as handle:
            try:
                os.fsync(handle)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # some shares have no such call
                    raise trouble(error, folder) from error

    def sync_dirs(self, folders: Collection[Path]) -> dict[Path, Trouble]:
        troubles: dict[Path, Trouble] = {}
        left = dict.fromkeys(folders)
        for some in self._wholes.among(left):
            try:
                with self._folder(some[0]) as handle, told(some[0]):
                    sync_whole(handle)
            except Missing:  # of this one alone: it went just now
                continue
            except Trouble as trouble:
                troubles |= dict.fromkeys(some, trouble)
            for folder in some:
                del left[folder]
        return troubles | sync_singly(self, left)

    def _set_mode(self, handle: int, mode: int) -> None:
        if not self._posix:
            return
        try:
            os.chmod(handle, mode)
        except OSError as error:
            if error.errno not in _NO_MODES:
                raise

    def _at(self, path: Path, move: Callable[[Place], T]) -> T:
        def there() -> T:
            with self._ways.to(path) as place:
                return move(place)

        return self._do(path, there)

    def _between(self, source: Path, target: Path, move: Callable[[Place, Place], None]) -> None:
        def there() -> None:
            with self._ways.to(source) as old, self._ways.to(target) as new:
                move(old, new)

        self._do(target, there)

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


def _look(place: Place) -> os.stat_result:
    return os.stat(place[0], dir_fd=place[1], follow_symlinks=False)


def _entry(name: str, seen: os.stat_result) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(seen.st_mode), FileKind.DEVICE)
    return Entry(name, kind, seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_dev, seen.st_nlink)


def _link(source: Place, target: Place) -> None:
    follow = os.link not in os.supports_follow_symlinks
    os.link(source[0], target[0], src_dir_fd=source[1], dst_dir_fd=target[1], follow_symlinks=follow)


def _replace(source: Place, target: Place) -> None:
    os.replace(source[0], target[0], src_dir_fd=source[1], dst_dir_fd=target[1])
