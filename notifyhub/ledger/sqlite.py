"""A ledger in a SQLite file, for development: all processes and threads of one machine share it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from notifyhub.clock import now
from notifyhub.errors import ConfigurationError, LedgerError
from notifyhub.ledger.base import Claim, Ledger
from notifyhub.ledger.records import dump_receipt, load_receipt, milliseconds, moment, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from notifyhub.receipts import Receipt

KEEP = timedelta(days=15)
BUSY_TIMEOUT_S = 10.0
"""Seconds that one waits for the others' writes."""
SWEPT = 10
"""Old entries that go, at most, when a new one comes: the file does not grow without end, and no claim takes long."""

_making = threading.Lock()
_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS messages (
        id TEXT PRIMARY KEY, owner TEXT, lease_ends INTEGER NOT NULL, first_seen INTEGER NOT NULL,
        attempt INTEGER NOT NULL, unknown_at TEXT NOT NULL, receipt TEXT, expires INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS messages_by_expiry ON messages (expires)",
)
_INSERT = "INSERT INTO messages VALUES (:id, NULL, :now, :now, 0, '[]', NULL, :expires)"
_SWEEP = "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE expires <= :now LIMIT :swept)"
_SELECT = "SELECT * FROM messages WHERE id = :id"
_CLAIM = """
    UPDATE messages SET owner = :owner, lease_ends = :ends, attempt = attempt + 1, expires = :expires WHERE id = :id
"""
_SETTLE = """
    UPDATE messages SET owner = NULL, receipt = :receipt, expires = :expires
    WHERE id = :id AND owner = :owner AND receipt IS NULL
"""
_RELEASE = """
    UPDATE messages SET owner = NULL, unknown_at = :unknown_at WHERE id = :id AND owner = :owner AND receipt IS NULL
"""


class SqliteLedger(Ledger):
    """Keeps claims and receipts in a file that many processes may use at once.

    Each operation is one transaction, on a connection of its own that no fork shares. Entries are kept for `keep` after
    they were last claimed or settled. Raises ConfigurationError where the file's folder is missing; the file itself is
    made at the first claim, for this user's eyes only.
    """

    def __init__(self, path: Path, *, keep: timedelta = KEEP, clock: Callable[[], datetime] = now) -> None:
        if not path.parent.is_dir():
            raise ConfigurationError(f"there is no folder {path.parent}; create it", path="ledger.path")
        self._path = path
        self._keep = milliseconds(keep)
        self._clock = clock
        self._made = False

    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """See the base class."""
        with self._transaction("claim") as execute:
            now = milliseconds(self._clock())  # after the wait for the others, which may have been long
            values = {"id": key, "owner": owner, "now": now, "ends": now + int(lease * 1000), "swept": SWEPT}
            values["expires"] = now + self._keep
            row = execute(_SELECT, values).fetchone()
            if row is None:
                execute(_SWEEP, values)
                execute(_INSERT, values)
            elif row["receipt"] is not None:
                return _make_claim("settled", row)
            elif row["owner"] not in {None, owner} and now < row["lease_ends"]:
                return _make_claim("held", row)
            execute(_CLAIM, values)
            return _make_claim("won", execute(_SELECT, values).fetchone())

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """See the base class."""
        with self._transaction("settle") as execute:
            expires = milliseconds(self._clock()) + self._keep
            values = {"id": claim.key, "owner": claim.owner, "receipt": dump_receipt(receipt), "expires": expires}
            execute(_SETTLE, values)

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """See the base class."""
        with self._transaction("release") as execute:
            row = execute(_SELECT, {"id": claim.key}).fetchone()
            if row is not None:
                doubtful = list(dict.fromkeys((*_names(row), *unknown_at)))
                values = {"id": claim.key, "owner": claim.owner, "unknown_at": json.dumps(doubtful)}
                execute(_RELEASE, values)

    def probe(self) -> None:
        """See the base class; the file is made if there is none yet."""
        with self._transaction("probe"):
            pass

    @contextlib.contextmanager
    def _transaction(self, operation: str) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Opens a transaction, for which other processes wait; an error inside undoes it.

        SQLite's default journal and no write-ahead log: of 32 processes that open and close such a file at once, some
        are told at once that it is locked, whatever the time-out (tried with SQLite 3.40).
        """
        try:
            with contextlib.closing(self._connection()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                for statement in _SCHEMA:
                    connection.execute(statement)
                yield connection.execute
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorname", None)
            raise LedgerError(f"{self._path}: {_remedy(error, code)}", operation=operation, code=code) from error

    def _connection(self) -> sqlite3.Connection:
        if not self._made:
            self._make()
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    def _make(self) -> None:
        """Makes the file for this user alone: SQLite would go by the process's umask, for everybody to read.

        Only where there is none, and while no other thread may hold it open: closing a file drops all locks that the
        process has on it, SQLite's too (https://www.sqlite.org/howtocorrupt.html, 2.2, read 2026-11).
        """
        with _making:
            if not self._path.exists():
                with contextlib.suppress(FileExistsError):  # another process was faster
                    os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._made = True


def _names(row: sqlite3.Row) -> tuple[str, ...]:
    return tuple(map(str, json.loads(row["unknown_at"])))


def _make_claim(state: Literal["won", "held", "settled"], row: sqlite3.Row) -> Claim:
    try:
        return Claim(
            key=row["id"],
            state=state,
            owner=row["owner"] or "",
            attempt=row["attempt"],
            first_seen=moment(row["first_seen"]),
            unknown_at=_names(row),
            receipt=load_receipt(row["receipt"]) if state == "settled" else None,
        )
    except (ValueError, TypeError, OverflowError):
        raise unreadable() from None


def _remedy(error: Exception, code: str | None) -> str:
    remedies = {
        "SQLITE_BUSY": f"another process has been writing for {BUSY_TIMEOUT_S:g} s; end it",
        "SQLITE_NOTADB": "this is no SQLite database; name another file in [ledger] path",
        "SQLITE_CANTOPEN": "this is no file that can be opened; name another in [ledger] path",
        "SQLITE_READONLY": "the file may not be written; give this user the right to",
        "SQLITE_FULL": "the disk is full",
        "SQLITE_ERROR": "its tables are not of this version; delete the file, it is for development",
    }
    return remedies.get(code or "") or f"{type(error).__name__}, {getattr(error, 'strerror', None) or error}"
