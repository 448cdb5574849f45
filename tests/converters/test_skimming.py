from __future__ import annotations

import re
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.converters.own import NAMESPACE, Own
from tillpost.converters.reading import sniff
from tillpost.converters.skimming import Cutting, lines_at
from tillpost.model import Aside, Event, Extent, Familiar, Put, ReadOptions, Refused, Remark, Same

ROOT = f'<goods xmlns="{NAMESPACE}" fullness="F">'


class Stranger:
    """Knows nobody."""

    def strange(self, marks: list[bytes]) -> range:
        return range(len(marks))


class Known:
    """Knows some marks."""

    def __init__(self, marks: set[bytes]) -> None:
        self.marks = marks

    def strange(self, marks: list[bytes]) -> list[int]:
        return [place for place, mark in enumerate(marks) if mark not in self.marks]


def skimmed(text: str, familiar: Familiar | None = None) -> list[Event]:
    """What is skimmed of a file, with lines in the place of places."""
    data = text.encode()
    head, events = sniff(data, "x.xml"), []
    found = list(Own().skim(BytesIO(data), head, ReadOptions(), familiar or Stranger()))
    lines = Own().lines_at(BytesIO(data), head, [one.line for one in found if isinstance(one, Put | Refused | Remark)])
    for one in found:
        if isinstance(one, Put):
            events.append(Put(one.kind, one.key, one.body, lines[one.line]))
        elif isinstance(one, Refused):
            events.append(Refused(lines[one.line], one.kind, one.key, one.field, one.reason))
        elif isinstance(one, Remark):
            events.append(Remark(one.reason, lines[one.line], one.key))
        else:
            events.append(one)
    return events


def read(text: str) -> list[Event]:
    data = text.encode()
    return list(Own().read(BytesIO(data), sniff(data, "x.xml"), ReadOptions()))


def goods(*records: str) -> str:
    return f'<?xml version="1.0"?>\n{ROOT}\n' + "".join(records) + "\n</goods>\n"


def good(code: str, more: str = "") -> str:
    return f'\n  <good code="{code}">\n<name>Сыр</name>{more}</good>'


def test_a_stranger_sees_what_a_reader_sees() -> None:
    text = goods(
        good("1"), good("bad code"), good("2", "<barcode>4600000000019</barcode>"), good("1", "<price>1</price>")
    )
    assert list(map(repr, skimmed(text))) == list(map(repr, read(text)))


def test_known_records_are_counted_in_their_place() -> None:
    text = goods(*(good(str(code)) for code in range(6)))
    puts = [
        event
        for event in Own().skim(BytesIO(text.encode()), sniff(text.encode(), "x"), ReadOptions(), Stranger())
        if isinstance(event, Put)
    ]
    known = {put.mark for put in puts if put.key not in (("0",), ("3",))}
    told = [
        event.count if isinstance(event, Same) else event.key[0]
        for event in skimmed(text, Known(known))
        if not isinstance(event, Extent)
    ]
    assert told == ["0", 2, "3", 2]


def test_a_record_with_a_remark_is_never_marked() -> None:
    text = goods(good("1"), good("2", "<barcode>4600000000019</barcode>")).encode()
    events = Own().skim(BytesIO(text), sniff(text, "x"), ReadOptions(), Stranger())
    assert [bool(event.mark) for event in events if isinstance(event, Put)] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        goods(good("1"), "<!-- </good> -->"),
        goods(good("1", "<!-- note -->")),
        goods(good("1", "<![CDATA[</good>]]>")),
        goods(good("1"), "<?note </good>?>"),
        goods(good("1"), "text"),
        goods('<good code="1"><name>Сыр</name></good >', good("2")),
        goods('<good code="0"/>', good("2")),
        goods("<delete code='1'/>", good("2")),
        goods(good("1"), "</good>"),
        goods(good("1")) + "<more/>",
        goods(good("1"))[:-4],
        goods('<good xsi:nil="1" code="1"><name>Сыр</name></good>'),
        goods(good("1", "&unknown;")),
        f'<t:goods xmlns:t="{NAMESPACE}" fullness="F"></t:goods>',
        goods(good("1")).replace("<goods ", '<goods xmlns:t="t" '),
        goods(good("1")).replace("?>", "?><!-- note -->", 1),
    ],
)
def test_what_cannot_be_cut_safely_is_left_to_a_reader(text: str) -> None:
    with pytest.raises(Aside):
        skimmed(text)


def test_a_record_without_an_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillpost.converters.skimming.LONGEST", 100_000)
    text = goods(good("1", "<article>" + "x" * 600_000))
    with pytest.raises(Aside):
        skimmed(text)


@given(
    st.lists(st.tuples(st.text("\n\r ", max_size=3), st.text("ab\n\r ", max_size=9)), max_size=8), st.integers(8, 20)
)
def test_cutting_loses_no_byte_and_every_place_is_its_records(texts: list[tuple[str, str]], piece: int) -> None:
    records = [f"{blank}<good>{text}" for blank, text in texts]
    data = (f"<goods>{'</good>'.join([*records, ''])}</goods>").encode()
    head = sniff(goods().encode(), "x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tillpost.converters.encoding.PIECE", piece)
        cutting = Cutting(BytesIO(data), head, "good")
        found, places = [], []
        for cut in cutting:
            found += cut.records
            places += cutting.places(cut)
        assert [record.decode() for record in found] == records
        starts = [found.start() for found in re.finditer(b"<good>", data)]
        assert [-1 - place for place in places] == starts
        assert lines_at(BytesIO(data), "utf-8", places) == {
            place: 1 + data[: -1 - place].count(b"\n") for place in places
        }
