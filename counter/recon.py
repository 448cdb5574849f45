"""Verbs of the reconciliation: `recon`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from ..books import Books, ShiftStanding
from ..pipeline import reconviews, reexport
from ..pipeline.acting import about_till, by_verb
from ..pipeline.collect import open_books
from ..pipeline.office import Office
from ..pipeline.reconrows import exported
from .context import DONE, LATER, InOrder, Root, json_option, pass_root
from .exports import limit_option
from .reconpages import show_by_day, show_by_department, show_by_shift, show_exported, show_shift
from .sales import DAY
from .tables import answer, several

shop_argument = click.argument("shop", metavar="SHOP")
till_argument = click.argument("till", metavar="[TILL]", default="")
opened_option = click.option("--opened", type=DAY, metavar="DAY", help="The day on which it was opened, 2026-11-20.")


@click.group(cls=InOrder)
def recon() -> None:
    """Reconciliation: what was sold beside what tills count, and what the ERP has not got."""


@recon.command("ls")
@shop_argument
@till_argument
@click.option("--day", type=DAY, metavar="DAY", help="One day, 2026-11-20.")
@click.option("--from", "since", type=DAY, metavar="DAY", help="The first day.")
@click.option("--to", "until", type=DAY, metavar="DAY", help="The last day.")
@click.option("--departments", is_flag=True, help="By department, day by day.")
@click.option("--undelivered", is_flag=True, help="Only shifts that the ERP has not got.")
@limit_option
@json_option
@pass_root
def recon_ls(
    root: Root,
    shop: str,
    till: str,
    day: datetime | None,
    since: datetime | None,
    until: datetime | None,
    departments: bool,
    undelivered: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Compare a shop's days, or a till's shifts, with what the tills count.

    Days are those on which documents ended, shifts those that began in these days. What the ERP has not got is blue,
    and the column ERP says how far it came.

    \b
    Examples:
      tillpost recon ls 5
      tillpost recon ls 5 1 --from 2026-11-01 --to 2026-11-20
      tillpost recon ls 5 --departments --day 2026-11-20
      tillpost recon ls 5 --undelivered
    """
    if day and (since or until):
        raise click.UsageError("either --day, or --from and --to")
    if departments and undelivered:
        raise click.UsageError("either --departments or --undelivered")
    first, last = (moment.date() if moment else None for moment in (day or since, day or until))
    with root.office() as office, open_books(office) as books:
        if departments:
            found = reconviews.by_department(office, books, shop, till, first, last, limit=limit)
        elif till or undelivered:
            found = reconviews.by_shift(
                office, books, shop, till, first, last, only_undelivered=undelivered, limit=limit
            )
        else:
            found = reconviews.by_day(office, books, shop, since=first, until=last, limit=limit)
    answer(found, as_json, lambda: _show(found, undelivered=undelivered))


def _show(found: dict[str, Any], *, undelivered: bool) -> None:
    if "departments" in found:
        show_by_department(found)
    elif "days" in found:
        show_by_day(found)
    else:
        show_by_shift(found, undelivered=undelivered)


@recon.command("show")
@shop_argument
@click.argument("till", metavar="TILL")
@click.argument("shift", type=click.IntRange(min=0), metavar="SHIFT")
@opened_option
@click.option("--after", type=click.IntRange(min=0), metavar="NUMBER", help="Documents from the next number on.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many documents.")
@json_option
@pass_root
def recon_show(
    root: Root, shop: str, till: str, shift: int, opened: datetime | None, after: int | None, limit: int, as_json: bool
) -> None:
    """Show one shift: its sums beside the till's counts, what is missing, what repeats, its documents.

    The newest shift of that number is meant, where no day tells another one.

    \b
    Examples:
      tillpost recon show 5 1 12
      tillpost recon show 5 1 12 --after 50
    """
    day, above = opened.date() if opened else None, -1 if after is None else after
    with root.office() as office, open_books(office) as books:
        found = reconviews.shift(office, books, shop, till, shift, day, limit=limit, above=above)
    answer(found, as_json, lambda: show_shift(found))


@recon.command("export")
@shop_argument
@till_argument
@click.argument("shifts", type=click.IntRange(min=0), metavar="[SHIFT]…", nargs=-1)
@opened_option
@click.option("--all-undelivered", "every", is_flag=True, help="All that the ERP has not got, of the till or the shop.")
@click.option("--open", "with_open", is_flag=True, help="With --all-undelivered: open shifts, too.")
@click.option("--again", is_flag=True, help="Also what the ERP was told just so before: as a new version.")
@click.option("--yes", is_flag=True, help="Do not ask, however many there are; needed where nobody can answer.")
@json_option
@pass_root
def recon_export(
    root: Root,
    shop: str,
    till: str,
    shifts: tuple[int, ...],
    opened: datetime | None,
    every: bool,
    with_open: bool,
    again: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Write shifts' documents for the ERP as they are now: open or incomplete ones too, and marked so.

    Of each number the newest shift is meant, where no day tells another one. You are told how many there are, and
    asked where there are several.

    \b
    Examples:
      tillpost recon export 5 1 12 13
      tillpost recon export 5 --all-undelivered
    """
    if every == bool(shifts):
        raise click.UsageError("name a till and its shifts, or say --all-undelivered")
    if with_open and not every:
        raise click.UsageError("--open goes with --all-undelivered; a shift that is named may be open")
    day = opened.date() if opened else None

    def meant(office: Office, books: Books) -> list[ShiftStanding]:
        if every:
            return reexport.undelivered(office, books, shop, till, with_open=with_open, again=again)
        return reexport.named(office, books, shop, till, shifts, day)

    if not yes:  # asked before the root is taken: nobody else should wait for an answer
        with root.office() as office, open_books(office) as books:
            _confirm(meant(office, books), shop, every=every)
    with (
        root.office(ours=True) as office,
        open_books(office) as books,
        by_verb(office, "recon export", about_till(shop, till), books) as act,
    ):
        done = reexport.export(office, books, meant(office, books), again=again)
        act.result = reexport.outcome(done)
        told = exported(office, done)
    answer(told, as_json, lambda: show_exported(told, office.layout.outbox))
    return LATER if told["troubles"] else DONE


def _confirm(found: list[ShiftStanding], shop: str, *, every: bool) -> None:
    if not found or (len(found) == 1 and not every):
        return
    still = sum(shift.closed is None for shift in found)
    count = f"{several(len(found), 'shift')} of shop {shop}" + (f", {still} of them open" if still else "")
    if not sys.stdin.isatty():
        raise click.UsageError(f"that is {count}; where nobody can be asked, say --yes")
    click.confirm(f"That is {count}. Write their documents for the ERP?", abort=True, err=True)
