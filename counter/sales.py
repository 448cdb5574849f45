"""Verbs of the way back: `collect`, `sales`.

Failures: as their pipeline functions.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from ..books import FileState
from ..pipeline import drawerviews, reconviews, reexport, salesviews
from ..pipeline.acting import about_till, by_verb
from ..pipeline.collect import Collect, open_books
from ..pipeline.duties import by_hand, collected, named
from ..pipeline.office import Office
from ..pipeline.reconrows import exported
from ..pipeline.requests import Asked, Requests, outcome
from .context import DONE, LATER, REFUSED, InOrder, Root, json_option, pass_root
from .drawerpages import show_drawer
from .exports import arrival_argument, limit_option
from .pages import show_trimmed
from .salespages import show_asked, show_collected, show_files, show_sales_file
from .shiftpages import show_shifts
from .tables import answer

DAY = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])


@click.command()
@json_option
@pass_root
def collect(root: Root, as_json: bool) -> int:
    """Take the tills' sales files, book them, and write the ERP's documents.

    \b
    Examples:
      tillpost collect          one round, from cron or by hand
      tillpost sales ls         what came, and what became of it
    """
    with root.office(ours=True) as office:
        with by_hand(office, named("collect")) as run, open_books(office) as books:
            done = Collect(office, books).round(once=True)
            run.refused, run.trouble = (told := collected(done)).refused, told.trouble
        rows = salesviews.collected(office, done)
        outbox, sales = office.layout.outbox, office.layout.sales
    answer(rows, as_json, lambda: show_collected(rows, sales, outbox))
    return _exit_code(rows)


def _exit_code(rows: dict[str, Any]) -> int:
    if any(file["refused"] or file["state"] in (FileState.ERROR, FileState.BROKEN) for file in rows["files"]):
        return REFUSED
    return LATER if rows["outbox_troubles"] or not all(file["put_away"] for file in rows["files"]) else DONE


@click.group(cls=InOrder)
def sales() -> None:
    """Sales: the tills' files, their shifts, and asking for more."""


@sales.command("ls")
@limit_option
@click.option("--state", type=click.Choice([state.value for state in FileState]), help="Only those in this state.")
@click.option("--shop", default="", metavar="SHOP", help="Only those of this shop.")
@click.option("--till", default="", metavar="TILL", help="Only those of this till.")
@json_option
@pass_root
def sales_ls(root: Root, limit: int, state: str | None, shop: str, till: str, as_json: bool) -> None:
    """List sales files, newest first.

    \b
    Example: tillpost sales ls --shop 5 --till 1
    """
    with root.office() as office, open_books(office) as books:
        rows = salesviews.files(office, books, limit, state or "", shop, till)
        empty = f"No sales files. Tills drop them into {office.layout.sales}/SHOP/TILL: tillpost collect"
        if state or shop or till:
            empty = "No such sales file."
    answer(rows, as_json, lambda: show_files(rows, empty))


@sales.command("show")
@arrival_argument
@json_option
@pass_root
def sales_show(root: Root, arrival: int, as_json: bool) -> None:
    """Show one sales file's verdict: what was new in it, what was refused, and why.

    \b
    Example: tillpost sales show 3
    """
    with root.office() as office, open_books(office) as books:
        found = salesviews.file(office, books, arrival)
        answer(found, as_json, lambda: show_sales_file(found))
        if not as_json:
            show_trimmed(office, found)


@sales.command("shifts")
@click.argument("shop", metavar="SHOP")
@click.argument("till", metavar="TILL")
@limit_option
@json_option
@pass_root
def sales_shifts(root: Root, shop: str, till: str, limit: int, as_json: bool) -> None:
    """List a till's shifts with their sums, newest first.

    \b
    Example: tillpost sales shifts 5 1
    """
    with root.office() as office, open_books(office) as books:
        rows = reconviews.by_shift(office, books, shop, till, limit=limit)["shifts"]
    answer(rows, as_json, lambda: show_shifts(rows, f"Till {till} of shop {shop} has no shifts yet."))


@sales.command("drawer")
@click.argument("shop", metavar="SHOP")
@click.argument("till", metavar="TILL")
@click.option("--from", "since", type=DAY, metavar="DAY", help="The first day, 2026-11-20.")
@click.option("--to", "until", type=DAY, metavar="DAY", help="The last day.")
@limit_option
@json_option
@pass_root
def sales_drawer(
    root: Root, shop: str, till: str, since: datetime | None, until: datetime | None, limit: int, as_json: bool
) -> None:
    """Show what went in and out of a till's cash machine, newest first, and what it comes to.

    The sums are those of the whole period, however many documents are listed.

    \b
    Examples:
      tillpost sales drawer 5 1
      tillpost sales drawer 5 1 --from 2026-11-20 --to 2026-11-21
    """
    days = [day.date() if day else None for day in (since, until)]
    with root.office() as office, open_books(office) as books:
        found = drawerviews.drawer(office, books, shop, till, *days, limit=limit)
    answer(found, as_json, lambda: show_drawer(found))


@sales.command("export")
@click.argument("shop", metavar="SHOP")
@click.argument("till", metavar="TILL")
@click.argument("shift", type=click.IntRange(min=0), metavar="SHIFT")
@click.option("--opened", type=DAY, metavar="DAY", help="The day on which it was opened, 2026-11-20.")
@json_option
@pass_root
def sales_export(root: Root, shop: str, till: str, shift: int, opened: datetime | None, as_json: bool) -> int:
    """Write a shift's document for the ERP as it is now: still open or incomplete too, and marked so.

    The newest shift of that number is meant, where no day tells another one.

    \b
    Examples:
      tillpost sales export 5 1 12
      tillpost sales export 5 1 12 --opened 2026-11-20
    """
    with (
        root.office(ours=True) as office,
        open_books(office) as books,
        by_verb(office, "sales export", about_till(shop, till), books) as act,
    ):
        found = reexport.named(office, books, shop, till, [shift], opened.date() if opened else None)
        told_to_the_erp = reexport.export(office, books, found)
        act.result = reexport.outcome(told_to_the_erp)
        done = exported(office, told_to_the_erp)
        place, name = office.layout.outbox, done["shifts"][0]["document"]
    told = {"document": name, "written": done["written"], "troubles": done["troubles"]}
    how = "Not in the outbox yet" if told["troubles"] else "Written"
    line = f"{how}: {place / name}" if name else "The ERP was told just this before; nothing new to write."
    answer(told, as_json, lambda: click.echo("\n".join([line, *told["troubles"]])))
    return LATER if told["troubles"] else DONE


@sales.command("request")
@click.option("--shop", required=True, metavar="SHOP", help="The shop.")
@click.option(
    "--till", "tills", metavar="TILL", multiple=True, help="The till; may be given several times. All by default."
)
@click.option("--from", "since", type=DAY, metavar="DAY", help="The first day, 2026-11-20.")
@click.option("--to", "until", type=DAY, metavar="DAY", help="The last day; today by default.")
@click.option("--yes", is_flag=True, help="Do not ask, however long the period is; needed where nobody can answer.")
@json_option
@pass_root
def sales_request(
    root: Root,
    shop: str,
    tills: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Ask tills for their sales of a period (sale.req).

    Without a period a till is asked from its last known sale on; one that never sold anything, for the last 24 hours.
    A question that a till has not answered yet is left as it is. From a week on you are asked whether you mean it.

    \b
    Examples:
      tillpost sales request --shop 5 --till 1 --from 2026-11-20 --to 2026-11-21
      tillpost sales request --shop 5
    """
    days = [day.date() if day else None for day in (since, until)]

    def periods(office: Office, requests: Requests) -> list[Asked]:
        return [requests.period(shop, till, *days) for till in tills or salesviews.tills_of(office, shop)]

    if not yes:  # asked before the root is taken: nobody else should wait for an answer
        with root.office() as office, open_books(office) as books:
            questions = periods(office, Requests(office, books))
        longest = max((question.until - question.since).days + 1 for question in questions)
        if any(question.is_long for question in questions):
            if not sys.stdin.isatty():
                raise click.UsageError(f"that is {longest} days of sales; where nobody can be asked, say --yes")
            click.confirm(f"That is {longest} days of sales. Ask for them?", abort=True, err=True)
    with (
        root.office(ours=True) as office,
        open_books(office) as books,
        by_verb(office, "sales request", about_till(shop, tills[0] if len(tills) == 1 else ""), books) as act,
    ):
        requests = Requests(office, books)
        asked = [requests.try_to_ask(question) for question in periods(office, requests)]
        act.result = outcome(asked)
        rows = [salesviews.asked(office, question) for question in asked]
    answer(rows, as_json, lambda: show_asked(rows))
    if any(row["trouble"] for row in rows):
        return LATER
    return DONE if all(row["asked"] for row in rows) else REFUSED
