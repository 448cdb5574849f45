"""How work is written down: one event a line, JSON in a file that may be moved away, readable at a terminal.

An event's name is a key in the past tense (`export_processed`); what it happened to stands in fields of its own.
Names and numbers belong into a log, the content of a document does not.

structlog is imported at the first event: most verbs only look, write nothing down, and should answer at once.

Failures: none. A log that cannot be written is told on stderr, once until it can be again; the work goes on.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import cached_property, partial
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Protocol

from .clock import Clock, SystemClock

LEVELS = ("debug", "info", "warning", "error")
SECRETS = ("password", "token", "secret")  # a field whose name holds one of these is masked
MASK = "***"
FILE_MODE = 0o640

Fields = MutableMapping[str, Any]


class Log(Protocol):
    """Where events are written down. `event` in the past tense; in the fields, what it happened to."""

    def debug(self, event: str, **fields: object) -> None: ...

    def info(self, event: str, **fields: object) -> None: ...

    def warning(self, event: str, **fields: object) -> None: ...

    def error(self, event: str, **fields: object) -> None: ...

    def close(self) -> None:
        """Lets go of the file. A later event opens it again."""
        ...


def configure(file: Path, level: str, terminal: bool | None = None, clock: Clock | None = None) -> Log:
    """A log in `file`, with events of `level` (of LEVELS) and above; shown on stderr as well where `terminal` says so,
    or, where it says nothing, if stderr is a terminal."""
    return _EventLog(file, level, sys.stderr.isatty() if terminal is None else terminal, clock or SystemClock())


class _EventLog:
    """Keeps to itself: no logger is registered and nothing is set for the whole process, so that two roots can be
    open at once."""

    def __init__(self, file: Path, level: str, terminal: bool, clock: Clock) -> None:
        self._least = LEVELS.index(level)
        self._file = _LogFile(file)
        self._terminal = terminal
        self._clock = clock

    def debug(self, event: str, **fields: object) -> None:
        self._write("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write("error", event, fields)

    def close(self) -> None:
        self._file.close()

    def _write(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        if LEVELS.index(level) >= self._least:
            getattr(self._events, level)(event, **fields)

    @cached_property
    def _events(self) -> Any:
        import structlog  # noqa: PLC0415 - costs more than most verbs do

        logger = logging.Logger("tillpost", logging.DEBUG)
        for handler, renderer in self._outlets(structlog):
            handler.setFormatter(_formatter(structlog, renderer))
            logger.addHandler(handler)
        return structlog.wrap_logger(
            logger,
            processors=[
                _mask,
                partial(_stamp, self._clock),
                structlog.processors.format_exc_info,
                # Nothing is rendered here: each handler's formatter does it, so that no line is encoded twice.
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        )

    def _outlets(self, structlog: Any) -> Iterator[tuple[logging.Handler, Any]]:
        encode = partial(json.dumps, ensure_ascii=False)
        yield self._file, structlog.processors.JSONRenderer(encode)
        if self._terminal:
            # Strings come out quoted and escaped: a file's name must not move somebody's cursor.
            renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), repr_native_str=True)
            yield logging.StreamHandler(sys.stderr), renderer


def _formatter(structlog: Any, renderer: Any) -> logging.Formatter:
    formatter: logging.Formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    return formatter


def _stamp(clock: Clock, logger: object, level: str, fields: Fields) -> Fields:
    """When and what stand first in the line. ISO, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="milliseconds")
    first = {"timestamp": moment.replace("+00:00", "Z"), "level": level, "event": fields["event"]}
    return {**first, **fields, **first}


def _mask(logger: object, method: str, fields: Fields) -> Fields:
    """No secret gets into a log, however deep it stands."""
    for name, value in fields.items():
        fields[name] = _masked(name, value)
    return fields


def _masked(name: object, value: object) -> object:
    if any(secret in str(name).lower() for secret in SECRETS):
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", inner) for inner in value]
    return value


def _make(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


class _LogFile(WatchedFileHandler):
    """Opened at the first line, and again under the old name when it was moved away. A name that is no Unicode is
    written as the escapes JSON has for it."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8", delay=True, errors="backslashreplace")
        self._failed = self._told = False

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=_make)

    def emit(self, record: logging.LogRecord) -> None:
        self._failed = False
        try:
            super().emit(record)
        except OSError:  # opening fails outside of what the handler catches itself
            self.handleError(record)
        self._told = self._failed

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Says once that nothing is written down any more."""
        self._failed = True
        if not self._told:
            sys.stderr.write(f"tillpost: cannot write {self.baseFilename}: {sys.exc_info()[1]}\n")

    def close(self) -> None:
        try:
            super().close()
        except OSError:  # what the disk had no room for is lost, and was told
            self.stream = None
