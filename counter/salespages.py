"""What people are shown of sales files, shifts and questions: which columns, in which order, and the words around them.

Failures: none.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ..model import (
    CASH_IN,
    CASH_OUT,
    INVOICE,
    RETURN,
    RETURN_CANCELLED,
    RETURN_FREE,
    SALE,
    SALE_CANCELLED,
)
from .tables import Row, several, table, under

FILE_COLUMNS = {
    "arrival": "Arrival", "name": "Name", "state": "State", "shop": "Shop", "till": "Till", "read": "Read",
    "new": "New", "repeated": "Repeated", "corrected": "Corrected", "outdated": "Outdated", "refused": "Refused",
    "received": "Received", "reason": "Reason",
}  # fmt: skip
SELDOM = ("repeated", "corrected", "outdated")  # told where there are any


def show_files(rows: Iterable[Row], empty: str, *, received: bool = True) -> None:
    columns = {key: heading for key, heading in FILE_COLUMNS.items() if received or key != "received"}
    shown = ({**row, **{key: row[key] or None for key in SELDOM}} for row in rows)
    table(shown, columns, empty, note="reason", fold=("received", "refused", "outdated", "corrected", "repeated"))


def show_collected(rows: dict[str, Any], sales: Path, outbox: Path) -> None:
    """What a round did."""
    if rows["files"]:
        show_files(rows["files"], "", received=False)
        for file in rows["files"]:
            if file["refused"]:
                click.echo(f"What was refused of {file['name']}: tillpost sales show {file['arrival']}")
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


HEAD = ("arrival", "name", "state", "shop", "till", "received", "decided", "file")
COUNTED = ("new", "repeated", "corrected", "outdated")
TYPES = {
    SALE: "sale", RETURN: "return", CASH_IN: "cash in", CASH_OUT: "cash out", INVOICE: "invoice",
    RETURN_CANCELLED: "return cancelled", SALE_CANCELLED: "sale cancelled", RETURN_FREE: "return without receipt",
}  # fmt: skip
OTHERS = {"shifts": "shift record", "log_ons": "security log line", "drawer": "drawer document"}
TYPES_WIDTH = 66


def show_sales_file(found: dict[str, Any]) -> None:
    """A sales file's verdict, whole."""
    for key in HEAD:
        if found[key] not in (None, ""):
            click.echo(f"{key:>10}  {found[key]}")
    if found["reason"]:
        under(f"reason  {found['reason']}")
    counted = [f"{found[key]} {key}" for key in COUNTED if found[key]]
    click.echo(f"{'documents':>10}  {found['read']}" + (f" ({', '.join(counted)})" if counted else ""))
    types = [f"{TYPES.get(int(kind), f'type {kind}')}: {count}" for kind, count in found["by_type"].items()]
    for line in textwrap.wrap(", ".join(types), TYPES_WIDTH):
        click.echo(f"{'':>10}  {line}")
    others = [several(found[key], noun) for key, noun in OTHERS.items() if found[key]]
    if others:
        click.echo(f"{'also':>10}  {', '.join(others)}")
    if found["refused"]:
        click.echo(f"{'refused':>10}  {several(found['refused'], 'object')}; kept in the books, and not counted")
    for one in found["refused_objects"]:
        under(f"line {one['line']}, {one['section']} {one['key']}".rstrip() + f": {one['text']}")


SHIFT_COLUMNS = {
    "shift": "Shift", "opened": "Opened", "closed": "Closed", "receipts": "Receipts", "annulled": "Annulled",
    "sales_cash": "Sales cash", "sales_cashless": "Sales cashless", "returns_cash": "Returned cash",
    "returns_cashless": "Returned cashless", "cash_in": "Cash in", "cash_out": "Cash out", "gain": "Gain",
    "standing": "Standing",
}  # fmt: skip
AMOUNTS = ("sales_cash", "sales_cashless", "gain")
RARE = ("returns_cash", "returns_cashless", "cash_in", "cash_out")  # amounts that are told where they are not zero
FOLD = ("annulled", "cash_out", "cash_in", "returns_cashless", "returns_cash", "closed")


def show_shifts(rows: Iterable[Row], empty: str) -> None:
    shown = [_shift(row) for row in rows]
    for key in AMOUNTS:
        width = max(len(SHIFT_COLUMNS[key]), *(len(row[key]) for row in shown)) if shown else 0
        for row in shown:
            row[key] = row[key].rjust(width)
    table(shown, SHIFT_COLUMNS, empty, note="standing", fold=FOLD)


def _shift(row: Row) -> Row:
    """Without what is nothing, and times to the minute."""
    times = {key: row[key] and row[key][:16].replace("T", " ") for key in ("opened", "closed")}
    rare = {key: "" if float(row[key]) == 0 else row[key] for key in RARE}
    return {**row, **times, **rare, "annulled": row["annulled"] or None, "standing": _standing(row)}


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
