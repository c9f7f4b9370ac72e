from notifyhub.checks.budgets import find_budget_problems
from tests.checks.conftest import GOOD, lines


def of_email(load, text, timeout_s):
    (line,) = [line for line in lines(find_budget_problems(load(text), timeout_s)) if "time for email" in line]
    return line


def test_the_time_that_each_provider_would_have_is_shown(load):
    two = GOOD.replace('providers = ["mail"]', 'providers = ["mail", "spare"]')
    spare = '[providers.spare]\nuse = "ses"\nsender = "a@acme.example"\ntimeout_s = 3\n'
    line = of_email(load, f"{two}{spare}", 20.5)
    assert line.startswith("ok time for email by mail, spare: of a time-out of 20.5 s, 10.0 s for each provider")
    assert line.endswith("for one call: mail 10.0 s, spare 3.0 s")


def test_too_short_a_time_out_is_a_warning(load):
    line = of_email(load, GOOD, 2)
    assert line.startswith("warning")
    assert "a longer time-out or fewer providers would give them more" in line


def test_no_more_than_the_lease_is_used_of_a_long_time_out(load):
    assert "of a time-out of 900 s, 40.5 s for each provider" in of_email(load, GOOD, 900)


def test_a_reserve_that_leaves_no_time_is_the_one_error(load):
    settings = load(GOOD + "[delivery]\nreserve_ms = 30000\n")
    text = "takes all of a time-out of 30 s, so that nothing could be sent; lower it"
    assert lines(find_budget_problems(settings, 30)) == [f"error delivery.reserve_ms: {text}"]
