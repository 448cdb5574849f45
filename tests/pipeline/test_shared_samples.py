"""Exports that others wrote: read whole, found again in the tills' queues, and known when they come again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from post_office import PostOffice

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "commerceml"
FILES = sorted(FOLDER.rglob("*.xml"))

pytestmark = [
    pytest.mark.usefixtures("unsynced"),
    pytest.mark.skipif(not FILES, reason="exports that others wrote lie beside the checkout, where they lie at all"),
]

# what refers to others comes later
ORDER = ("classifier", "group", "import", "products", "offers", "prices", "remainders")


def rank(file: Path) -> int:
    return next((at for at, start in enumerate(ORDER) if file.name.startswith(start)), len(ORDER))


def stated(file: Path, path: str) -> list[str]:
    """The texts at `path` (local names) of a file."""
    steps = "".join(f"/*[local-name()='{step}']" for step in path.split("/"))
    return [str(text) for text in etree.parse(file).xpath(f"//{steps.removeprefix('/')}/text()")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_each_alone_is_processed(office: PostOffice, file: Path) -> None:
    assert office.send(file.name, file.read_bytes()) == "processed"
    reply = office.reply(f"{file.name}.json")
    assert reply["records"]["refused"] == len(reply["refused"])


@pytest.mark.parametrize("sender", sorted({file.parent.name for file in FILES}))
def test_all_of_a_sender_are_found_again_at_the_till(office: PostOffice, sender: str) -> None:
    files = sorted((file for file in FILES if file.parent.name == sender), key=rank)
    replies = {}
    for file in files:
        assert office.send(file.name, file.read_bytes()) == "processed", file.name
        replies[file.name] = office.reply(f"{file.name}.json")
    till = office.take()
    unsold = {code for reply in replies.values() for code in reply["unsold"]}
    refused = {record["key"] for reply in replies.values() for record in reply["refused"]}
    counted = sum(reply["counts"].get("good", {}).get("put", 0) for reply in replies.values())
    assert counted
    assert len(till.goods) + len(unsold) + len(refused) >= len({*_goods(files)})
    groups = {" ".join(name.split()) for file in files for name in stated(file, "Группы/Группа/Наименование")}
    assert {group["groupname"] for group in till.groups.values()} >= groups
    prices = {Decimal(price) for file in files for price in stated(file, "Цены/Цена/ЦенаЗаЕдиницу")}
    assert {good["price"] for good in till.goods.values()} <= prices


def _goods(files: list[Path]) -> set[str]:
    return {name for file in files for name in stated(file, "Товары/Товар/Ид")}


def test_all_again_queue_nothing(office: PostOffice) -> None:
    for again in (False, True):
        for file in sorted(FILES, key=rank):
            office.send(f"{file.parent.name}-{file.name}", file.read_bytes())
        if not again:
            office.take_all()
            before = office.tills["5", "1"].state()
    office.feed()
    office.take_all()
    assert office.tills["5", "1"].state() == before


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_each_again_queues_nothing(office: PostOffice, file: Path) -> None:
    office.send(file.name, file.read_bytes())
    office.take()
    assert office.send(file.name, file.read_bytes()) == "processed"
    assert office.queue() == []
