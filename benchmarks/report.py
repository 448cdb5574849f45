"""RESULTS.md and results.svg, made of results.json: the tables between the marks are written anew, other text stays.

<!-- made: NAME -->  …  <!-- end -->
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import peercases
from chart import chart
from feedcases import CASES

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
WAIT, QUEUES = "wait", "queues"  # what is measured besides cases and peers
MARKED = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
REACH_SIZE = "1M"
REACH_MANY, REACH_WAIT_MS = 1.1, 20
TITLES = {case.key: case.title for case in CASES} | peercases.TITLES
GROWTH = ("first", "changed", "again", "shuffled", "cp1251", "commerceml", "shared", *peercases.TITLES)

Found = dict[str, Any]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """`words`: the columns that are words; the others are figures."""
    lines = [heads, ["---" if place in words else "---:" for place in range(len(heads))], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


class Report:
    """`results`: what results.json holds."""

    def __init__(self, results: Found) -> None:
        self._sizes: dict[str, Found] = dict(
            sorted(results.get("sizes", {}).items(), key=lambda item: int(item[1]["size"]))
        )
        self._queues: Found | None = results.get(QUEUES)

    def parts(self) -> dict[str, Callable[[], str]]:
        return {"circumstances": self.circumstances, "cases": self.cases, "growth": self.growth, "queues": self.queues}

    # --- tables --------------------------------------------------------------------------------------------

    def circumstances(self) -> str:
        runs = [(f"{word} goods, {found['bytes'] / 1e6:.0f} MB", found) for word, found in self._sizes.items()]
        if self._queues:
            runs.append(("queues", self._queues))
        rows = [
            (what, found["when"], found["machine"], found["disk"], " to ".join(f"{load:.1f}" for load in found["load"]))
            for what, found in runs
        ]
        versions = dict.fromkeys(word for _, found in runs for word in found["versions"])
        told = table(("run", "on", "machine", "disk", "load, before and after"), rows, range(4))
        return f"{told}\n{', '.join(versions)}.\n"

    def cases(self) -> str:
        return "\n".join(self._cases(word, found) for word, found in reversed(self._sizes.items()))

    def _cases(self, word: str, found: Found) -> str:
        measured = found["measured"]
        reach = {case.key: case.reach for case in CASES} if word == REACH_SIZE else {}
        rows = [self._row(key, measured[key], reach) for key in TITLES if key in measured]
        heads = ["", "ratio", "least to most", "processor", "seconds", "xmllint", "peak MB", "of them anonymous"]
        told = table(heads[:2] + (["at most"] if reach else []) + heads[2:], rows)
        rounds = {str(each["rounds"]) for each in measured.values() if "ratio" in each}
        return f"### {word} goods\n\n{told}\n{self._asides(word, measured)}Rounds: {', '.join(sorted(rounds))}.\n"

    def _row(self, key: str, one: Found, reach: dict[str, float | None]) -> list[str]:
        title = TITLES[key] if key not in peercases.TITLES else f"*{TITLES[key]}*"
        bound = reach.get(key)
        aim = [f"{bound:.2f}" if bound else ""] if reach else []
        if "failed" in one:
            return [title, "failed", *aim, "", "", "", "", "", ""]
        return [
            title,
            f"**{one['ratio']:.2f}**",
            *aim,
            f"{one['least']:.2f} to {one['most']:.2f}",
            f"{one['processor_ratio']:.2f}",
            f"{one['seconds']:.2f}",
            f"{one['yardstick_seconds']:.2f}",
            f"{one['pss'] / 1e6:.0f}",
            f"{one['anonymous'] / 1e6:.0f}",
        ]

    def _asides(self, word: str, measured: Found) -> str:
        told = ""
        first, many, wait = (measured.get(key, {}) for key in ("first", "many", WAIT))
        if "seconds" in first and "seconds" in many:
            times = many["seconds"] / first["seconds"]
            bound = f" (at most {REACH_MANY})" if word == REACH_SIZE else ""
            told += f"2,000 tills took {times:.2f} times as long as 20{bound}. "
        if "median" in wait:
            bound = f" (at most {REACH_WAIT_MS} ms)" if word == REACH_SIZE else ""
            told += (
                f"An export of ten changes, with the service running: {wait['median']:.1f} ms until the flag stood at"
                f" all 20 tills{bound}, nine of ten within {wait['nine_of_ten']:.1f} ms, the least"
                f" {wait['least']:.1f} ms, of {wait['rounds']}; syncing one small file took {wait['sync']:.2f} ms"
                f" there, and the service had {wait['memory'] / 1e6:.0f} MB resident at most. "
            )
        return told

    def growth(self) -> str:
        """Microseconds a good: where they stay, time grows as the goods do."""
        sizes = list(self._sizes.items())
        rows = []
        for key in ("xmllint", *GROWTH):
            times = [self._each(found, key) for _, found in sizes]
            if any(times):
                title = "*xmllint, on the first full load*" if key == "xmllint" else TITLES[key]
                rows.append([title, *(f"{time:.2f}" if time else "" for time in times)])
        return table(["microseconds a good", *(word for word, _ in sizes)], rows)

    def _each(self, found: Found, key: str) -> float | None:
        one = found["measured"].get("first" if key == "xmllint" else key, {})
        seconds: float | None = one.get("yardstick_seconds" if key == "xmllint" else "seconds")
        return seconds and seconds / found["size"] * 1e6

    def queues(self) -> str:
        if not self._queues:
            return ""
        from contestants import CONTESTANTS  # noqa: PLC0415 - only who measured queues has them all installed

        measured = self._queues["measured"]
        unit = measured.get("sqlite", {"put": math.nan, "take": math.nan})
        rows = [
            [
                each.title,
                f"**{one['put'] / unit['put']:.2f}**",
                f"**{one['take'] / unit['take']:.2f}**",
                f"{one['put'] / 1000:.2f}",
                f"{one['take'] / 1000:.2f}",
                _syncs(one["put_syncs"]),
                _syncs(one["take_syncs"]),
                each.survives,
            ]
            for key, each in CONTESTANTS.items()
            if "put" in (one := measured.get(key, {}))
        ]
        heads = ("", "put", "take", "put, ms", "take, ms", "syncs, put", "syncs, take", "what was put survives")
        return table(heads, rows, (0, len(heads) - 1))

    # --- the plot ------------------------------------------------------------------------------------------

    def chart(self) -> str:
        lines: dict[str, list[tuple[float, float]]] = {}
        for key in ("xmllint", "first", "shuffled", "changed", "again", "lxml"):
            points = [
                (float(found["size"]), each * found["size"] / 1e6)
                for found in self._sizes.values()
                if (each := self._each(found, key))
            ]
            lines["xmllint --stream --schema" if key == "xmllint" else TITLES[key]] = points
        word, found = list(self._sizes.items())[-1]
        bars = [
            (TITLES[key], found["measured"][key]["ratio"], key in peercases.TITLES)
            for key in TITLES
            if "ratio" in found["measured"].get(key, {})
        ]
        return chart(lines, bars, f"{word} goods: time as a ratio to xmllint's")


def _syncs(count: float | None) -> str:
    return "" if count is None else f"{count:.2f}".rstrip("0").rstrip(".")


def main() -> None:
    report = Report(json.loads(RESULTS.read_text("utf-8")))
    parts = report.parts()
    text = (HERE / "RESULTS.md").read_text("utf-8")
    text = MARKED.sub(lambda mark: f"{mark[1]}\n{parts[mark[2]]()}\n{mark[3]}", text)
    (HERE / "RESULTS.md").write_text(text, "utf-8")
    (HERE / "results.svg").write_text(report.chart(), "utf-8")


if __name__ == "__main__":
    main()
