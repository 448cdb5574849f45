"""Keys of several parts as bytes: this file alone knows how tuples of text and whole numbers become LMDB keys.

The bytes sort as the tuples do, and a tuple's bytes begin with the bytes of each of its beginnings and of no other
tuple, so that everything under ("price", good) lies together and is found by its prefix. Text ends in a zero byte;
a zero or one inside it is spelled in two bytes. Numbers are eight bytes, highest first.

Failures: Reject where a key is longer than the store can hold: it was made of somebody's words.
"""

from __future__ import annotations

from ..errors import Fault, Reason, Reject

Part = str | int
Key = tuple[Part, ...]

LONGEST = 511  # bytes; LMDB's own limit

_NUMBER = b"\x01"


def pack(key: Key) -> bytes:
    """The bytes of `key`. Numbers are 0 or more and below 2**64. Raises Reject."""
    packed = b"".join([text(part) if isinstance(part, str) else number(part) for part in key])
    if len(packed) > LONGEST:
        raise Reject(Reason("store.key-too-long", length=len(packed), limit=LONGEST), Fault.ERROR)
    return packed


def pack_texts(key: tuple[str, ...]) -> bytes:
    """`pack` for a key of texts alone, at a third of its cost."""
    if key and "".join(key).isprintable():
        packed = b"\x02%b\x00" % "\x00\x02".join(key).encode()
        if len(packed) <= LONGEST:
            return packed
    return pack(key)


def packed_length(*texts: str) -> int:
    """How many bytes `texts` take in a key, however many that are."""
    return sum(len(text(one)) for one in texts)


def is_short(limit: int, *texts: str) -> bool:
    """Whether `texts` take at most `limit` bytes in a key. A character takes four at most."""
    return 4 * len("".join(texts)) + 2 * len(texts) <= limit or packed_length(*texts) <= limit


def unpack(packed: bytes) -> Key:
    parts: list[Part] = []
    at = 0
    while at < len(packed):
        if packed[at] == _NUMBER[0]:
            parts.append(int.from_bytes(packed[at + 1 : at + 9], "big"))
            at += 9
        else:
            end = packed.index(0, at)
            parts.append(_read_text(packed[at + 1 : end]))
            at = end + 1
    return tuple(parts)


def unpack_texts(packed: bytes) -> tuple[str, ...]:
    """`unpack` for a key of texts alone."""
    if b"\x01" in packed:
        return tuple(map(str, unpack(packed)))
    return tuple(packed[1:-1].decode("utf-8", "surrogatepass").split("\x00\x02"))


def number(value: int) -> bytes:
    """The bytes of one number in a key."""
    return _NUMBER + value.to_bytes(8, "big")


def last_number(packed: bytes) -> int:
    """The number with which a key ends."""
    return int.from_bytes(packed[-8:], "big")


def text(value: str) -> bytes:
    """The bytes of one text in a key: those of a key are its parts' joined."""
    if value.isprintable():  # as most are: without zero or one, or half of a character
        return b"\x02%b\x00" % value.encode()
    raw = value.encode("utf-8", "surrogatepass")
    if b"\x00" in raw or b"\x01" in raw:
        raw = raw.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01")
    return b"\x02%b\x00" % raw


def last_text(packed: bytes, beginning: int) -> str:
    """The one text that follows the first `beginning` bytes of a key."""
    return _read_text(packed[beginning + 1 : -1])


def _read_text(raw: bytes) -> str:
    if b"\x01" in raw:
        raw = raw.replace(b"\x01\x01", b"\x00").replace(b"\x01\x02", b"\x01")
    return raw.decode("utf-8", "surrogatepass")
