"""What alembic runs to migrate: on the connection, and in the transaction, that it was given.

Failures: none of its own.
"""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,  # SQLite, too: the transaction was begun by hand
)
with context.begin_transaction():
    context.run_migrations()
