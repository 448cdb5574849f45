"""Reconciliation: the cash that tills count, when questions were answered, and an index of what counts in a shift.

Failures: none of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

AMOUNT = sa.Numeric().with_variant(sa.Text, "sqlite")
COUNTED = ["shift_id", "counts", "type", "sign", "annulled", "number", "ended", "began", "sum", "cash", "cashless"]
RECORDS = sa.table(
    "shift_records", sa.column("id"), sa.column("body", sa.LargeBinary), sa.column("cash_end", AMOUNT)
)


def upgrade() -> None:
    op.add_column("shift_records", sa.Column("cash_end", AMOUNT))
    _count_cash()
    op.add_column("requests", sa.Column("answered", sa.Float(precision=53)))
    unanswered = sa.text("answered IS NULL")
    op.create_index("ix_requests_open", "requests", ["id"], sqlite_where=unanswered, postgresql_where=unanswered)
    op.create_index("ix_documents_counted", "documents", COUNTED)


def _count_cash() -> None:
    """What records told before there was a column for it stands in their bodies."""
    connection = op.get_bind()
    told = []
    for row, body in connection.execute(sa.select(RECORDS.c.id, RECORDS.c.body)):
        drawers: list[dict[str, Any]] = msgspec.msgpack.decode(body).get("drawers", [])
        counted = [Decimal(drawer["cash_end"]) for drawer in drawers if drawer.get("cash_end") is not None]
        if counted:
            told.append({"row": row, "cash": format(sum(counted, Decimal(0)), "f")})
    if told:
        cash = sa.cast(sa.bindparam("cash", type_=sa.Text), AMOUNT)
        connection.execute(sa.update(RECORDS).where(RECORDS.c.id == sa.bindparam("row")).values(cash_end=cash), told)
