"""The durable write: after it returns, the file is whole under its name, whatever happens to the power.

Written under a temporary name in the same folder, bytes synced, length compared, given its name without replacing
anything, folder synced. Under its own name a file is never seen half. What a kill leaves under a temporary name
is litter, and `sweep` removes it: one process at a time holds a root, so whoever sweeps is the only writer.

Failures: `Clash` where other bytes bear the name already; `Retry` and `Halt` as the disk says. Either way nothing
new stands under the name, and no litter is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Halt, Reason, Retry, Trouble
from .disk import Disk, Reading
from .troubles import Apart, told

_PIECE = 1 << 20  # bytes read at a time
_START, _END = ".tillpost-", ".tmp"


class Clash(Halt):
    """The name stands for other bytes, and what was published is never replaced."""

    def __init__(self, path: Path) -> None:
        super().__init__(Reason("durable.clash", path=path))


def publish(disk: Disk, path: Path, data: bytes, mode: int) -> None:
    """Puts `data` under a new name. The same bytes under that name already are a success; others raise Clash."""
    place(disk, path, data, mode)
    disk.sync_dir(path.parent)  # also for what stood there: whoever made it may have died before its own sync


def place(disk: Disk, path: Path, data: bytes, mode: int) -> None:
    """As `publish`, for one of many: the bytes are certain when this returns, the name once its folder was synced."""
    if not _stands(disk, path, (data,)):
        with _written(disk, path.parent, (data,), mode) as temporary:
            _name(disk, temporary, path)


def copy(disk: Disk, source: Path, target: Path, mode: int) -> None:
    """As `publish`, with a file of any size, read back and compared. Raises Missing for the source."""
    if not _stands(disk, target, pieces(disk, source)):
        with _written(disk, target.parent, pieces(disk, source), mode) as temporary:
            if not _same(pieces(disk, temporary), pieces(disk, source)):
                raise Retry(Reason("durable.torn", path=target))
            _name(disk, temporary, target)
    disk.sync_dir(target.parent)


def publish_checked(
    disk: Disk, path: Path, data: Iterable[bytes], mode: int, check: Callable[[Path], None]
) -> None:
    """Puts a file of any size under a new name, once `check` has read it back under its temporary one and has not
    raised. Raises Taken where the name is there already, whatever it stands for."""
    with _written(disk, path.parent, data, mode) as temporary:
        check(temporary)
        _name(disk, temporary, path)
    disk.sync_dir(path.parent)


def replace(disk: Disk, path: Path, data: bytes, mode: int) -> None:
    """Puts `data` in the place of what bears the name; a reader sees the old file or the new one, whole."""
    with _written(disk, path.parent, (data,), mode) as temporary:
        disk.rename(temporary, path, replace=True)
    disk.sync_dir(path.parent)


def sweep(disk: Disk, folder: Path) -> int:
    """Removes what writers that were killed left in `folder`; how many files."""
    return sum(disk.unlink(folder / entry.name) for entry in disk.entries(folder) if is_litter(entry.name))


def is_litter(name: str) -> bool:
    """Whether the name is one of our temporary ones."""
    return name.startswith(_START) and name.endswith(_END)


def pieces(disk: Reading, path: Path) -> Iterator[bytes]:
    """A file's bytes, a bounded piece at a time."""
    with disk.open(path) as file, told(path):
        while piece := file.read(_PIECE):
            yield piece


def digest_of(pieces: Iterable[bytes]) -> str:
    """BLAKE2b with 256 bits, in hex: no two contents share it, neither by accident nor by intent."""
    sum_ = hashlib.blake2b(digest_size=32)
    for piece in pieces:
        sum_.update(piece)
    return sum_.hexdigest()


def _name(disk: Disk, temporary: Path, path: Path) -> None:
    try:
        disk.link(temporary, path)  # not rename(): everywhere, a link never replaces
    except Apart:
        disk.rename(temporary, path)


def _stands(disk: Disk, path: Path, data: Iterable[bytes]) -> bool:
    """Whether the name stands for these bytes already. Raises Clash where it stands for others."""
    if disk.stat(path) is None:
        return False
    if not _same(pieces(disk, path), data):
        raise Clash(path)
    return True


def _same(one: Iterable[bytes], other: Iterable[bytes]) -> bool:
    return digest_of(one) == digest_of(other)


@contextmanager
def _written(disk: Disk, folder: Path, data: Iterable[bytes], mode: int) -> Iterator[Path]:
    """A synced file under a temporary name that is gone in the end."""
    temporary = folder / f"{_START}{secrets.token_hex(8)}{_END}"
    written = disk.write_new(temporary, data, mode)
    try:
        _compare_length(disk, temporary, written)
        yield temporary
    except BaseException:
        with suppress(Trouble):  # the first trouble is the one to tell; sweep() finds the rest
            disk.unlink(temporary)
        raise
    disk.unlink(temporary)


def _compare_length(disk: Reading, path: Path, written: int) -> None:
    entry = disk.stat(path)
    if entry is None or entry.size != written:
        raise Retry(Reason("durable.torn", path=path))
