"""Who may do what in a root: the rights that the settings ask for, and where what stands differs from them.

    root, rooms, backup, state     rights.folder_mode      a root around tills' folders may be gone through by anybody
    .claimed                       nobody but us
    queues, sales, shops' folders  rights.folder_mode, the tills' group, which what is made in them inherits
    tills' own folders             queue.folder_mode, the tills' group
    the chunk store, chunks        rights.folder_mode, queue.chunk_mode, the tills' group
    inbox, replies, outbox         the administrator's to open to the ERP; but nothing for everybody to write

Failures: `Halt` (`settings.no-group`) where this machine has no such group; as `queues.rights` where rights are set.
"""

from __future__ import annotations

import grp
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_IWOTH, S_IXOTH

from ..errors import Halt, Reason, Trouble
from ..model import Noun
from ..queues.disk import FileKind
from ..queues.durable import is_litter
from ..queues.layout import Trade
from ..queues.rights import Right, put, seen
from ..queues.troubles import Missing
from ..queues.ways import Ways
from .ledger import Ledger
from .office import Office
from .settings import FILE_NAME

GIVEN = ("inbox", "replies", "outbox")  # folders that the ERP must come to, by whatever rights


class Wanted(Noun, frozen=True):
    """`group` by its number, None = whatever it is; `may`: what is right as well. `given`: wrong is only what everybody
    may write."""

    path: Path
    mode: int
    group: int | None = None
    given: bool = False
    may: int = 0

    def of(self, found: Right) -> Right:
        """What `found` should be."""
        if self.given:
            return Right(found.mode & ~S_IWOTH, found.group)
        return Right(self.mode | (found.mode & self.may), found.group if self.group is None else self.group)


class Difference(Noun, frozen=True):
    """What stands, and what should."""

    path: Path
    found: Right
    wanted: Right

    @property
    def words(self) -> str:
        parts = []
        if self.found.mode != self.wanted.mode:
            wider = self.found.mode & ~self.wanted.mode & 0o777
            parts.append(f"{self.found.mode:04o}, {'wider than' if wider else 'and not'} {self.wanted.mode:04o}")
        if self.found.group != self.wanted.group:
            parts.append(f"group {group_name(self.found.group)}, and not {group_name(self.wanted.group)}")
        return f"{self.path} is {'; '.join(parts)}"


def group_number(name: str) -> int | None:
    """The group's number; None for no name. Raises Halt."""
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as cause:
        raise Halt(Reason("settings.no-group", got=name)) from cause


def group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def wanted(office: Office) -> Iterator[Wanted]:
    """Everything that has rights of its own, as the settings want it; from the root downwards."""
    settings, layout = office.settings, office.layout
    rights, group = settings.rights, group_number(settings.rights.till_group)
    folder, shared = rights.folder_bits, rights.shared_bits
    passed = group is not None and any(path.is_relative_to(layout.root) for path in (layout.queues, layout.sales))
    yield Wanted(layout.root, folder | S_IXOTH if passed else folder, may=S_IXOTH)  # the ERP's way to its folders
    yield Wanted(layout.root / FILE_NAME, rights.file_bits)
    for name, path in layout.folders().items():
        if name in ("queues", "sales"):
            yield Wanted(path, shared, group)
        else:
            yield Wanted(path, folder, given=name in GIVEN)
    for trade in Trade:
        yield Wanted(layout.claimed(trade), folder & 0o700)
    yield from _chunks(office, group)
    yield from _tills(office, group)


def _chunks(office: Office, group: int | None) -> Iterator[Wanted]:
    rights, chunks, disk = office.settings.rights, office.layout.chunks, office.disk
    yield Wanted(chunks, rights.shared_bits, group)
    with suppress(Missing):
        for shelf in disk.entries(chunks):
            if shelf.kind is FileKind.FOLDER:
                path = chunks / shelf.name
                yield Wanted(path, rights.shared_bits, group)
                for entry in disk.entries(path):
                    if entry.kind is FileKind.FILE and not is_litter(entry.name):
                        yield Wanted(path / entry.name, office.settings.queue.chunk_bits, group)


def _tills(office: Office, group: int | None) -> Iterator[Wanted]:
    layout, shared, own = office.layout, office.settings.rights.shared_bits, office.settings.queue.folder_bits
    with office.store.read() as txn:
        tills = [(state.shop, state.till) for state in Ledger(txn).tills()]
    for shop in dict.fromkeys(shop for shop, _ in tills):
        yield Wanted(layout.queues / shop, shared, group)
        yield Wanted(layout.sales / shop, shared, group)
        yield Wanted(layout.shop_inbox(shop), office.settings.rights.folder_bits, given=True)
    for shop, till in tills:
        for path in (layout.till(shop, till), *layout.till_sales(shop, till)):
            yield Wanted(path, own, group)


def differences(office: Office) -> Iterator[Difference | Trouble]:
    """Where what stands differs; what is not there is another's to tell."""
    ways = Ways(office.layout.tops())
    for want in wanted(office):
        try:
            found = seen(ways, want.path)
        except Missing:
            continue
        except Trouble as trouble:
            yield trouble
            continue
        if want.of(found) != found:
            yield Difference(want.path, found, want.of(found))


def mend(office: Office) -> list[Difference | Trouble]:
    """Gives everything the rights that it should have; what was changed, and what could not be."""
    ways, done = Ways(office.layout.tops()), list[Difference | Trouble]()
    for difference in list(differences(office)):
        if isinstance(difference, Difference):
            try:
                put(ways, difference.path, difference.wanted)
            except Trouble as trouble:
                done.append(trouble)
                continue
            office.log.info("rights_changed", path=str(difference.path), mode=f"{difference.wanted.mode:04o}")
        done.append(difference)
    return done
