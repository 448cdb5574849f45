"""How a path is walked so that no link leads away: the one place that opens more than a last name.

Whoever may write into a folder can put a symbolic link in the place of anything in it, also between two looks at it.
So below a *top* (the root; a folder that the settings place elsewhere) no link is followed, at the end of a path or on
the way; a folder is opened first, and what is done in it is done to a name in that open folder. The way to a top is
the administrator's own and may hold links, and so may any path that lies below no top: of that the last name alone is
not followed, by the flags that the caller gives.

Linux walks a whole path in one call (openat2, since 5.6). Where it has none, or a sandbox forbids it, each folder is
opened from the one before it.

Failures: what the system says, as it says it; a link on the way is ELOOP.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
STEP = FOLDER | getattr(os, "O_PATH", os.O_RDONLY)  # to go through a folder needs no right to list it

Place = tuple[str, int | None]  # a name, and the open folder in which it is looked for; None = the name is a whole path


class Ways:
    """`tops` are absolute; `system` as in `sys.platform`. On Windows paths are taken as they are."""

    def __init__(self, tops: Iterable[Path] = (), system: str = sys.platform) -> None:
        self._tops = sorted((os.fspath(top).rstrip(os.sep) for top in tops), key=len)
        self._by_folders = system != "win32"
        self._whole = system == "linux"  # until the kernel says no

    @contextmanager
    def to(self, path: Path) -> Iterator[Place]:
        """The folder of `path`, opened for as long as the block lasts."""
        if not self._by_folders:
            yield os.fspath(path), None
            return
        folder = self.open(path.parent, STEP)
        try:
            yield path.name, folder
        finally:
            os.close(folder)

    def open(self, path: Path, flags: int) -> int:
        """A handle of what lies at `path`, which `flags` do not make."""
        whole = os.fspath(path)
        top = self._top(whole)
        if top is None or not self._by_folders:
            return os.open(whole, flags)
        if self._whole:
            try:
                return self._opened_whole(whole, top, flags)
            except OSError as error:
                if error.errno not in (errno.ENOSYS, errno.EPERM):
                    raise
                self._whole = error.errno != errno.ENOSYS  # EPERM may be the file's: then the walk says it again
        return _walked(whole, top, flags)

    def _top(self, path: str) -> str | None:
        """The innermost top that `path` lies below."""
        return next((top for top in reversed(self._tops) if path.startswith(top + os.sep)), None)

    def _opened_whole(self, path: str, top: str, flags: int) -> int:
        try:
            return _openat2(_HERE, path, flags)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        with _opened(top) as begin:  # the link may be the administrator's
            return _openat2(begin, path[len(top) + 1 :], flags)


def _walked(path: str, top: str, flags: int) -> int:
    *folders, name = Path(path[len(top) + 1 :]).parts
    at = os.open(top, STEP)
    try:
        for folder in folders:
            at, before = _stepped(at, folder, STEP), at
            os.close(before)
        return _stepped(at, name, flags)
    finally:
        os.close(at)


def _stepped(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | _NOFOLLOW, dir_fd=folder)
    except NotADirectoryError as error:  # so a link is called where a folder is asked for
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from error
        raise


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    handle = os.open(folder, STEP)
    try:
        yield handle
    finally:
        os.close(handle)


# --- calls that Python has not ------------------------------------------------------------------------------

_HERE = -100  # AT_FDCWD, <fcntl.h>
_OPENAT2 = 437  # <asm/unistd.h>, on every machine that came after 2019's numbering
_NO_LINKS = 0x04  # RESOLVE_NO_SYMLINKS, <linux/openat2.h>
_NO_REPLACE = 1  # RENAME_NOREPLACE, <linux/fs.h>
_UNABLE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _syscall() -> Any:
    call = _libc().syscall
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
    call.restype = ctypes.c_long
    return call


@cache
def _how(flags: int) -> bytes:
    return struct.pack("QQQ", flags, 0, _NO_LINKS)  # struct open_how: flags, mode, resolve


def _openat2(folder: int, path: str, flags: int) -> int:
    call, how = _syscall(), _how(flags)
    while True:
        handle = call(_OPENAT2, folder, os.fsencode(path), how, len(how))
        if handle >= 0:
            return int(handle)
        code = ctypes.get_errno()
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code), path)


def rename_new(source: Place, target: Place) -> bool:
    """Renames without ever replacing, in one step; False where kernel or file system cannot."""
    call = getattr(_libc(), "renameat2", None)
    (old, from_folder), (new, to_folder) = source, target
    places = (_handle(from_folder), os.fsencode(old), _handle(to_folder), os.fsencode(new))
    if call is None or call(*places, _NO_REPLACE) == 0:
        return call is not None
    code = ctypes.get_errno()
    if code in _UNABLE:
        return False
    raise OSError(code, os.strerror(code), new)


def _handle(folder: int | None) -> int:
    return _HERE if folder is None else folder
