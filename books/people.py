"""Those who may use the pages: people with a password, programs with a token, and who is logged in just now.

What a visitor brings (a session's id, a token) comes here as its SHA-256, a password as its hash: nobody who reads the
database can come in with what stands there.

Failures: `Reject` (error) for a name that is taken or unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select, update

from ..errors import Fault, Reason, Reject
from ..model import Explained, Noun
from .peopletables import FAILURES, TOKENS, USERS, WEB_SESSIONS
from .session import Session


class Role(Explained):
    """What somebody may do; each includes those before it."""

    VIEWER = "viewer", "sees shops, tills and exports, and changes nothing"
    OPERATOR = "operator", "releases and refuses exports, holds tills and fills them anew"
    ADMIN = "admin", "sees the settings and who did what"

    def suffices(self, wanted: Role) -> bool:
        """Whether it includes `wanted`."""
        return _ROLES.index(self) >= _ROLES.index(wanted)


_ROLES = list(Role)


class User(Noun, frozen=True):
    name: str
    role: Role
    password: bytes  # its hash
    made: float


class Visit(Noun, frozen=True):
    """A session of the pages. Times are seconds since the epoch."""

    user: str
    role: Role
    begun: float
    seen: float


class Token(Noun, frozen=True):
    """A program that may ask."""

    name: str
    role: Role
    made: float


class Failures(Noun, frozen=True):
    """How often a password was wrong without a right one between, and when last."""

    count: int
    last: float


class People:
    """The part of a transaction that knows who may come in."""

    _session: Session

    # --- users

    def add_user(self, name: str, role: Role, password: bytes, now: float) -> None:
        if self.user(name) is not None:
            raise Reject(Reason("people.user-there", name=name), Fault.ERROR)
        row = self._session.count_on("user", 1)[0]
        self._session.run(insert(USERS), {"id": row, "name": name, "role": role, "password": password, "made": now})

    def user(self, name: str) -> User | None:
        found = self._session.first(select(USERS).where(USERS.c.name == name))
        return None if found is None else _user(found)

    def users(self) -> list[User]:
        """By name."""
        return [_user(row) for row in self._session.rows(select(USERS).order_by(USERS.c.name))]

    def change_role(self, name: str, role: Role) -> None:
        """Holds from the next page on."""
        self._session.run(update(USERS).where(USERS.c.id == self._id(name)).values(role=role))

    def change_password(self, name: str, password: bytes, *, keep_sessions: bool = False) -> None:
        """Whoever is logged in under the name is no longer, unless only the hash is another one."""
        row = self._id(name)
        self._session.run(update(USERS).where(USERS.c.id == row).values(password=password))
        if not keep_sessions:
            self._session.run(delete(WEB_SESSIONS).where(WEB_SESSIONS.c.user_id == row))

    def remove_user(self, name: str) -> None:
        row = self._id(name)
        self._session.run(delete(WEB_SESSIONS).where(WEB_SESSIONS.c.user_id == row))
        self._session.run(delete(USERS).where(USERS.c.id == row))

    def _id(self, name: str) -> int:
        found = self._session.first(select(USERS.c.id).where(USERS.c.name == name))
        if found is None:
            raise Reject(Reason("people.no-user", name=name), Fault.ERROR)
        return int(found.id)

    # --- sessions

    def begin_visit(self, name: str, digest: bytes, now: float) -> None:
        values = {"digest": digest, "user_id": self._id(name), "begun": now, "seen": now}
        self._session.run(insert(WEB_SESSIONS), values)

    def visit(self, digest: bytes) -> Visit | None:
        columns = (USERS.c.name, USERS.c.role, WEB_SESSIONS.c.begun, WEB_SESSIONS.c.seen)
        wanted = select(*columns).select_from(WEB_SESSIONS.join(USERS)).where(WEB_SESSIONS.c.digest == digest)
        found = self._session.first(wanted)
        return None if found is None else Visit(found.name, Role(found.role), found.begun, found.seen)

    def see_visit(self, digest: bytes, now: float) -> None:
        """The visitor was there just now."""
        self._session.run(update(WEB_SESSIONS).where(WEB_SESSIONS.c.digest == digest).values(seen=now))

    def end_visit(self, digest: bytes) -> None:
        self._session.run(delete(WEB_SESSIONS).where(WEB_SESSIONS.c.digest == digest))

    def end_visits(self, *, seen_before: float, begun_before: float) -> None:
        """Those that nobody can come back to."""
        over = (WEB_SESSIONS.c.seen < seen_before) | (WEB_SESSIONS.c.begun < begun_before)
        self._session.run(delete(WEB_SESSIONS).where(over))

    # --- tokens

    def add_token(self, name: str, role: Role, digest: bytes, now: float) -> None:
        if self._session.first(select(TOKENS.c.id).where(TOKENS.c.name == name)) is not None:
            raise Reject(Reason("people.token-there", name=name), Fault.ERROR)
        row = self._session.count_on("token", 1)[0]
        self._session.run(insert(TOKENS), {"id": row, "name": name, "role": role, "digest": digest, "made": now})

    def token(self, digest: bytes) -> Token | None:
        found = self._session.first(select(TOKENS).where(TOKENS.c.digest == digest))
        return None if found is None else Token(found.name, Role(found.role), found.made)

    def tokens(self) -> list[Token]:
        """By name."""
        rows = self._session.rows(select(TOKENS).order_by(TOKENS.c.name))
        return [Token(row.name, Role(row.role), row.made) for row in rows]

    def remove_token(self, name: str) -> None:
        if not self._session.run(delete(TOKENS).where(TOKENS.c.name == name)):
            raise Reject(Reason("people.no-token", name=name), Fault.ERROR)

    # --- wrong passwords

    def failures(self, key: str) -> Failures:
        found = self._session.first(select(FAILURES).where(FAILURES.c.key == key))
        return Failures(0, 0.0) if found is None else Failures(found.count, found.last)

    def fail(self, key: str, now: float) -> None:
        values = {"count": FAILURES.c.count + 1, "last": now}
        if not self._session.run(update(FAILURES).where(FAILURES.c.key == key).values(values)):
            self._session.run(insert(FAILURES), {"key": key, "count": 1, "last": now})

    def forgive(self, keys: Iterable[str]) -> None:
        self._session.run(delete(FAILURES).where(FAILURES.c.key.in_(list(keys))))

    def forget_failures(self, before: float) -> None:
        self._session.run(delete(FAILURES).where(FAILURES.c.last < before))


def _user(row: Any) -> User:
    return User(row.name, Role(row.role), row.password, row.made)

