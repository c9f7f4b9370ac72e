import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import notifyhub
import notifyhub_providers
import notifyhub_templates
from notifyhub.errors import ConfigurationError, MissingExtra, ProviderConflict, ProviderNotFound
from notifyhub.provider.registry import Registry

FIRST_PARTY = ["aws_sms", "console", "file", "sendgrid", "ses", "smtp", "sns", "twilio"]
CANARY = "c4n4ry-value"


def test_the_first_party_providers_are_found():
    registry = Registry()
    assert set(FIRST_PARTY) <= set(registry.names())
    assert registry.origin("sendgrid") == "notifyhub-core"
    assert registry.load("sendgrid").name == "sendgrid"


def test_a_third_party_s_provider_is_found(install):
    install("acme-pigeon", pigeon="acme_pigeon:Pigeon")
    registry = Registry()
    assert registry.load("pigeon").__name__ == "Pigeon"
    assert registry.origin("pigeon") == "acme-pigeon"


@pytest.mark.parametrize("name", ["sendgird", "_mime", "py", "twilio.x"])
def test_a_name_that_nobody_offers_is_answered_with_what_there_is(name):
    with pytest.raises(ProviderNotFound) as caught:
        Registry().load(name)
    assert caught.value.name == name
    assert set(FIRST_PARTY) <= set(caught.value.found)
    assert "sendgrid" in str(caught.value)


def test_a_name_offered_twice_is_a_conflict_only_for_who_uses_it(install):
    install("acme-pigeon", pigeon="acme_pigeon:Pigeon")
    install("other-pigeon", pigeon="acme_pigeon:Parrot")
    registry = Registry()
    with pytest.raises(ProviderConflict) as caught:
        registry.load("pigeon")
    assert sorted(caught.value.offered_by) == ["acme-pigeon", "other-pigeon"]
    assert registry.load("console").name == "console"


@pytest.mark.parametrize("distribution", ["notifyhub-core", "NotifyHub_Core"])
def test_a_missing_library_of_ours_is_answered_with_the_command(install, distribution):
    install(distribution, needy="acme_needy:Needy")
    with pytest.raises(MissingExtra) as caught:
        Registry().load("needy")
    assert (caught.value.extra, caught.value.module) == ("needy", "a_library_that_nobody_has")
    assert 'run: pip install "notifyhub-core[needy]"' in str(caught.value)


@pytest.mark.parametrize(
    ("value", "says", "cause"),
    [
        ("acme_needy:Needy", "acme_needy cannot be imported (ModuleNotFoundError: No module named", ImportError),
        ("acme_absent:Absent", "acme_absent cannot be imported (ModuleNotFoundError: No module", ImportError),
        ("acme_old:Old", "acme_old cannot be imported (ImportError: cannot import name 'Carrier'", ImportError),
        ("acme_pigeon:Absent", "acme_pigeon cannot be imported (AttributeError: module", AttributeError),
        ("acme_loud:Loud", "acme_loud cannot be imported (RuntimeError)", RuntimeError),
        ("acme_broken:Broken", "acme_broken cannot be imported (SyntaxError: invalid syntax", SyntaxError),
    ],
)
def test_a_plugin_that_does_not_import_is_named_with_its_module_and_the_cause(install, value, says, cause):
    install("acme-plugin", plugin=value)
    with pytest.raises(ConfigurationError) as caught:
        Registry().load("plugin")
    assert f"provider 'plugin' of acme-plugin: {says}" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert isinstance(caught.value.__cause__, cause)
    assert not isinstance(caught.value, MissingExtra), "the extras of a third party are not ours"


@pytest.mark.parametrize("value", ["acme_pigeon:NOT_A_PROVIDER", "pathlib:Path", "acme_pigeon"])
def test_an_entry_point_that_is_no_provider_is_refused(install, value):
    install("acme-pigeon", pigeon=value)
    with pytest.raises(ConfigurationError, match=r"'pigeon' of notifyhub\.providers is no Provider subclass"):
        Registry().load("pigeon")


def test_the_metadata_is_read_once(install):
    registry = Registry()
    names = registry.names()
    install("acme-pigeon", pigeon="acme_pigeon:Pigeon")
    assert registry.names() == names


def python(code, *, path=()):
    """What a fresh interpreter prints; `path` takes the place of all that is installed."""
    lines = [f"import sys; sys.path[:0] = {list(map(str, path))!r}", textwrap.dedent(code)]
    isolated = ["-I", "-S"] if path else []
    command = [sys.executable, *isolated, "-c", "\n".join(lines)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def test_only_the_provider_in_use_is_imported():
    loaded = python(
        """
        from notifyhub.provider.registry import Registry
        Registry().load("console")
        print(*(name for name in sys.modules if name.startswith("notifyhub_providers.")))
        """
    )
    assert loaded == ["notifyhub_providers.console"]


@pytest.fixture
def stripped(tmp_path):
    """A bundle as size-conscious people build it: the code, and the metadata of nothing."""
    for package in (notifyhub, notifyhub_providers, notifyhub_templates):
        source = Path(package.__path__[0])
        copytree(source, tmp_path / source.name, ignore=ignore_patterns("__pycache__"))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.suffix not in {".dist-info", ".pth"}:
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


def test_a_bundle_without_metadata_still_has_the_first_party_providers(stripped):
    answers = python(
        """
        from notifyhub.errors import ProviderNotFound
        from notifyhub.provider.registry import Registry
        registry = Registry()
        print(registry.load("sendgrid").__name__, registry.origin("sendgrid"))
        try:
            registry.load("sendgird")
        except ProviderNotFound as error:
            print(*error.found)
        """,
        path=[stripped],
    )
    assert answers == ["SendGrid", "notifyhub-core", *FIRST_PARTY]


def test_a_bundle_without_metadata_names_what_its_provider_misses(stripped):
    provider = stripped / "notifyhub_providers" / "sendgrid.py"
    provider.write_text(f"import a_library_that_nobody_has\n{provider.read_text()}".replace("from __future__", "#"))
    answers = python(
        """
        from notifyhub.errors import MissingExtra
        from notifyhub.provider.registry import Registry
        try:
            Registry().load("sendgrid")
        except MissingExtra as error:
            print(error.module, error.extra)
        """,
        path=[stripped],
    )
    assert answers == ["a_library_that_nobody_has", "sendgrid"]
