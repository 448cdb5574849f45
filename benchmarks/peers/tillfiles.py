"""What all peers in Python do alike: commands into files of 25,000, a copy of each for every till, then its flag.

None of the peers validates, compares with what was sent before, numbers on from the last time, or syncs: they do the
plain part of the job, as programs that people write for it do. A good's command has what a till sells by, and no
options; of numbers they believe what stands in the export.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path
from typing import Any

CHUNK = 25_000
Strings = dict[str, Any]


def command(good: Strings) -> Strings:
    """The command for a good: `good` by the names of the export's elements, a barcode as (code, quantity or None)."""
    barcodes = good.get("barcode") or [(None, None)]
    invent = {
        "inventcode": good["code"],
        "barcode": barcodes[0][0],
        "barcodes": [{"barcode": code, "quantdefault": float(quantity or 1)} for code, quantity in barcodes[1:]],
        "deptcode": int(good.get("department") or 1),
        "price": _number(good.get("price")),
        "minprice": _number(good.get("minPrice") or good.get("price")),
        "isInventItem": True,
        "articul": good.get("article") or good["code"],
        "rtext": good.get("receiptName") or good["name"],
        "name": good["name"],
        "measurecode": int(good["unit"]),
        "taxgroupcode": int(good["tax"]),
        "inventgroup": good["group"],
        "age": good.get("age") and int(good["age"]),
    }
    return {"command": "addInventItem", "invent": {name: value for name, value in invent.items() if value}}


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def deliver(commands: Iterable[str], out: Path, tills: int) -> None:
    """Writes each chunk once and copies it to the other tills; flags come last."""
    folders = [out / str(till) for till in range(1, tills + 1)]
    for folder in folders:
        folder.mkdir(parents=True)
    rest = iter(commands)
    for number in count(1):
        chunk = "".join(f"{each}\n---\n" for each in islice(rest, CHUNK))
        if not chunk:
            return
        first, *others = (folder / f"pos{number:010}.aif" for folder in folders)
        first.write_text(chunk, "utf-8")
        for other in others:
            shutil.copyfile(first, other)
        for file in (first, *others):
            file.with_suffix(".flz").touch()
