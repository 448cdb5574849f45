"""The words in which people are told of a cash machine, in the language that its settings name.

Each word of the trade (a phase, a kind of unit, a verdict) has a text here, and each text stands in etc/texts.

Failures: none; a code without a text of ours is a device's own word, and shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ..devices.journal.entries import Command, Verdict
from ..devices.machine.nouns import CassetteStep, Lamp, Phase
from ..devices.money.blocking import spelt
from ..devices.money.units import Condition, Fill, Level, UnitKind
from ..devices.nouns import Pieces, Standing
from ..errors import Reason
from ..model import Told

# A table for each kind of word: members of two kinds may be spelt alike.
_TABLES: dict[type[StrEnum], dict[StrEnum, str]] = {
    Phase: {
        Phase.STARTING: "cashcounter.phase-starting",
        Phase.IDLE: "cashcounter.phase-idle",
        Phase.DEPOSIT: "cashcounter.phase-deposit",
        Phase.PAUSED: "cashcounter.phase-paused",
        Phase.FIXING: "cashcounter.phase-fixing",
        Phase.FIXED: "cashcounter.phase-fixed",
        Phase.CHANGE: "cashcounter.phase-change",
        Phase.REPAY: "cashcounter.phase-repay",
        Phase.DISPENSE: "cashcounter.phase-dispense",
        Phase.COLLECT: "cashcounter.phase-collect",
    },
    Level: {
        Level.OK: "cashcounter.level-ok",
        Level.SOON: "cashcounter.level-soon",
        Level.BLOCKED: "cashcounter.level-blocked",
    },
    Fill: {
        Fill.EMPTY: "cashcounter.fill-empty",
        Fill.NEAR_EMPTY: "cashcounter.fill-near-empty",
        Fill.SOME: "cashcounter.fill-some",
        Fill.NEAR_FULL: "cashcounter.fill-near-full",
        Fill.FULL: "cashcounter.fill-full",
    },
    UnitKind: {
        UnitKind.HOPPER: "cashcounter.kind-hopper",
        UnitKind.DRUM: "cashcounter.kind-drum",
        UnitKind.CASSETTE: "cashcounter.kind-cassette",
        UnitKind.MIXER: "cashcounter.kind-mixer",
    },
    Condition: {
        Condition.READY: "cashcounter.condition-ready",
        Condition.JAMMED: "cashcounter.condition-jammed",
        Condition.MISSING: "cashcounter.condition-missing",
        Condition.UNCOUNTED: "cashcounter.condition-uncounted",
        Condition.UNAVAILABLE: "cashcounter.condition-unavailable",
    },
    Standing: {
        Standing.STARTING: "cashcounter.standing-starting",
        Standing.DISABLED: "cashcounter.standing-disabled",
        Standing.ACCEPTING: "cashcounter.standing-accepting",
        Standing.BUSY: "cashcounter.standing-busy",
        Standing.FULL: "cashcounter.standing-full",
        Standing.OPEN: "cashcounter.standing-open",
        Standing.JAMMED: "cashcounter.standing-jammed",
        Standing.FAULTY: "cashcounter.standing-faulty",
        Standing.OFFLINE: "cashcounter.standing-offline",
    },
    Lamp: {
        Lamp.OFF: "cashcounter.lamp-off",
        Lamp.GREEN_BLINKING: "cashcounter.lamp-green-blinking",
    },
    Command: {
        Command.DEPOSIT: "cashcounter.command-deposit",
        Command.CHANGE: "cashcounter.command-change",
        Command.ACCEPT: "cashcounter.command-accept",
        Command.DISPENSE: "cashcounter.command-dispense",
        Command.COLLECT: "cashcounter.command-collect",
        Command.REMOVE: "cashcounter.command-remove",
        Command.PAYOUT: "cashcounter.command-payout",
        Command.EXCHANGE: "cashcounter.command-exchange",
        Command.FILL: "cashcounter.command-fill",
    },
    Verdict: {
        Verdict.COMMITTED: "cashcounter.verdict-committed",
        Verdict.RETURNED: "cashcounter.verdict-returned",
        Verdict.UNKNOWN: "cashcounter.verdict-unknown",
        Verdict.RESET: "cashcounter.verdict-reset",
    },
    CassetteStep: {
        CassetteStep.OUT: "cashcounter.cassette-out",
        CassetteStep.IN: "cashcounter.cassette-in",
        CassetteStep.EMPTY: "cashcounter.cassette-empty",
    },
}


class Tongue:
    """`language` as `errors.LANGUAGES` has them; `digits` of the minor unit."""

    def __init__(self, language: str, digits: int) -> None:
        self.language, self.digits = language, digits

    def say(self, code: str, **parts: object) -> str:
        return Reason(code, **parts).text(self.language)

    def word(self, member: StrEnum) -> str:
        return self.say(_TABLES[type(member)][member])

    def told(self, told: Told) -> str:
        return told.text(self.language)

    def why(self, code: str) -> str:
        """A code that came without its parts."""
        try:
            return self.say(code)
        except KeyError:
            return code

    def money(self, amount: int) -> str:
        """In major units."""
        sign = "-" if amount < 0 else ""
        return sign + spelt(abs(amount), self.digits)

    def pieces(self, pieces: Iterable[Pieces]) -> str:
        """2 × 500, 1 × 1000."""
        return ", ".join(f"{each.count} × {self.money(each.denomination)}" for each in pieces)
