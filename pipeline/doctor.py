"""Looks at a root and its machine for what would go wrong, before it does.

Each check is a function that yields findings; CHECKS lists them. Nothing is changed but for a probe file that is
removed again; and, where that is asked for, rights and groups that differ from the settings.

Failures: none: what cannot be checked is a finding.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from ..catalogue.store import VERSION
from ..errors import Trouble
from ..model import Noun
from ..queues import marker as markers
from .clock import moment
from .ledger import Ledger
from .locks import holder, serving
from .office import Office, open_office
from .rights import Difference, differences, group_number, mend
from .rootsettings import SQLITE

LOW_BYTES = 1 << 30
LOW_SHARE = 0.05
INOTIFY = Path("/proc/sys/fs/inotify")
FEW_WATCHES = 8192
MOST_TOLD = 10  # files and folders with other rights that are told one by one
_AS_OWNER = "run it as the owner of the root, who must be in the group of the tills; or chown and chmod it by hand"
_READ_ONLY = (
    "a share that refuses to delete them as read-only (Samba with `map readonly`) needs `delete readonly = yes`, or "
    'queue.chunk_mode = "0640" and doctor --fix'
)
CLOCK_SLACK = 120.0  # seconds by which a shared disk's clock may be ahead of ours


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class Finding(Noun, frozen=True):
    verdict: Health
    what: str
    found: str
    advice: str = ""

    def row(self) -> dict[str, object]:
        return {"verdict": self.verdict.value, "what": self.what, "found": self.found, "advice": self.advice}


Findings = Iterator[Finding]


def examine(root: Path, *, fix: bool = False) -> list[Finding]:
    """All findings, in the order of CHECKS; a root that cannot be opened is the only one. `fix`: puts rights and groups
    right first, with the root's lock, and tells which."""
    try:
        with open_office(root, ours=fix) as office:
            opened = Finding(Health.OK, "settings and state", f"{root} opens; its state has version {VERSION}")
            mended = list(_mended(office)) if fix else []
            return [opened, *mended, *(finding for check in CHECKS for finding in check(office))]
    except Trouble as trouble:
        return [Finding(Health.BAD, "settings and state", str(trouble), "nothing works before this is put right")]


def _folders(office: Office) -> Findings:
    """Every folder is there, no link, and ours to read, write and enter."""
    for name, folder in office.layout.folders().items():
        if folder.is_symlink() and folder not in office.layout.tops():
            advice = f"no link is followed below the root: remove it, and name the place itself in paths.{name}"
            yield Finding(Health.BAD, f"folder {name}", f"{folder} is a symbolic link", advice)
        elif not folder.is_dir():
            yield Finding(Health.BAD, f"folder {name}", f"{folder} is missing", "mount or make it")
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield Finding(Health.BAD, f"folder {name}", f"{folder} is not ours to write", "chown or chmod it")
        else:
            yield Finding(Health.OK, f"folder {name}", str(folder))


def _mended(office: Office) -> Findings:
    try:
        group_number(office.settings.rights.till_group)
    except Trouble:  # which the check itself tells
        return
    for done in mend(office):
        if isinstance(done, Difference):
            yield Finding(Health.OK, "rights put right", done.words.replace(" is ", " was ", 1))
        else:
            yield Finding(Health.BAD, "rights put right", str(done), _AS_OWNER)


def _rights(office: Office) -> Findings:
    """Nobody may do more than the settings say, and tills may do what they must."""
    try:
        group_number(office.settings.rights.till_group)
    except Trouble as trouble:
        yield Finding(Health.BAD, "rights", str(trouble), "tills cannot take their chunks before this is put right")
        return
    told = 0
    for told, difference in enumerate(differences(office), 1):
        if told > MOST_TOLD:
            continue
        if isinstance(difference, Difference):
            yield Finding(Health.WARNING, "rights", difference.words, "doctor --fix, or set rights.* and queue.*_mode")
        else:
            yield Finding(Health.WARNING, "rights", str(difference), _AS_OWNER)
    if told > MOST_TOLD:
        yield Finding(Health.WARNING, "rights", f"{told - MOST_TOLD} more differ", "doctor --fix")
    elif not told:
        yield Finding(Health.OK, "rights", "as the settings say")


def _shared_rights(office: Office) -> Findings:
    """How tills come to their files, and what the ERP could do to ours in the inbox."""
    mode, group = office.settings.queue.chunk_mode, office.settings.rights.till_group
    found = f"{mode}, for {f'the group {group}' if group else 'our own group: rights.till_group names another'}"
    advice = _READ_ONLY if not office.settings.queue.chunk_bits & stat.S_IWUSR else ""
    yield Finding(Health.OK, "rights of chunks", found, advice)
    with suppress(OSError):
        inbox = office.layout.inbox.stat().st_mode
        open_ = bool(inbox & stat.S_IWGRP) and not inbox & stat.S_ISVTX
        yield Finding(
            Health.WARNING if open_ else Health.OK,
            "rights of the inbox",
            f"{stat.S_IMODE(inbox):04o}",
            f"chmod +t {office.layout.inbox}: else others move what tillpost has claimed there" if open_ else "",
        )


def _links(office: Office) -> Findings:
    """A chunk can be linked into the queues; else every till costs a copy."""
    if office.settings.queue.share == "copies":
        yield Finding(Health.OK, "sharing chunks", "copies, by the settings")
        return
    probe, link = office.layout.chunks / ".doctor", office.layout.queues / ".doctor"
    try:
        probe.touch()
        os.link(probe, link)
        yield Finding(Health.OK, "sharing chunks", "links")
    except OSError as error:
        advice = "tills get durable copies instead; put state and queues on one file system to share chunks"
        yield Finding(Health.WARNING, "sharing chunks", f"no links: {error.strerror}", advice)
    finally:
        for path in (probe, link):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _one_file_system(office: Office) -> Findings:
    """Moving a claimed file into its room is one rename where both lie on one file system."""
    home = _device(office.layout.inbox)
    for room, folder in office.layout.rooms().items():
        apart = _device(folder) != home
        yield Finding(
            Health.WARNING if apart else Health.OK,
            f"inbox and {room}",
            "on two file systems" if apart else "on one file system",
            "files are copied, checked and removed instead of renamed; slower, and safe" if apart else "",
        )


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError:
        return -1


def _space(office: Office) -> Findings:
    for name, folder in (
        ("state", office.layout.state),
        ("queues", office.layout.queues),
        ("inbox", office.layout.inbox),
        ("outbox", office.layout.outbox),
        ("sales", office.layout.sales),
    ):
        with suppress(OSError):
            usage = shutil.disk_usage(folder)
            low = usage.free < LOW_BYTES or usage.free < LOW_SHARE * usage.total
            found = f"{usage.free / LOW_BYTES:.1f} GiB of {usage.total / LOW_BYTES:.1f} GiB free"
            yield Finding(Health.WARNING if low else Health.OK, f"space for {name}", found, "make room" if low else "")


def _inotify(office: Office) -> Findings:
    """Events only wake the scan; without them it is the timer alone."""
    try:
        watches = int((INOTIFY / "max_user_watches").read_text("ascii"))
    except (OSError, ValueError):
        yield Finding(Health.WARNING, "inotify", "no limits to be read here", "the scan works by its timer alone")
        return
    few = watches < FEW_WATCHES
    advice = f"sysctl fs.inotify.max_user_watches={FEW_WATCHES} or more" if few else ""
    yield Finding(Health.WARNING if few else Health.OK, "inotify", f"{watches} watches a user", advice)


def _clock(office: Office) -> Findings:
    """The clock has not gone back since the last verdict."""
    with office.store.read() as txn:
        last = max((export.decided for export in Ledger(txn).exports()), default=0.0)
    now = office.clock.now()
    back = last - now > CLOCK_SLACK
    found = f"{moment(now)}, and the last verdict was at {moment(last)}" if back else moment(now)
    yield Finding(
        Health.BAD if back else Health.OK, "clock", found, "set the clock; dates of prices go by it" if back else ""
    )


def _lock(office: Office) -> Findings:
    held, service = holder(office.layout), serving(office.layout)
    yield Finding(Health.OK, "lock", f"in use by {held}" if held else "free")
    yield Finding(Health.OK, "service", f"runs: {service}" if service else "none runs")


def _books(office: Office) -> Findings:
    """The sales database opens; where no sales were ever booked there is none."""
    if not office.settings.books.url and not (office.layout.state / SQLITE).exists():
        yield Finding(Health.OK, "sales database", "none yet")
        return
    from .collect import open_books  # noqa: PLC0415 - its library is felt at the start

    try:
        with open_books(office) as books, books.read() as txn:
            files = sum(txn.counts().values())
    except Trouble as trouble:
        yield Finding(Health.BAD, "sales database", str(trouble), "no sales are booked before this is put right")
    else:
        yield Finding(Health.OK, "sales database", f"opens; {files} sales files in it")


def _marker(office: Office) -> Findings:
    """Without its marker no deletion in the queues, or in the outbox, is believed."""
    for name, marker, file in (
        ("queues", office.marker, markers.NAME),
        ("outbox", office.outbox_marker, markers.OUTBOX),
    ):
        there, folder = marker.is_there(), office.layout.folders()[name]
        yield Finding(
            Health.OK if there else Health.BAD,
            f"marker of {name}",
            "there" if there else f"the marker in {folder} is missing or another installation's",
            ""
            if there
            else f"mount the folder {name}, or bring all of it here, its {file} too; till then nothing counts as taken",
        )


CHECKS: tuple[Callable[[Office], Findings], ...] = (
    _folders, _rights, _shared_rights, _links, _one_file_system, _books, _space, _inotify, _clock, _marker, _lock,
)  # fmt: skip
