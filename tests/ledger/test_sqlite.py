"""The ledger in a file."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from notifyhub.errors import ConfigurationError, LedgerError
from notifyhub.ledger import sqlite
from notifyhub.ledger.sqlite import SWEPT, SqliteLedger
from notifyhub.testing import LedgerContract, assert_absent
from notifyhub.testing.contracts.ledger import ACCEPTED, KEY, UNDELIVERABLE, ManualClock


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, clock, tmp_path):
        return SqliteLedger(tmp_path / "ledger.db", clock=clock)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path, clock):
    return SqliteLedger(path, keep=timedelta(days=1), clock=clock)


def claim(ledger, key=KEY, owner="first"):
    return ledger.claim(key, owner=owner, lease=45)


def rows(path, statement="SELECT * FROM messages"):
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return found


def failed(operation):
    with pytest.raises(LedgerError) as caught:
        operation()
    return caught.value


def test_what_one_ledger_settled_another_finds(ledger, path):
    ledger.settle(claim(ledger), ACCEPTED)
    assert claim(SqliteLedger(path), owner="second").state == "settled"


def test_the_file_is_made_at_the_first_claim_and_read_by_its_owner_alone(ledger, path):
    assert not path.exists()
    before = os.umask(0)
    try:
        claim(ledger)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name], "no journal stays behind"


def test_a_file_that_was_deleted_is_made_again(ledger, path):
    claim(ledger)
    path.unlink()
    assert claim(ledger, owner="second").state == "won"


@pytest.mark.parametrize("name", ["a?mode=ro#x.db", "with space.db", "%41.db"])
def test_any_name_of_a_file_will_do(tmp_path, name):
    claim(SqliteLedger(tmp_path / name))
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_missing_folder_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        SqliteLedger(tmp_path / "absent" / "ledger.db")
    assert str(caught.value) == f"ledger.path: there is no folder {tmp_path / 'absent'}; create it"


def test_neither_recipients_nor_details_of_attempts_are_kept(ledger, path):
    ledger.settle(claim(ledger), UNDELIVERABLE)
    assert b"recipient_rejected" in path.read_bytes()
    assert_absent(["j***@e***.com", "a detail", "RecipientRejected"], [path.read_bytes().decode("latin-1")])


def test_old_entries_go_when_new_ones_come_a_few_at_a_time(ledger, path, clock):
    for number in range(SWEPT + 5):
        ledger.settle(claim(ledger, f"old {number}"), ACCEPTED)
    clock.now += timedelta(hours=23)
    ledger.settle(claim(ledger, "recent"), ACCEPTED)
    clock.now += timedelta(hours=1)
    claim(ledger, "new")
    assert len(rows(path)) == 5 + 2
    claim(ledger, "newer")
    assert sorted(row[0] for row in rows(path)) == ["new", "newer", "recent"]


def test_an_entry_that_is_old_and_still_there_counts(ledger, clock):
    ledger.settle(claim(ledger), ACCEPTED)
    clock.now += timedelta(days=3)
    assert claim(ledger).state == "settled"


def test_settling_what_was_swept_does_no_harm(ledger, clock):
    old = claim(ledger)
    clock.now += timedelta(days=2)
    claim(ledger, "new")
    ledger.settle(old, ACCEPTED)
    ledger.release(old, unknown_at=["mail"])
    assert (claim(ledger).attempt, claim(ledger).unknown_at) == (1, ())


@pytest.mark.parametrize(
    "change",
    [
        """receipt = '[{"channel":"email","status":"parked"}]'""",
        "receipt = 'no JSON'",
        "receipt = 5",
        "first_seen = 'yesterday'",
        "first_seen = 9000000000000000",
        "unknown_at = '{'",
        "unknown_at = '5'",
    ],
)
def test_an_entry_that_cannot_be_read_is_an_error_and_never_a_duplicate(ledger, path, change):
    ledger.settle(claim(ledger), ACCEPTED)
    rows(path, f"UPDATE messages SET {change}")
    error = failed(lambda: claim(ledger))
    assert (error.operation, error.code) == ("claim", None)
    assert "a record that this version cannot read" in str(error)


def test_a_file_that_is_no_database_says_so(ledger, path):
    path.write_text("this is a text, and long enough to be looked at as a database would be " * 20)
    error = failed(lambda: claim(ledger))
    assert (error.operation, error.code) == ("claim", "SQLITE_NOTADB")
    assert str(error) == f"claim: {path}: this is no SQLite database; name another file in [ledger] path"


def test_a_folder_is_no_file(tmp_path):
    error = failed(SqliteLedger(tmp_path).probe)
    assert str(error) == f"probe: {tmp_path}: this is no file that can be opened; name another in [ledger] path"
    assert (error.operation, error.code) == ("probe", "SQLITE_CANTOPEN")


LOCKED = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_an_operation_keeps_the_locks_that_other_threads_hold(ledger, path, monkeypatch):
    """Whoever closes a file drops all locks that the process has on it; another process would write at the same time."""
    claim(ledger)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for each in (ledger, SqliteLedger(path)):  # one that knows the file, and one that is new to it
            assert failed(lambda each=each: claim(each)).code == "SQLITE_BUSY"
        command = [sys.executable, "-c", LOCKED, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "database is locked"


def test_tables_of_another_make_are_named(ledger, path):
    rows(path, "CREATE TABLE messages (id TEXT, expires INTEGER)")
    won = failed(lambda: claim(ledger))
    assert won.code == "SQLITE_ERROR"
    assert "delete the file, it is for development" in str(won)


def test_whoever_writes_for_too_long_is_not_waited_for(ledger, path, monkeypatch):
    won = claim(ledger)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for operation, call in {
            "claim": lambda: claim(ledger),
            "settle": lambda: ledger.settle(won, ACCEPTED),
            "release": lambda: ledger.release(won),
        }.items():
            error = failed(call)
            assert (error.operation, error.code) == (operation, "SQLITE_BUSY")
            assert "another process has been writing for 0.05 s" in str(error)


def test_a_lease_begins_when_the_wait_for_others_is_over(ledger, path, clock):
    claim(ledger)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")

        def let_go():
            clock.advance(100)
            other.execute("COMMIT")

        timer = threading.Timer(0.3, let_go)
        timer.start()
        assert claim(ledger, owner="second").state == "won"
        timer.join()
    assert claim(ledger, owner="third").state == "held"


def test_probing_claims_nothing(ledger, path):
    ledger.probe()
    assert rows(path) == []


def test_without_a_clock_it_goes_by_the_time_of_day(path):
    first = claim(SqliteLedger(path))
    assert claim(SqliteLedger(path), owner="second").first_seen == first.first_seen


def test_a_record_is_a_compact_list_of_deliveries(ledger, path):
    ledger.settle(claim(ledger), ACCEPTED)
    ((record,),) = rows(path, "SELECT receipt FROM messages")
    assert record == '[{"channel":"email","status":"accepted","provider":"mail","message_id":"recorded-1"}]'
    assert json.loads(record)[0].keys() == {"channel", "status", "provider", "message_id"}
    assert Path(path).stat().st_size < 100_000
