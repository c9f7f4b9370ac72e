"""The rules without a terminal: a configuration as text, and the findings of one rule as lines."""

import pytest

from notifyhub.settings import load_settings

GOOD = """
[app]
name = "Acme"
[decryption]
key_arns = ["arn:aws:kms:eu-west-1:111122223333:key/0b6f2a3c-0000-4000-8000-000000000000"]
[providers.mail]
use = "sendgrid"
api_key = "ssm:/prod/sendgrid"
sender = "Acme <no-reply@acme.example>"
[providers.text]
use = "sns"
region = "eu-west-1"
[[routes]]
channel = "email"
providers = ["mail"]
[[routes]]
channel = "sms"
providers = ["text"]
"""
ARNS = next(line for line in GOOD.splitlines() if line.startswith("key_arns"))


def first(route):
    """The good configuration with a route before the others."""
    head, routes = GOOD.split("[[routes]]", maxsplit=1)
    return f"{head}[[routes]]\n{route}[[routes]]{routes}"


def lines(findings):
    """Findings as `level subject: text`."""
    return [f"{level} {subject}: {text}".removesuffix(": ") for level, subject, text in findings]


def errors(findings):
    return [line for line in lines(findings) if line.startswith("error ")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of the configuration, and the working one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    return tmp_path


@pytest.fixture
def load(folder):
    """Loads the settings of a text."""

    def load(text):
        (folder / "notifyhub.toml").write_text(text, encoding="utf-8")
        return load_settings(folder / "notifyhub.toml", environ={})

    return load
