"""How much waited for each till over time; and which notes and coins lie in each cash machine, as its documents tell.

Failures: none of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
AMOUNT = sa.Numeric().with_variant(sa.Text, "sqlite")
STOCK = """
INSERT INTO drawer_stock (till_id, machine, currency, denomination, pieces, at)
SELECT drawer.till_id, drawer.machine, drawer.currency, p.denomination,
    SUM(CASE WHEN p.move IN ('deposited', 'taken') THEN p.count ELSE -p.count END), MAX(drawer.at)
FROM drawer JOIN drawer_pieces p ON p.drawer_id = drawer.id
WHERE p.move <> 'unsure'
GROUP BY drawer.till_id, drawer.machine, drawer.currency, p.denomination
"""


def upgrade() -> None:
    op.create_table(
        "depths",
        sa.Column("id", ID, nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.BigInteger(), nullable=False),
        sa.Column("commands", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_depths"),
    )
    op.create_index("ix_depths_shop_till_at", "depths", ["shop", "till", "at"])
    op.create_index("ix_depths_at", "depths", ["at"])
    op.create_table(
        "drawer_stock",
        sa.Column("till_id", ID, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("denomination", AMOUNT, nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(["till_id"], ["tills.id"], name="fk_drawer_stock_till_id"),
        sa.PrimaryKeyConstraint("till_id", "machine", "currency", "denomination", name="pk_drawer_stock"),
    )
    op.execute(STOCK)
