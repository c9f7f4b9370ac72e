import sys

from tests.checks.conftest import GOOD
from tests.cli.conftest import plain


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


def test_a_domain_that_is_none_is_refused(notifyhub):
    """It would end up in the line by which browsers bind the code to a website."""
    done = check(notifyhub, GOOD.replace('name = "Acme"', 'name = "Acme"\ndomain = "https://acme.example/"'))
    assert done.exit_code == 2
    assert "app.domain" in done.stderr


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


def test_too_short_a_time_out_is_a_warning(notifyhub):
    done = check(notifyhub, GOOD, "--timeout", "2")
    (line,) = [line for line in done.stdout.splitlines() if "time for email" in line]
    assert line.startswith("warning")
    assert "a longer time-out or fewer providers would give them more" in line


def test_errors_and_warnings_are_counted(notifyhub):
    done = check(notifyhub, GOOD.replace('providers = ["text"]', 'providers = ["mail"]'))
    assert done.exit_code == 2
    assert "error    routes.1: mail (sendgrid) does not send sms, only email\n" in done.stdout
    assert done.stdout.endswith("\n\n1 error, 2 warnings\n")
