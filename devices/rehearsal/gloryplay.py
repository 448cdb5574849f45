"""A play around a machine behind a Glory controller, in a `GloryWorld`.

Failures: as `play`; `Misuse` (rehearsal.locked) for a cassette behind a locked door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ...errors import Reason
from ..glory.states import State
from ..nouns import Misuse
from .currencies import spelt
from .gloryworld import CASSETTE_ONLY, DRUMS, HOPPERS, GloryWorld
from .pace import FIXED, IDLE, REST
from .play import DOOR, Play, words
from .script import AMOUNT, Outcome, Word, Words

SEEN = 2.0  # seconds until a piece that was put in is counted

GIVING, TO_TAKE = "giving", "to-take"
_TAKING = (State.WAITING_INSERTION, State.COUNTING)


class GloryPlay(Play[GloryWorld]):
    def __init__(self, world: GloryWorld) -> None:
        self.words: Words = WORDS
        self.coins, self.notes = tuple(HOPPERS.values()), (*DRUMS.values(), *CASSETTE_ONLY)
        super().__init__(world)

    def _moments(self) -> dict[str, Callable[[], bool]]:
        return {
            **super()._moments(),
            GIVING: lambda: self.world.box.state == State.DISPENSING,
            TO_TAKE: lambda: self.world.box.state == State.WAITING_CASH_OUT_REMOVAL,
        }

    # --- customers

    def _throw(self, value: int, times: int) -> Outcome:
        self._wait_until_ready(lambda: self.world.box.state in _TAKING)
        if not self.world.box.insert(value, times):
            self._tell(f"{times} x {spelt(value)} is not drawn in")
        return self._pass(SEEN)

    def _insert(self, value: int) -> Outcome:
        return self._throw(value, 1)

    def reject(self) -> Outcome:
        self.world.box.reject()
        return self._pass(SEEN)

    def take(self) -> Outcome:
        self.world.box.take()
        return self._pass(SEEN)

    # --- staff

    def _withdrawn(self, unit: str) -> Outcome:
        return Outcome.DONE

    def _take_cassette(self) -> None:
        try:
            self.world.box.take_cassette()
        except ValueError as error:
            raise Misuse(Reason("rehearsal.locked")) from error

    def _put_cassette(self) -> None:
        self.world.box.put_cassette()

    def cassette_used(self, value: int) -> Outcome:
        self.world.box.put_cassette(Counter({value: 1}))
        return self._pass(DOOR)

    # --- troubles

    def jam(self) -> Outcome:
        self.world.box.jam()
        return self._pass(SEEN)

    def clear(self) -> Outcome:
        self.world.box.clear()
        return self._pass(SEEN)

    def unplug(self) -> Outcome:
        self.world.wire.plugged = False
        return self._pass(DOOR)

    def plug(self) -> Outcome:
        self.world.wire.plugged = True
        return self._pass(DOOR)


WORDS: Words = words(
    (REST, FIXED, IDLE, GIVING, TO_TAKE),
    {
        "reject": Word((), "a customer puts in what is no money, and has to take it back", GloryPlay.reject),
        "take": Word((), "the customer takes what was given out or rejected", GloryPlay.take),
        "cassette used": Word((AMOUNT,), "staff puts a cassette in that holds a note", GloryPlay.cassette_used),
        "jam": Word((), "a note is stuck", GloryPlay.jam),
        "clear": Word((), "what is stuck is freed", GloryPlay.clear),
        "unplug": Word((), "the network cable is pulled out", GloryPlay.unplug),
        "plug": Word((), "it is in again", GloryPlay.plug),
    },
)
