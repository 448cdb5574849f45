"""The sales database as a whole: where it lies, whose it is, and its transactions.

SQLite lies in one file, in WAL mode, and a commit is on the disk when `write` ends (synchronous=FULL). In PostgreSQL
writers wait for each other on one lock: what a booking compares with must not change under it.

Failures: `Halt` for an URL that names no database of ours, a database that is newer, foreign or damaged, a write inside
a write, a connection used after a fork; `Retry` for one that is locked, gone or full.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

from ..errors import Halt, Reason
from . import migrating
from .amounts import ExactSum
from .session import Session
from .summaries import complete
from .transaction import Transaction
from .troubles import told, told_of_url

PATIENCE = 30.0  # seconds for which a writer waits for another one
ANSWER = 10  # seconds within which a server must answer
PAGE = 16384  # bytes: a receipt with its raw text lies in one, and is written as one
CACHE = 32 << 20  # bytes of pages held for a connection: the indexes that a booking goes through lie in them
FILE_MODE = 0o600  # people's purchases are in it
WRITER = 0x7469_6C6C_706F_7374  # the advisory lock of those who write; joined with the schema

_LOCK = text(
    "SELECT set_config('lock_timeout', :patience, true), "
    "pg_advisory_xact_lock(CAST(:writer AS bigint) # CAST(hashtext(current_schema()) AS bigint))"
)


class Books:
    """Open one per process; `close` it, or let the process end."""

    def __init__(self, engine: Engine, name: str, patience: float) -> None:
        self._engine = engine
        self._name = name
        self._patience = f"{patience:.3f}s"
        self._process = os.getpid()
        self._writer: int | None = None  # the thread that writes

    @classmethod
    def open(cls, url: str, *, patience: float = PATIENCE) -> Books:
        """The database at `url` (sqlite:///PATH, postgresql+psycopg://…), made and brought to this version where it
        must be. `patience`: seconds for which a writer waits for another. Raises Halt or Retry."""
        with told_of_url("books.url"):
            where = make_url(url)
            name = where.render_as_string(hide_password=True)
        with told_of_url(name):
            engine = _sqlite(where, patience) if where.get_backend_name() == "sqlite" else _postgres(where)
        books = cls(engine, name, patience)
        try:
            books._bring_up_to_date()
        except BaseException:
            engine.dispose()
            raise
        return books

    def _bring_up_to_date(self) -> None:
        with self._reading() as connection:
            state = migrating.look(connection, self._name)
        if state is not migrating.State.CURRENT:
            with self._writing() as connection:
                migrating.migrate(connection, self._name)
                complete(Session(connection))

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Sees one state throughout: that of the last commit before its first question."""
        with self._reading() as connection:
            yield Transaction(Session(connection))

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Commits at the end of the block; on any exception nothing has happened."""
        with self._writing() as connection:
            yield Transaction(Session(connection))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_process()
        with told(self._name), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._check_process()
        if self._writer == threading.get_ident():
            raise Halt(Reason("books.nested"))
        with told(self._name), self._engine.connect() as connection:
            connection.execution_options(writes=True)
            if connection.dialect.name == "postgresql":  # whatever the server's default is: the lock first, then looks
                connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(_LOCK, {"patience": self._patience, "writer": WRITER})
                self._writer = threading.get_ident()
                try:
                    yield connection
                finally:
                    self._writer = None

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise Halt(Reason("books.forked", database=self._name))


def _sqlite(where: URL, patience: float) -> Engine:
    if not where.database or where.database == ":memory:":
        raise Halt(Reason("books.url", database=where.render_as_string(), detail="no file"))
    path = Path(where.database)
    if not path.exists() and path.parent.is_dir():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
    engine = create_engine(where, connect_args={"timeout": patience})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself: `_begin` does
    connection.execute(f"PRAGMA page_size = {PAGE}")  # of a new database; another keeps its own
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE // 1024}")
    connection.create_aggregate("exact_sum", 1, ExactSum)


def _begin(connection: Connection) -> None:
    """A transaction that reads first and writes then fails at once where another one wrote in between: so a writer
    says at its beginning that it writes."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(where: URL) -> Engine:
    if where.get_backend_name() != "postgresql":
        raise Halt(Reason("books.url", database=where.render_as_string(), detail=where.drivername))
    if where.drivername == "postgresql":
        where = where.set(drivername="postgresql+psycopg")
    return create_engine(where, connect_args={"connect_timeout": ANSWER}, pool_pre_ping=True)
