"""How what may hold a secret is told without it: settings, and the words of a command that was given some.

A secret is known by where it stands (`user:password@host`), by the word before it (`--token T`, `password = P`), or
because we know it. Of a setting that is there to hold one, nothing is told when it is wrong.

Failures: none. What looks like nothing of this kind is shown: keep secrets where they belong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

MASK = "***"
HOLDERS = frozenset({"books.url", "notify.command", "cash.properties"})  # settings in which one is at home
_IN_ADDRESS = re.compile(r"(?<=:)[^\s:/@\"']+(?=@)")
_BEHIND_WORD = re.compile(
    r"((?:passw(?:or)?d|pwd|secret|token|api[-_]?key|bearer|(?<![\w-])(?:-u|--user))[\"']?[\s=:,]+[\"']?)[^\s\",'\\]+",
    re.IGNORECASE,
)
_NAME = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)  # of a variable that holds one
_LEAST = 4  # characters of what is masked because it is known; less would mask words that mean nothing


def masked(text: str, known: Iterable[str] = ()) -> str:
    """`text` without what looks like a secret in it, nor any of `known`."""
    for secret in sorted((secret for secret in known if len(secret) >= _LEAST), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _BEHIND_WORD.sub(rf"\g<1>{MASK}", _IN_ADDRESS.sub(MASK, text))


def shown(key: str, got: str) -> str:
    """What the setting `key` holds, for a message that it is wrong."""
    return MASK if key in HOLDERS else got


def surrounding() -> list[str]:
    """The secrets that our own environment holds, which a command that we start inherits."""
    return [value for name, value in os.environ.items() if _NAME.search(name) and os.sep not in value]
