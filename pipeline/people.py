"""Who may come in, and under which name: people by name and password, programs by a token; and how long they may stay.

A wrong password makes the next try wait, longer each time: for the name, so that nobody guesses one; and for the
address, so that nobody guesses many. It is counted before the password is looked at, so that many tries at one moment
are as many. A name waits for a minute at most: nobody is to lock somebody else out.

Failures: `Reject` (`people.*`) for a name that cannot be one, is taken or unknown, a password that is wrong or no
good, a try that comes too early; `Halt` where argon2 is not installed; those of the books.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from ..books import Books, Failures, Role, Transaction, User, Visit
from ..errors import Fault, Reason, Reject, Retry
from ..model import Told
from . import passwords
from .clock import Clock, moment
from .servicesections import Web

NAME = re.compile(r"[a-z0-9._@-]{1,64}", re.ASCII)
FREE = 3  # wrong passwords before anybody waits
OF_NAME, OF_ADDRESS = 60.0, 300.0  # seconds that a name and an address wait at most
FORGOTTEN = 86_400.0  # seconds after which a wrong password counts no more
SEEN_EVERY = 60.0  # seconds between two notes that a visitor is there: each is a commit

Row = dict[str, object]


def check_name(name: str) -> str:
    """Raises Reject where nobody can be called so."""
    if not NAME.fullmatch(name):
        raise Reject(Reason("people.name", name=name), Fault.ERROR)
    return name


class Key(NamedTuple):
    """On what wrong passwords are counted, and how long it waits at most."""

    name: str
    most: float

    def pause(self, failures: Failures) -> float:
        """Seconds from the last failure to the next try."""
        over = failures.count - FREE
        return 0.0 if over < 0 else min(self.most, 2.0 ** min(over, 20))


class People:
    """The people of one root. `web` says how long their sessions last."""

    def __init__(self, books: Books, clock: Clock, web: Web) -> None:
        self._books = books
        self._clock = clock
        self._idle = web.idle_minutes * 60.0
        self._longest = web.session_hours * 3600.0

    # --- by hand; `by`: who does it

    def add_user(self, name: str, role: Role, password: str, by: str) -> None:
        kept, now = passwords.hashed(password), self._clock.now()
        with self._books.write() as txn:
            txn.add_user(check_name(name), role, kept, now)
            self._note(txn, by, "user add", name, Reason("people.made", role=role))

    def change_role(self, name: str, role: Role, by: str) -> None:
        with self._books.write() as txn:
            txn.change_role(name, role)
            self._note(txn, by, "user role", name, Reason("people.role", role=role))

    def change_password(self, name: str, password: str, by: str) -> None:
        """Ends the sessions of that name, and its waiting."""
        kept = passwords.hashed(password)
        with self._books.write() as txn:
            txn.change_password(name, kept)
            txn.forgive([f"user {name}"])
            self._note(txn, by, "user password", name, Reason("people.done"))

    def remove_user(self, name: str, by: str) -> None:
        with self._books.write() as txn:
            txn.remove_user(name)
            self._note(txn, by, "user rm", name, Reason("people.removed"))

    def add_token(self, name: str, role: Role, by: str) -> str:
        """The token, which nobody can be told again."""
        token = passwords.drawn()
        with self._books.write() as txn:
            txn.add_token(check_name(name), role, passwords.digest(token), self._clock.now())
            self._note(txn, by, "token add", name, Reason("people.made", role=role))
        return token

    def remove_token(self, name: str, by: str) -> None:
        with self._books.write() as txn:
            txn.remove_token(name)
            self._note(txn, by, "token rm", name, Reason("people.removed"))

    def _note(self, txn: Transaction, by: str, verb: str, name: str, result: Reason) -> None:
        txn.note(by, verb, name, self._clock.now(), Told.of(result))

    # --- who is there

    def users(self) -> list[Row]:
        with self._books.read() as txn:
            return [{"name": user.name, "role": user.role.value, "made": moment(user.made)} for user in txn.users()]

    def tokens(self) -> list[Row]:
        with self._books.read() as txn:
            return [{"name": one.name, "role": one.role.value, "made": moment(one.made)} for one in txn.tokens()]

    # --- coming and going

    def log_in(self, name: str, password: str, address: str) -> str:
        """The id of a new session, which only the visitor gets to know. Raises Reject."""
        name, now = name.strip().lower(), self._clock.now()
        keys = [Key(f"user {name[:64]}", OF_NAME), Key(f"address {address}", OF_ADDRESS)]
        with self._books.write() as txn:
            txn.forget_failures(now - FORGOTTEN)
            self._check_wait(txn, keys, now)
            for key in keys:
                txn.fail(key.name, now)
            user = txn.user(name)
        if not passwords.fits(password, user.password if user else passwords.nobodys()) or user is None:
            raise Reject(Reason("people.wrong"), Fault.ERROR)
        return self._let_in(user, password, keys)

    def _check_wait(self, txn: Transaction, keys: list[Key], now: float) -> None:
        for key in keys:
            failures = txn.failures(key.name)
            pause = key.pause(failures)
            left = min(pause, failures.last + pause - now)  # a clock that was put back makes nobody wait for longer
            if left > 0:
                raise Reject(Reason("people.wait", seconds=int(left) + 1), Fault.ERROR)

    def _let_in(self, user: User, password: str, keys: list[Key]) -> str:
        session, now = passwords.drawn(), self._clock.now()
        fresh = passwords.hashed(password) if passwords.is_dated(user.password) else None
        with self._books.write() as txn:
            if fresh is not None:
                txn.change_password(user.name, fresh, keep_sessions=True)
            txn.forgive(key.name for key in keys)
            txn.end_visits(seen_before=now - self._idle, begun_before=now - self._longest)
            txn.begin_visit(user.name, passwords.digest(session), now)
        return session

    def visit(self, session: str, *, stays: bool = True) -> Visit | None:
        """Whose session it is; None where it is nobody's, or over. `stays`: somebody is there, so that it does not grow
        idle; a page that asks by itself does not say so."""
        digest, now = passwords.digest(session), self._clock.now()
        with self._books.read() as txn:
            found = txn.visit(digest)
        if found is None or now - found.seen >= self._idle or now - found.begun >= self._longest:
            return None
        if stays and abs(now - found.seen) >= SEEN_EVERY:
            with suppress(Retry), self._books.write() as txn:  # books that are busy throw nobody out
                txn.see_visit(digest, now)
        return found

    def log_out(self, session: str) -> None:
        with self._books.write() as txn:
            txn.end_visit(passwords.digest(session))

    def program(self, token: str) -> tuple[str, Role] | None:
        """The name and role of a token."""
        with self._books.read() as txn:
            found = txn.token(passwords.digest(token))
        return None if found is None else (f"token {found.name}", found.role)

    # --- what was done

    def acts(
        self, language: str, limit: int, *, before: int | None = None, who: str = "", about: str = ""
    ) -> list[Row]:
        """Entries of the audit, newest first, with their results in `language`."""
        with self._books.read() as txn:
            entries = txn.entries(limit, before=before, who=who, about=about)
        return [
            {
                "entry": one.id,
                "at": moment(one.at),
                "who": one.who,
                "verb": one.verb,
                "about": one.about,
                "result": one.result.text(language) if one.result else "",
            }
            for one in entries
        ]

    def begin_act(self, who: str, verb: str, about: str) -> int:
        """Notes that somebody sets about something; `end_act` tells what came of it."""
        with self._books.write() as txn:
            return txn.note(who, verb, about, self._clock.now())

    def end_act(self, entry: int, result: Reason) -> None:
        with self._books.write() as txn:
            txn.note_result(entry, Told.of(result))
