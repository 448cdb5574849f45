"""What each shift's departments, means and hours come to stands beside its other sums.

Those of shifts whose documents are here go, and are made anew in full when the migrations are done; what lies in an
archive keeps the sums that it has.

Failures: none of its own.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("DELETE FROM shift_sums WHERE shift_id IN (SELECT id FROM shifts WHERE archive IS NULL)")
