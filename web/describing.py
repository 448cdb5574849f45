"""The description of /api/v1: as the routes give it, with how a program says who it is; and without the 422 of FastAPI,
where we answer 400.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_OTHERS = ("HTTPValidationError", "ValidationError")
_TOKEN = {"type": "http", "scheme": "bearer", "description": "Of `tillpost token add`."}


def description_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` is to be: made once, when it is asked for first."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    return openapi


def _described(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for methods in made["paths"].values():
        for told in methods.values():
            told["responses"].pop("422", None)
    parts = made["components"]
    for name in _OTHERS:
        parts["schemas"].pop(name, None)
    parts["securitySchemes"] = {"token": _TOKEN}
    return {**made, "security": [{"token": []}]}
