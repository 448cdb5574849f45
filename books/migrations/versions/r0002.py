"""What tills' cash machines tell: drawer documents and their pieces.

Failures: none of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
AMOUNT = sa.Numeric().with_variant(sa.Text, "sqlite")


def upgrade() -> None:
    op.create_table(
        "drawer",
        sa.Column("id", ID, nullable=False),
        sa.Column("till_id", ID, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("within", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("owed", AMOUNT, nullable=False),
        sa.Column("deposited", AMOUNT, nullable=False),
        sa.Column("given", AMOUNT, nullable=False),
        sa.Column("taken", AMOUNT, nullable=False),
        sa.Column("removed", AMOUNT, nullable=False),
        sa.Column("unsure", AMOUNT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("arrival", ID, nullable=False),
        sa.ForeignKeyConstraint(["till_id"], ["tills.id"], name="fk_drawer_till_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drawer"),
        sa.UniqueConstraint("till_id", "machine", "entry", name="uq_drawer_till_id_machine_entry"),
    )
    op.create_index("ix_drawer_till_id_at", "drawer", ["till_id", "at"])
    op.create_table(
        "drawer_pieces",
        sa.Column("drawer_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("denomination", AMOUNT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["drawer_id"], ["drawer.id"], name="fk_drawer_pieces_drawer_id"),
        sa.PrimaryKeyConstraint("drawer_id", "place", name="pk_drawer_pieces"),
        sqlite_with_rowid=False,
    )
