"""Few names at the root, all lazy, all real."""

import importlib
import subprocess
import sys

import pytest

import notifyhub
import notifyhub.testing

HEAVY = ("boto3", "botocore", "aws_encryption_sdk", "httpx", "httpx2", "jinja2", "pydantic", "importlib.metadata")


def loaded_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_root_exports_are_these():
    assert notifyhub.__all__ == [
        "Deadline", "Dispatcher", "NotificationEvent", "NotifyHubError", "Observer", "Receipt", "Recipient", "Secret",
        "Settings", "load_settings",
    ]  # fmt: skip


@pytest.mark.parametrize("package", [notifyhub, notifyhub.testing], ids=lambda package: package.__name__)
def test_every_exported_name_exists_where_it_is_said_to(package):
    assert sorted(package._HOMES) == sorted(package.__all__)
    for name, home in package._HOMES.items():
        assert getattr(package, name) is getattr(importlib.import_module(home), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Dispatch'"):
        notifyhub.Dispatch  # noqa: B018 - the access is the test


@pytest.mark.parametrize("module", ["notifyhub", "notifyhub.aws_lambda", "notifyhub.testing", "notifyhub.cli"])
def test_importing_is_inert(module):
    new = loaded_by(f"import {module}") - loaded_by("")
    assert not [name for name in new if name in HEAVY]
    assert {name for name in new if name.startswith("notifyhub")} <= {
        "notifyhub", "notifyhub.lazy", "notifyhub.errors", "notifyhub.distribution", module,
    }  # fmt: skip
