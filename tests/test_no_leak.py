"""No secret leaks: after every kind of failure, nothing that is left behind shows the code, a credential or the address.

Searched are the error with all of its causes and contexts, its traceback, every log record of every library at DEBUG,
the receipt, the ledger, and what each object on the path shows of itself.
"""

import base64

import pytest

from notifyhub import Dispatcher, errors
from notifyhub.clients.aws import AwsClients
from notifyhub.deadline import Deadline
from notifyhub.errors import NotifyHubError, ProviderError, RecipientRejected
from notifyhub.events import parse_event
from notifyhub.secret import Secret
from notifyhub.settings import load_settings
from notifyhub.testing import VendorAnswer, VendorServer, forge_event
from notifyhub.testing.ciphertexts import CODE as KMS_CODE
from notifyhub.testing.contracts.aws_provider import AWS_ENVIRONMENT, set_aws_environment
from tests.decryption.scripted_kms import ScriptedKms
from tests.support.hub import LOCAL_KEY, SIGN_UP, Hub, settings_of
from tests.support.leak_search import LeakSearch

CODE = "c4nary_c0de"
API_KEY = "SG.c4nary-api-key"
EMAIL = "c4nary.jane@example.com"
PHONE = "+15005557319"
CREDENTIALS = [
    API_KEY,
    base64.b64encode(LOCAL_KEY).decode(),
    AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    AWS_ENVIRONMENT["AWS_SESSION_TOKEN"],
]
SECRETS = [CODE, KMS_CODE, *CREDENTIALS]
RECIPIENTS = [EMAIL, PHONE, "c4nary.jane"]
QUOTING = {"errors": [{"message": f"{EMAIL} {CODE} {API_KEY}", "field": f"to {EMAIL}"}]}


@pytest.fixture
def search():
    with LeakSearch() as search:
        yield search


@pytest.fixture
def vendor():
    with VendorServer().running() as server:
        server.answer = VendorAnswer(status=202, headers={"x-message-id": "m-1"})
        yield server


@pytest.fixture
def settings(vendor, monkeypatch):
    """SendGrid on loopback."""
    monkeypatch.setenv("SENDGRID_API_KEY", API_KEY)
    return settings_of(email=("mail",), providers={"mail": sendgrid(vendor.url)}, delivery={"attempt_timeout_s": 1})


@pytest.fixture
def hub_of():
    """Makes hubs, and closes their connections after the test."""
    hubs = []

    def made(settings=None, **parts):
        hubs.append(Hub(settings, **parts))
        return hubs[-1]

    yield made
    for hub in hubs:
        hub.dispatcher.clients.http.close()
        hub.dispatcher.clients.aws.close()


def sendgrid(url, *, api_key="env:SENDGRID_API_KEY"):
    return {"use": "sendgrid", "api_key": api_key, "sender": "Acme <a@acme.example>", "base_url": url}


def raw_event(source=SIGN_UP, *, key=LOCAL_KEY, **changes):
    attributes = {"email": EMAIL, "phone_number": PHONE}
    return forge_event(source, key, code=CODE, attributes=attributes, **changes)


def failed(search, hub, event):
    """The error in which a dispatch ends, after everything around it has been searched."""
    with pytest.raises(NotifyHubError) as caught:
        hub.dispatcher.dispatch(event, deadline=Deadline.after(20))
    error = caught.value
    search.note(error, hub, hub.dispatcher, *vars(hub.dispatcher).values(), *vars(hub.ledger).values())
    search.note_fields(*[error.receipt] if error.receipt else [])
    search.assert_absent(*SECRETS, *RECIPIENTS)
    return error


def failed_decently(search, hub, event):
    """The same, and nor do the variables of the frames hold a secret, which error trackers collect."""
    error = failed(search, hub, event)
    search.note_frames(error)
    search.assert_absent(*SECRETS)
    return error


@pytest.mark.parametrize(
    "broken",
    [
        {"triggerSource": f"PreSignUp_{EMAIL}"},
        {"triggerSource": {"code": CODE}},
        {"userPoolId": None},
        {"userName": {EMAIL: CODE}},
        {"request": f"{EMAIL} {CODE}"},
        {"request": {"code": {"plain": CODE}, "userAttributes": [EMAIL]}},
        {"request": {"code": f"{CODE}!", "userAttributes": {"email": EMAIL}}},
        {"request": {"code": base64.b64encode(CODE.encode()).decode(), "userAttributes": {"email": EMAIL}}},
        {"request": {"code": None, "userAttributes": {"email": EMAIL}}},
        {"request": {"code": "x", "userAttributes": {"email": f"{EMAIL}\n", "x": CODE}}},
    ],
)
def test_an_event_that_is_wrong_leaks_nothing(broken, search, hub_of, settings):
    failed(search, hub_of(settings), {**raw_event(), **broken})


def test_a_secret_for_another_pool_leaks_nothing(search, hub_of, settings):
    failed(search, hub_of(settings), raw_event() | {"userPoolId": "eu-west-1_another"})


def test_a_secret_for_another_pool_is_in_no_frame(search, hub_of, settings):
    failed_decently(search, hub_of(settings), raw_event() | {"userPoolId": "eu-west-1_another"})


def test_a_secret_under_another_key_leaks_nothing(search, hub_of, settings):
    failed_decently(search, hub_of(settings), raw_event(key=bytes(32)))


@pytest.mark.parametrize(
    "template",
    [
        "{{ user[code] }}",
        "{{ nobody[code] }}",
        "{{ code | int / 0 }}",
        "{{ code.no_such_thing.at_all }}",
        "{% include code %}",
        "{{ code | no_such_filter }}",
        "{{ user.email[code]() }}",
        "{% for a, b, c, d in [code] %}{% endfor %}",
        "{{ '%d' | format(code) }}",
        "{{ user.email | attr(code) | upper }}",
        "{{ raise_from(code, user.email) }}",
    ],
)
def test_a_template_that_fails_leaks_nothing(template, search, hub_of, settings, tmp_path):
    (tmp_path / "SignUp").mkdir()
    (tmp_path / "SignUp" / "email.body.html.j2").write_text(template)
    own = settings.model_copy(update={"templates": settings.templates.model_copy(update={"path": tmp_path})})
    failed_decently(search, hub_of(own), raw_event())


VERDICTS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)]


@pytest.mark.parametrize("kind", VERDICTS)
def test_every_error_of_a_provider_leaks_nothing_of_what_is_behind_it(kind, search, hub_of):
    """Also where its author chained the library's own error, which quotes the request."""
    hub = hub_of()
    error = kind("acme", status=400, code="E7")
    error.__cause__ = KeyError(f"{EMAIL} {CODE}")
    hub.providers["mail"].fail_with(error, times=6)
    outcome = failed_decently(search, hub, raw_event())
    assert (outcome.__cause__ is not None) is (kind is RecipientRejected)


@pytest.mark.parametrize("kind", [KeyError, ValueError, UnicodeDecodeError, OSError])
def test_what_a_plugin_raises_by_mistake_leaks_nothing(kind, search, hub_of):
    parts = ("utf-8", CODE.encode(), 0, 1, EMAIL) if kind is UnicodeDecodeError else (f"{EMAIL} {CODE}",)
    hub = hub_of()
    hub.providers["mail"].fail_with(kind(*parts))
    failed_decently(search, hub, raw_event())


@pytest.mark.parametrize("status", [200, 202, 301, 400, 401, 403, 404, 413, 429, 500, 502, 503])
def test_an_answer_that_quotes_the_message_leaks_nothing(status, search, hub_of, settings, vendor):
    headers = {"x-message-id": f"<{EMAIL}>", "location": f"https://x.example/{CODE}", "retry-after": CODE}
    vendor.answer = VendorAnswer(status=status, headers=headers, body=QUOTING)
    hub = hub_of(settings)
    if status == 202:
        search.note_fields(hub.dispatcher.dispatch(raw_event()))
        search.assert_absent(*SECRETS, *RECIPIENTS)
    else:
        failed_decently(search, hub, raw_event())


@pytest.mark.parametrize("failure", ["hangs up", "is silent", "is down"])
def test_a_failure_on_the_way_leaks_nothing(failure, search, hub_of, settings, vendor):
    vendor.answer = VendorAnswer(hang_up=failure == "hangs up", delay_s=30 if failure == "is silent" else 0)
    if failure == "is down":
        vendor.close()
    failed_decently(search, hub_of(settings), raw_event())


@pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException", "KMSInternalException"])
def test_a_refusal_of_kms_leaks_nothing(code, search, hub_of, settings, monkeypatch):
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url, service="KMS")
        scripted, clients = ScriptedKms(server), AwsClients()
        addressed = {"email": EMAIL}
        request = scripted.event.request.model_copy(update={"user_attributes": addressed})
        event = scripted.event.model_copy(update={"request": request})
        hub = hub_of(settings, decryptor=scripted.decryptor(clients))
        search.note_fields(hub.dispatcher.dispatch(event, deadline=Deadline.after(20)))
        scripted.refuse(code)
        failed_decently(search, hub_of(settings, decryptor=scripted.decryptor(clients)), event)
        clients.close()


@pytest.mark.parametrize(
    ("table", "variable"),
    [
        ("[providers.mail]\nuse = 'sendgrid'\napi_kye = '{0}'\nsender = 'a@acme.example'", ""),
        ("[providers.mail]\nuse = 'sendgrid'\napi_key = ['{0}']\nsender = 'a@acme.example'", ""),
        ("[providers.mail]\nuse = 'sendgrid'\napi_key = '{0}'\nsender = '{0}'", ""),
        (
            "[providers.mail]\nuse = 'sendgrid'\napi_key = '{0}'\nsender = 'a@acme.example'\nbase_url = 'http://u:{0}@x'",
            "",
        ),
        ("[decryption]\nlocal_key = '{0}'", ""),
        ("[decryption]\nkey_arns = ['{0}']", ""),
        ("[decryption]\nlocal_key = 'env:C4NARY'", "C4NARY"),
        ("[decryption]\nlocal_key = {0}", ""),
        ("[delivery]\nattempt_timeout_s = '{0}'", ""),
        ("", "NOTIFYHUB__DELIVERY__LEASE_S"),
        ("", "NOTIFYHUB__PROVIDERS__MAIL"),
        ("", "NOTIFYHUB__ROUTES__0"),
    ],
)
def test_a_wrong_setting_leaks_nothing(table, variable, search, tmp_path, monkeypatch):
    file = tmp_path / "notifyhub.toml"
    routes = "[[routes]]\nchannel = 'email'\nproviders = ['mail']\n" if "[providers.mail]" in table else ""
    file.write_text("[app]\nname = 'Acme'\n" + table.format(API_KEY) + "\n" + routes)
    if variable:
        monkeypatch.setenv(variable, API_KEY)
    with pytest.raises(errors.ConfigurationError) as caught:
        Dispatcher(load_settings(file))
    search.note(caught.value)
    search.assert_absent(*SECRETS)


@pytest.mark.parametrize("source", [SIGN_UP, "CustomSMSSender_Authentication"])
def test_what_goes_well_leaks_nothing(source, search, hub_of, settings):
    """Every object on the path is asked to show itself, and the receipt and the ledger field by field."""
    hub, event = hub_of(settings), parse_event(raw_event(source))
    (channel,) = event.all_channels
    receipt = hub.dispatcher.dispatch(event)
    again = hub.dispatcher.dispatch(event)
    claim = hub.ledger.claim(event.key(channel, ""), owner="x", lease=1)
    message = hub.dispatcher.pipeline.renderer.render(
        event, channel, EMAIL if channel == "email" else PHONE, Secret(CODE)
    )
    search.note(event, message, Secret(CODE), *vars(event).values(), *vars(hub.dispatcher).values())
    search.note(receipt, again, claim, hub.witness.receipts, *vars(hub.ledger).values())
    search.note_fields(receipt, again, claim, *hub.ledger._entries.values())
    assert search.lines > 1
    search.assert_absent(*SECRETS, *RECIPIENTS)


def test_settings_show_no_credential_that_is_written_in_the_file(search):
    settings = settings_of(email=("mail",), providers={"mail": sendgrid("https://x.example", api_key=API_KEY)})
    search.note(settings, *settings.providers.values())
    search.assert_absent(*SECRETS)
