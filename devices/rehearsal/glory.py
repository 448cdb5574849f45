"""A BrueBox on the stage: what customers and staff do with it, and where its notes and coins are.

Each state and each result of the protocol can be had by a word, also numbers that no BrueBox has: a host has to live
with those.

Failures: `Misuse` for a piece that it does not know (rehearsal.no-denomination), for a command that there is not
(rehearsal.no-command), and for a cassette behind a locked door (rehearsal.locked).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...errors import Reason
from ..glory.simstock import SMALLEST_NOTE, SimUnit
from ..glory.simulated import SimBrueBox
from ..glory.states import Command, State
from ..nouns import Misuse
from ..promises import Clock
from .currencies import CURRENCIES, pieces, spelt
from .script import AMOUNT, NUMBER, TIMES, Argument, Outcome, Word, Words

OFF = "off"


def _word(state: int) -> str:
    """A state's name, or its number where it has none."""
    return State(state).name.lower().replace("_", "-") if state in set(State) else str(state)


class GloryScene:
    """`stage.Scene`; `machine` is to be served."""

    busy = False

    def __init__(self, clock: Clock) -> None:
        self.words: Words = WORDS
        self.states = frozenset({OFF, *(_word(state) for state in State)})
        self.machine = SimBrueBox(clock)
        known = {unit.denomination for unit in self.machine.stock.units if unit.denomination}
        self._coins = sorted(one for one in known if one < SMALLEST_NOTE)
        self._notes = sorted(one for one in known.union(CURRENCIES["RUB"].notes) if one >= SMALLEST_NOTE)
        self._taken_out: Counter[int] = Counter()

    @property
    def state(self) -> str:
        machine = self.machine
        machine.heard.clear()  # a rehearsal may last for days
        machine.advance()
        return _word(machine.state) if machine.powered else OFF

    def truth(self) -> dict[str, str]:
        machine = self.machine
        told = {_name(unit): pieces(unit.holds) if unit.here else "out" for unit in machine.stock.units}
        return {
            **told,
            "escrow": pieces(machine.escrow),
            "going out": pieces(machine.held - machine.stock.held() - machine.escrow),
            "put in so far": pieces(machine.inserted),
            "come out so far": pieces(machine.outside),
        }

    # --- words

    def note(self, value: int, times: int) -> Outcome:
        return self._insert(value, times, self._notes)

    def coin(self, value: int, times: int) -> Outcome:
        return self._insert(value, times, self._coins)

    def _insert(self, value: int, times: int, known: Iterable[int]) -> Outcome:
        self._check(value, known)
        return Outcome.TAKEN if self.machine.insert(value, times) else Outcome.NOT_TAKEN

    def reject(self) -> Outcome:
        return Outcome.TAKEN if self.machine.reject() else Outcome.NOT_TAKEN

    def take(self) -> Outcome:
        self.machine.take()
        return Outcome.DONE

    def jam(self) -> Outcome:
        self.machine.jam()
        return Outcome.DONE

    def error(self, code: int) -> Outcome:
        self.machine.jam(code)
        return Outcome.DONE

    def clear(self) -> Outcome:
        self.machine.clear()
        return Outcome.DONE

    def show(self, state: int) -> Outcome:
        self.machine.force(state)
        return Outcome.DONE

    def result(self, name: str, result: int) -> Outcome:
        command = next((command for command in Command if command.value.lower() == name.lower()), None)
        if command is None:
            known = ", ".join(command.value for command in Command)
            raise Misuse(Reason("rehearsal.no-command", command=name, known=known))
        self.machine.results[command] = result
        return Outcome.DONE

    def cassette_out(self) -> Outcome:
        try:
            self._taken_out = self.machine.take_cassette()
        except ValueError as error:
            raise Misuse(Reason("rehearsal.locked")) from error
        return Outcome.DONE

    def cassette_in(self) -> Outcome:
        self.machine.put_cassette()
        return Outcome.DONE

    def cassette_back(self) -> Outcome:
        self.machine.put_cassette(self._taken_out)
        self._taken_out = Counter()
        return Outcome.DONE

    def fill(self, value: int, times: int) -> Outcome:
        self._check(value, [*self._coins, *self._notes])
        self.machine.fill(value, times)
        return Outcome.DONE

    def empty(self, value: int) -> Outcome:
        self._check(value, [*self._coins, *self._notes])
        self.machine.empty(value)
        return Outcome.DONE

    def cut(self) -> Outcome:
        self.machine.cut_power()
        return Outcome.DONE

    def power(self) -> Outcome:
        if not self.machine.powered:
            self.machine.power_on()
        return Outcome.DONE

    def _check(self, value: int, known: Iterable[int]) -> None:
        if value not in known:
            told = ", ".join(spelt(one) for one in known)
            raise Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=told))


def _name(unit: SimUnit) -> str:
    return f"{unit.kind.value} {spelt(unit.denomination)}" if unit.denomination else unit.kind.value


WORDS: Words = {
    "note": Word((AMOUNT, TIMES), "a customer puts notes in", GloryScene.note),
    "coin": Word((AMOUNT, TIMES), "a customer throws coins in", GloryScene.coin),
    "reject": Word((), "a customer puts in what is not taken, and has to take it back", GloryScene.reject),
    "take": Word((), "the customer takes what was given out or rejected", GloryScene.take),
    "jam": Word((), "a note is stuck: what is under way ends with a device error", GloryScene.jam),
    "error": Word((NUMBER,), "the same, with this error code", GloryScene.error),
    "clear": Word((), "staff puts an error right at the machine, without the host's Reset", GloryScene.clear),
    "state": Word((NUMBER,), "it goes to the state of this number, whatever it does", GloryScene.show),
    "result": Word(
        (Argument("COMMAND", str), NUMBER),
        "the next answer to this command is this result, and nothing is done",
        GloryScene.result,
    ),
    "cassette out": Word((), "staff takes the cassette, with its notes, out of the open door", GloryScene.cassette_out),
    "cassette in": Word((), "staff puts an empty cassette in", GloryScene.cassette_in),
    "cassette back": Word((), "staff puts the same cassette in again, with its notes", GloryScene.cassette_back),
    "fill": Word((AMOUNT, TIMES), "staff puts pieces into the machine by hand", GloryScene.fill),
    "empty": Word((AMOUNT,), "staff takes all pieces of these out of their container", GloryScene.empty),
    "cut": Word((), "the machine's power is cut", GloryScene.cut),
    "power": Word((), "its power comes back", GloryScene.power),
}
