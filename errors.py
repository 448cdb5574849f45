"""The three errors and the words in which they are told.

Every edge (XML, store, operating system) turns foreign errors into one of these, once. They are sorted by
what to do next, not by what went wrong:

* `Reject`: the document stays wrong whatever we do; set it aside, with a verdict.
* `Retry`: the world is not ready (disk full, file still written); the same document again, later.
* `Halt`: we are misconfigured or the state is damaged; stop before doing harm.

An error carries a `Reason`: a code for programs and named parts, from which the text for people is made in
their language. The texts live in `etc/texts/*.toml`, one file per room, English and Russian side by side.

Failures: an unknown code or a missing part is a programming error and raises KeyError; a test reads every
code in the program and finds its text in both languages.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "ru")
FIRM_SPACES = "\u00a0\u202f"  # between the thousands of a number; Python calls no space but one printable


class Reason:
    """Why something was refused, held or warned about: `code` for programs, `parts` to fill the text."""

    __slots__ = ("code", "parts")

    def __init__(self, code: str, /, **parts: object) -> None:
        self.code = code
        self.parts = parts

    def text(self, language: str = "en") -> str:
        """One line for people, in `language` (one of LANGUAGES). Control characters come out escaped."""
        line = _texts()[self.code][language].format_map(self.parts)
        if line.isprintable():
            return line
        return "".join(c if c.isprintable() or c in FIRM_SPACES else ascii(c)[1:-1] for c in line)

    def __repr__(self) -> str:
        return f"Reason({self.code!r}, {', '.join(f'{k}={v!r}' for k, v in self.parts.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and (self.code, self.parts) == (other.code, other.parts)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted((k, str(v)) for k, v in self.parts.items()))))


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for page in files(__package__).joinpath("etc", "texts").iterdir():
        if page.name.endswith(".toml"):
            texts.update(tomllib.loads(page.read_text("utf-8")))
    return texts


class Trouble(Exception):
    """What `Reject`, `Retry` and `Halt` share: a reason, told in one line."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason.text()


class Fault(StrEnum):
    """Whose fault a rejected document is; also the name of the room where it ends."""

    BROKEN = "broken"  # the document is wrong: not well-formed, no converter, breaks its schema
    ERROR = "error"  # the document is right, the world refused it for good: an old number, an unknown shop


class Reject(Trouble):
    """The document stays wrong: set it aside in the room of its `fault`."""

    def __init__(self, reason: Reason, fault: Fault = Fault.BROKEN) -> None:
        super().__init__(reason)
        self.fault = fault


class Retry(Trouble):
    """The world is not ready: the same document, later. Nothing was moved."""


class Halt(Trouble):
    """Misconfigured or damaged: stop before doing harm, and say what a person must do."""
