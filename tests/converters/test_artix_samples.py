"""Every sample of sales is read as its golden file says, and adds up to the sums that were counted by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tillpost.converters import SALES_CONVERTERS, claim_sales
from tillpost.model import (
    CASH_IN,
    CASH_OUT,
    Document,
    DocumentKind,
    LogOn,
    Means,
    RefusedSale,
    SalesEvent,
    SalesOptions,
    ShiftRecord,
)

FOLDER = Path(__file__).parents[2] / "samples" / "sales"
GOLDEN = FOLDER / "golden"
SAMPLES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("[0-9]/**/*.json"))
CASHLESS = (Means.CARD, Means.GIFT, Means.OTHER)


@cache
def read(name: str) -> tuple[SalesEvent, ...]:
    path = FOLDER / name
    with path.open("rb") as source:
        converter = claim_sales(path.name, source.read(65536))
        source.seek(0)
        return tuple(converter.read(source, SalesOptions()))


def told(event: SalesEvent) -> dict[str, Any]:
    """An event without its raw text, which is the sample's own; its digest stays, for what is booked is known by it."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "raw"}
    fields["digest"] = fields["digest"].hex()
    plain = msgspec.to_builtins(fields, builtin_types=())
    return {"event": type(event).__name__} | {key: value for key, value in plain.items() if value not in ("", None, [])}


def golden(name: str) -> str:
    """The golden file's text: one event a line, so that a difference shows single documents."""
    return "[\n" + ",\n".join(json.dumps(told(event), ensure_ascii=False) for event in read(name)) + "\n]\n"


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_read_as_accepted(name: str, accept: bool) -> None:
    page = GOLDEN / name
    if accept:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(golden(name), "utf-8")
    assert page.read_text("utf-8") == golden(name), "see samples/sales/README.md for how to accept"


def test_every_golden_file_has_its_sample() -> None:
    assert {page.relative_to(GOLDEN).as_posix() for page in GOLDEN.rglob("*.json")} == set(SAMPLES)


def test_nothing_in_the_samples_is_refused() -> None:
    assert not [event for name in SAMPLES for event in read(name) if isinstance(event, RefusedSale)]


# --- what every converter of sales promises


@pytest.mark.parametrize("path", [FOLDER / name for name in SAMPLES], ids=lambda path: path.name)
def test_exactly_one_converter_claims_a_sample(path: Path) -> None:
    first = path.read_bytes()[:65536]
    assert [converter.claims(path.name, first) for converter in SALES_CONVERTERS].count(True) == 1


def test_no_converter_claims_an_export() -> None:
    for path in FOLDER.parent.glob("*/*.xml"):
        assert not any(converter.claims("sale_1.json", path.read_bytes()[:65536]) for converter in SALES_CONVERTERS)


def test_names_of_converters_differ() -> None:
    names = [converter.name for converter in SALES_CONVERTERS]
    assert len(set(names)) == len(names)


def test_reading_a_file_again_says_the_same_and_leaves_it_open() -> None:
    for name in SAMPLES:
        with (FOLDER / name).open("rb") as source:
            converter = claim_sales(name, source.read(65536))
            source.seek(0)
            first = list(converter.read(source, SalesOptions()))
            source.seek(0)
            assert list(converter.read(source, SalesOptions())) == first


# --- the sums that were counted by hand


def counting(till: str, shift: int) -> list[Document]:
    """The documents of a shift by number; of two with one number the one that ended later."""
    found = {}
    documents = (event for name in SAMPLES if name.startswith(till) for event in read(name))
    for document in documents:
        if isinstance(document, Document) and document.shift == shift:
            known = found.setdefault(document.number, document)
            if document.ended and known.ended and document.ended > known.ended:
                found[document.number] = document
    return [found[number] for number in sorted(found)]


def records(till: str, shift: int) -> list[ShiftRecord]:
    events = (event for name in SAMPLES if name.startswith(till) for event in read(name))
    return [event for event in events if isinstance(event, ShiftRecord) and event.number == shift]


def row(till: str, shift: int) -> dict[str, str]:
    """The line of a shift in the table of README."""
    lines = [line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    head = next(line for line in lines if line.startswith("| till |"))
    line = next(line for line in lines if line.startswith(f"| {till} | {shift} |"))
    return dict(zip(*([cell.strip() for cell in text.split("|")[1:-1]] for text in (head, line)), strict=True))


def total(values: Iterable[Decimal]) -> str:
    return f"{sum(values, Decimal(0)):.2f}"


@pytest.mark.parametrize(("till", "shift"), [("1", 12), ("1", 13), ("2", 7), ("2", 8)])
def test_samples_add_up_to_the_sums_that_were_counted_by_hand(till: str, shift: int) -> None:
    documents, record = counting(till, shift), records(till, shift)[-1]
    brought = [document for document in documents if document.sign > 0]
    given = [document for document in documents if document.sign < 0]
    kept = row(till, shift)
    assert kept == {
        "till": till,
        "shift": str(shift),
        "opened": record.opened.isoformat() if record.opened else "-",
        "closed": record.closed.isoformat() if record.closed else "-",
        "receipts": str(len(brought) + len(given)),
        "annulled": str(sum(document.annulled for document in documents)),
        "sales, cash": total(document.moved(Means.CASH) for document in brought),
        "sales, cashless": total(document.moved(*CASHLESS) for document in brought),
        "returns, cash": total(-document.moved(Means.CASH) for document in given),
        "returns, cashless": total(-document.moved(*CASHLESS) for document in given),
        "cash in": total(document.sum for document in documents if document.type == CASH_IN),
        "cash out": total(document.sum for document in documents if document.type == CASH_OUT),
        "gain": total(document.sign * document.sum for document in documents),
    }
    assert record.gain is None or f"{record.gain:.2f}" == kept["gain"]
    numbers = [document.number for document in documents]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_lines_and_payments_of_every_sample_receipt_make_its_sum() -> None:
    for name in SAMPLES:
        for document in read(name):
            if isinstance(document, Document) and document.sign:
                assert sum(line.sum for line in document.positions) == document.sum, document.identifier
                assert document.moved(*Means) == document.sign * document.sum, document.identifier


def test_samples_show_every_kind_of_event_and_every_field() -> None:
    events = [event for name in SAMPLES for event in read(name)]
    assert {type(event) for event in events} == {Document, ShiftRecord, LogOn}
    documents = [event for event in events if isinstance(event, Document)]
    assert {document.kind for document in documents} == set(DocumentKind)
    lines = [line for document in documents for line in document.positions]
    payments = [payment for document in documents for payment in document.payments]
    for nouns in (documents, lines, payments):
        assert nouns
        for field in nouns[0].__struct_fields__:
            assert len({repr(getattr(noun, field)) for noun in nouns}) > 1, f"{field} is never told"


# --- repeats and corrections


def digests(name: str) -> list[bytes]:
    return sorted(event.digest for event in read(name) if not isinstance(event, RefusedSale))


def test_a_file_spelt_by_another_hand_has_the_same_content() -> None:
    assert digests("1/sale_1_12_again.json") == digests("1/sale_1_12.json")
    raw = (FOLDER / "1/sale_1_12_again.json").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert re.search(rb"\r\n---\r\n", raw)


def test_live_receipts_are_those_of_the_shift_file() -> None:
    live = digests("1/online/sale_1_13_1.json") + digests("1/online/sale_1_13_2.json")
    assert set(live) < set(digests("1/sale_1_13.json"))


def test_the_correction_is_another_version_of_a_document() -> None:
    (correction,) = read("1/sale_1_12_corrected.json")
    assert isinstance(correction, Document)
    (first,) = [
        event
        for event in read("1/sale_1_12.json")
        if isinstance(event, Document) and (event.type, event.number) == (correction.type, correction.number)
    ]
    assert first.digest != correction.digest
    assert first.ended
    assert correction.ended
    assert first.ended < correction.ended
    assert first.sum == correction.sum
