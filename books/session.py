"""One connection inside one transaction, and how many rows at once go through it.

Failures: `Reject` (error) for a number that no column holds; all else is the database's, and becomes ours where the
transaction was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Table, func, insert, select, update

from .tables import META
from .troubles import told_of_values

BATCH = 500  # rows that are read, compared and written at once

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
        text, processors = _insertion(table, self.connection.dialect)
        if processors:
            ready = []
            for row in rows:
                values = list(row)
                for at, process in processors:
                    values[at] = process(values[at])
                ready.append(tuple(values))
        else:
            ready = [tuple(row) for row in rows]
        with told_of_values():
            self.connection.exec_driver_sql(text, ready)

    # --- counters

    def greatest(self, table: Table) -> int:
        """The greatest id of a table from which nothing is ever deleted."""
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
def _insertion(table: Table, dialect: Dialect) -> tuple[str, list[tuple[int, Callable[[Any], Any]]]]:
    """The driver's own text, and what its values must go through, by their place."""
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    mark = "%s" if dialect.name == "postgresql" else "?"
    marks = ", ".join([mark] * len(table.columns))
    found = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    processors: list[tuple[int, Callable[[Any], Any]]]
    processors = [(at, process) for at, process in enumerate(found) if process is not None]
    return f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})", processors  # noqa: S608
