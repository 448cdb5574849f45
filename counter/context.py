"""What every verb of a root is given: the root it works in.

Failures: `click.UsageError` where no root was named, `click.BadParameter` for a name that no shop or till can have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from ..errors import Halt
from ..pipeline.locks import Patience
from ..pipeline.office import Office, open_office
from ..pipeline.settings import check_id
from .progress import progress
from .verbs import DONE, LATER, REFUSED, WRONG_SETTINGS, InOrder, json_option

__all__ = [
    "DONE",
    "LATER",
    "REFUSED",
    "WRONG_SETTINGS",
    "InOrder",
    "Root",
    "json_option",
    "named",
    "pass_root",
]

P = ParamSpec("P")
R = TypeVar("R")

WAIT = 30.0  # seconds for whoever else works in the root


class Root:
    """Where the verbs work; opened at the first need."""

    def __init__(self, context: click.Context) -> None:
        self._path: str | None = context.meta["tillpost.root"]
        self.verbose: bool = context.meta["tillpost.verbose"]

    @property
    def path(self) -> Path:
        if not self._path:
            raise click.UsageError("no root named: tillpost --root DIR VERB …, or set TILLPOST_ROOT")
        return Path(self._path)

    @contextmanager
    def office(self, *, ours: bool = False, weighing: bool = False) -> Iterator[Office]:
        """The opened root, as `open_office` says; `ours` waits for whoever works in it. The log is shown to those who
        ask for it; the others get a bar when reading takes long. It is taken away at the end: who reads exports answers
        after it."""
        with (
            progress(wanted=not self.verbose) as watched,
            open_office(
                self.path,
                ours=ours,
                weighing=weighing,
                verbose=self.verbose,
                progress=watched,
                patience=Patience(WAIT, _told),
            ) as office,
        ):
            yield office


def _told(holder: str) -> None:
    """Somebody at a terminal is told what takes so long."""
    if sys.stderr.isatty():
        click.echo(f"waiting for {holder}", err=True)


def pass_root(verb: Callable[Concatenate[Root, P], R]) -> Callable[P, R]:
    """Gives a verb its Root."""

    @wraps(verb)
    def with_root(*args: P.args, **kwargs: P.kwargs) -> R:
        return verb(Root(click.get_current_context()), *args, **kwargs)

    return with_root


def named(what: str, names: Iterable[str]) -> list[str]:
    """The names given for shops or tills, each one that can be a folder."""
    ids = [name.strip() for name in names if name.strip()]
    for name in ids:
        try:
            check_id(what, name)
        except Halt as wrong:
            raise click.BadParameter(wrong.reason.text()) from wrong
    if len(set(ids)) != len(ids):
        raise click.BadParameter(f"a {what} was named twice: {', '.join(ids)}")
    return ids
