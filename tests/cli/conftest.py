import json
import re

import pytest
from typer.testing import CliRunner

from notifyhub.cli.app import app


class Command:
    """The command line in this process, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *arguments, stdin=None):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name

    def event(self, *arguments):
        done = self("forge", *arguments)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def notifyhub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("NOTIFYHUB_CONFIG", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_FUNCTION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return Command(tmp_path)


@pytest.fixture
def kept_events(notifyhub):
    """A demo that kept its events, key and configuration."""
    done = notifyhub("demo", "--out", "shown", "--events", "kept")
    assert done.exit_code == 0, done.output
    return notifyhub.folder / "kept"


def plain(text):
    """Without escape sequences."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
