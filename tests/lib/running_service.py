"""The service as a process, and other verbs beside it; what tests wait for, and read in its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

from post_office import PostOffice
from tillpost.cli import run

PATIENCE = 60.0  # seconds after which a condition that should soon hold counts as failed


def soon(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.01)


@contextmanager
def service(office: PostOffice, *verb: str, **place: str) -> Iterator[subprocess.Popen[str]]:
    """A running `tillpost run`, or another verb."""
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), *(verb or ("run",))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **place}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def verb(office: PostOffice, *arguments: str) -> Any:
    """What a verb answers programs; this process is not the service's."""
    said = StringIO()
    with redirect_stdout(said):
        code = run(["--root", str(office.root), *arguments, "--json"])
    assert code == 0, said.getvalue()
    return json.loads(said.getvalue())


def events(office: PostOffice, name: str) -> list[dict[str, Any]]:
    """The log's lines of this event."""
    log = office.root / "state" / "tillpost.log"
    lines = log.read_text("utf-8").splitlines(keepends=True) if log.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in found if line["event"] == name]


def is_ready(office: PostOffice, times: int = 1) -> Callable[[], bool]:
    return lambda: len(events(office, "service_ready")) >= times
