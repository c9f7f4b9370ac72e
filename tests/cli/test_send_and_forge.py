import json

from tests.cli.conftest import plain

CONFIG = """
[app]
name = "Acme"
[decryption]
local_key = "file:local.key"
[providers.mail]
use = "file"
path = "out"
[[routes]]
channel = "email"
providers = ["mail"]
"""


def test_forge_and_send_meet_through_the_configuration(notifyhub, kept_events):
    config = kept_events / "notifyhub.toml"
    event = notifyhub.event("ForgotPassword", "--code", "445566", "--email", "ann@example.com", "--config", config)
    assert event["request"]["userAttributes"]["email"] == "ann@example.com"
    notifyhub.write("event.json", json.dumps(event))
    done = notifyhub("send", "event.json", "-c", config)
    assert done.exit_code == 0
    (letter,) = [p for p in (notifyhub.folder / "shown").glob("ForgotPassword*.eml") if "445566" in p.read_text()]
    assert "To: ann@example.com" in letter.read_text()


def test_send_reads_standard_input(notifyhub, kept_events):
    event = (kept_events / "CustomSMSSender_SignUp.json").read_text()
    done = notifyhub("send", "-", "-c", kept_events / "notifyhub.toml", stdin=event)
    assert (done.exit_code, "accepted" in done.stdout) == (0, True)


def test_what_is_not_delivered_exits_with_one_and_says_why(notifyhub, kept_events):
    event = json.loads((kept_events / "CustomEmailSender_SignUp.json").read_text())
    del event["request"]["userAttributes"]["email"]
    notifyhub.write("event.json", json.dumps(event))
    done = notifyhub("send", "event.json", "-c", kept_events / "notifyhub.toml")
    assert done.exit_code == 1
    assert "undeliverable" in done.stdout
    assert "no mail address" in done.stdout


def test_a_wrong_key_exits_with_one_and_names_the_remedy(notifyhub, kept_events):
    event = notifyhub.event("SignUp")
    notifyhub.write("event.json", json.dumps(event))
    done = notifyhub("send", "event.json", "-c", kept_events / "notifyhub.toml")
    assert done.exit_code == 1
    assert "made under another local key" in done.stdout


def test_wrong_usage_exits_with_two(notifyhub, kept_events):
    config = kept_events / "notifyhub.toml"
    notifyhub.write("broken.json", '{"triggerSource": ')
    notifyhub.write("other.json", json.dumps({"triggerSource": "PreSignUp_SignUp"}))
    cases = {
        ("send", "absent.json", "-c", config): "absent.json cannot be read",
        ("send", "broken.json", "-c", config): "broken.json is not JSON (line 1",
        ("send", "other.json", "-c", config): "no custom sender's event",
        ("send", "broken.json"): "no notifyhub.toml",
        ("send", "broken.json", "-c", "absent.toml"): "there is no file absent.toml",
        ("forge", "Nonsense"): "there is no email trigger 'Nonsense'",
        ("forge", "AccountTakeOverNotification", "--channel", "sms"): "there is no sms trigger",
        ("forge", "SignUp", "--key-file", "absent.key"): "absent.key cannot be read",
    }
    notifyhub.write("deep.json", "[" * 200_000)
    notifyhub.write("long.json", '{"id": ' + "7" * 5_000 + "}")
    (notifyhub.folder / "raw.key").write_bytes(bytes(range(224, 256)))
    cases |= {
        ("send", "deep.json", "-c", config): "deep.json is not JSON that can be read",
        ("send", "long.json", "-c", config): "long.json is not JSON that can be read",
        ("forge", "SignUp", "--key-file", "raw.key"): "raw.key is not text; a key file holds the key in base64",
    }
    for arguments, message in cases.items():
        done = notifyhub(*arguments)
        assert done.exit_code == 2, arguments
        assert message in plain(done.stderr)


def test_forge_without_a_key_makes_one_and_says_how_to_use_it(notifyhub, monkeypatch):
    notifyhub.write("notifyhub.toml", CONFIG.replace('local_key = "file:local.key"', ""))
    done = notifyhub("forge", "SignUp")
    assert done.exit_code == 0
    name, _, value = done.stderr.splitlines()[-1].partition("=")
    monkeypatch.setenv(name, value)
    notifyhub.write("event.json", done.stdout)
    assert notifyhub("send", "event.json").exit_code == 0


def test_forge_takes_a_key_file_and_a_full_source(notifyhub, kept_events):
    event = notifyhub.event(
        "CustomSMSSender_SignUp", "--phone", "+15005550001", "--key-file", kept_events / "local.key"
    )
    assert event["triggerSource"] == "CustomSMSSender_SignUp"
    assert event["request"]["userAttributes"]["phone_number"] == "+15005550001"


def test_what_was_sent_is_a_duplicate_and_is_sent_again_only_when_asked_to(notifyhub, kept_events):
    config = kept_events / "notifyhub.toml"
    with config.open("a") as file:
        file.write('\n[ledger]\nuse = "sqlite"\npath = "ledger.db"\n')
    event = kept_events / "CustomEmailSender_SignUp.json"
    statuses = []
    for options in ((), (), ("--again",), ()):
        done = notifyhub("send", event, "-c", config, *options)
        assert done.exit_code == 0, done.output
        statuses.append(done.stdout.splitlines()[1].split()[2])
    assert statuses == ["accepted", "duplicate", "accepted", "duplicate"]
