"""How values are kept that the two databases treat differently: exact amounts, text from tills, ids.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Numeric, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

Id = BigInteger().with_variant(Integer, "sqlite")  # there only an INTEGER key is the row's own number


class Amount(TypeDecorator[Decimal]):
    """An exact decimal of any length: NUMERIC, and text in SQLite, whose own numbers are binary fractions."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def processor(self, dialect: Dialect) -> Callable[[Decimal], str] | None:
        """What a value goes through on its way in."""
        return _plain if dialect.name == "sqlite" else None

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name != "sqlite" else _plain(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Words(TypeDecorator[str]):
    """Text from a till. PostgreSQL takes no zero character."""

    impl = Text
    cache_ok = True

    def processor(self, dialect: Dialect) -> Callable[[str], str] | None:
        """What a value goes through on its way in."""
        return None if dialect.name == "sqlite" else _without_zeros

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or dialect.name == "sqlite" else _without_zeros(value)


def _plain(value: Decimal) -> str:
    text = str(value)  # three times as fast as format
    return text if "E" not in text else format(value, "f")


def _without_zeros(value: str) -> str:
    return value.replace("\0", "\ufffd") if "\0" in value else value


class exact_sum(GenericFunction[Decimal]):  # noqa: N801
    """The exact sum of amounts; SQLite is taught it by `ExactSum`."""

    type = Amount()
    inherit_cache = True


@compiles(exact_sum, "postgresql")
def _exact_sum(element: Any, compiler: Any, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


class ExactSum:
    """What adds up amounts in SQLite. Its `step` is a list's own: the driver calls it for every row, and a method
    written here would take most of a question's time."""

    def __init__(self) -> None:
        self._values: list[str | None] = []
        self.step = self._values.append

    def finalize(self) -> str:
        return format(sum(map(Decimal, filter(None, self._values)), Decimal(0)), "f")
