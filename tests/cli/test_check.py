import sys

import boto3
import pytest

from notifyhub.ledger import dynamodb
from notifyhub.testing import VendorServer
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.cli.conftest import plain
from tests.ledger.stores import moto_one_at_a_time, new_table

GOOD = """
[app]
name = "Acme"
[decryption]
key_arns = ["arn:aws:kms:eu-west-1:111122223333:key/0b6f2a3c-0000-4000-8000-000000000000"]
[providers.mail]
use = "sendgrid"
api_key = "ssm:/prod/sendgrid"
sender = "Acme <no-reply@acme.example>"
[providers.text]
use = "sns"
region = "eu-west-1"
[[routes]]
channel = "email"
providers = ["mail"]
[[routes]]
channel = "sms"
providers = ["text"]
"""


def check(notifyhub, text, *options):
    notifyhub.write("notifyhub.toml", text)
    return notifyhub("check", *options)


def test_a_good_configuration_passes_without_any_aws_account(notifyhub, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = check(notifyhub, GOOD)
    assert done.exit_code == 0, done.output
    assert "0 errors" in done.stdout
    assert "ok       providers.mail (sendgrid)" in done.stdout
    assert "ok       template CustomSMSSender_AdminCreateUser" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("api_key =", "api_kye =", "providers.mail: api_key"),
        ('use = "sendgrid"', 'use = "sendgird"', "no provider is called 'sendgird'; found: aws_sms"),
        ('use = "sns"', 'use = "sendgrid"', "text"),
        ('providers = ["text"]', 'providers = ["mail"]', "mail (sendgrid) does not send sms, only email"),
        ('channel = "sms"', 'channel = "sms"\ntriggers = ["SignUp"]', "none takes every message"),
        ('channel = "sms"', 'channel = "sms"\ncountries = ["GB"]', "routes for sms: none takes every message; add one"),
        ('channel = "email"', 'channel = "email"\npools = ["a_1"]', "routes for email: none takes every message"),
        (
            'channel = "sms"',
            'channel = "sms"\ncountries = ["GB", "UK"]',
            "'UK' has no phone numbers of its own; did you mean 'GB'?",
        ),
        (
            'channel = "sms"',
            'channel = "sms"\ncountries = ["ZZ"]',
            "routes.1.countries: 'ZZ' has no phone numbers of its own",
        ),
        ('"ssm:/prod/sendgrid"', '"ssm:"', "providers.mail.api_key: ssm: needs a name behind it"),
        ('"ssm:/prod/sendgrid"', '""', "providers.mail.api_key: is empty"),
        (":key/0b6f2a3c-0000-4000-8000-000000000000", ":alias/mine", "decryption.key_arns: write the key's ARN"),
    ],
)
def test_each_mistake_is_named_with_its_place(notifyhub, old, new, message):
    assert old in GOOD
    done = check(notifyhub, GOOD.replace(old, new))
    assert done.exit_code == 2
    if message.startswith("providers.mail: api_key"):
        assert "providers.mail.api_kye: is not a known key; did you mean 'api_key'?" in done.stdout
    else:
        assert message in done.stdout


def test_a_misspelt_section_stops_at_once(notifyhub):
    done = check(notifyhub, GOOD.replace("[decryption]", "[decription]"))
    assert done.exit_code == 2
    assert "decription: is not a known key; did you mean 'decryption'?" in plain(done.stderr)


def test_templates_are_rendered_and_gaps_reported(notifyhub):
    folder = notifyhub.folder / "templates" / "SignUp"
    folder.mkdir(parents=True)
    (folder / "email.body.html.j2").write_text("{{ code }} {{ user.shoe_size }}")
    (notifyhub.folder / "templates" / "ResendCode").mkdir()
    (notifyhub.folder / "templates" / "ResendCode" / "email.body.html.j2").write_text("{{ code }}")
    done = check(notifyhub, GOOD + '\n[templates]\npath = "templates"\n')
    assert done.exit_code == 2
    assert "'shoe_size' has no value here" in done.stdout
    assert "template ResendCode email: no text part" in done.stdout


def test_resolve_fetches_the_secrets(notifyhub, monkeypatch):
    config = GOOD.replace("ssm:/prod/sendgrid", "env:NO_SUCH_VARIABLE")
    assert check(notifyhub, config).exit_code == 0
    done = check(notifyhub, config, "--resolve")
    assert done.exit_code == 2
    assert "providers.mail.api_key: the environment variable NO_SUCH_VARIABLE is not set" in done.stdout
    monkeypatch.setenv("NO_SUCH_VARIABLE", "SG.canary-credential")
    done = check(notifyhub, config, "--resolve")
    assert done.exit_code == 0
    assert "canary" not in done.output


def test_own_events_need_a_route_and_templates(notifyhub, monkeypatch):
    monkeypatch.syspath_prepend(notifyhub.folder)
    notifyhub.write(
        "parcel_events.py",
        "from notifyhub import NotificationEvent\nclass ParcelLost(NotificationEvent):\n    channels = ('email',)\n",
    )
    done = check(notifyhub, GOOD + '\n[hooks]\nevents = ["parcel_events:ParcelLost"]\n')
    assert done.exit_code == 2
    assert "template ParcelLost email: ParcelLost/email.body: no such template" in done.stdout


def test_no_routes_at_all_is_an_error(notifyhub):
    done = check(notifyhub, '[app]\nname = "Acme"\n')
    assert done.exit_code == 2
    assert "routes: nothing can be sent" in done.stdout


@pytest.mark.parametrize("hook", ["events", "resolver", "observers", "on_undeliverable"])
def test_a_hook_that_would_stop_the_start_is_an_error_and_the_report_goes_on(notifyhub, hook):
    value = '["nope:nothing"]' if hook in {"events", "observers"} else '"nope:nothing"'
    done = check(notifyhub, f"{GOOD}\n[hooks]\n{hook} = {value}\n")
    assert done.exit_code == 2
    assert f"error    hooks.{hook}: hooks.{hook}" in done.stdout
    assert "nope:nothing cannot be imported" in done.stdout
    assert "ok       template CustomSMSSender_AdminCreateUser" in done.stdout
    assert "1 error, " in done.stdout


ARNS = next(line for line in GOOD.splitlines() if line.startswith("key_arns"))


@pytest.mark.parametrize("options", [(), ("--resolve",)])
def test_a_local_key_that_is_written_out_is_checked(notifyhub, options):
    done = check(notifyhub, GOOD.replace(ARNS, 'local_key = "c4n4ry-key"').replace("ssm:/prod/sendgrid", "x"), *options)
    assert done.exit_code == 2
    assert done.stdout.count("decryption.local_key: write 32 bytes in base64") == 1
    assert "c4n4ry" not in done.output


def test_a_local_key_that_is_referred_to_is_not_fetched_unless_asked(notifyhub):
    done = check(notifyhub, GOOD.replace(ARNS, 'local_key = "file:absent.key"'))
    assert done.exit_code == 0, done.output


def test_misspelt_triggers_are_warned_about(notifyhub):
    route = '[[routes]]\nchannel = "sms"\nproviders = ["text"]\ntriggers = ["signup", "ForgotPasswrod"]\n'
    done = check(notifyhub, GOOD + route + "[triggers.SignUpp]\n[triggers.Zzz]\n")
    assert done.exit_code == 0, done.output
    found = [line for line in done.stdout.splitlines() if "is no trigger" in line]
    assert len(found) == 3
    assert "routes.2.triggers: 'ForgotPasswrod'" in found[0]
    assert found[0].endswith("did you mean 'ForgotPassword'?")
    assert found[1].endswith("did you mean 'SignUp'?")
    assert found[2].endswith("template folder of yours")


def test_triggers_with_an_event_or_a_template_folder_of_their_own_are_known(notifyhub, monkeypatch):
    monkeypatch.syspath_prepend(notifyhub.folder)
    notifyhub.write(
        "crate_events.py", "from notifyhub import NotificationEvent\nclass CrateLost(NotificationEvent):\n    pass\n"
    )
    for name in ("BrandNewTrigger", "signup"):
        folder = notifyhub.folder / "templates" / name
        folder.mkdir(parents=True)
        (folder / "email.body.txt.j2").write_text("{{ code }}")
    route = (
        '[[routes]]\nchannel = "email"\nproviders = ["mail"]\ntriggers = ["CrateLost", "BrandNewTrigger", "SignUp"]\n'
    )
    hooks = '[hooks]\nevents = ["crate_events:CrateLost"]\n'
    done = check(notifyhub, f'{GOOD}{route}{hooks}[templates]\npath = "templates"\n')
    assert "ok       hooks.events" in done.stdout
    assert "is no trigger" not in done.stdout


def test_a_routes_trigger_is_refused_by_its_full_source(notifyhub):
    done = check(notifyhub, f'{GOOD}triggers = ["CustomEmailSender_ResendCode", "SignUp"]\n')
    assert done.exit_code == 2
    assert "routes.1.triggers: write the triggers' names alone, without CustomEmailSender_" in plain(done.stderr)


def test_modules_of_the_project_are_found_from_its_folder(notifyhub):
    """The installed command, as a user runs it: nothing but the working folder says where `shop` is."""
    import subprocess
    import sys
    from pathlib import Path

    notifyhub.write("shop_of_the_user.py", "from notifyhub import Observer\nclass Mine(Observer):\n    pass\n")
    notifyhub.write("notifyhub.toml", GOOD + '\n[hooks]\nobservers = ["shop_of_the_user:Mine"]\n')
    command = [str(Path(sys.executable).parent / "notifyhub"), "check"]
    done = subprocess.run(command, cwd=notifyhub.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_locale_and_what_serves_unknown_triggers_is_rendered(notifyhub):
    for name, text in {
        "SignUp/sms.body.de.txt.j2": "{{ cod }}",
        "default/sms.body.txt.j2": "{{ nope }}",
    }.items():
        path = notifyhub.folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = check(notifyhub, GOOD + '\n[templates]\npath = "templates"\n')
    assert done.exit_code == 2
    assert "'cod' has no value here" in done.stdout
    assert "'nope' has no value here" in done.stdout


def test_a_provider_that_cannot_be_built_is_found_without_its_secret(notifyhub):
    done = check(notifyhub, GOOD.replace('region = "eu-west-1"', 'region = "narnia 1"'))
    assert done.exit_code == 2
    assert "error    providers.text (sns)" in done.stdout


def test_a_domain_that_is_none_is_refused(notifyhub):
    """It would end up in the line by which browsers bind the code to a website."""
    done = check(notifyhub, GOOD.replace('name = "Acme"', 'name = "Acme"\ndomain = "https://acme.example/"'))
    assert done.exit_code == 2
    assert "app.domain" in done.stderr


def test_routes_that_an_earlier_one_hides_are_warned_about(notifyhub):
    first = '[[routes]]\nchannel = "sms"\nproviders = ["text"]\nlocales = ["de"]\n'
    narrower, french = f'{first}triggers = ["SignUp"]\n', first.replace('"de"', '"fr"')
    head, routes = GOOD.split("[[routes]]", maxsplit=1)
    done = check(notifyhub, f"{head}{first}{narrower}[[routes]]{routes}{french}")
    assert done.exit_code == 0, done.output
    assert [line for line in done.stdout.splitlines() if "never reached" in line] == [
        "warning  routes.1: is never reached: routes.0, which comes first, takes all that it would take",
        "warning  routes.4: is never reached: routes.3, which comes first, takes all that it would take",
    ]


def test_countries_without_their_library_are_an_error_and_the_report_goes_on(notifyhub, monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    route = '[[routes]]\nchannel = "sms"\nproviders = ["text"]\ncountries = ["GB"]\n'
    head, routes = GOOD.split("[[routes]]", maxsplit=1)
    done = check(notifyhub, f"{head}{route}[[routes]]{routes}")
    assert done.exit_code == 2
    assert (
        'error    routes.0.countries: phonenumbers is not installed; run: pip install "notifyhub-core[countries]"'
        in done.stdout
    )
    assert "ok       template CustomSMSSender_AdminCreateUser" in done.stdout
    assert "1 error, " in done.stdout


def test_known_countries_before_a_catch_all_are_fine(notifyhub):
    route = '[[routes]]\nchannel = "sms"\nproviders = ["text"]\ncountries = ["GB", "xk"]\n'
    head, routes = GOOD.split("[[routes]]", maxsplit=1)
    done = check(notifyhub, f"{head}{route}[[routes]]{routes}")
    assert done.exit_code == 0, done.output
    assert "routes" not in done.stdout


def test_a_ledger_in_memory_is_a_warning(notifyhub):
    done = check(notifyhub, GOOD)
    assert "warning  ledger: memory: an event that comes again is recognised by the same container" in done.stdout


def test_a_ledger_in_a_file_is_a_warning_and_made_only_when_it_is_tried(notifyhub):
    done = check(notifyhub, GOOD + '[ledger]\nuse = "sqlite"\npath = "ledger.db"\n')
    assert done.exit_code == 0
    assert "ok       ledger (sqlite)" in done.stdout
    assert "warning  ledger: sqlite: a file is for development; inside Lambda it is refused" in done.stdout
    assert not (notifyhub.folder / "ledger.db").exists()


def test_a_file_whose_folder_is_missing_is_an_error(notifyhub):
    done = check(notifyhub, GOOD + '[ledger]\nuse = "sqlite"\npath = "absent/ledger.db"\n')
    assert done.exit_code == 2
    assert "error    ledger (sqlite): ledger.path: there is no folder" in done.stdout


TABLE = GOOD.replace('"ssm:/prod/sendgrid"', '"SG.key"') + '[ledger]\nuse = "dynamodb"\ntable = "notifyhub"\n'


def test_a_ledger_in_a_table_is_tried_only_when_asked(notifyhub, monkeypatch):
    with VendorServer().running() as aws:
        set_aws_environment(monkeypatch, endpoint=aws.url)
        done = check(notifyhub, TABLE)
        assert done.exit_code == 0, done.output
        assert aws.requests == []
    assert "ok       ledger (dynamodb)" in done.stdout
    assert "warning  ledger" not in done.stdout


def test_a_table_is_tried_with_the_ledger_s_own_permission(notifyhub, monkeypatch):
    monkeypatch.setattr(dynamodb, "TIMEOUT_S", 30.0)  # moto may take its time
    with moto_one_at_a_time() as url:
        set_aws_environment(monkeypatch, endpoint=url)
        client = boto3.client("dynamodb")
        new_table(client, "notifyhub")
        done = check(notifyhub, TABLE, "--resolve")
        assert "ok       ledger (dynamodb)" in done.stdout
        assert client.scan(TableName="notifyhub")["Count"] == 0
        client.delete_table(TableName="notifyhub")
        client.close()
        done = check(notifyhub, TABLE, "--resolve")
    assert done.exit_code == 2
    assert "error    ledger (dynamodb): probe: DynamoDB refused UpdateItem (ResourceNotFoundException)" in done.stdout
    assert "there is no table 'notifyhub' in eu-west-1" in done.stdout


@pytest.mark.parametrize(
    ("table", "metrics", "traces"),
    [
        ("", "emf inside Lambda, none elsewhere, namespace notifyhub", "none"),
        ('metrics = "emf"\nnamespace = "acme"\ntraces = "otel"', "emf, namespace acme", "otel"),
        ('metrics = "none"', "none", "none"),
    ],
)
def test_what_is_observed_is_shown(notifyhub, table, metrics, traces):
    done = check(notifyhub, f"{GOOD}\n[observability]\n{table}\n")
    assert done.exit_code == 0, done.stdout
    assert f"ok       observability.metrics: {metrics}\n" in done.stdout
    assert f"ok       observability.traces: {traces}\n" in done.stdout


def test_a_missing_library_for_traces_is_an_error(notifyhub, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "notifyhub.observability.otel", raising=False)
    done = check(notifyhub, f'{GOOD}\n[observability]\ntraces = "otel"\n')
    assert done.exit_code == 2
    assert "error    observability.traces: opentelemetry is not installed; run: pip install" in done.stdout


def test_the_time_that_each_provider_would_have_is_shown(notifyhub):
    two = GOOD.replace('providers = ["mail"]', 'providers = ["mail", "spare"]')
    spare = '[providers.spare]\nuse = "ses"\nsender = "a@acme.example"\ntimeout_s = 3\n'
    done = check(notifyhub, f"{two}{spare}", "--timeout", "20.5")
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.stdout.splitlines() if "time for email" in line]
    assert line.startswith("ok       time for email by mail, spare: of a time-out of 20.5 s, 10.0 s for each provider")
    assert line.endswith("for one call: mail 10.0 s, spare 3.0 s")


def test_too_short_a_time_out_is_a_warning(notifyhub):
    done = check(notifyhub, GOOD, "--timeout", "2")
    (line,) = [line for line in done.stdout.splitlines() if "time for email" in line]
    assert line.startswith("warning")
    assert "a longer time-out or fewer providers would give them more" in line


def test_no_more_than_the_lease_is_used_of_a_long_time_out(notifyhub):
    done = check(notifyhub, GOOD, "--timeout", "900")
    assert "of a time-out of 900 s, 40.5 s for each provider" in done.stdout


def test_a_sandbox_is_a_warning(notifyhub):
    sandbox = '[sandbox]\nredirect_email = "qa@acme.example"\nallow = ["*@acme.example"]\ndry_run = true\n'
    done = check(notifyhub, GOOD + sandbox)
    assert "warning  sandbox.dry_run: no message is sent; not for production" in done.stdout
    assert "but for 1 patterns in allow, email goes to q***@a***.example, sms is held back" in done.stdout
    assert "sandbox" not in check(notifyhub, GOOD).stdout


def test_a_reserve_that_leaves_no_time_is_an_error(notifyhub):
    done = check(notifyhub, GOOD + "[delivery]\nreserve_ms = 30000\n")
    assert done.exit_code == 2
    assert "error    delivery.reserve_ms: takes all of a time-out of 30 s" in done.stdout
