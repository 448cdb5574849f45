"""A cash machine as its settings say it is: its journal and documents, its lines, its devices, the machine itself.

One process works with a machine at a time: the journal is its lock. What the journal says can be read beside it by
anybody, without asking the devices (`as_written`).

Failures: as `settingsrules`, the journal, the documents and the lines; `Retry` (journal.taken) while another process
works with the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ...errors import Halt, Reason
from ...model import Noun
from ..cctalk.bus import Bus
from ..journal.account import Account
from ..journal.entries import Entry
from ..journal.journal import Journal
from ..journal.paper import FilePaper, written
from ..journal.simpaper import MemoryPaper
from ..lines.seriallink import SerialLink
from ..money.units import UnitKind
from ..promises import Acceptor, Clock, Dispenser, Link
from .assembling import ccnet_notes, cctalk_coins, cctalk_hoppers
from .composite import Composite
from .daybook import Daybook
from .documents import MemoryDocuments
from .notes import NOTES
from .nouns import Status
from .plan import Plan
from .promises import CashMachine
from .salesfolder import SalesFolder
from .settings import CashSettings, Coins, Glory, Notes
from .settingsrules import plan

STOP_BITS = {"ccnet": 1, "ssp": 2}

Line = Callable[[str, int, int], Link]
"""Makes a line of a port, its speed and its stop bits."""


def serial_line(port: str, baud: int, stop_bits: int) -> Link:
    return SerialLink(port, baud=baud, stop_bits=stop_bits)


class Written(Noun, frozen=True):
    """What the journal of a machine says: nothing of how its devices stand."""

    status: Status
    account: Account
    entries: Sequence[Entry]


@contextmanager
def book_of(settings: CashSettings, clock: Clock) -> Iterator[Daybook]:
    """The journal alone, without the devices."""
    with closing(Journal(FilePaper(Path(settings.journal)), clock.now)) as journal:
        folder = SalesFolder(
            Path(settings.sales),
            shop=settings.shop,
            till=settings.till,
            machine=settings.machine,
            currency=settings.currency,
            digits=settings.digits,
        )
        yield Daybook(journal, folder)


@contextmanager
def machine_of(settings: CashSettings, clock: Clock, *, line: Line = serial_line) -> Iterator[CashMachine]:
    """The machine: `poll` settles it first. Takes nothing any more when the block is left."""
    planned = plan(settings)
    with book_of(settings, clock) as book, closing(build(settings, planned, book, clock, line=line)) as machine:
        yield machine


def build(
    settings: CashSettings, planned: Plan, book: Daybook, clock: Clock, *, line: Line = serial_line
) -> CashMachine:
    if settings.glory:
        return _glory(settings, settings.glory, planned, book, clock)
    coins = hoppers = None
    if settings.coins:
        coins, hoppers = _coins(settings, settings.coins, planned, book, clock, line)
    notes = _notes(settings.notes, planned, book, clock, line) if settings.notes else None
    return Composite(planned, book, clock, notes=notes, coins=coins, hoppers=hoppers)


def _notes(notes: Notes, planned: Plan, book: Daybook, clock: Clock, line: Line) -> Acceptor:
    link = line(notes.port, notes.baud, STOP_BITS[notes.protocol])
    if notes.protocol == "ssp":
        from ..ssp.session import SspSession  # noqa: PLC0415 - few machines need it, and each sale is a start

        key = int(notes.key, 16) if notes.key else None
        return SspSession(link, clock, last=book.account.newest(NOTES), decimals=planned.terms.digits, key=key)
    return ccnet_notes(link, clock, book, planned)


def _coins(
    settings: CashSettings, coins: Coins, planned: Plan, book: Daybook, clock: Clock, line: Line
) -> tuple[Acceptor, dict[str, Dispenser]]:
    bus = Bus(line(coins.port, 9600, 1), clock)
    acceptor = cctalk_coins(bus, book, address=coins.address, country=coins.country, scale=coins.scale)
    addresses = {name: unit.address for name, unit in settings.units.items() if unit.kind is UnitKind.HOPPER}
    return acceptor, cctalk_hoppers(bus, planned, addresses)


def _glory(settings: CashSettings, glory: Glory, planned: Plan, book: Daybook, clock: Clock) -> CashMachine:
    from ..glory.session import GlorySession  # noqa: PLC0415
    from ..glory.wire import TcpWire  # noqa: PLC0415
    from .glory import GloryMachine  # noqa: PLC0415

    wire = TcpWire(glory.host, glory.port, listen=("", glory.listen))
    session = GlorySession(
        wire,
        clock,
        address=glory.address,
        port=wire.listens_on,
        user=glory.user,
        password=glory.password,
        name=settings.machine,
    )
    numbers = {name: unit.address for name, unit in settings.units.items() if unit.address}
    return GloryMachine(planned, book, clock, session, numbers)


def as_written(settings: CashSettings, clock: Clock) -> Written:
    """What the journal says now, also while another process works with the machine. What a power cut has torn is passed
    over, and nothing is written."""
    paper = MemoryPaper()
    path = Path(settings.journal)
    try:
        paper.spoil(written(path.read_bytes()))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Halt(Reason("journal.denied", path=path, detail=error.strerror or error)) from error
    journal = Journal(paper, clock.now)
    machine = Composite(plan(settings), Daybook(journal, MemoryDocuments()), clock)
    return Written(machine.status, journal.account, journal.entries)
