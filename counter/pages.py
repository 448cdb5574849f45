"""What people are shown of exports, tills and plans: which columns, in which order, and the words around them.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ..pipeline.office import Office
from .tables import Row, age, several, table, under

EXPORT_COLUMNS = {
    "arrival": "Arrival", "name": "Name", "state": "State", "kind": "Kind", "shop": "Shop", "read": "Read",
    "refused": "Refused", "warnings": "Warnings", "commands": "Commands", "received": "Received", "reason": "Reason",
}  # fmt: skip


def show_exports(rows: Iterable[Row], empty: str, *, received: bool = False) -> None:
    columns = {key: heading for key, heading in EXPORT_COLUMNS.items() if received or key != "received"}
    shown = ({**row, "kind": _kind(row), "commands": _commands(row)} for row in rows)
    table(shown, columns, empty, note="reason", fold=("received", "kind", "shop", "read", "warnings", "refused"))


def _kind(row: Row) -> str:
    """What an export is: goods F 12 = all goods, number 12."""
    return " ".join(str(part) for part in (row["kind"], row["fullness"], row["number"]) if part not in ("", None))


def _commands(row: Row) -> object:
    """What an export brought the tills, or would bring them; nothing where it was refused."""
    return row["commands"] if row["state"] in ("processed", "held") else None


TILL_COLUMNS = {
    "shop": "Shop", "till": "Till", "standing": "Standing", "chunks": "Chunks", "commands": "Commands",
    "oldest": "Oldest", "behind": "To come", "taken": "Taken to", "last_taken": "Last taken",
    "halted": "Halted because",
}  # fmt: skip


def show_tills(rows: Iterable[Row]) -> None:
    shown = ({**row, "standing": _standing(row), "oldest": age(row["oldest_seconds"])} for row in rows)
    none = "No tills yet: tillpost till add SHOP TILL"
    table(shown, TILL_COLUMNS, none, note="halted", fold=("last_taken", "oldest"))


def _standing(row: Row) -> str:
    return f"{row['standing']}, overdue" if row["overdue"] else str(row["standing"])


CONFIG_COLUMNS = {"shop": "Shop", "till": "Till", "outcome": "Outcome", "file": "File", "told": "Changes"}


def show_configs(rows: Iterable[Row], *, dry_run: bool) -> None:
    """What became of tills' cash.ini, or would."""
    outcomes = {"written": "to be written", "changed": "to be changed"} if dry_run else {}
    shown = [{**row, "told": _told(row), "outcome": outcomes.get(row["outcome"], row["outcome"])} for row in rows]
    none = "No tills yet: tillpost till add SHOP TILL"
    table(shown, CONFIG_COLUMNS, none, note="told", fold=("file",))
    if dry_run and any(row["changes"] for row in shown):
        click.echo("Nothing was written yet.")


def _told(row: Row) -> str:
    if row["reason"]:
        return str(row["reason"]["text"])
    if row["outcome"] == "written":
        return ""
    shown = (f"{change['key']}: {change['old'] or '-'} → {change['new'] or '-'}" for change in row["changes"])
    return ", ".join(shown)


# --- one export

HEAD = (
    "arrival", "name", "state", "format", "kind", "fullness", "number", "shop", "source", "created", "received",
    "decided", "file",
)  # fmt: skip


def show_export(found: dict[str, Any]) -> None:
    """An export's verdict, whole."""
    for key in HEAD:
        if found[key] not in (None, ""):
            click.echo(f"{key:>10}  {found[key]}")
    told = {name: count for name, count in found["records"].items() if count}
    if told:
        click.echo(f"{'records':>10}  " + ", ".join(f"{count} {name}" for name, count in told.items()))
    for kind, counted in found["counts"].items():
        click.echo(f"{kind:>10}  " + ", ".join(f"{count} {verb}" for verb, count in counted.items()))
    show_verdict(found)


def show_trimmed(office: Office, found: Row) -> None:
    """Where a file lies now that its verdict names a place from which trimming took it."""
    if found["file"] and not office.layout.absolute(found["file"]).exists():
        click.echo(f"It lies there no more; to find it in the archives: tillpost archive ls {found['arrival']}")


def show_plan(found: dict[str, Any]) -> None:
    """What an export would change."""
    click.echo(f"{found['name']} would be {found['state']}.")
    show_verdict(found)
    if not any(shop["commands"] for shop in found["shops"]):
        click.echo("No till would get anything.")


PLAN_COLUMNS = {
    "shop": "Shop", "tills": "Tills", "added": "Added", "changed": "Changed", "deleted": "Deleted",
    "commands": "Commands", "goods_before": "Goods before", "goods_gone": "Goods gone", "prices_moved": "Prices moved",
}  # fmt: skip


def show_verdict(found: dict[str, Any]) -> None:
    """Why, at which shops, and record by record."""
    if found["reason"]:
        under(found["reason"]["text"])
    for doubt in found["suspicions"]:
        if doubt != found["reason"]:
            under(doubt["text"])
    shops = [shop for shop in found["shops"] if shop["commands"] or shop["goods_gone"]]
    table(shops, PLAN_COLUMNS, fold=("tills", "goods_before", "prices_moved", "goods_gone"))
    for shop in shops:
        _show_goods(shop)
    _show_lines("Refused", found["refused"], found["records"]["refused"])
    _show_lines("Warnings", found["warnings"], found["warnings_total"])
    if found["unsold"]:
        under(_with_rest("Not sold, for want of a price: ", found["unsold"], found["unsold_total"]), indent=0)


def _show_goods(shop: dict[str, Any]) -> None:
    """Goods and prices of one shop that change, as far as the verdict lists them."""
    name = f"Shop {shop['shop']}"
    moves = shop["price_moves"]
    for heading, rows, total in (
        ("prices that move", moves, len(moves)),
        ("goods added", shop["added_goods"], shop["added"]),
        ("goods deleted", shop["deleted_goods"], shop["deleted"]),
    ):
        if rows:
            listed = f", the first {len(rows)}" if total > len(rows) else ""
            click.echo(f"\n{name}, {heading}{listed}:")
            table(rows, {key: key.capitalize() for key in rows[0]})


LINE_COLUMNS = {"line": "Line", "kind": "Kind", "key": "Key", "field": "Field", "text": "Reason"}


def _show_lines(heading: str, lines: list[Row], total: int) -> None:
    if lines:
        click.echo(f"\n{heading}: {total}")
        table(({**dict.fromkeys(LINE_COLUMNS, ""), **line} for line in lines), LINE_COLUMNS, note="text")


def _with_rest(text: str, items: list[str], total: int) -> str:
    rest = total - len(items)
    return text + ", ".join(items) + (f" and {rest} more" if rest > 0 else "")


# --- a round of the feed


def show_account(rows: dict[str, Any], inbox: object) -> None:
    """What one round did."""
    show_exports(rows["exports"], "" if rows["waiting"] else f"Nothing to take in {inbox}")
    for waiting in rows["waiting"]:
        click.echo(f"Left in the inbox: {waiting['why']}")
    for shop in rows["commands"]:
        click.echo(f"Shop {shop['shop']}: {several(shop['commands'], 'new command')} for its tills.")
    if rows["exports"] and not rows["commands"]:
        click.echo("Nothing new for the tills.")
    show_sets(rows["sets"])


def show_sets(sets: list[Row]) -> None:
    for found in sets:
        parts = several(len(found["parts"]), "part")
        click.echo(f"Set {found['set']}: {parts} so far; it ends by its flag file, or when no more come for a while.")


def show_sales(row: Row | None) -> None:
    """How the way back stands."""
    if row is None:
        return
    if row["trouble"]:
        under(f"Sales: {row['trouble']}", 0)
        return
    counted = [f"{count} {state}" for state, count in row["files"].items() if count]
    waiting = row["undelivered"]
    outbox = f"; {several(waiting, 'document')} for the ERP to take" if waiting else ""
    click.echo(f"Sales files: {', '.join(counted) or 'none yet'}{outbox}")
    if row["outbox"]:
        under(f"Not done: {row['outbox']}", 0)


def show_service(row: Row) -> None:
    """What is wrong with the service; whether one runs is told by `jobs ls`."""
    if row["settings_refused"]:
        under(f"The service works with older settings; those of the file are refused: {row['settings_refused']}", 0)
        click.echo()
