"""xmltodict, streamed, and json: EXPORT OUT TILLS. What no peer does: see tillfiles.

xmltodict calls back for each good, so the files are made of what a list has gathered: a chunk at a time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import xmltodict
from tillfiles import CHUNK, Strings, command, deliver


def goods(export: str) -> Iterator[Strings]:
    """From a thread of its own, since a callback cannot yield."""
    parts: Queue[list[Strings]] = Queue(2)
    Thread(target=_parse, args=(export, parts), daemon=True).start()
    while part := parts.get():
        yield from part


def _parse(export: str, parts: Queue[list[Strings]]) -> None:
    gathered: list[Strings] = []

    def take(path: list[tuple[str, dict[str, str] | None]], item: dict[str, Any]) -> bool:
        code = (path[1][1] or {})["code"]
        gathered.append({**item, "code": code, "barcode": [_packing(each) for each in item["barcode"]]})
        if len(gathered) == CHUNK:
            parts.put(gathered.copy())
            gathered.clear()
        return True

    with Path(export).open("rb") as source:
        xmltodict.parse(source, item_depth=2, item_callback=take, force_list=("barcode",))
    parts.put(gathered)
    parts.put([])


def _packing(barcode: str | dict[str, str]) -> tuple[str, str | None]:
    return (barcode, None) if isinstance(barcode, str) else (barcode["#text"], barcode["@quantity"])


def main(export: str, out: str, tills: str) -> None:
    deliver((json.dumps(command(good), ensure_ascii=False) for good in goods(export)), Path(out), int(tills))


if __name__ == "__main__":
    main(*sys.argv[1:])
