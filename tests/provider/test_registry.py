import subprocess
import sys
import sysconfig
import textwrap
import threading
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import notifyhub
import notifyhub_providers
import notifyhub_templates
from notifyhub.errors import ConfigurationError, MissingExtra, ProviderConflict, ProviderNotFound
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.registry import Registry
from notifyhub.provider.toolkit import Clients
from notifyhub.settings import Settings
from notifyhub.testing import RecordingProvider, assert_absent, traces_of

FIRST_PARTY = ["aws_sms", "console", "file", "sendgrid", "ses", "smtp", "sns", "twilio"]
CANARY = "c4n4ry-value"
BROKEN = {
    "acme_needy": "import a_library_that_nobody_has",
    "acme_old": "from notifyhub.provider import Carrier",
    "acme_loud": f"raise RuntimeError({CANARY!r})",
    "acme_broken": "class = 1",
}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a made-up distribution with these entry points on the path; its modules are BROKEN, or in tests/data."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "data" / "plugins")
    for name, text in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution, **offers):
        info = tmp_path / distribution / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in offers.items())
        (info / "entry_points.txt").write_text(f"[notifyhub.providers]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path / distribution)

    return install


@pytest.fixture
def pigeons(install):
    """The providers of these tables, with the made-up distribution installed."""
    install("acme-pigeon", pigeon="acme_pigeon:Pigeon", parrot="acme_pigeon:Parrot")

    def configured(given=None, **tables):
        return ConfiguredProviders(Settings(app={"name": "Acme"}, providers=tables), Clients(), given=given)

    return configured


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


def test_threads_build_an_instance_once(pigeons):
    providers = pigeons(mail={"use": "pigeon"})
    threads = [threading.Thread(target=providers.get, args=("mail",)) for _ in range(8)]
    built = providers.provider_class("mail").built
    built.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_two_instances_of_one_provider_have_their_own_settings(pigeons):
    providers = pigeons(one={"use": "pigeon", "ring": "a"}, two={"use": "pigeon", "ring": "b"})
    rings = [providers.get(name).settings.ring.get_secret_value() for name in ("one", "two")]
    assert rings == ["a", "b"]


def test_a_given_instance_takes_precedence_over_its_table(pigeons):
    given = RecordingProvider()
    providers = pigeons({"mail": given}, mail={"use": "no_such_provider"})
    assert providers.get("mail") is given
    assert providers.provider_class("mail") is RecordingProvider


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mail": RecordingProvider}, "providers.mail: an instance of a Provider is needed"),
        ({"mail": object()}, "providers.mail: an instance of a Provider is needed"),
        ({"maill": RecordingProvider()}, r"no \[providers.maill\] to take the place of; there are: mail"),
    ],
)
def test_what_is_given_in_code_must_be_a_provider_with_a_table(pigeons, given, message):
    with pytest.raises(ConfigurationError, match=message):
        pigeons(given, mail={"use": "console"})


def test_an_instance_without_a_table_is_refused(pigeons):
    with pytest.raises(ConfigurationError, match=r"there is no \[providers\.absent\]"):
        pigeons(mail={"use": "pigeon"}).get("absent")


def test_wrong_settings_are_named_by_their_path(pigeons):
    with pytest.raises(ConfigurationError, match=r"'ring'") as caught:
        pigeons(mail={"use": "pigeon", "rng": CANARY, "ring": CANARY}).provider_class("mail")
    assert caught.value.path == "providers.mail.rng"
    assert_absent([CANARY], traces_of(caught.value))


def test_a_malformed_reference_is_found_before_anything_is_built(pigeons):
    with pytest.raises(ConfigurationError) as caught:
        pigeons(mail={"use": "pigeon", "ring": "ssm:"}).provider_class("mail")
    assert caught.value.path == "providers.mail.ring"


def test_a_reference_that_failed_is_tried_again(pigeons, monkeypatch):
    providers = pigeons(mail={"use": "pigeon", "ring": "env:MADE_UP_RING"})
    with pytest.raises(ConfigurationError, match=r"MADE_UP_RING is not set"):
        providers.get("mail")
    providers.prewarm("mail")
    monkeypatch.setenv("MADE_UP_RING", CANARY)
    assert providers.get("mail").settings.ring.get_secret_value() == CANARY


def test_a_provider_for_development_is_refused_inside_lambda_unless_allowed(pigeons, monkeypatch):
    tables = {"seen": {"use": "parrot"}, "allowed": {"use": "parrot", "allow_in_lambda": True}}
    assert pigeons(**tables).get("seen")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    providers = pigeons(**tables)
    with pytest.raises(ConfigurationError, match=r"allow_in_lambda = true") as caught:
        providers.get("seen")
    assert caught.value.path == "providers.seen.use"
    assert providers.get("allowed")
