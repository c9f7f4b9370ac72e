"""TLS and AUTH against a real server."""

import ssl
from email import message_from_bytes, policy

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from notifyhub.deadline import Deadline
from notifyhub.errors import ConfigurationError, NotSent, ProviderUnusable, UnsupportedContent
from notifyhub.messages import Message
from notifyhub.provider import SendContext
from notifyhub.provider.toolkit import Clients
from notifyhub_providers.smtp import Smtp
from tests.providers.smtp.mail_host import mail_host
from tests.providers.smtp.scripted_server import ScriptedServer

LOGIN = {"username": "zoë", "password": "p\u00e4ssword of the test"}
SENDER = "Acme <no-reply@acme.example>"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def certificate(authority):
    return server_context(authority, "127.0.0.1")


def server_context(authority, host):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


def smtp(port, **settings):
    table = {"host": "127.0.0.1", "port": port, "sender": SENDER, **settings}
    return Smtp(Smtp.Settings.model_validate(table), Clients().toolkit("smtp"))


def send(provider, to="jane.roe@example.com", **changes):
    message = Message(channel="email", to=to, trigger="SignUp", subject="Code", text="Your code is 83920174", **changes)
    return provider.send(message, SendContext(deadline=Deadline.after(10), idempotency_key="5f" * 32))


def check_login(server, session, envelope, mechanism, credentials):
    right = (credentials.login.decode(), credentials.password.decode()) == tuple(LOGIN.values())
    return AuthResult(success=right, handled=False)


def test_starttls_encrypts_before_anything_is_said(certificate, ca_file):
    with mail_host(tls_context=certificate, require_starttls=True) as inbox:
        send(smtp(inbox.port, ca_file=ca_file))
    assert inbox.sessions[0].ssl is not None
    assert inbox.envelopes[0].rcpt_tos == ["jane.roe@example.com"]


def test_tls_from_the_start(certificate, ca_file):
    with mail_host(ssl_context=certificate) as inbox:
        receipt = send(smtp(inbox.port, security="tls", ca_file=ca_file))
    mail = message_from_bytes(inbox.envelopes[0].content, policy=policy.default)
    assert receipt.message_id == mail["Message-ID"]
    assert mail.get_content().strip() == "Your code is 83920174"


def test_no_tls_where_it_was_switched_off_by_name():
    with mail_host() as inbox:
        send(smtp(inbox.port, security="none"))
    assert inbox.sessions[0].ssl is None


def test_a_server_without_starttls_gets_nothing_and_the_error_names_the_setting():
    with mail_host() as inbox, pytest.raises(ProviderUnusable, match="STARTTLS; set security"):
        send(smtp(inbox.port))
    assert inbox.envelopes == []


def test_a_starttls_that_fails_is_not_followed_by_plain_text():
    with (
        ScriptedServer(ehlo="250-mail.test\r\n250 STARTTLS", starttls="454 4.7.0 no TLS now").running() as server,
        pytest.raises(ProviderUnusable),
    ):
        send(smtp(server.port))
    assert server.requests == []


def test_replies_slipped_in_before_encryption_are_dropped(certificate, ca_file):
    """What an attacker adds in the clear after the 220 must not count as a reply of the encrypted session."""
    offers = {"ehlo": "250-mail.test\r\n250 STARTTLS", "starttls": "220 ok\r\n250 AUTH XOAUTH2"}
    with ScriptedServer(certificate, **offers).running() as server:
        send(smtp(server.port, ca_file=ca_file, **LOGIN))
    assert [command.split(" ")[0] for command in server.commands[:4]] == ["ehlo", "STARTTLS", "ehlo", "AUTH"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(certificate, security):
    options = {"ssl_context": certificate} if security == "tls" else {"tls_context": certificate}
    with mail_host(**options) as inbox, pytest.raises(NotSent, match=r"SSLCertVerificationError.*ca_file"):
        send(smtp(inbox.port, security=security))
    assert inbox.envelopes == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_host_is_refused(authority, ca_file, security):
    other = server_context(authority, "mail.other.example")
    options = {"ssl_context": other} if security == "tls" else {"tls_context": other}
    with mail_host(**options) as inbox, pytest.raises(NotSent, match=r"SSLCertVerificationError.*host"):
        send(smtp(inbox.port, security=security, ca_file=ca_file))
    assert inbox.envelopes == []


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
def test_a_login_with_letters_beyond_ascii(certificate, ca_file, excluded):
    options = {"authenticator": check_login, "auth_required": True, "auth_exclude_mechanism": excluded}
    with mail_host(tls_context=certificate, require_starttls=True, **options) as inbox:
        send(smtp(inbox.port, ca_file=ca_file, **LOGIN))
    assert inbox.sessions[0].authenticated is True


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
def test_a_wrong_password_is_tried_once_and_shows_nowhere(certificate, ca_file, excluded):
    attempts = []

    def refuse(server, session, envelope, mechanism, credentials):
        attempts.append(mechanism)
        return AuthResult(success=False, handled=False)

    options = {"authenticator": refuse, "auth_exclude_mechanism": excluded}
    with mail_host(tls_context=certificate, **options) as inbox, pytest.raises(ProviderUnusable) as caught:
        send(smtp(inbox.port, ca_file=ca_file, **LOGIN))
    assert (caught.value.status, caught.value.code) == (535, "5.7.8")
    assert len(attempts) == 1
    assert LOGIN["password"] not in f"{caught.value!r} {vars(caught.value)}"


def test_a_server_that_offers_no_login_is_unusable_with_credentials():
    with (
        ScriptedServer(ehlo="250-mail.test\r\n250 AUTH XOAUTH2").running() as server,
        pytest.raises(ProviderUnusable, match="neither AUTH PLAIN nor LOGIN"),
    ):
        send(smtp(server.port, security="none", **LOGIN))


def test_an_address_beyond_ascii_goes_to_servers_that_can_take_it():
    with mail_host(enable_SMTPUTF8=True) as inbox:
        send(smtp(inbox.port, security="none"), to="jörg@bücher.example")
    assert inbox.envelopes[0].rcpt_tos == ["jörg@xn--bcher-kva.example"]
    assert "SMTPUTF8" in inbox.envelopes[0].mail_options
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in inbox.envelopes[0].content


def test_an_address_beyond_ascii_is_unsupported_elsewhere():
    with mail_host(enable_SMTPUTF8=False) as inbox, pytest.raises(UnsupportedContent, match="SMTPUTF8"):
        send(smtp(inbox.port, security="none"), to="jörg@example.com")
    assert inbox.envelopes == []


def test_a_domain_beyond_ascii_needs_no_such_server():
    with mail_host(enable_SMTPUTF8=False) as inbox:
        send(smtp(inbox.port, security="none"), to="joerg@bücher.example", sender="Bücher <info@bücher.example>")
    assert inbox.envelopes[0].rcpt_tos == ["joerg@xn--bcher-kva.example"]
    assert inbox.envelopes[0].mail_from == "info@xn--bcher-kva.example"


@pytest.mark.parametrize("settings", [{"username": "acme"}, {"password": "secret-of-the-test"}])
def test_half_a_login_is_an_error_of_the_settings(settings):
    with pytest.raises(ValueError, match="username and password go together") as caught:
        smtp(25, **settings)
    assert "secret-of-the-test" not in str(caught.value)


def test_a_login_in_the_clear_is_for_loopback_only():
    with pytest.raises(ValueError, match="without TLS the network would see the password"):
        smtp(25, host="mail.acme.example", security="none", **LOGIN)
    for host in ("127.0.0.1", "::1", "localhost"):
        smtp(25, host=host, security="none", **LOGIN)
    smtp(25, host="mail.acme.example", security="none")


@pytest.mark.parametrize("host", ["", "mail acme", "mail\r\nacme", "a..b", f"{'a' * 64}.example"])
def test_a_host_that_cannot_be_one_is_an_error_of_the_settings(host):
    with pytest.raises(ValueError, match="host"):
        smtp(25, host=host)


def test_a_ca_file_that_holds_no_certificate_is_an_error_of_the_configuration(tmp_path):
    for name, content in {"missing.pem": None, "empty.pem": "", "text.pem": "no certificate"}.items():
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(ConfigurationError, match="ca_file: no certificate") as caught:
            smtp(25, ca_file=tmp_path / name)
        assert caught.value.__context__ is None


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 587)])
def test_the_port_follows_from_the_security(security, port, monkeypatch):
    reached = []

    def refuse(address, timeout):
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", refuse)
    with pytest.raises(NotSent):
        send(smtp(None, security=security))
    assert reached == [("127.0.0.1", port)]
