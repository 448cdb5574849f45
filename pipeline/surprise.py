"""What nobody foresaw: a fault of our own costs one file, or one run of a job, and stops no other.

Here is the program's only `except Exception`. Everything else says which errors it expects.

Failures: `Reject` (`feed.surprise`, or as asked; in `error`) in the place of any exception that is none of ours; the
log says where it happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_exception

from ..errors import Fault, Reason, Reject, Trouble
from .logs import Log


@contextmanager
def foreseen(log: Log, *expected: type[Exception], code: str = "feed.surprise", **what: object) -> Iterator[None]:
    """Around the work on one file, or one run; `what` names it in the log. `Trouble` and what is `expected` pass
    unchanged; `code` is of the reason that is told of everything else."""
    passing: tuple[type[Exception], ...] = (Trouble, *expected)
    try:
        yield
    except passing:
        raise
    except Exception as surprise:
        log.error("not_understood", trace="".join(format_exception(surprise)), **what)  # noqa: TRY400 - no stdlib log
        raise Reject(Reason(code, kind=type(surprise).__name__), Fault.ERROR) from surprise
