"""The tables of the sales database.

Ids are given by the program, which writes alone: no sequence can lag behind after a dump was restored. Times of
sales are local and without a zone, as the tills tell them; `received`, `made` and the like are seconds since the
epoch. Positions and payments are kept for every version of a document; `documents.counts` tells which version counts.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from .amounts import Amount, Id, Words

REVISION = "0008"  # of these tables; the newest file in migrations/versions

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _table(name: str, *parts: Column[Any] | UniqueConstraint | Index, **options: Any) -> Table:
    return Table(name, METADATA, *parts, **options)


def _key(name: str = "id", type_: Any = Id, *extra: Any) -> Column[Any]:
    return Column(name, type_, *extra, primary_key=True, autoincrement=False)


def _must(name: str, type_: Any, *extra: Any, **options: Any) -> Column[Any]:
    return Column(name, type_, *extra, nullable=False, **options)


META = _table("meta", _key("key", Text), _must("value", Text))
NOTICES = _table("notices", _key("key", Words))
TILLS = _table(
    "tills",
    _key(),
    _must("shop", Text),
    _must("till", Text),
    Column("last_sale", DateTime),
    UniqueConstraint("shop", "till"),
)
FILES = _table(
    "files",
    _key("arrival"),
    _must("name", Text),
    _must("kept", Text),
    _must("state", Text),
    _must("received", Float(53)),
    _must("shop", Text),
    _must("till", Text),
    _must("live", Boolean),
    _must("size", BigInteger),
    _must("digest", Text),
    _must("decided", Float(53)),
    Column("reason", Text),  # JSON
    _must("put_away", Boolean),
    _must("tries", Integer),
    _must("next_try", Float(53)),
    _must("where", Text),
    _must("tally", Text),  # JSON
)
Index("ix_files_unfinished", FILES.c.arrival, sqlite_where=~FILES.c.put_away, postgresql_where=~FILES.c.put_away)
Index("ix_files_shop_till", FILES.c.shop, FILES.c.till, FILES.c.arrival)
Index("ix_files_state", FILES.c.state, FILES.c.arrival)

SHIFTS = _table(
    "shifts",
    _key(),
    _must("till_id", Id, ForeignKey("tills.id")),
    _must("number", BigInteger),
    Column("opened", DateTime),  # None: provisional, or opened at an unknown time
    Column("closed", DateTime),
    Column("first", DateTime),  # the earliest and latest time of its documents, those that do not count included
    Column("last", DateTime),
    _must("untimed", Boolean),  # whether a document without a time is among them
    Column("starts", DateTime),  # opened, or first
    Column("record_id", Id),  # the record that counts
    Column("closed_seen", Float(53)),  # when its closing was booked first
    _must("told", Boolean),  # the ERP was told of it as it is
    Column("archive", Text),  # that holds its documents, which are no more here
    Index(None, "till_id", "number"),
    Index(None, "till_id", "starts"),
    Index(None, "starts"),
)
Index(
    "ix_shifts_untold",
    SHIFTS.c.closed_seen,
    sqlite_where=SHIFTS.c.closed.is_not(None) & ~SHIFTS.c.told,
    postgresql_where=SHIFTS.c.closed.is_not(None) & ~SHIFTS.c.told,
)
SHIFT_SUMS = _table(
    "shift_sums",
    _key("shift_id", Id, ForeignKey("shifts.id", ondelete="CASCADE")),
    _must("body", LargeBinary),
)
SHIFT_RECORDS = _table(
    "shift_records",
    _key(),
    _must("till_id", Id, ForeignKey("tills.id")),
    _must("number", BigInteger),
    _must("shift_id", Id, ForeignKey("shifts.id")),
    _must("digest", LargeBinary),
    Column("opened", DateTime),
    Column("closed", DateTime),
    _must("live", Boolean),
    _must("counts", Boolean),
    _must("arrival", Id),  # that brought it first
    Column("gain", Amount),
    _must("body", LargeBinary),
    _must("raw", Words),
    Column("cash_end", Amount),  # in the drawer at the shift's end
    UniqueConstraint("till_id", "number", "digest"),
    Index(None, "shift_id"),
)
DOCUMENTS = _table(
    "documents",
    _key(),
    _must("till_id", Id, ForeignKey("tills.id")),
    _must("shift_number", BigInteger),
    _must("shift_id", Id, ForeignKey("shifts.id")),
    _must("home", BigInteger),  # the shift of its subject: that in which it counted first
    _must("type", BigInteger),
    _must("number", BigInteger),
    _must("digest", LargeBinary),
    Column("began", DateTime),
    Column("ended", DateTime),
    _must("live", Boolean),  # seen in live files only
    _must("counts", Boolean),
    _must("arrival", Id),  # that brought it first
    _must("counted_by", Id),  # the arrival that made it count, or moved it
    _must("sign", SmallInteger),
    _must("annulled", Boolean),
    _must("cashier", Words),
    _must("sum", Amount),
    _must("cash", Amount),
    _must("cashless", Amount),
    _must("body", LargeBinary),
    _must("raw", Words),
    UniqueConstraint("till_id", "shift_number", "digest"),
    Index(None, "shift_id", "type", "number"),
    Index(None, "counted_by"),
)
_MOVED = DOCUMENTS.c.home != DOCUMENTS.c.shift_id
Index("ix_documents_moved", DOCUMENTS.c.home, sqlite_where=_MOVED, postgresql_where=_MOVED)
Index(  # all that a reconciliation asks of a document: no row is read for it
    "ix_documents_counted",
    *(DOCUMENTS.c[name] for name in ("shift_id", "counts", "type", "sign", "annulled", "number")),
    *(DOCUMENTS.c[name] for name in ("ended", "began", "sum", "cash", "cashless")),
)
_COUNTING: dict[str, Any] = {"sqlite_where": DOCUMENTS.c.counts == true(), "postgresql_where": DOCUMENTS.c.counts}
_NEWEST = [DOCUMENTS.c[name] for name in ("ended", "id", "type", "number", "sum")]
Index("ix_documents_newest", *_NEWEST, **_COUNTING)
Index("ix_documents_newest_of_till", DOCUMENTS.c.till_id, *_NEWEST, **_COUNTING)
Index("ix_documents_newest_of_number", DOCUMENTS.c.number, DOCUMENTS.c.ended, DOCUMENTS.c.id, **_COUNTING)

POSITIONS = _table(
    "positions",
    _key("document_id", Id, ForeignKey("documents.id")),
    _key("place", Integer),
    _must("number", BigInteger),
    _must("code", Words),
    _must("barcode", Words),
    _must("name", Words),
    _must("operation", BigInteger),
    _must("quantity", Amount),
    _must("price", Amount),
    _must("sum", Amount),
    Column("base_sum", Amount),
    _must("discount", Amount),
    Column("tax", Amount),
    Column("department", BigInteger),
    _must("extra_barcode", Words),
    _must("marks", Text),  # JSON
    _must("ware", Id),
    Index(None, "ware", "document_id"),
    sqlite_with_rowid=False,
)
WARES = _table(  # that positions tell
    "wares",
    _key(),
    _must("digest", LargeBinary),  # of code, barcode and name
    _must("code", Words),
    _must("barcode", Words),
    _must("name", Words),
    _must("folded", Words),  # the name without capitals
    UniqueConstraint("digest"),
)
PAYMENTS = _table(
    "payments",
    _key("document_id", Id, ForeignKey("documents.id")),
    _key("place", Integer),
    _must("code", BigInteger),
    _must("operation", BigInteger),
    _must("means", Text),
    _must("move", Text),
    _must("sum", Amount),
    sqlite_with_rowid=False,
)
LOG_ONS = _table(
    "log_ons",
    _key(),
    _must("till_id", Id, ForeignKey("tills.id")),
    _must("digest", LargeBinary),
    _must("operation", BigInteger),
    _must("user", Words),
    Column("at", DateTime),
    _must("arrival", Id),
    _must("raw", Words),
    UniqueConstraint("till_id", "digest"),
    Index(None, "till_id", "at"),
)
REFUSED = _table(
    "refused",
    _key("arrival"),
    _key("place", Integer),
    _must("line", BigInteger),
    _must("section", Words),
    _must("key", Words),
    _must("field", Words),
    _must("code", Text),
    _must("parts", Text),  # JSON
    _must("raw", LargeBinary),
)
FILE_SHIFTS = _table(
    "file_shifts",
    _key("arrival"),
    _key("shift_id", Id, ForeignKey("shifts.id", ondelete="CASCADE")),
    Index(None, "shift_id"),
    sqlite_with_rowid=False,
)
DELIVERIES = _table(
    "deliveries",
    _key(),
    _must("kind", Text),
    _must("subject", Text),
    _must("version", Integer),
    _must("stem", Text),
    _must("name", Text),
    _must("content", LargeBinary),
    _must("state", Text),
    _must("made", Float(53)),
    Column("written", Float(53)),
    Column("taken", Float(53)),
    Column("body", LargeBinary),
    UniqueConstraint("subject", "version"),
    UniqueConstraint("stem", "version"),
    UniqueConstraint("name"),
    Index(None, "state", "id"),
)
Index(
    "ix_deliveries_taken",
    DELIVERIES.c.taken,
    sqlite_where=DELIVERIES.c.body.is_not(None),
    postgresql_where=DELIVERIES.c.body.is_not(None),
)
REQUESTS = _table(
    "requests",
    _key(),
    _must("shop", Text),
    _must("till", Text),
    _must("since", Date),
    _must("until", Date),
    _must("asked", Float(53)),
    Column("answered", Float(53)),  # when the question was seen to be gone
    Index(None, "shop", "till", "id"),
)
Index(
    "ix_requests_open",
    REQUESTS.c.id,
    sqlite_where=REQUESTS.c.answered.is_(None),
    postgresql_where=REQUESTS.c.answered.is_(None),
)
DRAWER = _table(
    "drawer",
    _key(),
    _must("till_id", Id, ForeignKey("tills.id")),
    _must("machine", Words),
    _must("entry", BigInteger),  # of the machine's journal
    _must("at", Float(53)),
    _must("kind", Text),
    _must("verdict", Text),
    _must("number", BigInteger),
    _must("within", BigInteger),
    _must("about", Words),
    _must("unit", Words),
    _must("device", Words),
    _must("currency", Text),
    _must("amount", Amount),
    _must("owed", Amount),
    _must("deposited", Amount),
    _must("given", Amount),
    _must("taken", Amount),
    _must("removed", Amount),
    _must("unsure", Amount),
    _must("code", Words),
    _must("by", Words),
    _must("why", Words),
    _must("digest", LargeBinary),
    _must("arrival", Id),  # that brought it first
    UniqueConstraint("till_id", "machine", "entry"),
    Index(None, "till_id", "at"),
)
DRAWER_PIECES = _table(
    "drawer_pieces",
    _key("drawer_id", Id, ForeignKey("drawer.id")),
    _key("place", Integer),
    _must("move", Text),
    _must("denomination", Amount),
    _must("count", BigInteger),
    sqlite_with_rowid=False,
)


def names() -> Iterable[str]:
    """Of all our tables."""
    return METADATA.tables.keys()
