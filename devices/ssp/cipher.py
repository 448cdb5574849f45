"""eSSP: how the body of an SSP packet is encrypted, and how host and device come to their key.

An encrypted body is 7E, and then, by AES-128 block for block: the length of the data, a count of four bytes, the data,
packing, CRC-16/CMS of all that. The host's packet carries a count, the device's answer the next one, and so does the
host's next packet: a packet with another count is an old one, and is dropped. A packet that is said again is the same
bytes.

The key is two halves, each with its low byte first: one that is fixed in the device, and one that is agreed on anew
whenever one of the two has lost it, after Diffie and Hellman, with a generator and a modulus that the host names. Both
must be primes, and nothing is won by new ones: who knows the fixed half breaks 64 bits anyhow.

Source: ITL's protocol manual GA138.

Failures: `Halt` (ssp.no-encryption) where the extra `essp` is not installed; a ValueError for data that is too long.
"""

from __future__ import annotations

from secrets import randbelow, token_bytes
from typing import TYPE_CHECKING

from ...errors import Halt, Reason
from .frames import checksum

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher as Blocks
    from cryptography.hazmat.primitives.ciphers.modes import ECB

STEX = 0x7E
FIXED_KEY = 0x0123456701234567  # what a device has until its owner sets another
GENERATOR = 0x7FFFFFFFFFFFEE27  # the two largest primes p below 2**63 of which (p - 1) / 2 is one too
MODULUS = 0x7FFFFFFFFFFFE96B

_BLOCK = 16
_AROUND = 7  # bytes around the data: length, count, checksum
MOST = 240 - _AROUND  # of data, so that the blocks and 7E fit into a packet


def number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def eight_bytes(value: int) -> bytes:
    return value.to_bytes(8, "little")


class Exchange:
    """The host's part in agreeing on half a key. `generator`, `modulus` and `intermediate` are what it tells."""

    def __init__(self, generator: int = GENERATOR, modulus: int = MODULUS) -> None:
        self.generator, self.modulus = generator, modulus
        self._secret = 2 + randbelow(modulus - 3)
        self.intermediate = pow(generator, self._secret, modulus)

    def agreed(self, theirs: int) -> int:
        """Half of the key, from the other's intermediate."""
        return pow(theirs, self._secret, self.modulus)


class Cipher:
    """Bodies under one key. Raises Halt where nothing is installed that can encrypt."""

    def __init__(self, agreed: int, fixed: int = FIXED_KEY) -> None:
        self._blocks = _blocks(eight_bytes(fixed) + eight_bytes(agreed))

    def sealed(self, data: bytes, count: int) -> bytes:
        if len(data) > MOST:
            raise ValueError(f"{len(data)} bytes to encrypt")
        plain = bytes([len(data)]) + count.to_bytes(4, "little") + data
        plain += token_bytes(-(len(plain) + 2) % _BLOCK)
        plain += checksum(plain).to_bytes(2, "little")
        encryptor = self._blocks.encryptor()
        return bytes([STEX]) + encryptor.update(plain) + encryptor.finalize()

    def opened(self, body: bytes) -> tuple[int, bytes] | None:
        """(count, data); None: this was not encrypted with this key."""
        if len(body) <= _BLOCK or len(body) % _BLOCK != 1 or body[0] != STEX:
            return None
        decryptor = self._blocks.decryptor()
        plain = decryptor.update(body[1:]) + decryptor.finalize()
        if plain[0] > len(plain) - _AROUND or checksum(plain[:-2]) != number(plain[-2:]):
            return None
        return number(plain[1:5]), plain[5 : 5 + plain[0]]


def _blocks(key: bytes) -> Blocks[ECB]:
    try:
        from cryptography.hazmat.primitives import ciphers  # noqa: PLC0415 - an extra, looked for where it is needed
    except ImportError as error:
        raise Halt(Reason("ssp.no-encryption")) from error
    aes, ecb = ciphers.algorithms.AES(key), ciphers.modes.ECB()  # noqa: S305 - the protocol knows no other mode
    return ciphers.Cipher(aes, ecb)
