"""Verbs about tills and what stands in their folders: `till`, `queue`.

Failures: `Reject` for a shop that nobody knows; else as their pipeline functions.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import click
import msgspec

from ..errors import Fault, Reason, Reject
from ..pipeline import views
from ..pipeline.acting import about_till, by_verb, filled, holding
from ..pipeline.checking import check
from ..pipeline.office import Office
from ..pipeline.root import add_tills, hold, resync, resync_size
from ..pipeline.tillconfig import configure
from .context import DONE, LATER, REFUSED, InOrder, Root, json_option, named, pass_root
from .pages import show_configs, show_tills
from .tables import age, answer, several, table

shop_argument = click.argument("shop", metavar="SHOP")
till_argument = click.argument("till", metavar="TILL")


def _tills(office: Office, shop: str, names: tuple[str, ...] = ()) -> list[views.Row]:
    """Rows of a shop's tills, or of all; Reject where there is no such shop."""
    rows = views.tills(office, shop)
    if shop and not rows and shop not in office.settings.shops:
        known = ", ".join(office.settings.shops) or "-"
        raise Reject(Reason("view.no-shop", shop=shop, known=known), Fault.ERROR)
    return [row for row in rows if not names or row["till"] in names]


@click.group(cls=InOrder)
def till() -> None:
    """Tills: list, add, fill anew."""


@till.command("ls")
@click.argument("shop", metavar="[SHOP]", default="")
@json_option
@pass_root
def till_ls(root: Root, shop: str, as_json: bool) -> None:
    """List tills and how they stand."""
    with root.office() as office:
        rows = _tills(office, shop)
        answer(rows, as_json, lambda: show_tills(rows))


@till.command("add")
@shop_argument
@click.argument("names", metavar="TILL…", nargs=-1, required=True)
@json_option
@pass_root
def till_add(root: Root, shop: str, names: tuple[str, ...], as_json: bool) -> None:
    """Add tills to a shop; the next feed fills them.

    \b
    Example: tillpost till add 5 4 5
    """
    named("till", names)
    about = about_till(shop, names[0] if len(names) == 1 else "")
    with root.office(ours=True) as office, by_verb(office, "till add", about):
        add_tills(office, shop, names)
        answer(_tills(office, shop, names), as_json, lambda: _added(shop, names))


def _added(shop: str, names: tuple[str, ...]) -> None:
    click.echo(f"Shop {shop} has {several(len(names), 'new till')}: {', '.join(names)}. The next feed fills them.")


@till.command("resync")
@shop_argument
@till_argument
@click.option("--now", is_flag=True, help="Do not wait for the hours in which clear commands may go out.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
@json_option
@pass_root
def till_resync(root: Root, shop: str, till: str, now: bool, yes: bool, as_json: bool) -> None:
    """Empty a till and fill it anew, as a new epoch.

    For a till that was replaced, or that shows what it should not. It sells nothing between its emptying and its
    last chunk.

    \b
    Example: tillpost till resync 5 1
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("this empties the till; where nobody can be asked, say --yes")
    if not yes:  # asked before the root is taken: nobody else should wait for an answer
        with root.office() as office:
            goods = resync_size(office, shop, till)
        click.confirm(f"Empty till {till} of shop {shop} and send it {several(goods, 'command')}?", abort=True)
    with root.office(ours=True) as office, by_verb(office, "till resync", about_till(shop, till)) as act:
        commands = resync(office, shop, till, now=now)
        act.result = filled(commands)
        row = {**_tills(office, shop, (till,))[0], "offered": commands}
        answer(row, as_json, lambda: _resynced(row))


def _resynced(row: views.Row) -> None:
    told = f"{row['offered']} commands offered" if row["offered"] else "to be filled when its hours allow"
    click.echo(f"Till {row['till']} of shop {row['shop']}: {told}.")


@till.command("config")
@click.argument("shop", metavar="[SHOP]", default="")
@click.argument("till", metavar="[TILL]", default="")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@json_option
@pass_root
def till_config(root: Root, shop: str, till: str, dry_run: bool, as_json: bool) -> int:
    """Bring tills' own settings (cash.ini) up to ours.

    The sizes of queues and the numbers of backups are left as they are where a till has them, and so is everything
    else in its file.

    \b
    Examples:
      tillpost till config --dry-run   what would change, at every till
      tillpost till config 5 1         one till
    """
    with root.office(ours=not dry_run) as office, _changing(office, "till config", shop, till, really=not dry_run):
        done = configure(office, shop, till, dry_run=dry_run)
        rows = [one.row(office.settings.language) for one in done]
        answer(rows, as_json, lambda: show_configs(rows, dry_run=dry_run))
    failed = [one for one in done if one.trouble]
    return DONE if not failed else LATER if all(one.passing for one in failed) else REFUSED


@click.group(cls=InOrder)
def queue() -> None:
    """The queue of a till: what stands in its folder."""


CHUNK_COLUMNS = {
    "number": "Number", "commands": "Commands", "bytes": "Bytes", "age": "Age", "flagged": "Flagged",
    "digest": "Digest",
}  # fmt: skip


@queue.command("ls")
@shop_argument
@till_argument
@json_option
@pass_root
def queue_ls(root: Root, shop: str, till: str, as_json: bool) -> None:
    """List the chunks that stand in a till's folder."""
    with root.office() as office:
        rows = views.outstanding(office, views.till(office, shop, till))
        shown = [{**row, "age": age(row["age_seconds"])} for row in rows]
        none = "Nothing stands in the folder: the till has taken everything that was offered."
        answer(rows, as_json, lambda: table(shown, CHUNK_COLUMNS, none, fold=("digest",)))


@queue.command("show")
@shop_argument
@till_argument
@click.argument("number", type=click.IntRange(min=1), metavar="NUMBER")
@json_option
@pass_root
def queue_show(root: Root, shop: str, till: str, number: int, as_json: bool) -> None:
    """Show the commands of one chunk, a JSON object a line.

    \b
    Example: tillpost queue show 5 1 17
    """
    with root.office() as office:
        commands = views.commands(office, views.till(office, shop, till), number)
        rows = [msgspec.Raw(command.encode()) for command in commands]
        answer(rows, as_json, lambda: click.echo("\n".join(commands)))


@queue.command("check")
@click.argument("shop", metavar="[SHOP]", default="")
@click.argument("till", metavar="[TILL]", default="")
@click.option("--fix", is_flag=True, help="Put right what can be put right.")
@json_option
@pass_root
def queue_check(root: Root, shop: str, till: str, fix: bool, as_json: bool) -> int:
    """Compare tills' folders with the state, byte for byte.

    \b
    Examples:
      tillpost queue check             every till
      tillpost queue check 5 1 --fix   one till, and put right what can be
    """
    with root.office(ours=fix) as office, _changing(office, "queue check", shop, till, really=fix):
        looked_at = _tills(office, shop)
        rows = check(office, shop, till, fix=fix)
        columns = {"shop": "Shop", "till": "Till", "number": "Number", "done": "Done", "finding": "Finding"}
        well = "The till's folder is" if till or len(looked_at) == 1 else f"All {len(looked_at)} tills' folders are"
        answer(rows, as_json, lambda: table(rows, columns, f"{well} as the state says.", note="finding"))
    return REFUSED if any(not row["done"] for row in rows) else DONE


@queue.command("hold")
@shop_argument
@till_argument
@json_option
@pass_root
def queue_hold(root: Root, shop: str, till: str, as_json: bool) -> None:
    """Offer a till nothing more until it is released.

    What stands in its folder already stays there.
    """
    _hold(root, shop, till, as_json, held=True)


@queue.command("release")
@shop_argument
@till_argument
@json_option
@pass_root
def queue_release(root: Root, shop: str, till: str, as_json: bool) -> None:
    """Let a till on hold have its chunks again."""
    _hold(root, shop, till, as_json, held=False)


def _hold(root: Root, shop: str, till: str, as_json: bool, *, held: bool) -> None:
    told, verb = ("on hold", "queue hold") if held else ("released; the next feed goes on", "queue release")
    with root.office(ours=True) as office, by_verb(office, verb, about_till(shop, till)) as act:
        hold(office, shop, till, held=held)
        act.result = holding(held=held)
        answer(
            _tills(office, shop, (till,))[0], as_json, lambda: click.echo(f"Till {till} of shop {shop} is {told}.")
        )


def _changing(office: Office, verb: str, shop: str, till: str, *, really: bool) -> AbstractContextManager[object]:
    """What only looks is no act."""
    return by_verb(office, verb, about_till(shop, till)) if really else nullcontext()
