"""Verbs about old files: `trim`, `archive`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..errors import Reason
from ..pipeline import archive as finding
from ..pipeline import trimviews
from ..pipeline.acting import about_archive, by_verb
from ..pipeline.duties import by_hand, named, trimmed
from ..pipeline.office import Office
from ..pipeline.trim import plan as plan_to_trim
from ..pipeline.trim import trim as trim_now
from ..queues.layout import ARCHIVED, Room, Shelf, Trade
from .context import DONE, LATER, REFUSED, InOrder, Root, json_option, pass_root
from .tables import Row, answer, several, table, under

SHOWN = 20  # what stays or waits: for people; JSON has all of it

archive_argument = click.argument("name", metavar="ARCHIVE")


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be archived and deleted, and do nothing.")
@click.option("--trust-clock", is_flag=True, help="The clock is right, whatever the dates of what is known: I looked.")
@json_option
@pass_root
def trim(root: Root, dry_run: bool, trust_clock: bool, as_json: bool) -> int:
    """Put files of past days into archives, and delete what is past its age.

    What lies in processed, error and broken from yesterday and before goes into an archive for each room and day, is
    read back, and only then removed. Archives, replies and documents that the ERP took go after trim.keep_days.

    \b
    Example: tillpost trim --dry-run
    """
    with root.office(ours=not dry_run) as office:
        if dry_run:
            rows = trimviews.planned(office, plan_to_trim(office, trust_clock=trust_clock))
        else:
            with by_hand(office, named("trim")) as run:
                account = trim_now(office, trust_clock=trust_clock)
                run.refused = trimmed(account).refused
            rows = trimviews.done(office, account)
    answer(rows, as_json, lambda: show_trim(rows, dry_run=dry_run))
    if rows["left"] or rows["clock"]:
        return REFUSED
    return LATER if rows["waiting"] else DONE


TRIM_COLUMNS = {
    "room": "Room", "trade": "Trade", "day": "Day", "files": "Files", "bytes": "Bytes", "archive": "Archive",
}  # fmt: skip


def show_trim(rows: dict[str, Any], *, dry_run: bool) -> None:
    shown = [{**row, "archive": row["archive"] or "(archived before)"} for row in rows["archives"]]
    table(shown, TRIM_COLUMNS, "Nothing to archive.", fold=("bytes", "trade"))
    counted = {
        "archive": len(rows["deleted"]), "reply file": len(rows["replies"]), "chunk": rows["chunks"],
        "taken document": rows["documents"],
        "shift in the books": rows["shifts"],
    }  # fmt: skip
    gone = [several(count, noun) for noun, count in counted.items() if count]
    if gone:
        click.echo(f"{'To be deleted' if dry_run else 'Deleted'}: {', '.join(gone)}.")
    for name in rows["deleted"]:
        under(name)
    if rows["clock"]:
        click.echo(rows["clock"])
    _show_told("Stays, and somebody should look at it:", rows["left"])
    _show_told("Not now, a later run will do it:", rows["waiting"])


def _show_told(heading: str, rows: list[Row]) -> None:
    if rows:
        click.echo(heading)
    for row in rows[:SHOWN]:
        under(f"{row['path']}: {row['why']}")
    if len(rows) > SHOWN:
        under(f"… and {len(rows) - SHOWN} more (--json lists them)")


# --- archives


ROOMS: dict[str, Room | Shelf] = {one.value: one for one in (*ARCHIVED, Shelf.BOOKS)}


@click.group(cls=InOrder)
def archive() -> None:
    """Archives of old files: find one, look into it, bring it back."""


@archive.command("ls")
@click.argument("pattern", metavar="[NAME-PATTERN]", required=False)
@click.option("--room", type=click.Choice([*ROOMS]), help="Only what lay in this room, or in the sales database.")
@click.option("--trade", type=click.Choice([trade.value for trade in Trade]), help="Only exports, or only sales.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Only of this day.")
@json_option
@pass_root
def archive_ls(
    root: Root, pattern: str | None, room: str | None, trade: str | None, day: datetime | None, as_json: bool
) -> int:
    """List archives; with a NAME-PATTERN, the files in them.

    NAME-PATTERN is a file's name, in which * and ? stand for any letters, or the number of an arrival.

    \b
    Examples:
      tillpost archive ls --day 2026-11-20
      tillpost archive ls 'goods*.xml'
      tillpost archive ls 12
    """
    with root.office() as office:
        chosen = finding.archives(
            office, ROOMS[room] if room else None, Trade(trade) if trade else None, day.date() if day else None
        )
        if pattern is None:
            rows: list[Row] = [finding.archive_row(one) for one in chosen]
            none = "No such archives." if room or trade or day else "No archives yet: tillpost trim"
            answer(rows, as_json, lambda: table(rows, ARCHIVE_COLUMNS, none, fold=("trade",)))
            return DONE
        damaged: finding.Damaged = []
        rows = [row for one in chosen for row in finding.files(office, one, damaged, pattern)]
        which = "No archive that can be read" if damaged else "No archive"
        answer(rows, as_json, lambda: _show_files(rows, f"{which} has a file like {pattern}."))
        return _tell_damaged(office, damaged)


ARCHIVE_COLUMNS = {"archive": "Archive", "room": "Room", "trade": "Trade", "day": "Day", "bytes": "Bytes"}
FILE_COLUMNS = {"archive": "Archive", "arrival": "Arrival", "name": "Name", "bytes": "Bytes", "changed": "Changed"}


def _show_files(rows: Iterable[Row], empty: str) -> None:
    table(rows, FILE_COLUMNS, empty, fold=("changed", "bytes"))


def _tell_damaged(office: Office, damaged: finding.Damaged) -> int:
    """Beside the answer, not in it: what could be read was listed."""
    for _, reason in damaged:
        click.echo(f"tillpost: {reason.text(office.settings.language)}", err=True)
    return REFUSED if damaged else DONE


@archive.command("show")
@archive_argument
@click.argument("member", metavar="[FILE]", required=False)
@json_option
@pass_root
def archive_show(root: Root, name: str, member: str | None, as_json: bool) -> int:
    """List the files in an archive; with a FILE, print its content.

    FILE is its path in the archive, its name, or the number of its arrival where that says which.

    \b
    Examples:
      tillpost archive show processed_archive/exports-26-11-20.tgz
      tillpost archive show exports-26-11-20.tgz 12 > goods.xml
    """
    with root.office() as office:
        chosen = finding.one(office, name)
        if member is not None:
            if as_json:
                raise click.UsageError("--json lists files; the content of a FILE is printed as it is")
            for piece in finding.content(office, chosen, member):
                click.echo(piece, nl=False)
            return DONE
        damaged: finding.Damaged = []
        rows = list(finding.files(office, chosen, damaged))
        none = "" if damaged else "No files in it."
        answer(rows, as_json, lambda: table(rows, SHOW_COLUMNS, none, fold=("changed", "bytes")))
        return _tell_damaged(office, damaged)


SHOW_COLUMNS = {"arrival": "Arrival", "name": "Name", "bytes": "Bytes", "changed": "Changed", "member": "File"}


@archive.command("restore")
@archive_argument
@click.argument("member", metavar="FILE")
@click.option(
    "--to",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder for it; else it comes to lie where it lay, and a later trim removes it again.",
)
@json_option
@pass_root
def archive_restore(root: Root, name: str, member: str, to: Path | None, as_json: bool) -> None:
    """Bring one file back from an archive; nothing is ever replaced by it.

    \b
    Examples:
      tillpost archive restore exports-26-11-20.tgz 12
      tillpost archive restore processed_archive/sales-26-11-20.tgz sale_1_12.json --to /tmp
    """
    with root.office(ours=to is None) as office, by_verb(office, "archive restore", about_archive(name)) as act:
        row = finding.restore(office, finding.one(office, name), member, to.absolute() if to else None)
        act.result = Reason("archives.restored", path=row["path"])
    answer(row, as_json, lambda: click.echo(f"Brought back: {row['path']}"))
