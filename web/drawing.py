"""Charts as a template draws them: bars over a scale. Widths are shares of what the page decides, heights are pixels:
so a chart fits a desk and a phone, and its words keep their size, without a script.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

HEIGHT = 150  # pixels, of the greatest bar
LINES = 4  # of the scale, at most
LEAST = 1.5  # pixels, of a bar that is more than nothing


@dataclass(frozen=True)
class Bar:
    """`at`, `width`: per cent; `top`, `height`: pixels. `empty`: nobody knows what there was."""

    at: float
    width: float
    top: float
    height: float
    empty: bool = False


@dataclass(frozen=True)
class Line:
    """Of the scale: how high it lies, in pixels from the top, and what it stands for."""

    top: float
    value: int


@dataclass(frozen=True)
class Mark:
    """Below the bars. `at`: per cent; `anchor`: which end of the word lies there."""

    at: float
    word: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    lines: list[Line]
    marks: list[Mark]
    height: int = HEIGHT


def chart(values: Sequence[float | None], marks: Iterable[tuple[float, str]], *, gap: float = 0.0) -> Chart:
    """A bar for each value, side by side; None = nobody knows. `marks`: how many bars from the left, and the word that
    stands there; `gap`: the share of a bar's width that is left free."""
    step = scale(max((value for value in values if value is not None), default=0.0))
    top = step * max(1, -(-max((value or 0.0 for value in values), default=0.0) // step))
    width = 100 / max(1, len(values))
    bars = [_bar(place, value, width, gap, top) for place, value in enumerate(values)]
    lines = [Line(HEIGHT - HEIGHT * value / top, value) for value in range(0, int(top) + 1, step)]
    return Chart([bar for bar in bars if bar.height], lines, [_mark(at * width, word) for at, word in marks])


def _bar(place: int, value: float | None, width: float, gap: float, top: float) -> Bar:
    if value is None:
        return Bar(round(place * width, 3), round(width, 3), 0, HEIGHT, empty=True)
    at = round(place * width + width * gap / 2, 3)
    height = round(max(LEAST, HEIGHT * value / top), 1) if value > 0 else 0
    return Bar(at, round(width * (1 - gap), 3), round(HEIGHT - height, 1), height)


def _mark(at: float, word: str) -> Mark:
    anchor = "start" if at < 3 else "end" if at > 97 else "middle"  # so that no word is cut off
    return Mark(round(at, 3), word, anchor)


def scale(greatest: float) -> int:
    """The step of a scale up to about `greatest`: 1, 2 or 5, and so many zeros that its lines are few."""
    steps = (digit * int(10**zeros) for zeros in count() for digit in (1, 2, 5))
    return next(step for step in steps if greatest <= LINES * step)
