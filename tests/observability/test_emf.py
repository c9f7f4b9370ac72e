"""The lines that CloudWatch makes metrics of."""

import io
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import jsonschema
import pytest

from notifyhub import NotificationEvent
from notifyhub.errors import EventError, NotifyHubError, NotSent, RecipientRejected, RefusedHere
from notifyhub.observability.emf import EmfMetrics
from notifyhub.receipts import Attempt, Delivery
from notifyhub.testing import RecordingProvider, assert_absent
from tests.support.emf import metrics_of, parsed
from tests.support.hub import CODE, EMAIL, PHONE, SIGN_UP, Hub, settings_of, signing_up
from tests.support.observed import Dead, Late, in_progress

EMF = {"metrics": "emf", "namespace": "acme/codes"}
SIGN_UP_MAIL = (("Channel", "email"), ("Trigger", "SignUp"))


class Sendung(NotificationEvent):
    name = "Päckchen"


@pytest.fixture
def lines(capsys):
    """What was written since it was asked last, line by line."""

    def read():
        return capsys.readouterr().out.splitlines()

    return read


def counted(lines):
    return {(name, dimensions): value for line in lines for name, dimensions, value in metrics_of(line)}


def hub_of(**tables):
    return Hub(settings_of(**{"observability": EMF, **tables}))


def test_an_acceptance_is_counted_for_alarms_and_for_its_trigger_with_its_time(lines):
    hub_of().dispatcher.dispatch(signing_up())
    attempt, delivery = lines()
    found = counted([delivery])
    assert set(found) == {(name, under) for name in ("Accepted", "TimeToAcceptance") for under in ((), SIGN_UP_MAIL)}
    assert found["Accepted", ()] == 1
    assert 0 < found["TimeToAcceptance", ()] < 10_000
    assert set(counted([attempt])) == {(name, (("Provider", "mail"),)) for name in ("Attempts", "AttemptDuration")}


def test_lines_say_when_in_which_namespace_and_in_which_unit(capsys):
    metrics = EmfMetrics("acme/codes", clock=lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))
    metrics.on_attempt(None, "email", Attempt(provider="mail", outcome="accepted", duration_ms=12.5))  # type: ignore[arg-type]
    line = parsed(capsys.readouterr().out)
    assert line["_aws"]["Timestamp"] == 1_795_608_000_000
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "acme/codes"
    assert directive["Metrics"] == [
        {"Name": "Attempts", "Unit": "Count"},
        {"Name": "AttemptDuration", "Unit": "Milliseconds"},
    ]
    assert line["AttemptDuration"] == 12.5


@pytest.mark.parametrize(
    ("failure", "metric", "reason"),
    [(RefusedHere, "Failed", "DeliveryFailed"), (RecipientRejected, "Undeliverable", "recipient_rejected")],
)
def test_what_did_not_go_out_is_counted_by_itself(failure, metric, reason, lines):
    hub = hub_of()
    hub.providers["mail"].fail_with(failure)
    with pytest.raises(NotifyHubError):
        hub.dispatcher.dispatch(signing_up())
    attempt, delivery = lines()
    assert counted([delivery]) == {(metric, ()): 1, (metric, SIGN_UP_MAIL): 1}
    assert parsed(delivery)["Reason"] == reason
    found = counted([attempt])
    assert found["Attempts", (("Provider", "mail"),)] == 1
    assert found["AttemptErrors", (("Provider", "mail"),)] == 1
    assert found["AttemptErrors", (("Provider", "mail"), ("Outcome", failure.__name__))] == 1


def test_a_duplicate_and_a_dry_run_are_counted_as_what_they_are(lines):
    hub, event = hub_of(), signing_up()
    hub.dispatcher.dispatch(event)
    lines()
    hub.dispatcher.dispatch(event)
    hub_of(sandbox={"dry_run": True}).dispatcher.dispatch(signing_up())
    found = counted(lines())
    assert set(found) == {(name, under) for name in ("Duplicate", "DryRun") for under in ((), SIGN_UP_MAIL)}


def test_a_message_that_somebody_else_is_sending_is_no_failure(lines):
    in_progress(hub_of())
    (line,) = lines()
    assert counted([line]) == {("InProgress", ()): 1, ("InProgress", SIGN_UP_MAIL): 1}


def test_a_late_result_is_counted_when_it_comes(lines):
    late = Late()
    hub = Hub(
        settings_of(observability=EMF, providers={"mail": {"use": "console", "timeout_s": 0.05}}),
        providers={"mail": late},
    )
    late.given_up(hub)
    outcome = (("Provider", "mail"), ("Outcome", "accepted"))
    (line,) = [line for line in lines() if "LateResults" in line]
    assert counted([line]) == {("LateResults", outcome[:1]): 1, ("LateResults", outcome): 1}


def test_a_ledger_that_is_down_is_counted(lines):
    Hub(settings_of(observability=EMF), ledger=Dead()).dispatcher.dispatch(signing_up())
    failures = [line for line in lines() if "LedgerFailures" in line]
    assert [parsed(line)["Operation"] for line in failures] == ["claim", "claim", "settle"]
    assert counted(failures) == {("LedgerFailures", ()): 1}


def test_an_event_that_cannot_be_read_is_counted(lines):
    with pytest.raises(EventError):
        hub_of().dispatcher.dispatch({"triggerSource": f"PreSignUp_{EMAIL}"})
    (line,) = lines()
    assert counted([line]) == {("Unreadable", ()): 1}
    assert "PreSignUp" not in line


def test_an_own_event_is_counted_under_its_name_on_each_channel(capsys):
    delivery = Delivery(channel="sms", status="accepted", provider="text")
    event = Sendung(id="1", recipient={"phone_number": PHONE})
    EmfMetrics("acme").on_delivery(event, delivery, error=None, duration_ms=1.0)
    (found,) = {under for _, under, _ in metrics_of(capsys.readouterr().out) if under}
    assert found == (("Channel", "sms"), ("Trigger", "P\\xe4ckchen"))


def test_no_line_shows_whom_it_concerns_or_what_was_said(lines):
    hub = hub_of(email=("first", "second"))
    hub.providers["first"].fail_with(NotSent("acme", "told", status=429, code="E7", request_id="r-1"), times=9)
    hub.providers["second"].fail_with(RefusedHere)
    event = signing_up()
    with pytest.raises(NotifyHubError):
        hub.dispatcher.dispatch(event, correlation="request-1")
    hub.dispatcher.dispatch(event, correlation="request-1")
    hub.dispatcher.dispatch(signing_up("CustomSMSSender_SignUp"))
    written = lines()
    assert len(written) > 6
    sub = event["request"]["userAttributes"]["sub"]
    assert_absent(
        [CODE, EMAIL, "j***", PHONE, sub, event["userName"], event["request"]["code"], "request-1", "r-1"], written
    )


def test_each_line_is_written_at_once_and_flushed(monkeypatch):
    class Pipe(io.StringIO):
        calls: list[str] = []

        def write(self, text):
            self.calls.append(text)
            time.sleep(0.0001)  # now another thread would write, if it could
            return len(text)

        def flush(self):
            self.calls.append("flush")

    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", pipe)
    metrics = EmfMetrics("acme")
    attempt = Attempt(provider="mail", outcome="accepted", duration_ms=1.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: metrics.on_attempt(None, "email", attempt), range(200)))  # type: ignore[arg-type]
    assert pipe.calls[1::2] == ["flush"] * 200
    assert all(line.endswith("}\n") and parsed(line) for line in pipe.calls[::2])


@pytest.mark.parametrize("output", [None, "closed", "broken"])
def test_an_output_that_does_not_work_stops_no_code(output, monkeypatch, caplog):
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    closed = io.StringIO()
    closed.close()
    hub = hub_of()
    monkeypatch.setattr(sys, "stdout", {"closed": closed, "broken": Broken()}.get(output))
    assert hub.dispatcher.dispatch(signing_up()).status == "accepted"
    assert "raised" not in caplog.text


@pytest.mark.parametrize(
    ("metrics", "inside", "written"),
    [(None, True, True), (None, False, False), ("emf", False, True), ("none", True, False)],
)
def test_they_are_written_inside_lambda_unless_configured_otherwise(metrics, inside, written, lines, monkeypatch):
    if inside:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    observability = {"metrics": metrics} if metrics else {}
    hub = Hub(
        settings_of(observability=observability), providers={"mail": RecordingProvider(), "text": RecordingProvider()}
    )
    hub.dispatcher.dispatch(signing_up(SIGN_UP))
    assert bool(lines()) is written


@pytest.mark.parametrize(
    "wrong",
    [
        {"Channel": 7},
        {"Accepted": "1"},
        {"Channel": " "},
        {"_aws": {}},
    ],
)
def test_the_search_for_mistakes_finds_them(wrong, lines):
    hub_of().dispatcher.dispatch(signing_up())
    good = json.loads(lines()[-1])
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        parsed(json.dumps({**good, **wrong}))
