"""Of many processes exactly one gets to send."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.ledger.competing import PROCESSES

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the competitors are forked"),
]


def assert_one_wins_each_key(kind, where, *, rounds):
    """Each round is another key, for which all processes compete at the same time."""
    command = [sys.executable, str(Path(__file__).with_name("competing.py")), kind, str(where), str(rounds)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "COVERAGE"))}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert len(found) == rounds
    for states in found:
        assert sorted(states) == ["held"] * (PROCESSES - 1) + ["won"]


@pytest.mark.parametrize("rounds", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_of_32_processes_one_wins_each_key_in_a_file(tmp_path, rounds):
    """Some seconds long: 32 processes start."""
    assert_one_wins_each_key("sqlite", tmp_path / "ledger.db", rounds=rounds)


@pytest.mark.parametrize(
    ("store", "rounds"),
    [
        ("moto_store", 30),
        ("dynalite_store", 5),
        pytest.param("moto_store", 200, marks=pytest.mark.slow),
        pytest.param("dynalite_store", 20, marks=pytest.mark.slow),
    ],
)
def test_of_32_processes_one_wins_each_key_in_a_table(request, table_at, monkeypatch, store, rounds):
    """Some seconds long: 32 processes start, and each claim is an HTTP request to a store in Python or JavaScript.

    Fewer in dynalite, which needs two calls to say that a message is held; it took no lock of ours to be exact.
    """
    url = request.getfixturevalue(store)
    table, _ = table_at(url)
    set_aws_environment(monkeypatch, endpoint=url)
    assert_one_wins_each_key("dynamodb", table, rounds=rounds)
