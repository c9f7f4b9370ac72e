import pytest

from notifyhub.checks.templates import find_template_problems
from notifyhub.hooks import load_events
from tests.checks.conftest import GOOD, errors, lines

OWN_FOLDER = '[templates]\npath = "templates"\n'


@pytest.fixture
def write(folder):
    """Writes a template of the user's own."""

    def write(name, text):
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


def found_in(settings):
    return list(find_template_problems(settings, load_events(settings.hooks, ())))


def named(settings):
    return [line for line in lines(found_in(settings)) if "is no trigger" in line]


def test_every_built_in_message_is_rendered(load):
    found = lines(found_in(load(GOOD)))
    assert "ok template CustomSMSSender_AdminCreateUser" in found
    assert all(line.startswith("ok ") for line in found)


def test_messages_that_no_route_takes_are_not_rendered(load):
    head, _, _ = GOOD.rpartition("[[routes]]")
    found = lines(found_in(load(head)))
    assert "ok template CustomEmailSender_SignUp" in found
    assert not [line for line in found if "CustomSMSSender" in line]


def test_templates_are_rendered_and_gaps_reported(load, write):
    write("SignUp/email.body.html.j2", "{{ code }} {{ user.shoe_size }}")
    write("ResendCode/email.body.html.j2", "{{ code }}")
    found = found_in(load(GOOD + OWN_FOLDER))
    assert any("'shoe_size' has no value here" in line for line in errors(found))
    assert "warning template ResendCode email: no text part: it is derived from the HTML" in lines(found)


def test_each_part_that_an_own_event_s_mail_lacks_is_warned_about(load, folder, write, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    source = "from notifyhub import NotificationEvent\nclass BoxLost(NotificationEvent):\n    channels = ('email',)\n"
    (folder / "checked_box_events.py").write_text(source)
    write("BoxLost/email.body.txt.j2", "A box is lost.")
    settings = load(f'{GOOD}{OWN_FOLDER}[hooks]\nevents = ["checked_box_events:BoxLost"]\n')
    assert [line for line in lines(found_in(settings)) if "BoxLost" in line] == [
        "ok template BoxLost email",
        "warning template BoxLost email: no HTML part: the mail is plain text",
        "warning template BoxLost email: no subject: the application's name stands in",
    ]


def test_every_locale_and_what_serves_unknown_triggers_is_rendered(load, write):
    write("SignUp/sms.body.de.txt.j2", "{{ cod }}")
    write("default/sms.body.txt.j2", "{{ nope }}")
    found = errors(found_in(load(GOOD + OWN_FOLDER)))
    assert any("template CustomSMSSender_SignUp (de): " in line and "'cod' has no value here" in line for line in found)
    assert any("'nope' has no value here" in line for line in found)


def test_own_events_need_a_route_and_templates(load, folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    source = "from notifyhub import NotificationEvent\nclass ParcelLost(NotificationEvent):\n    channels = ('email', 'sms')\n"
    (folder / "checked_parcel_events.py").write_text(source)
    head, _, _ = GOOD.rpartition("[[routes]]")
    found = errors(found_in(load(head + '[hooks]\nevents = ["checked_parcel_events:ParcelLost"]\n')))
    assert "error event ParcelLost: no route takes sms" in found
    assert any("template ParcelLost email: ParcelLost/email.body: no such template" in line for line in found)


def test_misspelt_triggers_are_warned_about(load):
    route = '[[routes]]\nchannel = "sms"\nproviders = ["text"]\ntriggers = ["signup", "ForgotPasswrod"]\n'
    found = named(load(GOOD + route + "[triggers.SignUpp]\n[triggers.Zzz]\n"))
    assert len(found) == 3
    assert found[0].startswith("warning routes.2.triggers: 'ForgotPasswrod'")
    assert found[0].endswith("did you mean 'ForgotPassword'?")
    assert found[1].endswith("did you mean 'SignUp'?")
    assert found[2].endswith("template folder of yours")


def test_triggers_with_an_event_or_a_template_folder_of_their_own_are_known(load, folder, write, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    source = "from notifyhub import NotificationEvent\nclass CrateLost(NotificationEvent):\n    pass\n"
    (folder / "checked_crate_events.py").write_text(source)
    for name in ("BrandNewTrigger", "signup"):
        write(f"{name}/email.body.txt.j2", "{{ code }}")
    triggers = '["CrateLost", "BrandNewTrigger", "SignUp"]'
    route = f'[[routes]]\nchannel = "email"\nproviders = ["mail"]\ntriggers = {triggers}\n'
    hooks = '[hooks]\nevents = ["checked_crate_events:CrateLost"]\n'
    assert named(load(f"{GOOD}{route}{hooks}{OWN_FOLDER}")) == []


def test_triggers_are_checked_also_where_no_template_can_be_found(load, folder):
    found = lines(found_in(load(GOOD + '[templates]\npath = "absent"\n[triggers.SignUpp]\n')))
    assert found[0].startswith("error templates: ")
    assert "did you mean 'SignUp'?" in found[1]
    assert len(found) == 2
