"""How files become one stream of bytes and are read out of it again: tar (PAX) inside gzip, a bounded piece at a time.

What is written is plain enough for any `tar -xzf`. What is read may have been damaged, or made by somebody else: each
header, length and check sum is taken at its word only after it was compared, and nothing is ever unpacked here. Names
are whatever bytes the file system had; Python shows those that are no UTF-8 as lone surrogates.

Failures: `Reject` (`archive.damaged`) where an archive ends early, its sums are wrong or it is none; it may come after
many members were read whole. `Retry` (`archive.changed`) where a file is not as long as was said. Else as the disk
says.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO

from ..errors import Fault, Reason, Reject, Retry
from ..model import Noun
from .names import printable
from .troubles import trouble

BLOCK = tarfile.BLOCKSIZE
MOST = 1 << 20  # bytes read at a time, and the largest header: whoever says more lies
_MODE = 0o640
_GZIP = 16 + zlib.MAX_WBITS  # how zlib is asked for gzip's header and sum, without a name or a time in it
_WRONG = (
    tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError, ArithmeticError, LookupError, RecursionError,
)  # fmt: skip


class Member(Noun, frozen=True):
    """One file of an archive. `regular` is False for what is no file: a folder, a link, a device, a sparse file."""

    name: str
    size: int  # bytes
    changed: int = 0  # when the file was last written; seconds since the epoch
    regular: bool = True


def pack(files: Iterable[tuple[Member, Iterable[bytes]]]) -> Iterator[bytes]:
    """The bytes of an archive of `files`; the same for the same files and times."""
    packer = zlib.compressobj(wbits=_GZIP)
    for plain in _plain(files):
        if packed := packer.compress(plain):
            yield packed
    yield packer.flush()


def _plain(files: Iterable[tuple[Member, Iterable[bytes]]]) -> Iterator[bytes]:
    for member, pieces in files:
        yield _header(member)
        size = 0
        for piece in pieces:
            size += len(piece)
            yield piece
        if size != member.size:
            raise Retry(Reason("archive.changed", path=printable(member.name)))
        yield bytes(-size % BLOCK)
    yield bytes(2 * BLOCK)


def _header(member: Member) -> bytes:
    info = tarfile.TarInfo(member.name)
    info.size, info.mtime, info.mode = member.size, member.changed, _MODE
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def unpack(file: BinaryIO, path: Path) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Every member with its bytes, which can be read until the next is asked for. When this ends, without an error,
    the archive is whole. `path` names it in errors."""
    with _damage_told(path):
        reel = _Reel(file)
        archive = tarfile.TarFile(fileobj=reel, encoding="utf-8", errors="surrogateescape")  # type: ignore[arg-type]
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps them all: as many as there are files
            if info.size < 0:
                raise tarfile.ReadError("a size below zero")
            regular = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not info.issparse()
            member = Member(info.name, info.size, int(info.mtime), regular)
            yield member, _content(reel, info.offset_data, info.size if regular else 0, path)
        reel.end()


def _content(reel: _Reel, start: int, size: int, path: Path) -> Iterator[bytes]:
    with _damage_told(path):
        reel.seek(start)
        while size:
            piece = reel.read(min(size, MOST))
            if not piece:
                raise EOFError("a member is cut short")
            size -= len(piece)
            yield piece


class _Reel:
    """The plain bytes of an archive, forwards only: what tarfile asks of a file, and no more."""

    def __init__(self, file: BinaryIO) -> None:
        self._plain = GzipFile(fileobj=file, mode="rb")
        self._at = 0
        self._last = b""

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MOST:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self._last = self._plain.read(size)
        self._at += len(self._last)
        return self._last

    def seek(self, at: int) -> None:
        if at < self._at:
            raise tarfile.ReadError("one member lies in another")
        while self._at < at:
            if not self.read(min(at - self._at, MOST)):
                raise EOFError("a member is cut short")

    def end(self) -> None:
        """To the end of the bytes, where gzip compares its sum. tarfile takes a header that it cannot read for the
        end of the archive; the true one is a block of zeros with nothing but zeros behind it."""
        if self._last != bytes(BLOCK):
            raise tarfile.ReadError("no end of the archive")
        while piece := self.read(MOST):
            if piece.count(0) != len(piece):
                raise tarfile.ReadError("more behind the end of the archive")


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Every way in which foreign bytes can be wrong becomes one error; what the disk says stays what it is."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise trouble(error, path) from error
        raise _damaged(path, error) from error  # gzip's own
    except _WRONG as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> Reject:
    return Reject(Reason("archive.damaged", path=path, detail=str(error) or type(error).__name__), Fault.BROKEN)
