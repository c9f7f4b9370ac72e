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
    request_body = _resolve(document, document["paths"][path]["post"]["requestBody"])
    schema = _resolve(document, request_body["content"][media_type]["schema"])
    body = request.json() if media_type == "application/json" else _convert(request.form(), schema)
    errors = [f"{error.json_path}: {error.message}" for error in _make_validator(document, schema).iter_errors(body)]
    assert not errors, errors


def _load(description: str) -> dict[str, Any]:
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder, description).is_file():
        pytest.skip(f"{FOLDER} names no folder with {description}: vendors' descriptions are not part of this project")
    document: dict[str, Any] = json.loads(Path(folder, description).read_text(encoding="utf-8"))
    return document


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follows local `$ref`s to the node that they point at."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _make_validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    validator_class = OAS31Validator if document["openapi"].startswith("3.1") else OAS30Validator
    return validator_class({**schema, "components": document.get("components", {})})


def _convert(form: dict[str, str], schema: dict[str, Any]) -> dict[str, Any]:
    """Converts a form's texts to the numbers and booleans that the description asks for."""
    types = {name: part.get("type") for name, part in schema.get("properties", {}).items()}
    plain = {"integer", "number", "boolean"}
    return {name: json.loads(text) if types.get(name) in plain else text for name, text in form.items()}
