"""What documents for the ERP hold is told: by their schemas in both languages, by the accepted ones, and by README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tillpost.converters import erp
from tillpost.converters.erpnames import ErpKind
from tillpost.converters.erpspelling import NAMESPACE
from tillpost.converters.schemas import Shape, compiled, path, shape_of_root
from tillpost.errors import LANGUAGES
from tillpost.model import SIGNS

SCHEMAS = [f"{kind}.xsd" for kind in ErpKind]
COMMON = "documenttypes.xsd"
GOLDEN = sorted((Path(__file__).parent / "erp").iterdir())
README = Path(__file__).parents[2] / "README.md"


def parsed(page: bytes) -> Any:
    return etree.fromstring(page)


def shapes(name: str, shape: Shape) -> list[tuple[str, Shape]]:
    """(name, type) of an element and of everything below that has attributes or children."""
    found = [(name, shape)] if shape.children or shape.attributes else []
    return found + [inner for child in shape.children.values() for inner in shapes(child.name, child.shape)]


ELEMENTS = [(schema, *found) for schema in SCHEMAS for found in shapes(schema[:-4], shape_of_root(schema))]


@pytest.mark.parametrize(("schema", "name", "shape"), ELEMENTS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_value_has_words_for_what_it_is(schema: str, name: str, shape: Shape) -> None:
    plain_children = [(child.name, child.shape) for child in shape.children.values() if not child.shape.children]
    values = [*shape.attributes.items(), *((name, kind) for name, kind in plain_children if not kind.attributes)]
    assert [value for value, kind in values if set(kind.words) != set(LANGUAGES)] == []


def test_no_two_schemas_give_one_name_to_two_types() -> None:
    """Who reads all documents loads their schemas together."""
    tops = [etree.parse(path(schema)).getroot() for schema in [COMMON, *SCHEMAS]]
    kinds = ("{*}simpleType", "{*}complexType", "{*}attributeGroup")
    names = [str(kind.get("name")) for top in tops for kind in top.iterchildren(*kinds)]
    assert sorted(names) == sorted(set(names))


def test_no_element_has_an_attribute_and_a_child_of_one_name() -> None:
    """Who turns elements into objects has one property for both."""
    assert [name for _, name, shape in ELEMENTS if set(shape.attributes) & set(shape.children)] == []


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_schema_takes_no_other_document(page: Path, schema: str) -> None:
    root = parsed(page.read_bytes())
    assert compiled(schema).validate(root) == (schema == f"{etree.QName(root).localname}.xsd")


def test_accepted_documents_show_everything_that_the_schemas_take() -> None:
    seen = {
        (root.tag, element.tag, etree.QName(part).localname)
        for root in (parsed(page.read_bytes()) for page in GOLDEN)
        for element in root.iter()
        for part in (*map(str, element.keys()), *element)
    }
    taken = {
        (f"{{{NAMESPACE}}}{schema[:-4]}", f"{{{NAMESPACE}}}{name}", part)
        for schema, name, shape in ELEMENTS
        for part in (*shape.attributes, *shape.children)
    }
    assert taken == seen


def section() -> str:
    found = re.search(r"^### What the ERP gets\n(.*?)(?=^#+ )", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def told() -> list[tuple[list[str], list[str]]]:
    """(elements, what README says stands in them), row by row."""
    rows = re.findall(r"^\| (`[^|]*|every root) \| (.*) \|$", section().split("| element |")[1], re.MULTILINE)
    return [(re.findall("`([^`]+)`", name) or [kind.value for kind in ErpKind], re.findall("`([^`]+)`", says))
            for name, says in rows]  # fmt: skip


@pytest.mark.parametrize(("schema", "name", "shape"), ELEMENTS, ids=lambda part: part if isinstance(part, str) else "")
def test_readme_tells_everything_in_an_element_and_nothing_else(schema: str, name: str, shape: Shape) -> None:
    said = {part for names, parts in told() if name in names for part in parts}
    everywhere = [other for _, same, other in ELEMENTS if same == name]
    assert {*shape.attributes, *shape.children} <= said
    assert said == {part for other in everywhere for part in (*other.attributes, *other.children)}


def test_readme_shows_a_document_that_fits() -> None:
    block = re.search(r"^    <receipt .*?^    </receipt>$", section(), re.MULTILINE | re.DOTALL)
    assert block
    page = re.sub("^    ", "", block[0], flags=re.MULTILINE)
    assert compiled("receipt.xsd").validate(parsed(page.encode()))


def test_readme_tells_every_type_with_its_word_and_its_sign() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ([A-Za-z]+) \| ([^|]*) \|$", section(), re.MULTILINE)
    assert {int(type_): (word, sign) for type_, word, sign in rows} == {
        type_: (word, str(SIGNS.get(type_, ""))) for type_, word in erp.KINDS.items()
    }
