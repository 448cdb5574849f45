"""The metrics: their names, what they count, and the words in which people are told. All are read from one snapshot of
the state; none bears a time stamp, which node_exporter refuses.

Failures: those of the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .. import __version__
from ..catalogue import Transaction
from ..errors import Trouble
from ..queues.inbox import scan
from .errorsfile import counted
from .jobs import WELL, Jobs
from .ledger import Export, ExportState, Ledger
from .monitor import REFUSED
from .office import Office
from .trimplan import books_of, has_books

if TYPE_CHECKING:
    from ..books import Books

FINAL = frozenset({ExportState.PROCESSED, ExportState.ERROR, ExportState.BROKEN})


class Metrics(Collector):
    """The metrics of one office, as its page."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._exports = ExportCounts()
        self._stack = ExitStack()
        self._opened: Books | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def page(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        office = self._office
        yield _gauge("build_info", "Which tillpost it is.", [({"version": __version__}, 1)])
        with office.store.read() as txn:
            yield from self._tills(txn)
            counts = self._exports.count(Ledger(txn))
            yield _gauge("exports", "Exports by where they stand.", [({"state": s}, n) for s, n in counts.items()])
            yield from _jobs(txn)
            collects = Jobs(txn).state("collect").last
            errors = counted(txn).errors
            refused = bool(Ledger(txn).noted(REFUSED))
        yield _counter(
            "errors", "Files in error or broken, tills halted, jobs failed, settings refused.", [({}, errors)]
        )
        yield _gauge(
            "settings_refused", "1 while the settings of the file are wrong and older ones hold.", [({}, refused)]
        )
        found = scan(office.disk, office.layout.inbox, office.settings.arrival.flag_suffix).found
        yield _gauge("inbox_files", "Files in the inbox that were not taken.", [({}, len(found))])

        if collects is None or collects.outcome in WELL:  # else the database is asked when the job is tried again
            yield from self._books()

    def _books(self) -> Iterator[Metric]:
        """What the sales database tells; nothing where it does not answer."""
        if not has_books(self._office):
            return
        try:
            if self._opened is None:
                self._opened = self._stack.enter_context(books_of(self._office))
            with self._opened.read() as txn:
                counts, documents = txn.counts(), txn.undelivered()
        except Trouble as trouble:
            self._office.log.warning("books_not_counted", reason=str(trouble))
            self.close()
            return
        yield _gauge(
            "sales_files", "Sales files by where they stand.", [({"state": s.value}, n) for s, n in counts.items()]
        )
        yield _gauge("documents_undelivered", "Documents that the ERP has not taken.", [({}, documents)])

    def close(self) -> None:
        """Lets go of the sales database; a later page opens it again."""
        self._opened = None
        self._stack.close()

    def _tills(self, txn: Transaction) -> Iterator[Metric]:
        office, now = self._office, self._office.clock.now()
        limit = office.settings.queue.overdue_seconds
        names = {
            "till_chunks": "Chunks in a till's folder that it has not taken.",
            "till_commands": "Commands in these chunks.",
            "till_oldest_seconds": "For how long the oldest of them has stood there; 0 where there is none.",
            "till_overdue": "1 where the till should have taken it by now.",
            "till_halted": "1 where the till's folder is not as it must be, and nothing more is offered.",
            "till_on_hold": "1 where a person put the till on hold.",
        }
        families = {
            name: GaugeMetricFamily(f"tillpost_{name}", text, labels=("shop", "till")) for name, text in names.items()
        }
        for state in Ledger(txn).tills():
            oldest = min((chunk.offered_at for chunk in state.outstanding), default=now)
            values = {
                "till_chunks": len(state.outstanding),
                "till_commands": sum(chunk.objects for chunk in state.outstanding),
                "till_oldest_seconds": max(0.0, now - oldest),
                "till_overdue": office.queue(state).overdue(state, now, limit) is not None,
                "till_halted": bool(state.halted),
                "till_on_hold": state.held,
            }
            for name, value in values.items():
                families[name].add_metric((state.shop, state.till), float(value))
        yield from families.values()


def _jobs(txn: Transaction) -> Iterator[Metric]:
    states = Jobs(txn).states()
    yield _gauge(
        "job_last_success_timestamp_seconds",
        "When a job was last done, in seconds since 1970; 0 = never.",
        [({"job": state.name}, state.last_success) for state in states],
    )
    yield _gauge(
        "job_unwell",
        "1 where a job's last run was put off, failed or halted.",
        [({"job": s.name}, s.last is not None and s.last.outcome not in WELL and s.last.ended > 0) for s in states],
    )
    yield _counter(
        "job_missed",
        "Due times of a job that passed while nobody was there.",
        [({"job": state.name}, state.missed_total) for state in states],
    )


Samples = Iterable[tuple[dict[str, str], float]]


def _gauge(name: str, text: str, samples: Samples) -> Metric:
    return _filled(GaugeMetricFamily(f"tillpost_{name}", text), samples)


def _counter(name: str, text: str, samples: Samples) -> Metric:
    return _filled(CounterMetricFamily(f"tillpost_{name}", text), samples)


def _filled(family: Metric, samples: Samples) -> Metric:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    for labels, value in samples:
        family.add_sample(name, labels, float(value))
    return family


class ExportCounts:
    """How many exports stand in which state. What is decided for good is counted once, so that a round costs what is
    new and not what ever came."""

    def __init__(self) -> None:
        self._final: Counter[ExportState] = Counter()
        self._open: set[int] = set()
        self._last = 0

    def count(self, ledger: Ledger) -> dict[str, int]:
        opened: Counter[ExportState] = Counter()
        known, self._open = self._open, set()
        for arrival in sorted(known):
            self._take(ledger.export(arrival), opened)
        for export in ledger.exports_after(self._last):
            self._last = export.arrival
            self._take(export, opened)
        found = self._final + opened
        return {state.value: found[state] for state in ExportState}

    def _take(self, export: Export | None, opened: Counter[ExportState]) -> None:
        if export is None:  # its file never moved, and the number was forgotten
            return
        if export.state in FINAL:
            self._final[export.state] += 1
        else:
            opened[export.state] += 1
            self._open.add(export.arrival)
