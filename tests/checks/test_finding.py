from notifyhub.checks.finding import Finding, find
from notifyhub.errors import ConfigurationError


def raising(error):
    def attempt():
        raise error

    return attempt


def test_what_raises_nothing_is_in_order():
    assert find("hooks", lambda: "anything") == Finding("ok", "hooks")


def test_an_error_of_ours_is_shown():
    found = find("hooks", raising(ConfigurationError("is missing", path="hooks.events")))
    assert found == Finding("error", "hooks", "hooks.events: is missing")


def test_of_a_foreign_error_its_class_alone_is_shown():
    """Its text may quote a secret."""
    assert find("hooks", raising(ValueError("c4n4ry"))) == Finding("error", "hooks", "it raised ValueError")
