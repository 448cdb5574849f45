"""A composite machine on a bench: a `World`, with change for everything, and something in its mixer and cassette."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from machine_bench import Bench, Change, told_as_unknown
from tillpost.devices.journal.account import Account
from tillpost.devices.journal.entries import Entry
from tillpost.devices.machine.documents import CashDocument
from tillpost.devices.nouns import Pieces
from tillpost.devices.rehearsal.world import HOPPERS, NOTES, World

PLENTY = {"ten": 120, "five": 40, "one": 40}


class CompositeBench(Bench):
    hopper, drum, mixer, cassette = "ten", "", "mixer", "box"

    def __init__(self) -> None:
        super().__init__()
        self.world = World(fill=PLENTY)
        self.clock = self.world.clock
        self.machine = self.world.machine
        self.world.mixer[200] = 7
        self.world.validator.cassette.append(NOTES.index(5_000))
        self.machine.adjust_cash_counts(self.mixer, [Pieces(200, 7)])
        self.machine.adjust_cash_counts(self.cassette, [Pieces(5_000, 1)])
        self.idle()
        self.told.clear()

    def start(self) -> None:
        self.told.clear()
        self.world.start()
        self.machine = self.world.machine

    def idle(self) -> None:
        super().idle()
        if not self.account.stock(self.mixer):
            self.world.mixer.clear()  # staff has it in hand

    def offer(self, denomination: int) -> bool:
        if denomination in NOTES[3:]:
            return self.world.note(denomination)
        return self.world.acceptor.accepting and self.world.coin(denomination)

    def held(self) -> Change:
        return +self.world.truth

    @property
    def outside(self) -> Change:
        return +Counter({piece: self.world.hoppers[unit].out for unit, (piece, _) in HOPPERS.items()})

    @property
    def account(self) -> Account:
        return self.world.journal.account

    @property
    def entries(self) -> Iterable[Entry]:
        return self.world.journal.entries

    @property
    def documents(self) -> Iterable[CashDocument]:
        return self.world.papers.published.values()

    def stock(self) -> Change:
        sums = told_as_unknown(self.account)
        sums.update(self.account.change_of_stock)
        return sums

    def unplug(self) -> None:
        self.world.notes_line.unplug()
        self.world.coins_line.unplug()

    def plug(self) -> None:
        self.world.notes_line.plug()
        self.world.coins_line.plug()

    def take_cassette(self) -> None:
        self.world.take_cassette()

    def put_cassette(self, holds: Change | None = None) -> None:
        """An empty one, and staff says so."""
        self.world.validator.put_cassette()
        self.pass_by(2.0)
        self.machine.cassette_is_empty("Anna")
