"""An SSP device behind its line: when it is asked, what is said before it is polled, and what silence means.

A turn says what follows from the last answer, and then polls; what the poll tells ends the turn. Nothing is said behind
an answer that tells something until the owner calls again, having written it down: so a host that is killed leaves it
to be told to the next one (`dialogue`).

Silent for SILENT seconds = offline, and asked less often. A line that is gone is offline at once, and opened anew until
it is back. The question that was not answered is said again first. A device that answers, whatever it says, is not
offline.

Failures: `Unanswered` (ssp.no-answer, ssp.not-known) from what asks the device something, never from `poll`; `Misuse`
as `validator.Validator` says; `Halt` (ssp.no-encryption) where a key is given and nothing can encrypt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ...errors import Reason
from ..nouns import Credited, Happening, Identity, Misuse, Standing, Unanswered
from ..promises import Clock, Link
from .companion import Companion
from .dialogue import POLLS, TRIES, Dialogue
from .frames import VALIDATOR, Answer, Command
from .meeting import meet
from .states import Phase
from .validator import Validator

# Seconds.
PERIOD = 0.2  # between two polls
PERIOD_AWAY = 1.0
SILENT = 5.0
TO_KNOW = 5.0  # in which a device is asked who it is


class SspSession:
    """`promises.Acceptor`, over 9600 baud with two stop bits. `epoch` and `last`: see `credits.Credits`; `decimals`:
    how many digits minor units have; `key`: the fixed half of the device's key where it is to be spoken to encrypted,
    which takes the extra `essp`."""

    def __init__(
        self,
        link: Link,
        clock: Clock,
        *,
        address: int = VALIDATOR,
        epoch: int = 1,
        last: Credited | None = None,
        decimals: int = 2,
        key: int | None = None,
    ) -> None:
        self.dialogue = Dialogue(link, clock, address=address)
        self._link, self._clock, self._key, self._decimals = link, clock, key, decimals
        self._host = Validator(epoch=epoch, last=last)
        self._open = False
        self._begun = False  # something was said, ever
        self._pending: list[Happening] = []
        self._companion: Companion | None = None
        self._due = self._heard = clock.monotonic()

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
        until = self._clock.monotonic() + TO_KNOW
        while self._host.identity is None and not self._pending and self._clock.monotonic() < until:
            self._pending += self._turn()
        if self._host.identity is None:
            raise Unanswered(Reason("ssp.not-known"))
        return self._host.identity

    def denominations(self) -> tuple[int, ...]:
        """Raises Unanswered."""
        self.identity()
        return self._host.denominations

    def enable(self, denominations: Collection[int]) -> None:
        """At once where the device allows it, else as soon as it does; what comes in until then is held as ever. Raises
        Misuse for a denomination that the device does not know."""
        self._host.want(denominations)
        if self._open and self._host.fresh and not self._pending:
            self._guarded(lambda: self._pending.extend(self._follow()))

    def poll(self) -> list[Happening]:
        """Sleeps until the next poll is due."""
        if not self._pending:
            self._pending = self._turn()
        told, self._pending = self._pending, []
        return told

    def accept(self) -> None:
        """Raises Misuse where no note is held any more; Unanswered where it is not known whether the note is stacked:
        polls tell, and see to it if it is not, as long as it is held."""
        self._host.accept()
        self._carry_out()
        if self._host.phase is Phase.UNWANTED:
            raise Misuse(Reason("ssp.no-note"))

    def give_back(self) -> None:
        """Raises as `accept`; where the device refuses, the note is on its way already."""
        self._host.give_back()
        self._carry_out()

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
        self.order(Command.RESET)

    # --- for a pay-out in the same device

    @property
    def is_encrypted(self) -> bool:
        return self._key is not None

    def accompany(self, companion: Companion) -> None:
        self._companion = companion

    @property
    def has_told(self) -> bool:
        """Whether `poll` will tell something at once."""
        return bool(self._pending)

    def turn(self) -> None:
        """Asks the device, when that is due; what it tells of notes is told by `poll`."""
        self._pending += self._turn()

    def acknowledge_events(self) -> None:
        """Says EVENT ACK where it is owed. Raises Unanswered; and Misuse while a credit is not written down."""
        if self._host.unwritten:
            raise Misuse(Reason("ssp.unwritten"))
        trouble = self._guarded(lambda: self._pending.extend(self._settled() or self._follow()))
        if trouble is not None or self._host.owes_ack:
            raise trouble or Unanswered(Reason("ssp.no-answer", command=Command.EVENT_ACK.name))

    def order(self, what: Command, data: bytes = b"") -> bytes:
        """The device's answer, its first byte included. Raises Unanswered: then it is not said again, and the device
        is met anew, so that it cannot be carried out later either where the device is spoken to encrypted."""
        answers: list[bytes | None] = []
        trouble = self._guarded(lambda: answers.append(self._ordered(what, data)))
        if trouble is None and answers[0] is not None:
            return answers[0]
        self.dialogue.forget()
        self._host.away()
        raise trouble or Unanswered(Reason("ssp.no-answer", command=what.name))

    def _ordered(self, what: Command, data: bytes) -> bytes | None:
        self._pending += self._settled()
        if self.dialogue.open_question is None and not self._host.fresh:
            self._pending += self._meet()
        if self.dialogue.open_question is not None or not self._host.fresh:
            return None
        return self._heard_of(self.dialogue.ask(what, data))

    # --- a turn

    def _turn(self) -> list[Happening]:
        """Waits until it is due, and asks once."""
        self._clock.sleep(self._due - self._clock.monotonic())
        happenings: list[Happening] = []
        if self._guarded(lambda: happenings.extend(self._round())) is not None:
            happenings += self._host.stood(Standing.OFFLINE, "ssp.line")
        elif self.dialogue.open_question is not None:
            happenings += self._silence()
        away = self._host.standing is Standing.OFFLINE
        self.dialogue.tries = 1 if away else TRIES
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

    def _round(self) -> list[Happening]:
        if told := self._settled():
            return told
        if self._host.unwritten and self.dialogue.open_question is None:
            return self._polled(self.dialogue.again())
        if self._waits:
            return []
        if not self._host.fresh and (told := self._meet()):
            return told
        if told := self._follow():
            return told
        if self._host.holds or not self._host.fresh or self.dialogue.open_question is not None:
            return []
        return self._poll()

    def _poll(self) -> list[Happening]:
        body = self._heard_of(self.dialogue.ask(what := self._host.polling()))
        if body is not None and body[0] != Answer.OK and what is Command.POLL_WITH_ACK:
            self._host.repeats = False
            body = self._heard_of(self.dialogue.ask(self._host.polling()))
        return self._polled(body)

    def _polled(self, body: bytes | None) -> list[Happening]:
        if body is None or body[0] != Answer.OK:
            return []
        if self._companion is not None:
            self._companion.hear(body, self._host.version)
        return self._host.see(body, self._clock.monotonic())

    @property
    def _waits(self) -> bool:
        """Whether nothing new may be said now."""
        untold = self._companion is not None and self._companion.unwritten
        return untold or self._host.unwritten or self.dialogue.open_question is not None

    def _follow(self) -> list[Happening]:
        """Says what follows from the last answer."""
        while not self._waits and (follows := self._host.next(self._clock.monotonic())) is not None:
            if (body := self._heard_of(self.dialogue.ask(*follows))) is None:
                break
            if (told := self._host.done(*follows, body, self._clock.monotonic())) or body[0] != Answer.OK:
                return told
        return []

    def _settled(self) -> list[Happening]:
        """Asks once more what was not answered, and takes the answer for what it was asked for."""
        asked = self.dialogue.open_question
        if asked is None or (body := self._heard_of(self.dialogue.again())) is None:
            return []
        if asked.what in POLLS:
            return self._polled(body)
        return self._host.done(asked.what, asked.data, body, self._clock.monotonic())

    def _carry_out(self) -> None:
        """What the owner has decided on a note. What is seen by that is told by the next poll. Raises Unanswered."""
        trouble = self._guarded(lambda: self._pending.extend(self._settled() or self._decided()))
        asked = self.dialogue.open_question
        if trouble is not None or asked is not None:
            raise trouble or Unanswered(Reason("ssp.no-answer", command=asked.what.name if asked else ""))

    def _decided(self) -> list[Happening]:
        if self.dialogue.open_question is not None:
            return []
        told = self._follow()
        accepted = self._host.phase is Phase.WANTED and not self._host.holds
        return told + (self._poll() if accepted and self.dialogue.open_question is None else [])

    def _meet(self) -> list[Happening]:
        """Comes to terms with a device that is not known yet, or is back; as far as it answers."""
        if not self._begun:
            self._begun = True
            body = self._heard_of(self.dialogue.ask(Command.HOLD))
            told = self._host.done(Command.HOLD, b"", body, self._clock.monotonic()) if body else []
            if told or body is None:
                return told
        met = meet(self.dialogue, key=self._key, decimals=self._decimals)
        if met is None:
            return []
        self._heard = self._clock.monotonic()
        return self._host.learn(*met)

    # --- silence

    def _heard_of(self, body: bytes | None) -> bytes | None:
        """A device that has lost the key was without power, or was spoken to by somebody else: nothing was done."""
        if body is None:
            return None
        self._heard = self._clock.monotonic()
        if body[0] != Answer.NO_KEY:
            return body
        self._host.away()
        return None

    def _silence(self) -> list[Happening]:
        if self._clock.monotonic() - self._heard < SILENT:
            return []
        self._host.away()
        return self._host.stood(Standing.OFFLINE, "ssp.garbled" if self.dialogue.garbled else "ssp.silent")
