"""pandas.read_xml and json: EXPORT OUT TILLS. What no peer does: see tillfiles.

A table has one cell for a good's barcode, so this one loses all barcodes but one, and how many goods bear it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas
from tillfiles import Strings, command, deliver

COLUMNS = (
    "code name receiptName article barcode group unit tax department price minPrice age".split()  # noqa: SIM905
)


def goods(export: str) -> Iterator[Strings]:
    table = pandas.read_xml(export, iterparse={"good": COLUMNS}, dtype=str)
    table = table.astype(object).where(table.notna(), None)
    for row in table.itertuples(index=False):
        good = row._asdict()
        yield {**good, "barcode": [(good["barcode"], None)]}


def main(export: str, out: str, tills: str) -> None:
    deliver((json.dumps(command(good), ensure_ascii=False) for good in goods(export)), Path(out), int(tills))


if __name__ == "__main__":
    main(*sys.argv[1:])
