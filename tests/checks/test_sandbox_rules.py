from notifyhub.checks.sandbox import find_sandbox_problems
from tests.checks.conftest import GOOD, lines


def test_a_sandbox_is_a_warning(load):
    sandbox = '[sandbox]\nredirect_email = "qa@acme.example"\nallow = ["*@acme.example"]\ndry_run = true\n'
    kept = "but for 1 patterns in allow, email goes to q***@a***.example, sms is held back"
    assert lines(find_sandbox_problems(load(GOOD + sandbox).sandbox)) == [
        "warning sandbox.dry_run: no message is sent; not for production",
        f"warning sandbox: not for production: {kept}",
    ]


def test_without_a_sandbox_nothing_is_said(load):
    assert lines(find_sandbox_problems(load(GOOD).sandbox)) == []
