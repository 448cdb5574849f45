"""What the tests of the books share: a database of each kind, a folder that is quick, and a trial till."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from tillpost.books import Books
from trial_books import Trial, empty

ASKED = os.environ.get("TILLPOST_TEST_POSTGRES")
POSTGRES = ASKED or "postgresql://postgres@127.0.0.1:5432/test"


def _server() -> tuple[sqlalchemy.Engine | None, str]:
    """The server, or why there is none."""
    url = sqlalchemy.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    try:
        engine = sqlalchemy.create_engine(url, connect_args={"connect_timeout": 3}, isolation_level="AUTOCOMMIT")
        with engine.connect():
            return engine, ""
    except (sqlalchemy.exc.OperationalError, ModuleNotFoundError) as trouble:
        return None, " ".join(str(trouble).split())[:200]


@pytest.fixture(scope="session")
def server() -> Iterator[sqlalchemy.Engine]:
    """PostgreSQL. One that was asked for by TILLPOST_TEST_POSTGRES must answer; else its tests say why they are
    skipped."""
    engine, why = _server()
    if engine is None and ASKED:
        pytest.fail(f"TILLPOST_TEST_POSTGRES names a server that does not answer: {why}")
    if engine is None:
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}: {why}")
    yield engine
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the system has such a place: every commit is synced, and other tests use the disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(prefix="tillpost-books-", dir=memory))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database in SQLite, made once."""
    path = tmp_path_factory.mktemp("books") / "books.sqlite"
    Books.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(folder: Path, migrated: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, folder)}"


@contextmanager
def _schema(server: sqlalchemy.Engine) -> Iterator[str]:
    """The URL of a schema of its own."""
    schema = f"books_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    options = f"-csearch_path={schema} -csynchronous_commit=off"
    try:
        yield server.url.update_query_dict({"options": options}).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="session")
def migrated_schema(server: sqlalchemy.Engine) -> Iterator[str]:
    """An empty database in PostgreSQL, made once."""
    with _schema(server) as url:
        Books.open(url).close()
        yield url


@pytest.fixture
def postgres_url(migrated_schema: str) -> Iterator[str]:
    yield migrated_schema
    empty(migrated_schema)


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A database in which nobody has been."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'fresh.sqlite'}"
        return
    with _schema(request.getfixturevalue("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn: what holds of one holds of the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def books(url: str) -> Iterator[Books]:
    made = Books.open(url)
    yield made
    made.close()


@pytest.fixture
def trial(books: Books) -> Trial:
    return Trial(books)


@pytest.fixture
def trials() -> type[Trial]:
    return Trial
