"""One picture of two halves, as SVG: lines over sizes, both axes logarithmic, and bars of ratios."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 1120, 560
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 70, 50, 330, 350
BARS_LEFT, BARS_WIDTH, BAR = 770, 260, 22
COLOURS = ("#666666", "#1f5fa8", "#3a923a", "#b8860b", "#7b4fa3", "#c0392b", "#118a8a")
OURS, OTHERS = "#1f5fa8", "#b0b0b0"
MOST = 10.0  # ratios above are cut off, and told


def chart(lines: Mapping[str, Points], bars: Sequence[tuple[str, float, bool]], title: str) -> str:
    """`lines`: seconds over goods; `bars`: title, ratio, and whether it is another's."""
    drawn = "\n".join([*_lines({name: points for name, points in lines.items() if points}), *_bars(bars, title)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{drawn}\n</svg>\n'
    )


def _lines(lines: Mapping[str, Points]) -> Iterator[str]:
    everything = [point for points in lines.values() for point in points]
    if not everything:
        return
    xs, ys = zip(*everything, strict=True)
    x_scale = _Scale(min(xs), max(xs), LEFT, LEFT + PLOT_WIDTH)
    y_scale = _Scale(min(ys), max(ys), TOP + PLOT_HEIGHT, TOP)
    yield _text(LEFT, TOP - 22, "Seconds over goods; dotted: growth as that of the goods", weight="bold")
    for power in x_scale.powers():
        at = x_scale(10.0**power)
        yield f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{TOP + PLOT_HEIGHT}" stroke="#dddddd"/>'
        yield _text(at, TOP + PLOT_HEIGHT + 18, f"{10**power:,}", anchor="middle")
    for power in y_scale.powers():
        at = y_scale(10.0**power)
        yield f'<line x1="{LEFT}" y1="{at:.1f}" x2="{LEFT + PLOT_WIDTH}" y2="{at:.1f}" stroke="#dddddd"/>'
        yield _text(LEFT - 8, at + 4, f"{10.0**power:g}", anchor="end")
    yield from _guides(x_scale, y_scale)
    for place, (name, points) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{x_scale(x):.1f},{y_scale(y):.1f}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in points:
            yield f'<circle cx="{x_scale(x):.1f}" cy="{y_scale(y):.1f}" r="3" fill="{colour}"/>'
        at = TOP + PLOT_HEIGHT + 48 + 16 * place
        yield f'<rect x="{LEFT}" y="{at - 9}" width="10" height="10" fill="{colour}"/>'
        yield _text(LEFT + 16, at, name, size=11)


def _guides(x_scale: _Scale, y_scale: _Scale) -> Iterator[str]:
    """Lines along which time grows as the goods do."""
    first, last = x_scale.powers()[0], x_scale.powers()[-1]
    frame = f'x="{LEFT}" y="{TOP}" width="{PLOT_WIDTH}" height="{PLOT_HEIGHT}"'
    yield f'<clipPath id="plot"><rect {frame}/></clipPath>\n<g clip-path="url(#plot)">'
    for power in range(y_scale.powers()[0] - (last - first), y_scale.powers()[-1]):
        start, end = y_scale(10.0**power), y_scale(10.0 ** (power + last - first))
        ends = f'x1="{LEFT}" y1="{start:.1f}" x2="{LEFT + PLOT_WIDTH}" y2="{end:.1f}"'
        yield f'<line {ends} stroke="#aaaaaa" stroke-dasharray="1 4"/>'
    yield "</g>"


def _bars(bars: Sequence[tuple[str, float, bool]], title: str) -> Iterator[str]:
    if not bars:
        return
    most = min(MOST, max(ratio for _, ratio, _ in bars))
    yield _text(BARS_LEFT, TOP - 22, title, weight="bold")
    one = BARS_LEFT + BARS_WIDTH / most
    bottom = TOP + len(bars) * (BAR + 4)
    if most > 1:
        ends = f'x1="{one:.1f}" y1="{TOP - 6}" x2="{one:.1f}" y2="{bottom}"'
        yield f'<line {ends} stroke="#c0392b" stroke-dasharray="4 3"/>'
    for place, (name, ratio, is_other) in enumerate(bars):
        at = TOP + place * (BAR + 4)
        width = min(ratio, most) / most * BARS_WIDTH
        fill = OTHERS if is_other else OURS
        yield _text(BARS_LEFT - 8, at + 15, name, anchor="end", size=11)
        yield f'<rect x="{BARS_LEFT}" y="{at}" width="{max(width, 1):.1f}" height="{BAR}" fill="{fill}"/>'
        cut = " →" if ratio > most else ""
        yield _text(BARS_LEFT + width + 6, at + 15, f"{ratio:.2f}{cut}", size=11)


class _Scale:
    """Logarithms between whole powers of ten around least and most, to places between two others."""

    def __init__(self, least: float, most: float, first: float, last: float) -> None:
        self._low = math.floor(math.log10(least))
        self._high = max(math.ceil(math.log10(most)), self._low + 1)
        self._first, self._last = first, last

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._first + share * (self._last - self._first)

    def powers(self) -> range:
        return range(self._low, self._high + 1)


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">'
        f"{escape(words)}</text>"
    )
