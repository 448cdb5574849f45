"""What people are shown of a till's drawer.

Failures: none.
"""

from __future__ import annotations

from typing import Any

import click

from .tables import Row, several, table

COLUMNS = {
    "at": "At", "machine": "Machine", "entry": "Entry", "kind": "Kind", "about": "About", "amount": "Amount",
    "in": "In", "out": "Out", "unsure": "Unsure", "owed": "Owed", "note": "Note",
}  # fmt: skip
AMOUNTS = ("amount", "in", "out", "unsure", "owed")  # told where they are not zero
FOLD = ("machine", "entry", "about", "amount")
KINDS = {"saleCancelled": "sale cancelled"}


def show_drawer(found: dict[str, Any]) -> None:
    """A period of a till's drawer."""
    rows = [_shown(row) for row in found["documents"]]
    for key in AMOUNTS:
        width = max((len(row[key]) for row in rows if row[key]), default=0)
        for row in rows:
            row[key] = row[key] and row[key].rjust(max(width, len(COLUMNS[key])))
    period = "of these days" if found["from"] or found["to"] else "yet"
    empty = f"The cash machine of till {found['till']} of shop {found['shop']} has told nothing {period}."
    table(rows, COLUMNS, empty, note="note", fold=FOLD)
    for sums in found["sums"]:
        owed = f", owed {sums['owed']}" if float(sums["owed"]) else ""
        total = several(sums["documents"], "document")
        click.echo(f"{total}: in {sums['in']}, out {sums['out']}{owed} {sums['currency']}")
    for level in found["levels"]:
        held = ", ".join(f"{one['denomination']} × {one['count']}" for one in level["pieces"])
        click.echo(f"by now in {level['machine']}: {level['sum']} {level['currency']}{held and ' = '}{held}")


def _shown(row: Row) -> Row:
    """Without what is nothing, and times to the minute."""
    amounts = {key: "" if float(row[key]) == 0 else row[key] for key in AMOUNTS}
    verdict = "" if row["verdict"] == "committed" else row["verdict"]
    note = ", ".join(filter(None, (row["unit"], verdict, row["code"], row["by"], row["why"])))
    at = row["at"][:16].replace("T", " ")
    return {**row, **amounts, "at": at, "kind": KINDS.get(row["kind"], row["kind"]), "note": note}
