"""One ccTalk line with several devices on it: whoever asks, asks through the bus, one question at a time.

The line is one wire, so the host may hear its own bytes before the answer; some adapters hide them. Both are right, and
`echo` says which it was last: where own bytes were heard and are not any more, it is the adapter that is broken,
whatever the device.

What has come before a question is thrown away, and an answer counts only if it is from the device that was asked, and
of the length that such an answer has: a late one must not be taken for the next.

Failures: `Unanswered` (cctalk.silent, cctalk.no-echo, and what the link says); `Refused` (cctalk.refused) where the
device says that it does not do such a thing, or stays busy.
"""

from __future__ import annotations

from contextlib import suppress

from ...errors import Reason, Trouble
from ..nouns import Unanswered
from ..promises import Clock, Link
from .frames import HOST, SAID_BY_DEVICES, Check, Frame, Header, Reader, encoded

# Seconds.
ANSWER = 0.2  # until the answer is whole; a device begins within some 10 ms, and its longest answer takes 20
GAP = 0.05  # between two bytes of a frame
QUIET = 0.03  # without a byte: nothing is under way any more
CALM = 0.5  # noise without end must not hold the host longer
BUSY = 0.1  # before a busy device is asked again
OPEN_EVERY = 1.0  # a line that is gone is looked for no more often

TRIES = 3


class Refused(Trouble):
    """The device answers that it does not do this: nothing has happened."""


class Bus:
    """Owns `link`: opens it by itself, and anew after it was gone."""

    def __init__(self, link: Link, clock: Clock, *, check: Check = Check.SUM) -> None:
        self.clock = clock
        self.echo: bool | None = None  # whether the host hears itself; None = not known yet
        self.asked_again = False  # for the last answer
        self._link, self._check = link, check
        self._open = False
        self._gone: Unanswered | None = None
        self._open_at = 0.0
        self._uneasy = False  # an answer may still be under way
        self._heard_itself = False

    @property
    def is_gone(self) -> bool:
        """Whether the line itself is away, and no device can be blamed."""
        return self._gone is not None

    def ask(
        self, address: int, header: Header, data: bytes = b"", *, length: int | None = 0, tries: int = TRIES
    ) -> bytes:
        """The data of the answer, of `length` bytes (None = of any). With more than one of `tries` the question may
        reach the device more than once. Raises Unanswered and Refused."""
        self._open_link()
        question = Frame(address, HOST, header, data)
        code = ""
        try:
            for sent in range(tries):
                self.asked_again = sent > 0
                answer = self._exchange(question, length)
                if answer is None:
                    code = "cctalk.no-echo" if self.echo and not self._heard_itself else "cctalk.silent"
                    continue
                self.echo = self._heard_itself
                if answer.header == Header.ANSWER:
                    return answer.data
                code = "cctalk.refused"
                if answer.header == Header.NAK:
                    break
                self.clock.sleep(BUSY)
        except Unanswered as trouble:
            self._lose(trouble)
            raise
        reason = Reason(code, address=address, header=int(header))
        raise Refused(reason) if code == "cctalk.refused" else Unanswered(reason)

    def close(self) -> None:
        self._open = False
        self._link.close()

    def _open_link(self) -> None:
        if self._open:
            return
        if self._gone and self.clock.monotonic() < self._open_at:
            raise Unanswered(self._gone.reason)
        try:
            self._link.open()
        except Unanswered as trouble:
            self._lose(trouble)
            raise
        self._open, self._gone, self.echo = True, None, None

    def _lose(self, trouble: Unanswered) -> None:
        self._open, self._gone = False, trouble
        self._open_at = self.clock.monotonic() + OPEN_EVERY
        with suppress(Unanswered):
            self._link.close()

    # --- one question

    def _exchange(self, question: Frame, length: int | None) -> Frame | None:
        """Asks once. None = nothing has come that answers."""
        self._calm(QUIET if self._uneasy else 0.0)
        self._uneasy, self._heard_itself = True, False
        own = encoded(question, self._check)
        self._link.write(own)
        reader = Reader(self._check, to=HOST, source=question.to)
        until = self.clock.monotonic() + ANSWER
        held: bytes | None = b""  # what may be the beginning of our own bytes; None = that is decided
        while (left := until - self.clock.monotonic()) > 0:
            data = self._link.read(min(left, GAP) if held or reader.waits else left)
            heard = data
            if held is not None:
                heard = held + data
                if data and len(heard) < len(own) and own.startswith(heard):
                    held = heard
                    continue
                held = None
                if heard.startswith(own):
                    self._heard_itself, heard = True, heard[len(own) :]
            for frame in reader.feed(heard) + ([] if data else reader.pause()):
                if _answers(frame, length):
                    self._uneasy = False
                    return frame
        return None

    def _calm(self, quiet: float) -> None:
        """Throws away what has come, until nothing comes for `quiet` seconds."""
        until = self.clock.monotonic() + CALM
        while self._link.read(quiet) and self.clock.monotonic() < until:
            continue


def _answers(frame: Frame, length: int | None) -> bool:
    if frame.header not in SAID_BY_DEVICES:
        return False
    return frame.header != Header.ANSWER or length is None or len(frame.data) == length
