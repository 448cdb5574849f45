"""What people write for the same job: each peer reads the first full load and puts commands into the folders of 20
tills, a copy each. What none of them does, and what single ones do not, says `peers/`."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

from measuring import Command, Failed, Trial
from roots import TILLS

PEERS = Path(__file__).with_name("peers")
SCHEMA = Path(__file__).parents[1] / "xsd" / "goods.xsd"

TITLES = {
    "lxml": "lxml iterparse + json",
    "xmltodict": "xmltodict + json",
    "pandas": "pandas.read_xml + json",
    "xml2arrow": "xml2arrow + polars",
    "saxes": "node, saxes",
    "shell": "xmllint, xmlstarlet, split, cp",
}
_PYTHON = {
    "lxml": "lxml_json.py",
    "xmltodict": "xmltodict_json.py",
    "pandas": "pandas_table.py",
    "xml2arrow": "xml2arrow_polars.py",
}


def installed(key: str, node: Path) -> bool:
    """Whether a peer can run here; `node`: where its modules for node lie."""
    match key:
        case "saxes":
            return shutil.which("node") is not None and (node / "node_modules" / "saxes").exists()
        case "shell":
            return shutil.which("xmlstarlet") is not None
        case _:
            return True


def trial(key: str, exports: dict[str, Path], size: int, place: Path, node: Path) -> Trial:
    given = (exports["goods"], place, str(TILLS))

    def prepare() -> Command:
        match key:
            case "saxes":
                for file in (PEERS / "saxes").iterdir():
                    shutil.copyfile(file, node / file.name)
                return Command(["node", node / "feed.js", *given])
            case "shell":
                return Command([PEERS / "shell.sh", *given, SCHEMA])
            case _:
                return Command([sys.executable, PEERS / _PYTHON[key], *given])

    def check() -> None:
        last = place / str(TILLS)
        chunks = sorted(last.glob("*.aif"))
        commands = sum(chunk.read_bytes().count(b"\n---\n") for chunk in chunks)
        if commands != size or not all(chunk.with_suffix(".flz").exists() for chunk in chunks):
            raise Failed(f"{TITLES[key]}: {commands} commands in {len(chunks)} chunks for {size} goods")

    return Trial(prepare, check, partial(shutil.rmtree, place, ignore_errors=True))
