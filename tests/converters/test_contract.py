"""What every converter promises: pure, one claim a file, the header before any record."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tillpost import converters
from tillpost.converters import CONVERTERS, claim
from tillpost.converters.own import NAMESPACE
from tillpost.converters.ownrecords import KINDS
from tillpost.converters.reading import sniff
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import BODIES, Converter, Drop, Event, Extent, Head, Put, ReadOptions, Refused, Remark

FOLDER = Path(__file__).parents[2] / "samples"
SAMPLES = sorted(FOLDER.rglob("*.xml"))
SOUND = [path for path in SAMPLES if path.parent.name != "broken"]


def head_of(path: Path) -> Head:
    return sniff(path.read_bytes()[:65536], path.name)


def read(path: Path) -> list[Event]:
    head = head_of(path)
    return list(claim(head).read(io.BytesIO(path.read_bytes()), head, ReadOptions()))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name + "/" + path.name)
def test_exactly_one_converter_claims_a_sample(path: Path) -> None:
    head = head_of(path)
    assert [converter.claims(head) for converter in CONVERTERS].count(True) == 1


@pytest.mark.parametrize("root", sorted(KINDS))
def test_our_own_converter_claims_every_root_of_its_namespace(root: str) -> None:
    assert claim(Head("x.xml", "utf-8", root, NAMESPACE)).name == "tillpost"


@pytest.mark.parametrize(
    ("root", "namespace"), [("goods", ""), ("goods", "urn:other"), ("html", ""), ("Goods", NAMESPACE)]
)
def test_what_nothing_can_read_is_rejected_by_its_root(root: str, namespace: str) -> None:
    with pytest.raises(Reject) as caught:
        claim(Head("x.xml", "utf-8", root, namespace))
    assert caught.value.reason.code == "converter.none"
    assert all(root in caught.value.reason.text(language) for language in LANGUAGES)


def test_two_claims_are_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converters, "CONVERTERS", (*CONVERTERS, *CONVERTERS))
    with pytest.raises(Reject) as caught:
        claim(Head("x.xml", "utf-8", "goods", NAMESPACE))
    assert caught.value.reason.code == "converter.two"


def test_names_of_converters_differ() -> None:
    names = [converter.name for converter in CONVERTERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("converter", CONVERTERS, ids=lambda converter: converter.name)
def test_a_header_names_its_converter(converter: Converter) -> None:
    mine = [head for head in map(head_of, SAMPLES) if converter.claims(head)]
    assert mine
    assert {converter.header(head).format for head in mine} == {converter.name}


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.parent.name + "/" + path.name)
def test_the_same_bytes_give_the_same_events_twice(path: Path) -> None:
    assert read(path) == read(path)


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.parent.name + "/" + path.name)
def test_events_are_what_the_model_says(path: Path) -> None:
    for event in read(path):
        assert isinstance(event, (Extent, Put, Drop, Refused, Remark))
        if isinstance(event, Put):
            assert type(event.body) is BODIES[event.kind]
        if isinstance(event, (Put, Drop, Refused)):
            assert event.line > 0
