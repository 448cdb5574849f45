"""Passwords and what stands for them: argon2's hashes, ids and tokens that nobody guesses, and their digests.

Failures: `Reject` (`people.*`) for a password that is too short or too long; `Halt` where argon2 is not installed.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING

from ..errors import Fault, Halt, Reason, Reject

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 10  # characters of a password
MOST = 1024  # bytes: nobody keeps us busy with a book
AT_ONCE = threading.Semaphore(2)  # each check takes 64 MiB


@cache
def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher  # noqa: PLC0415 - only the pages need it
    except ModuleNotFoundError as cause:
        raise Halt(Reason("people.not-installed", missing="argon2-cffi")) from cause
    return PasswordHasher()  # argon2id with the library's own costs, which follow RFC 9106


def hashed(password: str) -> bytes:
    """What is kept of a new password. Raises Reject where it is no good."""
    if len(password) < LEAST:
        raise Reject(Reason("people.short", least=LEAST), Fault.ERROR)
    if len(password.encode(errors="replace")) > MOST:
        raise Reject(Reason("people.long", most=MOST), Fault.ERROR)
    with AT_ONCE:
        return _hasher().hash(password).encode()


@cache
def nobodys() -> bytes:
    """A hash that no password has: checked where there is no such user, so that both take as long."""
    return hashed(secrets.token_urlsafe(32))


def fits(password: str, kept: bytes) -> bool:
    hasher = _hasher()
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    if len(password.encode(errors="replace")) > MOST:
        return False
    try:
        with AT_ONCE:
            return hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def is_dated(kept: bytes) -> bool:
    """Whether it was made with costs that are no longer ours."""
    return _hasher().check_needs_rehash(kept.decode())


def drawn() -> str:
    """An id or a token: 256 bits that nobody guesses, as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Under which an id or a token is known. It needs no salt: nobody goes through 256 bits."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def form_token(session: str) -> str:
    """What a form must bring to prove that our page was its origin: nobody makes it who cannot read the cookie."""
    return hashlib.sha256(f"form {session}".encode(errors="replace")).hexdigest()
