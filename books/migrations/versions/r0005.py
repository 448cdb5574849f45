"""Receipts that are looked for: newest first, by number, and by what was sold in them.

Failures: none of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = ("code", "barcode", "name")
POSITIONS = sa.table("positions", *map(sa.column, WORDS))
WARES = sa.table("wares", *map(sa.column, ("id", "digest", *WORDS, "folded")))
AT_ONCE = 500  # wares
COUNTS: dict[str, Any] = {  # as questions say it
    "sqlite_where": sa.text("counts = 1"),
    "postgresql_where": sa.text("counts"),
}


def upgrade() -> None:
    op.create_table(
        "wares",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*WORDS, "folded")),
        sa.PrimaryKeyConstraint("id", name="pk_wares"),
        sa.UniqueConstraint("digest", name="uq_wares_digest"),
    )
    op.add_column("positions", sa.Column("ware", ID, nullable=False, server_default="0"))
    _tell_wares()
    op.create_index("ix_positions_ware_document_id", "positions", ["ware", "document_id"])
    told = ["ended", "id", "type", "number", "sum"]
    op.create_index("ix_documents_newest", "documents", told, **COUNTS)
    op.create_index("ix_documents_newest_of_till", "documents", ["till_id", *told], **COUNTS)
    op.create_index("ix_documents_newest_of_number", "documents", ["number", "ended", "id"], **COUNTS)


def _tell_wares() -> None:
    """What positions told before there was a table for it stands in themselves."""
    connection = op.get_bind()
    told = connection.execute(sa.select(*(POSITIONS.c[name] for name in WORDS)).distinct())
    rows = _rows(told)
    while some := list(islice(rows, AT_ONCE)):
        connection.execute(sa.insert(WARES), some)
    if connection.dialect.name == "sqlite":  # it joins by indexes alone
        op.create_index("ix_wares_words", "wares", list(WORDS))
    same = " AND ".join(f"wares.{name} = positions.{name}" for name in WORDS)
    op.execute(f"UPDATE positions SET ware = wares.id FROM wares WHERE {same}")  # noqa: S608 - names of our own
    if connection.dialect.name == "sqlite":
        op.drop_index("ix_wares_words", "wares")


def _rows(told: Any) -> Iterator[dict[str, Any]]:
    for at, (code, barcode, name) in enumerate(told, 1):
        key = hashlib.blake2b(msgspec.json.encode((code, barcode, name)), digest_size=16).digest()
        yield {"id": at, "digest": key, "code": code, "barcode": barcode, "name": name, "folded": name.casefold()}
