"""One run of making commands: what all makers in it share. Facts no longer change while it lasts.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..model import Shop, TillFormat
from .changelog import ChangeLog, ShopLog
from .codes import Codes
from .dossier import Gatherer, References
from .facts import Facts
from .links import Index
from .outcome import LISTED, Bounded, DiffTally, Remarks
from .rivals import Rivals
from .store import Transaction
from .waiting import Waiting


def still() -> None:
    """Nobody watches the work."""


class Shelves:
    """Everything the catalogue keeps, inside one transaction."""

    def __init__(
        self,
        txn: Transaction,
        till_format: TillFormat,
        random_password: Callable[[], str],
        moving: Callable[[], None] = still,
    ) -> None:
        self.moving = moving  # called at each step of long work; may raise, to end it
        self.till_format = till_format
        self.random_password = random_password
        self.facts = Facts(txn)
        self.index = Index(txn)
        self.codes = Codes(txn, self.facts)
        self.changes = ChangeLog(txn)
        self.waiting = Waiting(txn)


@dataclass(frozen=True)
class Making:
    """`arrival` is the export's whose records are being made into commands; 0 when time alone makes them."""

    shelves: Shelves
    shops: Sequence[Shop]
    logs: dict[str, ShopLog]
    tallies: dict[str, DiffTally]
    gatherer: Gatherer
    references: References
    rivals: Rivals
    remarks: Remarks
    arrival: int = 0
    tells_references: bool = False  # whether references that lead nowhere are news
    unsold: Bounded[str] = field(default_factory=lambda: Bounded(LISTED))  # items
    price_types: set[int] = field(default_factory=set)  # how many there were where the first was taken unasked

    @classmethod
    def begin(
        cls,
        shelves: Shelves,
        shops: Sequence[Shop],
        tallies: dict[str, DiffTally],
        remarks: Remarks,
        arrival: int = 0,
        *,
        tells_references: bool = False,
    ) -> Making:
        booking = shelves.changes.next_booking()
        gatherer = Gatherer(shelves.facts, shelves.index)
        return cls(
            shelves=shelves,
            shops=shops,
            logs={shop.id: ShopLog(shelves.changes, shop.id, booking) for shop in shops},
            tallies=tallies,
            gatherer=gatherer,
            references=References(shelves.facts, shelves.codes),
            rivals=Rivals(gatherer, shelves.index, shops),
            remarks=remarks,
            arrival=arrival,
            tells_references=tells_references,
        )
