"""xml2arrow and polars, without a loop over goods: EXPORT OUT TILLS. What no peer does: see tillfiles.

It holds the whole export as tables, and writes empty fields as null instead of leaving them out. It reads the export
twice, beside each other: where the children of a good are rows, they are no fields of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile

import polars as pl
from tillfiles import CHUNK, deliver
from xml2arrow import XmlToArrowParser

TEXTS = ("name", "receiptName", "article", "group")
NUMBERS = {
    "unit": "Int32",
    "tax": "Int32",
    "department": "Int32",
    "price": "Float64",
    "minPrice": "Float64",
    "age": "Int32",
}


def commands(export: str) -> Iterator[str]:
    with ThreadPoolExecutor(2) as pool:
        goods, packings = pool.map(lambda table: read(export, *table), (_goods(), _packings()))
    packed = (
        packings.filter(pl.col("barcode").is_not_null())
        .group_by("<good>", maintain_order=True)
        .agg(
            pl.col("barcode").first(),
            pl.struct("barcode", quantdefault=pl.col("quantity").fill_null(1)).slice(1).alias("barcodes"),
        )
    )
    whole = goods.join(packed, on="<good>", how="left", maintain_order="left")
    for part in whole.iter_slices(CHUNK):
        yield from part.select(_command()).to_series()


def read(export: str, rows_of: str, levels: str, fields: str) -> pl.DataFrame:
    rows = "  - {name: rows, xml_path: /goods, levels: [good], fields: []}\n" if rows_of != "/goods" else ""
    table = f"{rows}  - name: table\n    xml_path: {rows_of}\n    levels: [{levels}]\n    fields:\n{fields}"
    with NamedTemporaryFile("w", suffix=".yaml") as told:
        told.write(f"tables:\n{table}")
        told.flush()
        found = pl.from_arrow(XmlToArrowParser(told.name).parse(export)["table"])
    assert isinstance(found, pl.DataFrame)  # noqa: S101 - for the type checker
    return found


def _field(name: str, path: str, kind: str = "Utf8") -> str:
    return f'      - {{name: {name}, xml_path: "/goods/good/{path}", data_type: {kind}, nullable: true}}\n'


def _goods() -> tuple[str, str, str]:
    fields = _field("code", "@code") + "".join(_field(name, name) for name in TEXTS)
    return "/goods", "good", fields + "".join(_field(name, name, kind) for name, kind in NUMBERS.items())


def _packings() -> tuple[str, str, str]:
    """A row for each child of a good, whatever it is."""
    fields = _field("barcode", "barcode") + _field("quantity", "barcode/@quantity", "Float64")
    return "/goods/good", "good, child", fields


def _command() -> pl.Expr:
    price, code = pl.col("price"), pl.col("code")
    invent = pl.struct(
        code.alias("inventcode"),
        "barcode",
        "barcodes",
        pl.col("department").fill_null(1).alias("deptcode"),
        "price",
        pl.col("minPrice").fill_null(price).alias("minprice"),
        pl.lit(value=True).alias("isInventItem"),
        pl.col("article").fill_null(code).alias("articul"),
        pl.col("receiptName").fill_null(pl.col("name")).alias("rtext"),
        "name",
        pl.col("unit").alias("measurecode"),
        pl.col("tax").alias("taxgroupcode"),
        pl.col("group").alias("inventgroup"),
        "age",
    )
    return pl.struct(pl.lit("addInventItem").alias("command"), invent.alias("invent")).struct.json_encode()


def main(export: str, out: str, tills: str) -> None:
    deliver(commands(export), Path(out), int(tills))


if __name__ == "__main__":
    main(*sys.argv[1:])
