"""All figures of the feed, its peers and the queues: run by `make bench`; what came of it: RESULTS.md.

    bench.py 10k 100k 1M               everything, for each size
    bench.py 100k --only first,lxml    some of it; the rest of RESULTS.md stays
    bench.py --only queues             the queues alone, which have no size

Each figure goes into results.json as soon as it is there; RESULTS.md and results.svg are made from that. Whoever wants
figures to believe in has a machine that does nothing else: the load before and after stands in RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import feedcases
import peercases
import report
from feedcases import CASES
from generate import VARIANTS, size_of, write_all
from measuring import Failed, compared, file_system, machine, python, version
from report import QUEUES, RESULTS, WAIT
from roots import Roots
from waiting import waited

HERE = Path(__file__).parent
ROUNDS = 5
WAITS = 40  # exports of ten records
LIBRARIES = ("lxml", "lmdb", "msgspec", "xmltodict", "pandas", "polars", "xml2arrow", "pyarrow")
QUEUE_LIBRARIES = ("lmdb", "dirq", "persist-queue", "litequeue", "huey")


class Bench:
    """`only`: keys of what is wanted; empty = all."""

    def __init__(self, work: Path, node: Path, rounds: int, only: frozenset[str]) -> None:
        self._work, self._node, self._rounds, self._only = work, node, rounds, only
        self._results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        self.failed = 0

    def size(self, word: str) -> None:
        """All cases of one size."""
        size, folder = size_of(word), self._work / word
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "roots").mkdir(parents=True)
        print(f"{word}: writing exports", flush=True)
        exports = write_all(folder / "exports", size, only=VARIANTS)
        found = self._results.setdefault("sizes", {}).setdefault(word, {})
        found |= self._circumstances(LIBRARIES) | {"size": size, "bytes": exports["goods"].stat().st_size}
        measured = found.setdefault("measured", {})
        for key, measure in self._measures(size, folder, exports):
            self._note(measured, f"{word} {key}", key, measure)
        found["load"][1] = os.getloadavg()[0]
        self._save()
        shutil.rmtree(folder)

    def _measures(
        self, size: int, folder: Path, exports: dict[str, Path]
    ) -> Iterator[tuple[str, Callable[[], object]]]:
        roots, place, log = Roots(folder / "roots", exports), folder / "try", folder / "log"
        for case in CASES:
            if self._wanted(case.key):
                trial = feedcases.trial(case, roots, exports, size, place)
                yardstick = feedcases.yardstick(case, exports)
                yield case.key, lambda: compared(trial, yardstick, self._rounds, log)  # noqa: B023 - called at once
        if self._wanted(WAIT):
            yield WAIT, lambda: waited(roots.copy("loaded", folder / "waiting"), size, WAITS)
        shutil.rmtree(folder / "roots")
        (folder / "roots").mkdir()
        for key, title in peercases.TITLES.items():
            if not self._wanted(key):
                continue
            if peercases.installed(key, self._node):
                trial = peercases.trial(key, exports, size, place, self._node)
                yardstick = feedcases.yardstick(CASES[0], exports)
                yield key, lambda: compared(trial, yardstick, self._rounds, log)  # noqa: B023
            else:
                print(f"{title}: not installed, left out", flush=True)

    def queues(self) -> None:
        if not self._wanted(QUEUES):
            return
        from contestants import CONTESTANTS  # noqa: PLC0415 - not all runs need all those queues installed
        from primitives import pace  # noqa: PLC0415

        found = self._results.setdefault(QUEUES, {})
        found |= self._circumstances(QUEUE_LIBRARIES)
        self._work.mkdir(parents=True, exist_ok=True)
        measured = found.setdefault("measured", {})
        for key in CONTESTANTS:
            self._note(measured, f"queue {key}", key, lambda: pace(key, self._work))  # noqa: B023
        found["load"][1] = os.getloadavg()[0]
        self._save()

    def _wanted(self, key: str) -> bool:
        return not self._only or key in self._only

    def _note(self, measured: dict[str, Any], title: str, key: str, measure: Callable[[], object]) -> None:
        begun = time.perf_counter()
        try:
            measured[key] = asdict(measure())  # type: ignore[call-overload]
        except Failed as failed:
            self.failed += 1
            measured[key] = {"failed": str(failed).splitlines()[0][:200]}
            print(failed, file=sys.stderr)
        told = ", ".join(f"{name} {_plain(value)}" for name, value in measured[key].items())
        print(f"{title}: {told}  ({time.perf_counter() - begun:.0f} s)", flush=True)
        self._save()

    def _circumstances(self, libraries: tuple[str, ...]) -> dict[str, Any]:
        load = os.getloadavg()[0]
        return {
            "when": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "disk": file_system(self._work),
            "load": [load, load],
            "versions": [
                f"tillpost {metadata.version('tillpost')}",
                python(),
                *filter(None, (_xmllint(), _node(), _xmlstarlet())),
                *(f"{name} {metadata.version(name)}" for name in libraries),
            ],
        }

    def _save(self) -> None:
        RESULTS.write_text(json.dumps(self._results, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _xmllint() -> str:
    """It tells libxml2's as 20914."""
    number = int(version("xmllint", "--version").rpartition(" ")[2].partition("-")[0])
    return f"xmllint of libxml2 {number // 10000}.{number // 100 % 100}.{number % 100}"


def _node() -> str:
    said = version("node", "--version")
    return said and f"node {said.removeprefix('v')}"


def _xmlstarlet() -> str:
    said = version("xmlstarlet", "--version")
    return said and f"xmlstarlet {said}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the feed, its peers and the queues.")
    parser.add_argument("sizes", nargs="*", help="how many goods: 10k, 100k, 1M")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each case, after a warm-up")
    parser.add_argument("--only", type=lambda text: frozenset(text.split(",")), default=frozenset())
    parser.add_argument("--work", type=Path, default=HERE.parent / "build" / "bench", help="where roots and files lie")
    parser.add_argument("--node", type=Path, default=HERE.parent / "build" / "node", help="where saxes is installed")
    asked = parser.parse_args()
    known = {case.key for case in CASES} | set(peercases.TITLES) | {WAIT, QUEUES}
    if unknown := asked.only - known:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
    if shutil.which("xmllint") is None:
        sys.exit("xmllint is needed, by which everything is measured; Debian: apt-get install libxml2-utils")
    bench = Bench(asked.work.resolve(), asked.node.resolve(), asked.rounds, asked.only)
    for word in asked.sizes:
        bench.size(word)
    bench.queues()
    report.main()
    sys.exit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
