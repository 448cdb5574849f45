"""One connection inside one transaction, and how many rows at once go through it.

Failures: `Reject` (error) for a number that no column holds; all else is the database's, and becomes ours where the
transaction was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Date, DateTime, Dialect, Table, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from .amounts import Amount, Words
from .tables import META
from .troubles import told_of_values

BATCH = 500  # rows that are read, compared and written at once
COPIED = 20  # rows from which PostgreSQL's COPY is worth its own beginning

T = TypeVar("T")
Row = Sequence[Any]


def batches(things: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    for at in range(0, len(things), size):
        yield things[at : at + size]


def batched(things: Iterator[T], size: int = BATCH) -> Iterator[list[T]]:
    while batch := list(islice(things, size)):
        yield batch


class Session:
    """A transaction's connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def rows(self, statement: Any, values: Any = None) -> list[Any]:
        with told_of_values():
            return list(self.connection.execute(statement, values))

    def first(self, statement: Any) -> Any:
        with told_of_values():
            return self.connection.execute(statement).first()

    def run(self, statement: Any, values: Any = None) -> int:
        """How many rows were touched; not known for a sequence of `values`."""
        with told_of_values():
            return self.connection.execute(statement, values).rowcount

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """Adds rows, each with a value for every column of `table` in their order. Past the ORM's and the compiler's
        work for each row, which would cost more than the database's own."""
        if not rows:
            return
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for at, process in _processors(table, self.connection.dialect):
            columns[at] = [None if value is None else process(value) for value in columns[at]]
        ready = list(zip(*columns, strict=True))
        if self.is_postgres and len(ready) >= COPIED:
            self._copy(table, ready)
            return
        with told_of_values():
            self.connection.exec_driver_sql(_insertion(table, self.connection.dialect), ready)

    def _copy(self, table: Table, rows: Sequence[Row]) -> None:
        """Some ten times as fast as INSERT where there are many."""
        driver = self.connection.dialect.loaded_dbapi
        command = f"COPY {_target(table, self.connection.dialect)} FROM STDIN"
        connection: Any = self.connection.connection.driver_connection
        try:
            with connection.cursor() as cursor, cursor.copy(command) as copy:
                for row in rows:
                    copy.write_row(row)
        except driver.Error as trouble:
            raise DBAPIError(command, None, trouble) from trouble

    def look_at(self, *tables: Table) -> None:
        """To be called before questions about many new rows. A server that looked at a table while it was empty takes
        it for empty until it looks again, and may then go through all of it for each row of another: so it is made to
        look. SQLite asks its indexes whatever it believes."""
        if not self.is_postgres:
            return
        believed = (
            "SELECT relname FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[])) "
            "AND reltuples BETWEEN 0 AND 9 AND relpages > reltuples"
        )
        names = {table.name: _target_name(table, self.connection.dialect) for table in tables}
        for row in self.rows(text(believed), {"tables": list(names.values())}):
            self.connection.exec_driver_sql(f"ANALYZE {names[row.relname]}")

    # --- counters

    def greatest(self, table: Table) -> int:
        """The greatest id of a table. That of a row that is gone may be given again: nothing else keeps one."""
        return self.connection.execute(select(func.max(table.c.id))).scalar() or 0

    def count_on(self, name: str, count: int, above: int = 0) -> range:
        """`count` further numbers, greater than `above`: each is given once."""
        key = META.c.key == f"last {name}"
        found = self.connection.execute(select(META.c.value).where(key)).scalar()
        last = max(int(found or 0), above)
        if found is None:
            self.run(insert(META), {"key": f"last {name}", "value": str(last + count)})
        else:
            self.run(update(META).where(key).values(value=str(last + count)))
        return range(last + 1, last + count + 1)


@cache
def _insertion(table: Table, dialect: Dialect) -> str:
    """The driver's own text."""
    mark = "%s" if dialect.name == "postgresql" else "?"
    marks = ", ".join([mark] * len(table.columns))
    return f"INSERT INTO {_target(table, dialect)} VALUES ({marks})"  # noqa: S608 - names of our own tables


@cache
def _target(table: Table, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    return f"{_target_name(table, dialect)} ({', '.join(quote(column.name) for column in table.columns)})"


def _target_name(table: Table, dialect: Dialect) -> str:
    return dialect.identifier_preparer.quote(table.name)


@cache
def _processors(table: Table, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """What values of the table's columns must go through, by their place. Bytes and truth values both drivers take as
    they are."""
    found = []
    for at, column in enumerate(table.columns):
        if isinstance(column.type, Amount | Words):
            process = column.type.processor(dialect)
        elif isinstance(column.type, DateTime | Date):
            process = column.type.dialect_impl(dialect).bind_processor(dialect)
        else:
            continue
        if process is not None:
            found.append((at, process))
    return tuple(found)
