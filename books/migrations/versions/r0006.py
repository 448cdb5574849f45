"""What each shift comes to, kept beside its documents; and in which archive these lie when they are no more here.

Failures: none of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("shifts", sa.Column("archive", sa.Text()))
    op.create_table(
        "shift_sums",
        sa.Column("shift_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_shift_sums_shift_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shift_id", name="pk_shift_sums"),
    )
