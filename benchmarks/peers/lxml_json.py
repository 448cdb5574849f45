"""lxml's iterparse and json: EXPORT OUT TILLS. What no peer does: see tillfiles."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from tillfiles import Strings, command, deliver


def goods(export: str) -> Iterator[Strings]:
    for _, element in etree.iterparse(export, tag="{urn:tillpost:export:1}good"):
        good: Strings = {"code": element.get("code"), "barcode": []}
        for child in element:
            name = etree.QName(child).localname
            if name == "barcode":
                good["barcode"].append((child.text, child.get("quantity")))
            else:
                good[name] = child.text
        yield good
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def main(export: str, out: str, tills: str) -> None:
    deliver((json.dumps(command(good), ensure_ascii=False) for good in goods(export)), Path(out), int(tills))


if __name__ == "__main__":
    main(*sys.argv[1:])
