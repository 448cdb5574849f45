"""A disk in a file, served by FUSE, that notes in their order each write and each flush, before it answers.

    python fault_blockserver.py IMAGE LOG PLACE     PLACE shows IMAGE; says "ready", then serves until unmounted

It speaks the kernel's protocol itself (<linux/fuse.h>): its file system is one regular file, so a handful of the
questions is all that is ever asked, and no library is needed. A process of its own: whoever waits for a page of that
file may hold Python's lock. IMAGE is read once and never written.

Failures: OSError where there is no FUSE, or no leave to mount.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path

ENTRY = struct.Struct("<QQ")  # of the log: where a write went, and its length; its bytes follow
FLUSHED = ENTRY.pack((1 << 64) - 1, 0)
MOST = 1 << 17  # bytes of one write
PAGE = 4096
UNANSWERED = (2, 36)  # to forget, to interrupt
_ASKED = struct.Struct("<IIQQIIIHH")  # length, which question, its number, node; who asks; nothing more
_ANSWER = struct.Struct("<IiQ")  # length, minus an error, number of the question
_PLACE = struct.Struct("<QQI")  # file, offset, length: how reading and writing begin
_WRITE_HEAD = 40
_MODE = stat.S_IFREG | 0o600
_BIG_WRITES = 1 << 5


class Server:
    def __init__(self, image: Path, log: Path, place: Path) -> None:
        self._disk = bytearray(image.read_bytes())
        self._log = log.open("wb", buffering=0)
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self._answers: dict[int, Callable[[bytes], bytes]] = {
            3: self._attributes,
            4: self._attributes,  # to be set: nobody needs them
            14: lambda _: struct.pack("<QII", 1, 0, 0),  # open
            15: self._read,
            16: self._write,
            17: lambda _: struct.pack("<5Q4I24x", 0, 0, 0, 1, 0, PAGE, 255, PAGE, 0),  # of the file system
            18: lambda _: b"",  # close
            20: self._flush,
            25: lambda _: b"",  # one of several has closed
            26: lambda _: struct.pack("<IIIIHHIIHHI28x", 7, 31, MOST, _BIG_WRITES, 12, 9, MOST, 1, 0, 0, 0),  # begin
            38: lambda _: b"",  # end
        }
        place.touch()
        options = f"fd={self._device},rootmode={stat.S_IFREG:o},user_id=0,group_id=0"
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"image", os.fsencode(place), b"fuse.image", 0, options.encode()):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(place))

    def serve(self) -> None:
        while asked := self._asked():
            _, which, number, *_ = _ASKED.unpack_from(asked)
            if which in UNANSWERED:
                continue
            answer = self._answers.get(which)
            told = answer(asked[_ASKED.size :]) if answer else b""
            head = _ANSWER.pack(_ANSWER.size + len(told), 0 if answer else -errno.ENOSYS, number)
            os.write(self._device, head + told)

    def _asked(self) -> bytes:
        """The next question; none when it is unmounted."""
        while True:
            try:
                return os.read(self._device, MOST + 2 * PAGE)
            except OSError as trouble:
                if trouble.errno == errno.ENODEV:
                    return b""
                if trouble.errno not in (errno.EINTR, errno.ENOENT):  # ENOENT: a question that was taken back
                    raise

    def _attributes(self, _: bytes) -> bytes:
        size = len(self._disk)
        times = struct.pack("<6Q3I", 1, size, size // 512, 0, 0, 0, 0, 0, 0)
        return struct.pack("<QII", 1, 0, 0) + times + struct.pack("<7I", _MODE, 1, 0, 0, 0, PAGE, 0)

    def _read(self, asked: bytes) -> bytes:
        _, at, length = _PLACE.unpack_from(asked)
        return bytes(self._disk[at : at + length])

    def _write(self, asked: bytes) -> bytes:
        _, at, length = _PLACE.unpack_from(asked)
        data = asked[_WRITE_HEAD : _WRITE_HEAD + length]
        self._log.write(ENTRY.pack(at, length) + data)
        self._disk[at : at + length] = data
        return struct.pack("<II", length, 0)

    def _flush(self, _: bytes) -> bytes:
        self._log.write(FLUSHED)
        return b""


if __name__ == "__main__":
    server = Server(*map(Path, sys.argv[1:]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve()
