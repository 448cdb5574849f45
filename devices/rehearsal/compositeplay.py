"""A play around a machine of single devices: a note validator, a coin acceptor and three hoppers of a `World`.

Failures: as `play`; `Misuse` (machine.no-unit) for a hopper that there is not.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Reason
from ..ccnet.states import State
from ..money.units import UnitKind
from ..nouns import Misuse, Pieces, Standing
from .currencies import spelt
from .pace import FIXED, IDLE, REST
from .play import COUNT, DOOR, UNIT, WHO, Play, words
from .script import Outcome, Word, Words
from .world import COINS, HOPPERS, NOTES, World

SEEN = 1.0  # seconds until a coin that was thrown in is seen

STACKING, SWALLOWED, PAYING = "stacking", "swallowed", "paying"


class CompositePlay(Play[World]):
    def __init__(self, world: World) -> None:
        self.words: Words = WORDS
        self.coins, self.notes = tuple(COINS), tuple(filter(None, NOTES))
        super().__init__(world)

    def _moments(self) -> dict[str, Callable[[], bool]]:
        return {
            **super()._moments(),
            STACKING: lambda: self.world.validator.state is State.STACKING,
            SWALLOWED: lambda: self.world.validator.state is State.STACKING and self.world.validator.note is None,
            PAYING: lambda: any(hopper.is_paying for hopper in self.world.hoppers.values()),
        }

    # --- customers

    def _throw(self, value: int, times: int) -> Outcome:
        self._wait_until_ready(lambda: self.world.acceptor.accepting)
        through = sum(not self.world.coin(value) for _ in range(times))
        if through:
            self._tell(f"{through} x {spelt(value)} falls through")
        return self._pass(SEEN)

    def _insert(self, value: int) -> Outcome:
        self._wait_until_ready(lambda: self.world.machine.status.standings["notes"] is Standing.ACCEPTING)
        if not self.world.note(value):
            self._tell(f"{spelt(value)} is not drawn in")
        return Outcome.DONE

    # --- staff

    def _withdrawn(self, unit: str) -> Outcome:
        """A mixer is emptied by the hand that asks for it."""
        if self.world.plan.unit(unit).kind is UnitKind.MIXER:
            self.world.taken_out += self.world.mixer
            self.world.mixer.clear()
        return Outcome.DONE

    def fill(self, unit: str, count: int) -> Outcome:
        self.world.hoppers[_hopper(unit)].stock += count
        return Outcome.DONE

    def count(self, unit: str, count: int) -> Outcome:
        piece, _ = HOPPERS[_hopper(unit)]
        return self._ask(lambda: self.world.machine.adjust_cash_counts(unit, [Pieces(piece, count)], "counted"))

    def _take_cassette(self) -> None:
        self.world.take_cassette()

    def _put_cassette(self) -> None:
        self.world.validator.put_cassette()

    def cassette_empty(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.cassette_is_empty(WHO))

    # --- troubles

    def jam(self, unit: str) -> Outcome:
        self.world.hoppers[_hopper(unit)].jammed = True
        return Outcome.DONE

    def jam_notes(self) -> Outcome:
        self.world.validator.jam()
        return self._pass(SEEN)

    def clear(self, unit: str) -> Outcome:
        self.world.hoppers[_hopper(unit)].jammed = False
        return Outcome.DONE

    def clear_notes(self) -> Outcome:
        self.world.validator.clear()
        return self._pass(DOOR)

    def lack(self, unit: str, count: int) -> Outcome:
        hopper = self.world.hoppers[_hopper(unit)]
        hopper.stock = max(0, hopper.stock - count)
        return Outcome.DONE

    def unplug_notes(self) -> Outcome:
        self.world.notes_line.unplug()
        return self._pass(DOOR)

    def unplug_coins(self) -> Outcome:
        self.world.coins_line.unplug()
        return self._pass(DOOR)

    def plug(self) -> Outcome:
        self.world.notes_line.plug()
        self.world.coins_line.plug()
        return self._pass(DOOR)


def _hopper(unit: str) -> str:
    if unit not in HOPPERS:
        raise Misuse(Reason("machine.no-unit", unit=unit, units=", ".join(HOPPERS)))
    return unit


WORDS: Words = words(
    (REST, FIXED, IDLE, STACKING, SWALLOWED, PAYING),
    {
        "fill": Word((UNIT, COUNT), "staff pours coins into a hopper", CompositePlay.fill),
        "count": Word((UNIT, COUNT), "staff says what a hopper holds", CompositePlay.count),
        "cassette empty": Word((), f"{WHO} says that it is empty", CompositePlay.cassette_empty),
        "jam": Word((UNIT,), "a coin is stuck in a hopper", CompositePlay.jam),
        "jam notes": Word((), "a note is stuck in the validator", CompositePlay.jam_notes),
        "clear": Word((UNIT,), "the hopper's coin is freed", CompositePlay.clear),
        "clear notes": Word((), "the validator's note is taken out by hand", CompositePlay.clear_notes),
        "lack": Word((UNIT, COUNT), "a hopper holds so many fewer coins than anybody knows", CompositePlay.lack),
        "unplug notes": Word((), "the cable of the note validator is pulled out", CompositePlay.unplug_notes),
        "unplug coins": Word((), "the cable of coin acceptor and hoppers is pulled out", CompositePlay.unplug_coins),
        "plug": Word((), "all cables are in again", CompositePlay.plug),
    },
)
