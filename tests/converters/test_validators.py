"""Two validators, one opinion: libxml2, which judges exports, and xmlschema, on what is right and on what is spoilt."""

from __future__ import annotations

import copy
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost import xsd
from tillpost.converters.gates import SECRETS, Gate
from tillpost.converters.own import NAMESPACE
from tillpost.converters.ownrecords import KINDS
from tillpost.errors import LANGUAGES

XS = "{http://www.w3.org/2001/XMLSchema}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FOLDER = Path(__file__).parents[2] / "samples"
SCHEMAS = sorted(page.name for page in files(xsd).iterdir() if page.name.endswith(".xsd"))
OWN = [f"{root}.xsd" for root in sorted(KINDS)]
SAMPLES = [path for path in sorted(FOLDER.rglob("*.xml")) if path.parent.name in ("own", "refused", "changed")]


def path_of(schema: str) -> str:
    return str(files(xsd).joinpath(schema))


@cache
def libxml2(schema: str) -> Any:
    return etree.XMLSchema(etree.parse(path_of(schema)))


@cache
def second(schema: str) -> Any:
    return xmlschema.XMLSchema10(path_of(schema))


def parsed(text: str | bytes) -> Any:
    return etree.fromstring(text, etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False))


def agree(schema: str, root: Any) -> bool:
    """Whether `root` is valid, about which both must be of one opinion. Shown as text, so that both read the same."""
    text = etree.tostring(root, encoding="unicode")
    ours = libxml2(schema).validate(parsed(text))
    assert ours == second(schema).is_valid(text), text
    return bool(ours)


# --- the schemas themselves --------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schema_compiles_in_both(schema: str) -> None:
    assert libxml2(schema) is not None
    assert second(schema) is not None


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_type_says_in_both_languages_what_it_takes(schema: str) -> None:
    top = etree.parse(path_of(schema)).getroot()
    for kind in top.iterchildren(f"{XS}simpleType", f"{XS}complexType"):
        notes = {note.get(LANG): note.text for note in kind.iterfind(f"{XS}annotation/{XS}documentation")}
        assert notes.keys() == set(LANGUAGES), kind.get("name")
        assert all(notes.values())


@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_schema_keeps_an_account_of_all_records(schema: str) -> None:
    """Keys and their like make memory grow with the file."""
    top = etree.parse(path_of(schema)).getroot()
    assert not list(top.iter(f"{XS}unique", f"{XS}key", f"{XS}keyref"))
    assert "xs:ID" not in {node.get("type", "")[:5] for node in top.iter()}


def test_every_root_has_its_schema() -> None:
    assert set(OWN) <= set(SCHEMAS)


# --- one opinion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_both_say_the_same_of_every_sample(sample: Path) -> None:
    root = parsed(sample.read_bytes())
    valid = agree(f"{etree.QName(root).localname}.xsd", root)
    assert valid == (sample.parent.name != "refused")


VALUES = [
    "", " ", "0", "-0", "00", "1", "-1", "+1", "1.5", "1.50", "1.500", ".5", "5.", "1,5", "1e3", "NaN", "INF", "0.001",
    "999999999", "9999999999", "9" * 15, "9" * 16, "0" * 30, "0" * 30 + "1", "100", "100.01", "12345678901234567890.00",
    "true", "TRUE", "yes", "F", "f", " F ", "MO", "MO TU", "MO  TU", "MO,TU", "Mo", "22:00", "24:00", "8:00",
    "08:00:00",
    "2026-02-28", "2026-02-29", "2024-02-29", "2026-2-1", "0000-01-01", "2026-11-20Z", "2026-11-20T06:00:00",
    "2026-11-20T24:00:00", "2026-11-20T06:00:00+03:00", "2026-11-20T06:00:00+15:00", "2026-11-20T06:00:60",
    "a b", " a ", "a\tb", "a\nb", "\u00a0", "\u2028", "\u0085", "\u007f", "а", "😀", "#", "a/b", "..",
    "x" * 20, "x" * 21,
    "x" * 48, "x" * 49, "x" * 200, "x" * 201, "noSale", "nosale", "good", "saleDenied", "１２３", "١٢٣", "123", "4000",
]  # fmt: skip


# Where only elements may stand, and between the words of a list, xmlschema takes every blank of Unicode for white
# space, XML only its own four. An element that lost its children looks like any other, so neither a text nor a list is
# such a blank alone; other attributes still are.
LISTS = {"days"}
TEXTS = [value for value in VALUES if value.strip() or not value.strip(" \t\r\n")]


def set_text(draw: Any, root: Any, at: Any) -> None:
    at.text = draw(st.sampled_from(["oops", " "] if len(at) else TEXTS)) or None  # a parser makes no empty texts


def set_attribute(draw: Any, root: Any, at: Any) -> None:
    name = draw(st.sampled_from(sorted({*at.keys(), "code", "quantity", "from", "x"})))
    at.set(name, draw(st.sampled_from(TEXTS if name in LISTS else VALUES)))


def drop_attribute(draw: Any, root: Any, at: Any) -> None:
    if at.keys():
        del at.attrib[draw(st.sampled_from(sorted(at.keys())))]


def drop(draw: Any, root: Any, at: Any) -> None:
    if at is not root:
        at.getparent().remove(at)


def double(draw: Any, root: Any, at: Any) -> None:
    if at is not root:
        at.addnext(copy.deepcopy(at))


def swap(draw: Any, root: Any, at: Any) -> None:
    if at.getprevious() is not None:
        at.addnext(at.getprevious())


def rename(draw: Any, root: Any, at: Any) -> None:
    if at is not root:
        names = sorted({node.tag for node in root.iter()} | {"x", f"{{{NAMESPACE}}}x", f"{{{NAMESPACE}}}Name"})
        at.tag = draw(st.sampled_from(names))


def nest(draw: Any, root: Any, at: Any) -> None:
    etree.SubElement(at, draw(st.sampled_from([f"{{{NAMESPACE}}}name", f"{{{NAMESPACE}}}x", "{urn:q}name"])))


MUTATIONS = [set_text, set_text, set_attribute, set_attribute, drop_attribute, drop, double, swap, rename, nest]


def small(sample: Path, record: int) -> Any:
    """One record of a sample in its root."""
    root = parsed(sample.read_bytes())
    chosen = root[record % len(root)]
    for child in list(root):
        if child is not chosen:
            root.remove(child)
    return root


def test_lists_in_which_blanks_are_drawn_with_care_are_all_there_are() -> None:
    lists, named = set(), set()
    for schema in SCHEMAS:
        top = etree.parse(path_of(schema))
        lists |= {node.getparent().get("name") for node in top.iter(f"{XS}list")}
        named |= {(node.get("type"), node.get("name")) for node in top.iter(f"{XS}attribute", f"{XS}element")}
    assert {name for kind, name in named if kind in lists} == LISTS


@pytest.mark.parametrize("blank", ["\u00a0", "\u2028", "\u0085", "MO\u00a0TU"])
def test_blank_that_is_none_of_xml_is_no_space_between_words(blank: str) -> None:
    record = f'<restriction id="r" type="saleDenied" subject="good" code="1" days="{blank}"/>'
    root = parsed(f'<restrictions xmlns="{NAMESPACE}" fullness="F">{record}</restrictions>')
    assert Gate("restrictions.xsd", root.tag).breaks(list(root), {"fullness": "F"})


@settings(max_examples=400)
@given(data=st.data(), sample=st.sampled_from(SAMPLES), record=st.integers(0, 30), times=st.integers(1, 3))
def test_both_say_the_same_of_spoilt_records(data: st.DataObject, sample: Path, record: int, times: int) -> None:
    root = small(sample, record)
    for _ in range(times):
        at = data.draw(st.sampled_from(list(root.iter())))
        data.draw(st.sampled_from(MUTATIONS))(data.draw, root, at)
    agree(f"{sample.stem}.xsd", root)


@settings(max_examples=300)
@given(data=st.data(), sample=st.sampled_from(SAMPLES), record=st.integers(0, 30), times=st.integers(1, 3))
def test_gate_refuses_what_the_schema_refuses_and_says_why(
    data: st.DataObject, sample: Path, record: int, times: int
) -> None:
    root = small(sample, record)
    attributes = dict(root.attrib)
    for _ in range(times):
        records = [at for child in root for at in child.iter()]
        if records:
            data.draw(st.sampled_from(MUTATIONS))(data.draw, root, data.draw(st.sampled_from(records)))
    valid = libxml2(f"{sample.stem}.xsd").validate(parsed(etree.tostring(root)))
    broken = Gate(f"{sample.stem}.xsd", root.tag).breaks(list(root), attributes)
    assert valid == (not broken)
    for field, reason in broken.values():
        assert field
        assert all(reason.text(language).isprintable() for language in LANGUAGES)


# --- secrets -----------------------------------------------------------------------------------------------

SECRET = "s3cret"
WAYS = [nest, double, swap, drop_attribute, set_attribute, "long", "around", "attribute"]


@settings(max_examples=200)
@given(data=st.data(), times=st.integers(1, 3))
def test_no_reason_tells_a_password(data: st.DataObject, times: int) -> None:
    root = parsed(
        f'<cashiers xmlns="{NAMESPACE}" fullness="F"><cashier code="1" login="a">'
        f"<name>A</name><password>{SECRET}</password></cashier></cashiers>"
    )
    password = root[0][1]
    for _ in range(times):
        at = data.draw(st.sampled_from([root[0], *root[0].iter(f"{{{NAMESPACE}}}password", f"{{{NAMESPACE}}}name")]))
        way = data.draw(st.sampled_from(WAYS))
        if way == "long":
            password.text = SECRET * 20
        elif way == "around":
            root[0].text = SECRET
        elif way == "attribute":
            root[0].set("password", SECRET)
        else:
            way(data.draw, root, at)
        if root[0].tag != f"{{{NAMESPACE}}}cashier":
            return
    for _, reason in Gate("cashiers.xsd", root.tag).breaks(list(root), {"fullness": "F"}).values():
        assert all(SECRET not in reason.text(language) for language in LANGUAGES)
        assert SECRET not in repr(reason)


def test_secrets_are_elements_that_the_schemas_know() -> None:
    named = {node.get("name") for schema in SCHEMAS for node in etree.parse(path_of(schema)).iter(f"{XS}element")}
    assert named >= SECRETS
