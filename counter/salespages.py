"""What people are shown of sales files, shifts and questions: which columns, in which order, and the words around them.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from .tables import Row, several, table, under

FILE_COLUMNS = {
    "arrival": "Arrival", "name": "Name", "state": "State", "shop": "Shop", "till": "Till", "read": "Read", "new": "New",
    "repeated": "Repeated", "corrected": "Corrected", "refused": "Refused", "received": "Received", "reason": "Reason",
}  # fmt: skip


def show_files(rows: Iterable[Row], empty: str, *, received: bool = True) -> None:
    columns = {key: heading for key, heading in FILE_COLUMNS.items() if received or key != "received"}
    table(rows, columns, empty, note="reason", fold=("received", "corrected", "refused"))


def show_collected(rows: dict[str, Any], sales: Path, outbox: Path) -> None:
    """What a round did."""
    if rows["files"]:
        show_files(rows["files"], "", received=False)
        click.echo()
    elif not rows["waiting"]:
        click.echo(f"No sales files in {sales}.")
    for waiting in rows["waiting"]:
        name = f"{waiting['name']}: " if waiting["name"] else ""
        under(f"waiting: {name}{waiting['why']}", 0)
    written, taken = rows["documents"]["written"], rows["documents"]["taken"]
    if written:
        click.echo(f"{several(written, 'document')} for the ERP in {outbox}")
    if taken:
        click.echo(f"{several(taken, 'document')} taken by the ERP since the last time")
    for trouble in rows["outbox_troubles"]:
        under(f"outbox: {trouble}", 0)


HEAD = ("arrival", "name", "state", "shop", "till", "received", "decided", "file", "reason")
COUNTED = ("read", "new", "repeated", "corrected", "outdated", "refused")


def show_sales_file(found: dict[str, Any]) -> None:
    """A sales file's verdict, whole."""
    for key in HEAD:
        if found[key] not in (None, ""):
            click.echo(f"{key:>10}  {found[key]}")
    counted = [f"{found[key]} {key}" for key in COUNTED if found[key]]
    click.echo(f"{'objects':>10}  {', '.join(counted) or 'none'}")
    types = [f"{count} of type {kind}" for kind, count in found["by_type"].items()]
    if types:
        click.echo(f"{'documents':>10}  {', '.join(types)}")
    for one in found["refused_objects"]:
        under(f"line {one['line']}, {one['key'] or one['section']}: {one['text']}", 4)


SHIFT_COLUMNS = {
    "shift": "Shift", "opened": "Opened", "closed": "Closed", "receipts": "Receipts", "sales_cash": "Sales cash",
    "sales_cashless": "cashless", "returns_cash": "Returns cash", "returns_cashless": "cashless", "cash_in": "Cash in",
    "cash_out": "Cash out", "gain": "Gain", "standing": "Standing",
}  # fmt: skip


def show_shifts(rows: Iterable[Row]) -> None:
    shown = ({**row, "standing": _standing(row)} for row in rows)
    table(shown, SHIFT_COLUMNS, "No shifts yet.", note="standing", fold=("cash_in", "cash_out", "closed"))


def _standing(row: Row) -> str:
    """Whether a shift is whole, and what it lacks."""
    lacks = [f"{first}" if first == last else f"{first}–{last}" for first, last in row["missing"]]
    missing = f", missing {', '.join(lacks)}" if lacks else ""
    counts = row["till_gain"] is not None and row["till_gain"] != row["gain"]
    differs = f", the till counts {row['till_gain']}" if counts else ""
    state = "open" if row["closed"] is None else "complete" if row["complete"] else "incomplete"
    return state + missing + differs


def show_asked(rows: Iterable[Row]) -> None:
    for row in rows:
        period = f"{row['from']} to {row['to']}"
        if row["trouble"]:
            click.echo(f"Till {row['till']} of shop {row['shop']} was not asked: {row['trouble']}")
        elif row["asked"]:
            click.echo(f"Asked till {row['till']} of shop {row['shop']} for {period}.")
        else:
            click.echo(f"Till {row['till']} of shop {row['shop']} has not answered an earlier question yet: {period}.")
