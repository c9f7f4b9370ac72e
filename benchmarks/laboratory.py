"""Where handlers are measured: the peers, the bundle and the events, and fresh processes among them.

`loaded_modules(NOTIFYHUB)` is what a test of the import budget asks for.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bundle import link_bundle
from benchmarks.events import REGION, write_orders, write_sign_ups
from benchmarks.handler_process import SUBJECTS, HandlerProcess, Run
from benchmarks.peers import Peers, running_peers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Subject:
    """A handler to be measured: its module, the events that it gets, and its configuration if it is notifyhub's."""

    name: str
    module: str
    events: str
    config: str | None = None


REFERENCE = Subject("reference", "reference_handler", "sign_ups")
NOTIFYHUB = Subject("notifyhub", "notifyhub.aws_lambda", "sign_ups", "notifyhub.toml")
BARE_POST = Subject("bare_post", "bare_post", "orders")
OWN_EVENT = Subject("own_event", "notifyhub.aws_lambda", "orders", "order_shipped.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """How many events follow the first: some that are not counted, then batches that are."""

    uncounted: int
    batches: int
    batch: int

    @property
    def events(self) -> int:
        """Events of one process, the first one included."""
        return 1 + self.uncounted + self.batches * self.batch


class Laboratory:
    """Runs handlers in fresh processes and makes sure that each of their mails arrived and shows its code."""

    def __init__(self, folder: Path, peers: Peers, *, events: int) -> None:
        self._folder = folder
        self._peers = peers
        self._key_arn = write_sign_ups(folder / "sign_ups", events, kms_url=peers.kms_url)
        write_orders(folder / "orders", events)
        self._bundle = folder / "bundle"
        self._bundle.mkdir()
        link_bundle(self._bundle)
        self._arrived: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        """Mails with the right code in them, by subject."""

    def cold(self, subject: Subject, *, import_times: bool = False) -> Run:
        """One process that gets one event."""
        with self._process(subject, import_times=import_times) as process:
            pass
        return process.run

    def pair(self, first: Subject, second: Subject, warm: Warm) -> dict[Subject, Run]:
        """Two cold starts, one after the other, then warm events in batches by turns."""
        with self._process(first) as one, self._process(second) as other:
            for process in (one, other):
                process.warm(warm.uncounted)
            for _ in range(warm.batches):
                for process in (one, other):
                    process.run.warm_cpu_ms.append(process.warm(warm.batch) / warm.batch)
        return {first: one.run, second: other.run}

    def keep_payload(self) -> None:
        """Has `BARE_POST` post what `OWN_EVENT` posts."""
        with HandlerProcess.started(
            OWN_EVENT.module, self._folder / OWN_EVENT.events, environment=self._environment(OWN_EVENT)
        ):
            payload = self._peers.tally().last
        (self._folder / "payload").write_text(json.dumps(payload), encoding="utf-8")

    @contextlib.contextmanager
    def _process(self, subject: Subject, *, import_times: bool = False) -> Iterator[HandlerProcess]:
        file = self._folder / subject.events
        environment = self._environment(subject)
        with HandlerProcess.started(
            subject.module, file, environment=environment, import_times=import_times
        ) as process:
            yield process
        self._check(subject, process.run.events)

    def _check(self, subject: Subject, expected: int) -> None:
        self._arrived.update(self._peers.tally().right)
        if self._arrived.pop(_api_key(subject), 0) != expected:
            raise RuntimeError(f"{subject.name}: not each of {expected} mails arrived with its code")
        self.delivered[subject.name] += expected

    def _environment(self, subject: Subject) -> Mapping[str, str]:
        """All that a process sees: what differs from machine to machine, coverage's hooks included, stays out."""
        return {
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "PYTHONPATH": str(self._bundle),
            "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_KMS": self._peers.kms_url,
            "SENDGRID_API_KEY": _api_key(subject),
            **self._configuration(subject),
        }

    def _configuration(self, subject: Subject) -> Mapping[str, str]:
        """What names the loopback addresses and the key, to each subject in its own way."""
        if subject.config is None:
            payload = str(self._folder / "payload")
            return {"KEY_ARN": self._key_arn, "SENDGRID_URL": self._peers.sendgrid_url, "PAYLOAD": payload}
        decryption = {"NOTIFYHUB__DECRYPTION__KEY_ARNS": self._key_arn} if subject.events == "sign_ups" else {}
        return {
            "NOTIFYHUB_CONFIG": str(SUBJECTS / subject.config),
            "NOTIFYHUB__PROVIDERS__MAIL__BASE_URL": self._peers.sendgrid_url,
            **decryption,
        }


@contextlib.contextmanager
def laboratory(*, events: int) -> Iterator[Laboratory]:
    """A laboratory with so many events of each kind."""
    with tempfile.TemporaryDirectory() as folder, running_peers() as peers:
        yield Laboratory(Path(folder), peers, events=events)


def loaded_modules(subject: Subject) -> frozenset[str]:
    """The modules that a fresh process has loaded once its first mail is delivered."""
    with laboratory(events=1) as lab:
        return frozenset(lab.cold(subject).modules)


def _api_key(subject: Subject) -> str:
    return f"SG.{subject.name}"
