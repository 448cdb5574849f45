"""What a file's name may be like: how it is shown and kept, how long it may be, which names are no exports yet.

A name is whatever bytes an ERP's system gave it. Python shows bytes that are not UTF-8 as lone surrogates, which
neither a terminal nor JSON takes; so a name is shown as `printable` and kept as `kept`, and `back` gives it again.

Failures: none.
"""

from __future__ import annotations

import hashlib
import os
import re

LONGEST = 255  # bytes in a name, on the file systems that we meet
UNFINISHED = (".tmp", ".part", ".filepart")  # as FTP and SFTP clients name what they have not yet sent whole

_DIGITS = re.compile(r"([0-9]+)")
_NOT_TEXT = re.compile(r"[\\\ud800-\udfff]")
_KEPT = re.compile(r"\\u([0-9a-f]{4})")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\ud800-\udfff]')
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|(COM|LPT)[0-9¹²³])", re.IGNORECASE)


def printable(name: str) -> str:
    """`name` on one line for people, logs and JSON; different names stay different."""
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(character if character.isprintable() else _escaped(character) for character in _doubled(name))


def _doubled(name: str) -> str:
    return name.replace("\\", "\\\\")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code & 0xFF:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]


def kept(name: str) -> str:
    """`name` or a path as text that any encoding of Unicode takes; `back` undoes it."""
    return _NOT_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", name)


def back(text: str) -> str:
    return _KEPT.sub(lambda found: chr(int(found[1], 16)), text)


def fit(name: str, suffix: str) -> str:
    """`name` + `suffix` within LONGEST bytes: where it is too long, a digest stands for the middle of `name`."""
    if _length(name + suffix) <= LONGEST:
        return name + suffix
    middle = f"~{hashlib.blake2b(os.fsencode(name), digest_size=6).hexdigest()}~"
    room = LONGEST - _length(middle + suffix)
    start = _first(name, room * 3 // 4)
    end = _first(name[::-1], room - _length(start))[::-1]
    return start + middle + end + suffix


def _length(name: str) -> int:
    return len(os.fsencode(name))


def _first(name: str, room: int) -> str:
    """As much of `name` as fits into `room` bytes, no character cut."""
    for at, character in enumerate(name):
        room -= _length(character)
        if room < 0:
            return name[:at]
    return name


def is_unfinished(name: str) -> bool:
    """Whether whoever writes the file says by its name that it is not to be read yet."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """A key that sorts as people count: import0_2 before import0_10."""
    parts = _DIGITS.split(name)
    return tuple(int(part) if at % 2 else part.casefold() for at, part in enumerate(parts)), name


def is_safe_on_windows(name: str) -> bool:
    """Whether Windows can hold a file of this name, and gives it back as it is."""
    return (
        name != ""
        and not _FORBIDDEN.search(name)
        and not name.endswith((" ", "."))
        and not _DEVICE.fullmatch(name.partition(".")[0].rstrip(" "))
    )
