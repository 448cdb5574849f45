"""Tables of the program as pictures and tables of a document: Mermaid's state diagrams, and Markdown.

A diagram is text: an arrow for each pair of states, with all that leads from the one to the other. What leads to the
same state from everywhere is drawn once, from `anywhere`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

Move = tuple[str, str, str]
"""From, to, and why."""

ANYWHERE = "anywhere"


def diagram(moves: Iterable[Move], begin: str) -> str:
    """A Mermaid `stateDiagram-v2` that begins in `begin`."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for before, after, why in _gathered(list(moves)):
        if why not in arrows[before, after]:
            arrows[before, after].append(why)
    states = dict.fromkeys(state for arrow in arrows for state in arrow)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state}" as {_id(state)}' for state in states if _id(state) != state]
    lines += [f"    [*] --> {_id(begin)}"]
    lines += [f"    {_id(before)} --> {_id(after)}: {', '.join(why)}" for (before, after), why in arrows.items()]
    return "\n".join([*lines, "```"])


def _gathered(moves: list[Move]) -> list[Move]:
    """With one move from `anywhere` instead of one from every state but, perhaps, the one it leads to."""
    states = {before for before, _, _ in moves}
    sources: dict[tuple[str, str], set[str]] = defaultdict(set)
    for before, after, why in moves:
        sources[after, why].add(before)
    everywhere = {told for told, before in sources.items() if len(states) > 2 and states - {told[0]} <= before}
    kept = [move for move in moves if move[1:] not in everywhere]
    return kept + [(ANYWHERE, *told) for told in dict.fromkeys(move[1:] for move in moves) if told in everywhere]


def _id(state: str) -> str:
    return re.sub(r"\W", "_", state)


def caused(table: Mapping[tuple[str, str], str]) -> list[Move]:
    """Of a table {(state, cause): state}, without what changes nothing."""
    return [(before, after, cause) for (before, cause), after in table.items() if before is not after]


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
