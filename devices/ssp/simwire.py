"""SSP's packets from a simulated device's side: the sequence rule, the agreement on a key, encryption.

Failures: none; what a device ignores is not answered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..promises import Clock
from .cipher import STEX, Cipher, eight_bytes, number
from .frames import VALIDATOR, Answer, Command, Packet, Reader, packet

GAP = 0.05  # seconds; bytes that come later belong to another packet
_IN_CLEAR = (Command.SYNC, Command.GENERATOR, Command.MODULUS, Command.KEY_EXCHANGE)
_SECRET = 0x2F5C_91A3  # the device's own, for one agreement and the next


class SimWire(ABC):
    """`key`: the fixed half of its key; it is spoken to encrypted only. None: it cannot encrypt."""

    def __init__(self, clock: Clock, *, key: int | None, address: int = VALIDATOR) -> None:
        self.powered = True
        self._clock, self._key, self._address = clock, key, address
        self._reader, self._heard_at = Reader(), clock.monotonic()
        self._sequence: int | None = None
        self._answer = b""
        self._named: dict[int, int] = {}  # generator and modulus, by the command that named them
        self._cipher: Cipher | None = None
        self._count = 0

    @abstractmethod
    def obey(self, what: int, data: bytes) -> bytes:
        """The answer to a new question."""

    def forget(self) -> None:
        """What a power cut takes."""
        self._reader.clear()
        self._sequence, self._answer, self._cipher = None, b"", None
        self._named.clear()

    def hear(self, data: bytes, now: float) -> bytes:
        if not self.powered:
            return b""
        events = self._reader.pause() if now - self._heard_at > GAP else []
        self._heard_at = now
        events += self._reader.feed(data)
        own = (event for event in events if isinstance(event, Packet) and event.address == self._address and event.body)
        return b"".join(self._reply(event) for event in own)

    def _reply(self, heard: Packet) -> bytes:
        """A question that has the last one's bit gets its answer again."""
        if heard.sequence != self._sequence or heard.body[0] == Command.SYNC:
            answer = self._opened(heard.body)
            if answer is None:
                return b""
            self._sequence, self._answer = heard.sequence, answer
        return packet(self._answer, heard.sequence, self._address)

    def _opened(self, body: bytes) -> bytes | None:
        """The answer to a body, encrypted as that was; None: it is ignored."""
        if body[0] in _IN_CLEAR:
            return self._agree(body[0], body[1:])
        if body[0] != STEX:
            return self.obey(body[0], body[1:]) if self._key is None else _NO_KEY
        if self._cipher is None:
            return _NO_KEY
        opened = self._cipher.opened(body)
        if opened is None or opened[0] != self._count:
            return None
        self._count += 1
        cipher, count = self._cipher, self._count
        return cipher.sealed(self.obey(opened[1][0], opened[1][1:]), count)

    def _agree(self, what: int, data: bytes) -> bytes:
        if what == Command.SYNC:
            return _OK
        if self._key is None:
            return bytes([Answer.NOT_KNOWN])
        if what != Command.KEY_EXCHANGE:
            self._named[what] = number(data)
            return _OK
        if len(self._named) < 2:
            return bytes([Answer.FAIL])
        generator, modulus = self._named[Command.GENERATOR], self._named[Command.MODULUS]
        self._cipher, self._count = Cipher(pow(number(data), _SECRET, modulus), self._key), 0
        return _OK + eight_bytes(pow(generator, _SECRET, modulus))


_OK, _NO_KEY = bytes([Answer.OK]), bytes([Answer.NO_KEY])
