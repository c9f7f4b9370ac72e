"""Checks a request against a vendor's own OpenAPI description, kept outside this distribution."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from notifyhub.testing.vendor_server import VendorRequest

FOLDER = "NOTIFYHUB_OPENAPI_DIR"
"""The environment variable that names the folder with the descriptions."""


def assert_conforms(request: VendorRequest, description: str, path: str) -> None:
    """Fails where the body breaks the schema of POST on that path; skips where the description is not at hand."""
    document = _load(description)
    media_type = request.headers["content-type"].partition(";")[0]
    request_body = _resolved(document, document["paths"][path]["post"]["requestBody"])
    schema = _resolved(document, request_body["content"][media_type]["schema"])
    body = request.json() if media_type == "application/json" else _typed(request.form(), schema)
    errors = [f"{error.json_path}: {error.message}" for error in _validator(document, schema).iter_errors(body)]
    assert not errors, errors


def _load(description: str) -> dict[str, Any]:
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder, description).is_file():
        pytest.skip(f"{FOLDER} names no folder with {description}: vendors' descriptions are not part of this project")
    document: dict[str, Any] = json.loads(Path(folder, description).read_text(encoding="utf-8"))
    return document


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what its local `$ref` points at."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    kind = OAS31Validator if document["openapi"].startswith("3.1") else OAS30Validator
    return kind({**schema, "components": document.get("components", {})})


def _typed(form: dict[str, str], schema: dict[str, Any]) -> dict[str, Any]:
    """A form's fields are texts; the description may want numbers and booleans."""
    kinds = {name: part.get("type") for name, part in schema.get("properties", {}).items()}
    plain = {"integer", "number", "boolean"}
    return {name: json.loads(text) if kinds.get(name) in plain else text for name, text in form.items()}
