"""The program, loaded once: a process that forks one more for each verb, so that a try costs no start of Python.

    in    ["--root", "/r", "feed"]      as JSON, a line for each verb
    out   PID                           a child is there and has stopped itself: trace it, then let it go on
          CODE                          it ended: its exit code, or minus the signal that ended it

What the verb says goes to the file named by the only argument of this script. The parent opens nothing of a root: an
LMDB environment would not outlive a fork.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

LOADED = (
    "tillpost.cli", "tillpost.counter.feeding", "tillpost.counter.sales", "tillpost.counter.archives",
    "tillpost.counter.tills", "tillpost.counter.service", "tillpost.pipeline.collect", "tillpost.pipeline.requests",
    "tillpost.pipeline.trim", "sqlalchemy.dialects.sqlite", "structlog", "rich.table", "rich.progress", "rich.console",
    "alembic.command", "watchdog.observers", "apscheduler.triggers.cron", "xmlschema", "zoneinfo",
)  # fmt: skip
_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)  # <linux/prctl.h>: where only a parent may trace, let others, too


def main(said: Path) -> None:
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _verb(json.loads(line), said)
        os.waitpid(child, os.WUNTRACED)
        _answer(child)
        _, status = os.waitpid(child, 0)
        _answer(os.waitstatus_to_exitcode(status))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _verb(arguments: list[str], said: Path) -> NoReturn:
    """As the installed program would: a traceback is the interpreter's, and exit code 1."""
    from tillpost.cli import run

    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANY)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.kill(os.getpid(), signal.SIGSTOP)
    code = 1
    try:
        code = run(arguments)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
