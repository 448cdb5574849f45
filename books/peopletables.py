"""The tables of those who may use the pages, and of what they did.

Times are seconds since the epoch. What opens a door (a session's id, a token) is kept as its SHA-256 alone, and a
password as the hash that whoever checks it made.

Failures: none.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text

from .amounts import Id, Words
from .tables import METADATA

USERS = Table(
    "users",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", LargeBinary, nullable=False),
    Column("made", Float(53), nullable=False),
)
WEB_SESSIONS = Table(
    "web_sessions",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("begun", Float(53), nullable=False),
    Column("seen", Float(53), nullable=False),
)
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("made", Float(53), nullable=False),
)
# Wrong passwords, by what they were tried on and from where: whoever tries slowly must still be seen after a restart.
FAILURES = Table(
    "log_in_failures",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last", Float(53), nullable=False, index=True),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("who", Words, nullable=False),
    Column("verb", Text, nullable=False),
    Column("about", Words, nullable=False),
    Column("result", Words),  # JSON; null: nobody came back to say
    Index(None, "who", "id"),
    Index(None, "about", "id"),
)
