"""A till with a simulated validator: a session, and a journal that survives the host's power cuts.

The journal keeps rule 1 and 2: the intent before `accept`, the credit before `acknowledge`; a key that it knows changes
nothing. What is left open when the device has restarted is judged as `nouns.Restarted` says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from tillpost.devices.ccnet.session import CcnetSession
from tillpost.devices.ccnet.simulated import SimValidator
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import (
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Key,
    Left,
    Lost,
    Misuse,
    Restarted,
    Unanswered,
)

ALL = (1_000, 5_000, 10_000, 50_000, 100_000, 500_000)  # what the simulated table holds, in kopecks
VALUES = dict(enumerate(ALL, start=2))  # by bill type


class PowerCut(Exception):
    """The host's power is gone."""


class Journal:
    def __init__(self, step: Callable[[str], None] = lambda _what: None) -> None:
        self.step = step  # called before and after each durable write
        self.intents: list[Credited] = []
        self.credits: dict[Key, int] = {}
        self.closed: dict[Key, str] = {}  # intents that came to nothing, or to a person
        self.repeats = 0

    @property
    def last(self) -> Credited | None:
        return self.intents[-1] if self.intents else None

    @property
    def open(self) -> list[Credited]:
        return [one for one in self.intents if one.key not in self.credits and one.key not in self.closed]

    @property
    def amount(self) -> int:
        return sum(self.credits.values())

    def intend(self, note: Escrowed) -> None:
        self.step("journal")
        if not any(one.key == note.key for one in self.intents):
            self.intents.append(Credited(note.denomination, note.key))
        self.step("journalled")

    def credit(self, credit: Credited) -> None:
        self.step("journal")
        self.closed.pop(credit.key, None)
        if credit.key in self.credits:
            self.repeats += 1
        else:
            self.credits[credit.key] = credit.denomination
            if not any(one.key == credit.key for one in self.intents):
                self.intents.append(credit)
        self.step("journalled")

    def close(self, outcome: str) -> None:
        self.step("journal")
        for one in self.open:
            self.closed[one.key] = outcome
        self.step("journalled")

    def judge(self, left: Left) -> None:
        """The device's power was away."""
        if left is Left.STACKER:
            for one in self.open:
                self.credit(one)
        else:
            self.close("returned" if left is Left.PATH else "unknown")


class Till:
    """One run of a host. `accepts`: what to do with a held note."""

    def __init__(
        self,
        journal: Journal,
        link: SimLink,
        clock: SimClock,
        *,
        accepts: Callable[[Escrowed], bool | None] = lambda _note: True,
        wants: Collection[int] = ALL,
    ) -> None:
        self.journal, self.accepts, self.wants = journal, accepts, wants
        self.session = CcnetSession(link, clock, epoch=1, last=journal.last)
        self.told: list[Happening] = []
        self.session.enable(wants)

    def turn(self) -> list[Happening]:
        happenings = self.session.poll()
        self.told += happenings
        for one in happenings:
            match one:
                case Escrowed():
                    self._decide(one)
                case Credited():
                    self.journal.credit(one)
                    self.session.acknowledge(one)
                case GivenBack():
                    self.journal.close("returned")
                case Lost():
                    self.journal.close("unknown")
                case Restarted(left=left):
                    self.journal.judge(left)
        return happenings

    def _decide(self, note: Escrowed) -> None:
        taken = self.accepts(note)
        try:
            if taken:
                self.journal.intend(note)
                self.session.accept()
            elif taken is not None:
                self.session.give_back()
        except (Unanswered, Misuse):
            return

    def until(self, done: Callable[[], object], turns: int = 400) -> None:
        for _ in range(turns):
            if done():
                return
            self.turn()
        raise AssertionError(f"nothing of the kind came: {self.told}")

    def kinds_told(self, *kinds: type) -> list[Happening]:
        return [one for one in self.told if isinstance(one, kinds)]


class Scene:
    """A validator, a line, a clock, and the till that is running now."""

    def __init__(self, **options: bool) -> None:
        self.clock = SimClock()
        self.device = SimValidator(self.clock, **options)
        self.journal = Journal()
        self.witness: Callable[[str], None] = lambda _what: None
        self.link = SimLink(self.clock, self.device, witness=self._witness)
        self.accepts: Callable[[Escrowed], bool | None] = lambda _note: True
        self.start()

    def start(self) -> None:
        """A host starts anew: all that the last one knew and did not write down is forgotten."""
        self.link.close()
        self.till = Till(self.journal, self.link, self.clock, accepts=self._accepts)

    def _witness(self, what: str) -> None:
        self.witness(what)

    def _accepts(self, note: Escrowed) -> bool | None:
        return self.accepts(note)

    def ready(self) -> None:
        self.till.until(lambda: self.device.state.name == "IDLING" and self.till.session.standing.name == "ACCEPTING")

    def insert(self, kind: int) -> None:
        self.till.until(lambda: self.device.insert(kind))

    def settle(self) -> None:
        """Turns until nothing moves any more."""
        for _ in range(60):
            self.till.turn()

    def in_cassette(self) -> int:
        return sum(VALUES[kind] for kind in self.device.cassette)
