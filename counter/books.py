"""Verbs of the sales database: `books`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from ..pipeline import bookstrim, bookstrimviews
from ..pipeline.acting import by_verb
from ..pipeline.collect import open_books
from .context import DONE, LATER, InOrder, Root, json_option, pass_root
from .tables import answer, several, table, under


@click.group(cls=InOrder)
def books() -> None:
    """The sales database: what is too old for it."""


@books.command("trim")
@click.option("--dry-run", is_flag=True, help="Show which shifts would go, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
@json_option
@pass_root
def books_trim(root: Root, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Put shifts older than books.keep_days into archives, and their receipts out of the database.

    Shifts go whole, when they are closed and the ERP has got all of them. An archive is read back before anything is
    removed. Sums of old shifts stay; receipts of one that come again are refused, and told.

    \b
    Example: tillpost books trim --dry-run
    """
    if dry_run or not yes:  # asked before the root is taken: nobody else should wait for an answer
        with root.office() as office, open_books(office) as opened:
            plan = bookstrim.plan(office, opened)
            rows = bookstrimviews.planned(plan)
        if not dry_run and plan.shifts:
            _confirm(len(plan.shifts), str(plan.before))
    if not dry_run:
        with (
            root.office(ours=True) as office,
            open_books(office) as opened,
            by_verb(office, "books trim", "books", opened),
        ):
            rows = bookstrimviews.done(office, bookstrim.trim(office, opened))
    answer(rows, as_json, lambda: _show(rows, dry_run=dry_run))
    return LATER if rows["waiting"] else DONE


def _confirm(count: int, before: str) -> None:
    told = f"{several(count, 'shift')} from before {before}"
    if not sys.stdin.isatty():
        raise click.UsageError(f"that is {told}; where nobody can be asked, say --yes")
    question = f"That is {told}. Put them into archives, and their receipts out of the database?"
    click.confirm(question, abort=True, err=True)


COLUMNS = {
    "shop": "Shop", "till": "Till", "shift": "Shift", "opened": "Opened", "closed": "Closed",
    "documents": "Documents", "archive": "Archive",
}  # fmt: skip


def _show(rows: dict[str, Any], *, dry_run: bool) -> None:
    if rows["before"] is None:
        click.echo("Nothing is too old: books.keep_days is 0.")
        return
    table(rows["shifts"], COLUMNS, f"No shifts from before {rows['before']} to put by.", fold=("closed", "documents"))
    if rows["shifts"]:
        click.echo(f"{'To be put by' if dry_run else 'Put by'}: {several(len(rows['shifts']), 'shift')}.")
    if rows["staying"]:
        click.echo(f"Old, and staying until the ERP has got them: {several(len(rows['staying']), 'shift')}.")
    if rows["waiting"]:
        click.echo("Not now, a later run will do it:")
    for one in rows["waiting"]:
        under(f"{one['day']}: {one['why']}")
