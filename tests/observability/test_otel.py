"""Spans as an application's OpenTelemetry SDK gets them."""

import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode

from notifyhub import Dispatcher, NotificationEvent
from notifyhub.errors import (
    DeliveryFailed,
    EventError,
    MissingExtra,
    NotSent,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.testing import RecordingProvider, assert_absent
from tests.support.hub import CODE, EMAIL, PHONE, Hub, settings_of, signing_up
from tests.support.observed import Late, in_progress

OTEL = {"traces": "otel"}


class OrderShipped(NotificationEvent):
    channels = ("email", "sms")


class Instrumented(RecordingProvider):
    """Its library opens a span of its own, as instrumented HTTP clients do, in whichever thread it runs."""

    def send(self, message, context):
        with trace.get_tracer("a.library").start_as_current_span("POST"):
            return super().send(message, context)


class Raising(SpanProcessor):
    """An application's processor with a mistake in it; it does not always make one."""

    broken: set[str] = set()

    def on_start(self, span, parent_context=None):
        if "start" in self.broken:
            raise ZeroDivisionError

    def on_end(self, span):
        if "end" in self.broken:
            raise ZeroDivisionError


class Undecided(Sampler):
    """An application's sampler, which takes all spans unless it is broken."""

    broken = False

    def should_sample(self, parent_context, trace_id, name, kind=None, attributes=None, *more, **named):
        if self.broken:
            raise ZeroDivisionError
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)

    def get_description(self):
        return "undecided"


EXPORTER = InMemorySpanExporter()
RAISING, UNDECIDED = Raising(), Undecided()


@pytest.fixture(scope="module", autouse=True)
def provider():
    """The process has one tracer provider, which can be set once."""
    provider = TracerProvider(sampler=UNDECIDED, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    provider.add_span_processor(RAISING)
    trace.set_tracer_provider(provider)
    yield provider
    provider.shutdown()


@pytest.fixture(autouse=True)
def spans():
    """The spans that have ended, by the order in which they began."""
    EXPORTER.clear()
    return lambda: sorted(EXPORTER.get_finished_spans(), key=lambda span: span.start_time or 0)


def hub_of(**tables):
    providers = tables.pop("given", None)
    return Hub(settings_of(**{"observability": OTEL, **tables}), providers=providers)


def tree_of(spans):
    """Each span's name with those of its ancestors before it."""
    by_id = {span.context.span_id: span for span in spans}

    def path(span):
        above = path(by_id[span.parent.span_id]) if span.parent else []
        return [*above, span.name.removeprefix("notifyhub.")]

    return ["/".join(path(span)) for span in spans]


def facts(span):
    return {name.removeprefix("notifyhub."): value for name, value in span.attributes.items()}


def test_the_spans_of_a_message_nest_also_in_the_thread_that_sends_it(spans):
    hub_of(given={"mail": Instrumented()}).dispatcher.dispatch(signing_up(), correlation="request-1")
    found = spans()
    assert tree_of(found) == ["dispatch", "dispatch/deliver", "dispatch/deliver/send", "dispatch/deliver/send/POST"]
    dispatch, deliver, send, _ = found
    assert facts(dispatch) == {"trigger": "SignUp", "correlation": "request-1", "outcome": "accepted"}
    assert facts(deliver) == {
        "trigger": "SignUp",
        "channel": "email",
        "correlation": "request-1",
        "outcome": "accepted",
        "provider": "mail",
        "attempts": 1,
        "messaging.message.id": "recorded-1",
    }
    assert facts(send) == {
        "trigger": "SignUp",
        "channel": "email",
        "provider": "mail",
        "attempt": 1,
        "outcome": "accepted",
    }
    assert [span.kind for span in found[:3]] == [SpanKind.INTERNAL, SpanKind.INTERNAL, SpanKind.CLIENT]
    assert {span.status.status_code for span in found} == {StatusCode.UNSET}


def test_they_hang_below_the_span_that_is_open_already(spans):
    with trace.get_tracer("the.application").start_as_current_span("POST /signup"):
        hub_of().dispatcher.dispatch(signing_up())
        hub_of().dispatcher.dispatch(signing_up())
    begun = [
        "POST /signup",
        *["POST /signup/dispatch", "POST /signup/dispatch/deliver", "POST /signup/dispatch/deliver/send"] * 2,
    ]
    assert tree_of(spans()) == begun
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_failover_shows_both_sends_and_which_one_failed_with_what(spans):
    hub = hub_of(email=("first", "second"))
    hub.providers["first"].fail_with(RefusedHere("acme", "in words", status=422, code="E7", request_id="r-1"))
    hub.dispatcher.dispatch(signing_up())
    _, deliver, first, second = spans()
    assert {"status_code": 422, "error_code": "E7", "request_id": "r-1"}.items() <= facts(first).items()
    assert (first.status.status_code, facts(first)["error.type"]) == (StatusCode.ERROR, "RefusedHere")
    assert (second.status.status_code, facts(second)["provider"]) == (StatusCode.UNSET, "second")
    assert (facts(deliver)["provider"], facts(deliver)["attempts"], deliver.status.status_code) == (
        "second",
        2,
        StatusCode.UNSET,
    )


def test_a_provider_that_is_asked_again_has_a_span_per_call(spans):
    hub = hub_of()
    hub.providers["mail"].fail_with(NotSent)
    hub.dispatcher.dispatch(signing_up())
    assert [facts(span)["attempt"] for span in spans() if span.name == "notifyhub.send"] == [1, 2]


@pytest.mark.parametrize(
    ("failure", "raised", "outcome", "reason"),
    [
        (RefusedHere, DeliveryFailed, "failed", None),
        (RecipientRejected, Undeliverable, "undeliverable", "recipient_rejected"),
    ],
)
def test_what_does_not_go_out_is_an_error_by_its_type_alone(failure, raised, outcome, reason, spans):
    hub = hub_of()
    hub.providers["mail"].fail_with(failure)
    with pytest.raises(raised):
        hub.dispatcher.dispatch(signing_up())
    dispatch, deliver, send = spans()
    assert [span.status.status_code for span in (dispatch, deliver, send)] == [StatusCode.ERROR] * 3
    assert [facts(span)["error.type"] for span in (dispatch, deliver, send)] == [
        raised.__name__,
        raised.__name__,
        failure.__name__,
    ]
    assert (facts(dispatch)["outcome"], facts(deliver)["outcome"]) == (outcome, outcome)
    assert facts(deliver).get("reason") == reason
    assert [span.events for span in (dispatch, deliver, send)] == [(), (), ()]
    assert [span.status.description for span in (dispatch, deliver, send)] == [
        raised.__name__,
        raised.__name__,
        failure.__name__,
    ]


def test_each_channel_has_a_span_of_its_own(spans, tmp_path):
    (tmp_path / "OrderShipped").mkdir()
    for name in ("email.body.txt.j2", "sms.body.txt.j2"):
        (tmp_path / "OrderShipped" / name).write_text("It is on its way.")
    hub = hub_of(templates={"path": tmp_path})
    hub.providers["text"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(OrderShipped(id="1", recipient={"email": EMAIL, "phone_number": PHONE}))
    found = spans()
    assert tree_of(found) == ["dispatch", *["dispatch/deliver", "dispatch/deliver/send"] * 2]
    assert [(facts(span)["channel"], facts(span)["outcome"]) for span in found if span.name == "notifyhub.deliver"] == [
        ("email", "accepted"),
        ("sms", "failed"),
    ]
    assert facts(found[0]).items() >= {"trigger": "OrderShipped", "outcome": "failed"}.items()


def test_an_event_that_cannot_be_read_is_an_error_too(spans):
    with pytest.raises(EventError):
        hub_of().dispatcher.dispatch({"triggerSource": "PreSignUp_SignUp"})
    (dispatch,) = spans()
    assert (facts(dispatch), dispatch.status.status_code) == ({"error.type": "EventError"}, StatusCode.ERROR)


def test_a_message_that_another_invocation_sends_says_so(spans):
    in_progress(hub_of())
    _, deliver = spans()
    assert (facts(deliver)["outcome"], facts(deliver)["error.type"]) == ("failed", "InProgress")


def test_a_duplicate_and_a_dry_run_have_no_send(spans):
    hub, event = hub_of(sandbox={"dry_run": True}), signing_up()
    hub.dispatcher.dispatch(event)
    hub.dispatcher.dispatch(event)
    assert tree_of(spans()) == ["dispatch", "dispatch/deliver"] * 2
    assert [facts(span)["outcome"] for span in spans()] == ["dry_run", "dry_run", "duplicate", "duplicate"]
    assert facts(spans()[1])["reason"] == "dry_run"


def test_a_late_result_is_a_span_below_the_call_that_was_given_up(spans):
    late = Late()
    late.given_up(hub_of(providers={"mail": {"use": "console", "timeout_s": 0.05}}, given={"mail": late}))
    found = spans()
    assert tree_of(found) == ["dispatch", "dispatch/deliver", "dispatch/deliver/send", "dispatch/deliver/send/late"]
    assert [facts(span)["outcome"] for span in found[2:]] == ["OutcomeUnknown", "accepted"]
    assert facts(found[3])["provider"] == "mail"


def test_no_span_shows_whom_it_concerns_or_what_was_said(spans):
    hub = hub_of(email=("first", "second"))
    for name, failure in {"first": RefusedHere, "second": KeyError(f"{CODE} {EMAIL}")}.items():
        hub.providers[name].fail_with(failure)
    event = signing_up()
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    hub.dispatcher.dispatch(event)
    hub.dispatcher.dispatch(signing_up("CustomSMSSender_SignUp"))
    assert len(spans()) > 8
    shown = [text for span in spans() for text in (span.to_json(), repr(span.status.description), repr(span.resource))]
    person = [EMAIL, "j***", PHONE, event["request"]["userAttributes"]["sub"], event["userName"]]
    assert_absent([CODE, event["request"]["code"], *person], shown)


@pytest.mark.parametrize("broken", ["start", "end"])
def test_a_processor_that_raises_loses_no_code(broken, monkeypatch):
    monkeypatch.setattr(Raising, "broken", {broken})
    hub = hub_of()
    assert hub.dispatcher.dispatch(signing_up()).status == "accepted"
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_sampler_that_raises_loses_no_code(monkeypatch, spans):
    monkeypatch.setattr(Undecided, "broken", True)
    assert hub_of().dispatcher.dispatch(signing_up()).status == "accepted"
    assert spans() == []


def test_without_the_setting_there_are_no_spans(spans):
    Hub().dispatcher.dispatch(signing_up())
    assert spans() == []


def test_without_the_library_the_dispatcher_says_which_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "notifyhub.observability.otel", raising=False)
    with pytest.raises(MissingExtra) as caught:
        Dispatcher(settings_of(observability=OTEL))
    assert (caught.value.extra, caught.value.module) == ("otel", "opentelemetry")
    assert str(caught.value).endswith('run: pip install "notifyhub-core[otel]"')
