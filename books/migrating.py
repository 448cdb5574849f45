"""Which version a sales database is of, and how it is brought to this program's.

A database that is up to date costs one SELECT: alembic is loaded only where there is something to change. The version
lies in a table of our own name, so that another program's alembic in the same database is never mistaken for ours.

Failures: `Halt` for a database that is newer than the program, or somebody else's.
"""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..errors import Halt, Reason
from .tables import REVISION, names

VERSION_TABLE = "tillpost_version"
FOLDER = Path(__file__).parent / "migrations"


class State(Enum):
    CURRENT = auto()
    OLDER = auto()
    EMPTY = auto()


def look(connection: Connection, database: str) -> State:
    """Raises Halt where the database is not for us."""
    inspector = inspect(connection)
    if not inspector.has_table(VERSION_TABLE):
        there = set(inspector.get_table_names())
        if connection.dialect.name != "sqlite":  # a server's schema may be shared, a file may not
            there &= set(names())
        if taken := sorted(there):
            raise Halt(Reason("books.foreign", database=database, table=taken[0]))
        return State.EMPTY
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    if found == REVISION:
        return State.CURRENT
    if found is None:
        return State.EMPTY
    if found not in revisions():
        raise Halt(Reason("books.newer", database=database, found=found, expected=REVISION))
    return State.OLDER


def revisions() -> set[str]:
    """Those that this program knows, by the names of their files."""
    return {path.stem.removeprefix("r") for path in (FOLDER / "versions").glob("r*.py")}


def migrate(connection: Connection, database: str) -> None:
    """Brings the database to this program's version, inside the transaction of `connection`: all or nothing."""
    if look(connection, database) is State.CURRENT:  # another process was quicker
        return
    from alembic import command  # noqa: PLC0415 - its import costs more than an up-to-date database may
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    command.upgrade(config, REVISION)
