"""A CCNET validator behind its line: when it is asked, for how long an answer is waited for, and what silence means.

A poll is: the question, the answer, its acknowledgement, and what follows from it. An answer that comes after its time
says what was, and must neither credit nor acknowledge. So what is on the line before a question is thrown away; where
an answer could say something new the line is listened to a little longer; and two answers that differ are none.
Wherever something was odd less than LATE seconds ago, `validator` believes less at first sight, and no refusal counts.

Silent for SILENT seconds = offline: the bus is reset, and asked again less often. A line that is gone is offline at
once, and opened anew until it is back. A device that answers, whatever it says, is not offline.

Failures: `Unanswered` (ccnet.no-answer, ccnet.not-known) from what asks the device something, never from `poll`;
`Misuse` as `validator.Validator` says, and where the device refuses (ccnet.refused).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum

from ...errors import Reason
from ..nouns import Credited, Happening, Identity, Misuse, Restarted, Standing, Unanswered
from ..promises import BusLink, Clock, Link
from .frames import VALIDATOR, Command, Frame, Reader, Spoilt, command
from .states import State
from .validator import KINDS, Validator

# Seconds.
PERIOD = 0.1  # between two polls; the protocol wants 100 to 200 ms
PERIOD_AWAY = 1.0
ANSWER = 0.2  # until the first byte; the device has 10 ms, an adapter some more
GAP = 0.05  # between two bytes; the device has 5 ms
LONGEST_ANSWER = 1.0  # noise without end must not hold the host
LATE = 5.0  # after something odd on the line, so long an answer may be a late one
QUIET = 0.02  # how long a line is listened to behind an answer that says something new
SILENT = 5.0
BUS_RESET = 0.1
BUS_RESETS_EVERY = 30.0
TO_KNOW = 5.0  # in which a device that was left taking notes is stopped, and asked who it is

TRIES = 3
LONGEST_STATE = 16  # bytes; what is longer is a late answer to another question


class Reply(Enum):
    DONE = 1
    REFUSED = 2  # at the first try: it has done nothing
    UNSURE = 3  # refused, after a try whose answer was lost: it may have been done before


class CcnetSession:
    """`promises.Acceptor`. `epoch`, `last` and `decimals`: see `validator.Validator`."""

    def __init__(
        self, link: Link, clock: Clock, *, epoch: int = 1, last: Credited | None = None, decimals: int = 2
    ) -> None:
        self._link, self._clock, self._reader = link, clock, Reader()
        self._host = Validator(epoch=epoch, last=last, decimals=decimals)
        self._open = False
        self._echo = False  # the host hears its own bytes
        self._spoilt = False  # the last question was answered by what has a wrong checksum
        self._garbled = False  # something came since it was last understood
        self._odd_at: float | None = None  # when a question was last not answered by its one answer
        self._pending: list[Happening] = []
        self._due = clock.monotonic()
        self._heard = clock.monotonic()
        self._bus_reset_at: float | None = None

    # --- the promise

    @property
    def standing(self) -> Standing:
        return self._host.standing

    @property
    def due(self) -> float:
        """When the next poll is, in monotonic seconds: for an owner who has something else to do until then."""
        return self._due

    def identity(self) -> Identity:
        """Asks for it where it is not known yet, for TO_KNOW seconds at most. Raises Unanswered."""
        self._get_to_know()
        if self._host.identity is None:
            raise Unanswered(Reason("ccnet.not-known"))
        return self._host.identity

    def denominations(self) -> tuple[int, ...]:
        """Raises Unanswered."""
        self.identity()
        return tuple(sorted(set(self._host.kinds.values())))

    def enable(self, denominations: Collection[int]) -> None:
        """At once where the device allows it, else as soon as it does; what comes in until then is held as ever. Raises
        Misuse for a denomination that the device does not know."""
        self._host.want(denominations)
        if self._open:
            self._guarded(self._follow)

    def poll(self) -> list[Happening]:
        """Sleeps until the next poll is due."""
        if not self._pending:
            self._pending = self._turn()
        told, self._pending = self._pending, []
        return told

    def accept(self) -> None:
        """Raises Misuse where no note is held any more; Unanswered where it is not known whether the note is stacked:
        polls tell, and say STACK again as long as the note is shown as held."""
        self._host.accept()
        reply = self._order(Command.STACK)
        if reply is Reply.REFUSED and not self._is_uneasy:
            self._host.accept_refused()
            raise Misuse(Reason("ccnet.refused", command=Command.STACK.name))

    def give_back(self) -> None:
        """Raises as `accept`; where the device refuses, the note is on its way already."""
        self._host.give_back()
        self._order(Command.RETURN)

    def acknowledge(self, credit: Credited) -> None:
        """The next poll tells the device."""
        self._host.acknowledge(credit)

    def close(self) -> None:
        """Takes nothing any more, where the device can be told."""
        if self._open:
            self._host.want(())
            self._guarded(self._follow)
        self._open = False
        self._link.close()

    def reset(self) -> None:
        """After a jam or a fault was put right. Raises Misuse while a note is under way, and Unanswered."""
        self._host.reset()
        self._order(Command.RESET)

    # --- a turn

    def _turn(self) -> list[Happening]:
        """Waits until it is due, and asks once."""
        self._clock.sleep(self._due - self._clock.monotonic())
        happenings: list[Happening] = []
        trouble = self._guarded(lambda: happenings.extend(self._ask()))
        if trouble is not None:
            happenings += self._host.stood(Standing.OFFLINE, "ccnet.line")
        away = self._host.standing is Standing.OFFLINE
        self._due = self._clock.monotonic() + (PERIOD_AWAY if away else PERIOD)
        return happenings

    def _guarded(self, act: Callable[[], object]) -> Unanswered | None:
        """A line that is gone is closed, to be opened by the next turn."""
        try:
            if not self._open:
                self._link.open()
                self._open, self._heard = True, self._clock.monotonic()
            act()
        except Unanswered as trouble:
            self._open = False
            self._link.close()
            self._host.away()
            return trouble
        return None

    def _ask(self) -> list[Happening]:
        if self._host.waits_for_reset:
            self._say(Command.RESET)
        body = self._question(Command.POLL, b"", self._is_state, linger=True)
        if body is None:
            return self._silence()
        self._heard, self._bus_reset_at, self._garbled = self._clock.monotonic(), None, False
        if self._host.sight(body):
            self._acknowledge()
        happenings = self._learn() if self._host.tells_itself else []
        happenings += self._host.see(body, self._clock.monotonic(), uneasy=self._is_uneasy)
        self._follow()
        return happenings

    def _follow(self) -> None:
        now = self._clock.monotonic()
        if (follows := self._host.next(now)) is not None and self._say(*follows) is Reply.DONE:
            self._host.done(*follows, now)

    def _learn(self) -> list[Happening]:
        identification = self._question(Command.IDENTIFICATION, b"", lambda body: 27 <= len(body) <= 64 or _no(body))
        if identification is None or _no(identification):
            return []
        self._acknowledge()
        table = self._question(Command.BILL_TABLE, b"", lambda body: len(body) == 5 * KINDS or _no(body))
        if table is None or _no(table):
            return []
        self._acknowledge()
        return self._host.learn(identification, table)

    def _get_to_know(self) -> None:
        """What happens meanwhile is told by the next poll; a restart must be told before the device is asked on."""
        until = self._clock.monotonic() + TO_KNOW
        while self._clock.monotonic() < until:
            if self._host.identity or any(isinstance(told, Restarted) for told in self._pending):
                return
            self._pending += self._turn()
            if not self._open:
                return

    def _silence(self) -> list[Happening]:
        now = self._clock.monotonic()
        if now - self._heard < SILENT:
            return []
        self._host.away()
        if self._bus_reset_at is None or now - self._bus_reset_at >= BUS_RESETS_EVERY:
            self._bus_reset_at = now
            if isinstance(self._link, BusLink):
                self._link.hold_low(BUS_RESET)
        return self._host.stood(Standing.OFFLINE, "ccnet.garbled" if self._garbled else "ccnet.silent")

    # --- questions and orders

    def _order(self, what: Command) -> Reply:
        reply: list[Reply | None] = []
        trouble = self._guarded(lambda: reply.append(self._say(what)))
        if trouble is not None or not reply or reply[0] is None:
            raise trouble or Unanswered(Reason("ccnet.no-answer", command=what.name))
        return reply[0]

    def _say(self, what: Command, data: bytes = b"") -> Reply | None:
        """Orders something; None = no answer, and what became of it is not known."""
        for sent in range(TRIES):
            body = self._question(what, data, lambda body: len(body) == 1 and body[0] in _SHORT, tries=1)
            if body == bytes([Command.ACK]):
                return Reply.DONE
            if body == bytes([State.ILLEGAL_COMMAND]):
                return Reply.UNSURE if sent else Reply.REFUSED
        return None

    def _question(
        self,
        what: Command,
        data: bytes,
        answers: Callable[[bytes], bool],
        *,
        tries: int = TRIES,
        linger: bool = False,
    ) -> bytes | None:
        """The body that answers. An answer that is spoilt is asked for once more by NAK, any other failure by asking
        again: each command of the protocol may be said twice."""
        if self._host.standing is Standing.OFFLINE:
            tries = 1
        own = bytes([what]) + data
        for _ in range(tries):
            self._write(command(what, data))
            body = self._answer(own, answers, linger)
            if body is None:
                self._odd_at = self._clock.monotonic()
            if body is None and self._spoilt:
                self._write(command(Command.NAK))
                body = self._answer(bytes([Command.NAK]), answers, linger)
            if body is not None:
                return body
        return None

    def _acknowledge(self) -> None:
        self._link.write(command(Command.ACK))

    def _write(self, data: bytes) -> None:
        self._reader.clear()
        until = self._clock.monotonic() + LONGEST_ANSWER
        while self._link.read(0.0) and self._clock.monotonic() < until:
            self._odd_at = self._clock.monotonic()
        self._link.write(data)

    def _answer(self, own: bytes, answers: Callable[[bytes], bool], linger: bool) -> bytes | None:
        """None where nothing came in time, or two answers that differ: nobody knows which is the late one."""
        found: set[bytes] = set()
        self._spoilt = False
        echoes = [own] if self._echo else []
        now = self._clock.monotonic()
        until, latest = now + ANSWER, now + LONGEST_ANSWER
        while now < min(until, latest):
            data = self._link.read(min(until, latest) - now)
            now = self._clock.monotonic()
            self._garbled = self._garbled or bool(data)
            for event in self._reader.feed(data) if data else self._reader.pause():
                self._spoilt = self._spoilt or isinstance(event, Spoilt)
                if not isinstance(event, Frame) or event.address != VALIDATOR:
                    continue
                if event.body in echoes:
                    echoes.remove(event.body)
                elif event.body == own == bytes([Command.POLL]):
                    self._echo = True
                elif answers(event.body):
                    found.add(event.body)
            if not data or (found and not (linger and self._listens(found))):
                break
            until = now + (GAP if self._reader.waits else QUIET) if found else max(until, now + GAP)
        return found.pop() if len(found) == 1 else None

    def _listens(self, found: set[bytes]) -> bool:
        """Whether more is waited for behind an answer: it says something new, or a note is under way."""
        return not self._host.sure or any(body[0] != self._host.state for body in found)

    @property
    def _is_uneasy(self) -> bool:
        """Whether an answer may be a late one."""
        return self._odd_at is not None and self._clock.monotonic() - self._odd_at < LATE

    def _is_state(self, body: bytes) -> bool:
        return len(body) <= LONGEST_STATE and not (len(body) == 1 and body[0] in (*_SHORT, Command.POLL))


def _no(body: bytes) -> bool:
    return body == bytes([State.ILLEGAL_COMMAND])


_SHORT = (Command.ACK, Command.NAK, State.ILLEGAL_COMMAND)
