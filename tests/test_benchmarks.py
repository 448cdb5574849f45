"""What the benchmarks feed: the same exports from the same seed, each of them right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tillpost
from lxml import etree

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
XSD = Path(tillpost.__file__).parent / "xsd"
SIZE = 300


def generated(folder: Path) -> dict[str, bytes]:
    command = [sys.executable, str(BENCHMARKS / "generate.py"), str(folder), str(SIZE)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return {file.stem: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return generated(tmp_path_factory.mktemp("exports"))


def goods(export: bytes) -> list[bytes]:
    return re.findall(rb"<good .*?</good>", export, re.DOTALL)


def test_same_seed_gives_the_same_bytes(exports: dict[str, bytes], tmp_path: Path) -> None:
    assert generated(tmp_path) == exports


def test_every_export_is_valid(exports: dict[str, bytes]) -> None:
    for variant, data in exports.items():
        kind = variant if (XSD / f"{variant}.xsd").exists() else "goods"
        file = BENCHMARKS / "commerceml.xsd" if variant in ("import", "offers") else XSD / f"{kind}.xsd"
        etree.XMLSchema(file=file).assertValid(etree.fromstring(data))


def test_variants_differ_from_the_first_export_by_what_their_names_say(exports: dict[str, bytes]) -> None:
    first, changed = goods(exports["goods"]), goods(exports["changed"])
    assert len(first) == len(set(first)) == SIZE
    assert goods(exports["again"]) == first
    assert exports["again"] != exports["goods"]
    assert sum(one != other for one, other in zip(first, changed, strict=True)) == SIZE // 100
    assert goods(exports["shuffled"]) != changed
    assert sorted(goods(exports["shuffled"])) == sorted(changed)
    few = goods(exports["few"])
    assert len(set(few) - set(first)) == len(few) == 10
    assert [one.decode("cp1251") for one in goods(exports["cp1251"])] == [one.decode() for one in first]
