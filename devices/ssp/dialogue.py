"""Questions and answers over SSP, one at a time: the sequence bit, encryption, and what is done where no answer comes.

**Each question is carried out once.** Its sequence bit is another than the last one's; a device that gets the same bit
again gives its last answer again, and does nothing. So a question that was not answered is kept, and said again, bit
for bit, until it is: whether the question or its answer was lost, the device does it once, and tells all that it has
to tell. SYNC begins anew with bit 1, and is always carried out.

**Each poll has bit 1, and what a host begins with, too** (a HOLD, which asks for nothing where no note is held). So a
host that begins behind one that was killed gets the last poll's answer once more, if that was the last thing said, with
the credit that nobody may have written down. What tells numbers that could read like events has bit 0 for that reason.
Where the next bit is the wrong one, something harmless is said in between.

An answer has its question's bit and address, and a first byte from F0 on, which no question has: so the host's own echo
is no answer. What is on the line before a question is thrown away; and where two answers differ, one of them is late,
and the question is said again. Encrypted answers that are late give themselves away by their count.

Failures: `Unanswered` as the link says; `Halt` as the cipher says. Silence is None, not an error.
"""

from __future__ import annotations

from ...model import Noun
from ..promises import Clock, Link
from .cipher import STEX, Cipher
from .frames import VALIDATOR, Answer, Command, Packet, Reader, Spoilt, packet

# Seconds.
ANSWER = 1.0  # until the first byte, by the protocol; a device needs some 10 ms
GAP = 0.05  # between two bytes of a packet
LONGEST_ANSWER = 2.0  # noise without end must not hold the host
QUIET = 0.02  # how long a line is listened to behind an answer

TRIES = 3
POLLS = (Command.POLL, Command.POLL_WITH_ACK)
_BITS = {**dict.fromkeys(POLLS, 1), Command.SERIAL: 0, Command.KEY_EXCHANGE: 0}


class Asked(Noun, frozen=True):
    """A question, as it was said. `count` is its own, where it was encrypted."""

    what: Command
    data: bytes
    packet: bytes
    sequence: int
    count: int | None = None


class Dialogue:
    """With the device at `address`. `tries`: how often a question is said at most before it is kept."""

    def __init__(self, link: Link, clock: Clock, *, address: int = VALIDATOR) -> None:
        self.tries = TRIES
        self.garbled = False  # something came since an answer was last understood
        self.open_question: Asked | None = None
        self._link, self._clock, self._address, self._reader = link, clock, address, Reader()
        self._sequence = 1  # of the next question
        self._last = Asked(Command.HOLD, b"", b"", 1)
        self._cipher: Cipher | None = None
        self._count = 0

    @property
    def is_encrypted(self) -> bool:
        return self._cipher is not None

    def encrypt(self, cipher: Cipher | None) -> None:
        """From the next question on; None: in the clear."""
        self._cipher, self._count = cipher, 0

    def forget(self) -> None:
        """What was asked last does not matter any more."""
        self.open_question = None

    def ask(self, what: Command, data: bytes = b"") -> bytes | None:
        """The body that answers a new question; None: there was no answer, and the question is kept. A question that is
        kept must be asked `again` or forgotten before."""
        if what is Command.SYNC:
            self._sequence = 1
        elif _BITS.get(what, self._sequence) != self._sequence:
            self._say(Command.SERIAL if self._sequence == 0 else Command.SYNC, b"")
            if self.again() is None:
                return None
        self._say(what, data)
        return self.again()

    def again(self) -> bytes | None:
        """The answer to what was asked last, which is said once more, bit for bit."""
        self.open_question = asked = self._last
        for _ in range(self.tries):
            self._clear()
            self._link.write(asked.packet)
            if (body := self._answer(asked)) is not None:
                self.open_question, self.garbled = None, False
                return body
        return None

    def _say(self, what: Command, data: bytes) -> None:
        body, count = bytes([what]) + data, None
        if self._cipher is not None and what is not Command.SYNC:
            count = self._count
            body = self._cipher.sealed(body, count)
            self._count = (count + 1) % 2**32
        self._last = Asked(what, data, packet(body, self._sequence, self._address), self._sequence, count)
        self._sequence = 1 - self._sequence

    def _clear(self) -> None:
        self._reader.clear()
        until = self._clock.monotonic() + LONGEST_ANSWER
        while self._link.read(0.0) and self._clock.monotonic() < until:
            continue

    def _answer(self, asked: Asked) -> bytes | None:
        """None where nothing came in time, or two answers that differ: nobody knows which is the late one."""
        found: set[bytes] = set()
        now = self._clock.monotonic()
        until, latest = now + ANSWER, now + LONGEST_ANSWER
        while now < min(until, latest):
            data = self._link.read(min(until, latest) - now)
            now = self._clock.monotonic()
            self.garbled = self.garbled or bool(data)
            for event in self._reader.feed(data) if data else self._reader.pause():
                body = self._understood(event, asked)
                if body is not None:
                    found.add(body)
            if not data:
                break
            if found:
                until = now + (GAP if self._reader.waits else QUIET)
        return found.pop() if len(found) == 1 else None

    def _understood(self, event: Packet | Spoilt, asked: Asked) -> bytes | None:
        if isinstance(event, Spoilt) or (event.sequence, event.address) != (asked.sequence, self._address):
            return None
        body = event.body
        if self._cipher is not None and asked.count is not None and body[:1] == bytes([STEX]):
            opened = self._cipher.opened(body)
            if opened is None or opened[0] != (asked.count + 1) % 2**32:
                return None
            body = opened[1]
        elif asked.count is not None and body != _NO_KEY:
            return None
        elif asked.count is None and body[:1] == bytes([STEX]):
            return _NO_KEY  # the last answer to an earlier host, once more: its key is gone
        return body if body and body[0] >= Answer.OK else None


_NO_KEY = bytes([Answer.NO_KEY])
