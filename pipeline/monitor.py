"""What monitoring reads: a text file for Prometheus' node_exporter, and the count of errors. Written after every round;
a reader sees the old file or the new one, whole.

Failures: none. A file that cannot be written is told in the log, once until it can be again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Trouble
from ..queues.durable import replace
from ..queues.moving import Moves
from .errorsfile import counted, page
from .office import Office

if TYPE_CHECKING:
    from .metrics import Metrics

REFUSED = "settings refused"  # under which the ledger notes why those of the file are not in force
MODE = 0o644  # node_exporter is somebody else
FOLDER_MODE = 0o755


class Monitor:
    """The files of one office. Remembers what need not be counted again."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._metrics: Metrics | None = None
        self._failed: set[Path] = set()

    def write(self) -> None:
        """Writes what the settings ask for."""
        places = self._office.settings.monitor
        if places.errors_file:
            self._write(places.errors_file, self._errors)
        if places.metrics_file:
            self._write(places.metrics_file, self._page)

    def _errors(self) -> bytes:
        with self._office.store.read() as txn:
            return page(counted(txn))

    def _page(self) -> bytes:
        if self._metrics is None:
            from .metrics import Metrics  # noqa: PLC0415 - costs more than most verbs do

            self._metrics = Metrics(self._office)
        return self._metrics.page()

    def close(self) -> None:
        """Lets go of what is open from round to round."""
        if self._metrics is not None:
            self._metrics.close()

    def _write(self, place: str, content: Callable[[], bytes]) -> None:
        office = self._office
        path = office.root / place
        try:
            if path.parent.is_relative_to(office.root):  # elsewhere a folder that is missing is somebody's mistake
                Moves(office.disk, folder_mode=FOLDER_MODE).make(path.parent, office.root)
            replace(office.disk, path, content(), MODE)
        except Trouble as trouble:
            if path not in self._failed:
                office.log.warning("monitoring_not_written", file=str(path), reason=str(trouble))
            self._failed.add(path)
        else:
            self._failed.discard(path)
