"""What the operating system's errors mean to us: answers that a caller asked for, or what to do next.

Failures: `Missing`, `Taken` and `Apart` are answers, caught beside the call that asks; where nobody does, they are
the `Halt` they derive from. Every other error becomes `Retry` or `Halt` by `TROUBLES`, and nowhere else.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import Halt, Reason, Retry, Trouble


class Missing(Halt):
    """The file is not there, or the folder is not."""

    def __init__(self, path: Path) -> None:
        super().__init__(Reason("disk.missing", path=path))


class Taken(Halt):
    """The name is there already; nothing was done."""

    def __init__(self, path: Path) -> None:
        super().__init__(Reason("disk.taken", path=path))


class Apart(Halt):
    """The two names cannot share one file: other file systems, too many links, or no links here at all."""

    def __init__(self, path: Path) -> None:
        super().__init__(Reason("disk.apart", path=path))


_FULL = (Retry, "disk.full")
_AWAY = (Retry, "disk.away")
_DENIED = (Halt, "disk.denied")
_STRANGE = (Halt, "disk.strange")

TROUBLES: dict[int, tuple[type[Trouble], str]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: (Retry, "disk.failing"),  # one bad sector or a dying disk: the file is written anew, elsewhere
    errno.EROFS: (Retry, "disk.read-only"),  # how Linux leaves a disk after an error, until it was repaired
    errno.EAGAIN: _AWAY,
    errno.EBUSY: _AWAY,
    errno.EINTR: _AWAY,
    errno.EMFILE: _AWAY,  # too many files open, by us or by everybody
    errno.ENFILE: _AWAY,
    errno.ENOMEM: _AWAY,
    errno.ENOLCK: _AWAY,
    errno.ETXTBSY: _AWAY,
    errno.ESTALE: _AWAY,  # from here on: the ways in which a network share goes away
    errno.ETIMEDOUT: _AWAY,
    errno.ENOTCONN: _AWAY,
    errno.ECONNRESET: _AWAY,
    errno.ECONNREFUSED: _AWAY,
    errno.EHOSTDOWN: _AWAY,
    errno.EHOSTUNREACH: _AWAY,
    errno.ENETDOWN: _AWAY,
    errno.ENETUNREACH: _AWAY,
    errno.ENODEV: _AWAY,
    errno.ENXIO: _AWAY,
    errno.EACCES: _DENIED,  # our own folders must let us in: somebody changed rights or owner
    errno.EPERM: _DENIED,
    errno.ELOOP: (Halt, "disk.symlink"),
    errno.ENOTDIR: (Halt, "disk.no-folder"),
    errno.ENAMETOOLONG: (Halt, "disk.name-too-long"),
}

_HELD_OPEN = frozenset({5, 32, 33})  # Windows: access denied, sharing violation, lock violation
NO_LINKS = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def trouble(error: OSError, path: Path) -> Trouble:
    """What `error` at `path` means for us: an answer, `Retry` or `Halt`."""
    match error.errno:
        case errno.ENOENT:
            return Missing(path)
        case errno.EEXIST:
            return Taken(path)
        case errno.EXDEV | errno.EMLINK:
            return Apart(path)
    kind, code = TROUBLES.get(error.errno or 0, _STRANGE)
    if is_held_open(error):
        kind, code = _AWAY  # whoever reads the file will close it
    return kind(Reason(code, path=path, detail=error.strerror or type(error).__name__))


def is_held_open(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _HELD_OPEN


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns an error of the system about `path` into one of ours."""
    try:
        yield
    except OSError as error:
        raise trouble(error, path) from error


@contextmanager
def theirs(path: Path) -> Iterator[None]:
    """Where `path` is somebody else's, what would stop us stops what lies there alone: `Halt` becomes `Retry`, and
    names that path. Answers stay answers."""
    try:
        yield
    except (Missing, Taken, Apart):
        raise
    except Halt as halt:
        raise Retry(Reason(halt.reason.code, **{**halt.reason.parts, "path": path})) from halt
